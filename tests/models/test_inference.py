"""Runs from question to last event, on FakeFamily through the real registry and engine."""

import asyncio
import threading
import time
from pathlib import Path

import pytest
import torch

from engine import Engine, EngineError, Settings
from engine.core.errors import GenerationError
from engine.core.schema import (
    Evidence,
    EvidenceFound,
    Failed,
    Finished,
    Step,
    StreamEvent,
    TextDelta,
    UsageReport,
)
from tests.fakes import FakeFamily, save_page


@pytest.fixture
def session_id(fake_engine: Engine, tmp_path: Path) -> str:
    session_id = fake_engine.create_session()
    fake_engine.add_document(session_id, save_page(tmp_path), name="page.png")
    return session_id


def test_a_run_tells_steps_then_text_then_usage_then_its_end(
    fake_engine: Engine, session_id: str
) -> None:
    events = list(fake_engine.ask(session_id, "What is the total?"))
    kinds = [type(event) for event in events]
    assert kinds[0] is Step
    assert kinds[-2:] == [UsageReport, Finished]
    assert kinds.index(TextDelta) > kinds.index(Step)
    assert events[-1] == Finished("stop", "fake")


def test_the_stream_adds_up_to_the_whole_text(fake_engine: Engine, session_id: str) -> None:
    FakeFamily.script = ["Сумма: ", "1 250,00 ₽", " — итого", "\n", "漢字"]
    answer = fake_engine.ask(session_id, "?").answer()
    assert answer.text == "".join(map(str, FakeFamily.script))


def test_usage_counts_tokens_and_orders_its_times(fake_engine: Engine, session_id: str) -> None:
    usage = fake_engine.ask(session_id, "?").answer().usage
    assert usage.prompt_tokens == 7
    assert usage.completion_tokens == len("The total is 42.")
    assert 0 < usage.ttft_seconds <= usage.total_seconds
    assert usage.peak_memory_bytes > 10_000_000


def test_usage_says_what_the_gpu_has_left(
    fake_engine: Engine, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = fake_engine.ask(session_id, "?").answer().usage
    if not torch.cuda.is_available():
        assert (usage.gpu_used_bytes, usage.gpu_free_bytes) == (0, 0)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.is_initialized", lambda: True)
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda: (10_000, 16_000))
    monkeypatch.setattr("torch.cuda.max_memory_allocated", lambda: 4_000)
    usage = fake_engine.ask(session_id, "?").answer().usage
    assert (usage.gpu_used_bytes, usage.gpu_free_bytes) == (6_000, 10_000)


def test_a_model_is_loaded_once_for_all_runs(fake_engine: Engine, session_id: str) -> None:
    first = fake_engine.ask(session_id, "?").answer()
    second = fake_engine.ask(session_id, "?").answer()
    assert FakeFamily.loads == 1
    assert second.usage.load_seconds == 0
    assert first.model_id == second.model_id == "fake"


def test_evidence_arrives_in_the_answer(fake_engine: Engine, session_id: str) -> None:
    found = Evidence(fake_engine.documents(session_id)[0].document_id, 0, (1, 2, 3, 4), "42", 0.9)
    FakeFamily.evidence = [found]
    stream = fake_engine.ask(session_id, "?")
    assert EvidenceFound(found) in list(stream)
    assert stream.transcript.evidence == [found]
    assert fake_engine.history(session_id)[-1].evidence == (found,)


@pytest.mark.parametrize("script", [[], [""], ["  \n "]])
def test_an_empty_answer_is_an_error_with_a_cause(
    fake_engine: Engine, session_id: str, script: list[str | Exception]
) -> None:
    FakeFamily.script = script
    with pytest.raises(GenerationError, match="produced no text"):
        fake_engine.ask(session_id, "?").answer()
    assert fake_engine.history(session_id) == ()


def test_an_exception_in_the_model_is_told_as_one_sentence_and_the_next_run_works(
    fake_engine: Engine, session_id: str
) -> None:
    FakeFamily.script = ["half an ", RuntimeError("secret path /root/x")]
    events = list(fake_engine.ask(session_id, "?"))
    last = events[-1]
    assert isinstance(last, Failed)
    assert "RuntimeError" in str(last.error)
    assert "secret" not in str(last.error)
    FakeFamily.script = ["fine"]
    assert fake_engine.ask(session_id, "?").answer().text == "fine"


def test_a_model_that_cannot_be_loaded_is_told_and_tried_again_next_time(
    fake_engine: Engine, session_id: str
) -> None:
    FakeFamily.load_error = OSError("no such file")
    with pytest.raises(EngineError, match=r"doctor --model fake"):
        fake_engine.ask(session_id, "?").answer()
    FakeFamily.load_error = None
    assert fake_engine.ask(session_id, "?").answer().text == "The total is 42."


def wait_for_text(stream_events: list[StreamEvent]) -> None:
    for _ in range(500):
        if any(isinstance(event, TextDelta) for event in stream_events):
            return
        time.sleep(0.01)
    pytest.fail("no text came")


def test_stop_ends_only_the_run_of_its_own_session(
    fake_engine: Engine, session_id: str, tmp_path: Path
) -> None:
    FakeFamily.gate = threading.Event()
    FakeFamily.script = ["one ", "two ", "three ", "four "]
    other = fake_engine.create_session()
    fake_engine.add_document(other, save_page(tmp_path), name="page.png")
    events: list[StreamEvent] = []
    stream = fake_engine.ask(session_id, "?")
    reader = threading.Thread(target=lambda: events.extend(stream_and_keep(stream, events)))
    reader.start()
    wait_for_text(events)
    waiting = fake_engine.ask(other, "?")
    fake_engine.stop(session_id)
    reader.join(5)
    assert events[-1] == Finished("cancelled", "fake")
    assert FakeFamily.pieces_said <= 2
    FakeFamily.gate.set()
    assert waiting.answer().text == "one two three four "


def stream_and_keep(stream: object, events: list[StreamEvent]) -> list[StreamEvent]:
    """Append each event as it comes, so that the test can watch; nothing is left to add."""
    for event in stream:  # type: ignore[attr-defined]
        events.append(event)
    return []


def test_a_reader_that_goes_away_stops_its_run(fake_engine: Engine, session_id: str) -> None:
    FakeFamily.gate = threading.Event()
    FakeFamily.script = ["one ", "two ", "three "]

    async def leave_after_the_first_text() -> None:
        stream = fake_engine.ask(session_id, "?")
        events = aiter(stream)
        async for event in events:
            if isinstance(event, TextDelta):
                break
        await events.aclose()  # type: ignore[attr-defined]
        assert stream.stop_event.is_set()

    asyncio.run(leave_after_the_first_text())
    FakeFamily.gate.set()
    deadline = time.monotonic() + 5
    FakeFamily.script = ["free again"]
    while time.monotonic() < deadline:
        try:
            assert fake_engine.ask(session_id, "?").answer().text == "free again"
            return
        except EngineError as error:
            assert "still being written" in str(error)
            time.sleep(0.02)
    pytest.fail("the session was never freed")


def test_async_and_sync_readers_see_the_same_events(fake_engine: Engine, session_id: str) -> None:
    async def read() -> list[type]:
        return [type(event) async for event in fake_engine.ask(session_id, "?")]

    fake_engine.ask(session_id, "?").answer()  # loaded: no loading step in either
    sync = [type(event) for event in fake_engine.ask(session_id, "?")]
    assert asyncio.run(read()) == sync


def test_a_second_question_of_a_session_is_told_to_wait(
    fake_engine: Engine, session_id: str
) -> None:
    FakeFamily.gate = threading.Event()
    FakeFamily.script = ["a ", "b "]
    first = fake_engine.ask(session_id, "?")
    with pytest.raises(EngineError, match="still being written"):
        fake_engine.ask(session_id, "again?").answer()
    FakeFamily.gate.set()
    assert first.answer().text == "a b "


def test_waiting_sessions_learn_their_place_and_are_served_in_order(
    fake_engine: Engine, session_id: str, tmp_path: Path
) -> None:
    FakeFamily.gate = threading.Event()
    FakeFamily.script = ["a ", "b "]
    first = fake_engine.ask(session_id, "first")
    deadline = time.monotonic() + 5
    while FakeFamily.pieces_said == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    streams = []
    for number in range(3):
        other = fake_engine.create_session()
        fake_engine.add_document(other, save_page(tmp_path), name="page.png")
        streams.append(fake_engine.ask(other, f"waiting {number}"))
        while len(FakeFamily.requests) < number + 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    time.sleep(0.1)
    steps = [stream.transcript.step for stream in streams]
    assert [step.values["position"] for step in steps if step and step.key == "step.queued"] == [
        1,
        2,
        3,
    ]
    FakeFamily.gate.set()
    ends = [stream.answer().usage.total_seconds for stream in [first, *streams]]
    assert len(ends) == 4


def test_a_run_that_falls_silent_after_its_first_token_is_stopped(
    tmp_path: Path, fake_settings: Settings
) -> None:
    FakeFamily.gate = threading.Event()
    generation = fake_settings.generation.model_copy(update={"stall_timeout_seconds": 0.2})
    with Engine(fake_settings.model_copy(update={"generation": generation})) as engine:
        session_id = engine.create_session()
        engine.add_document(session_id, save_page(tmp_path), name="page.png")
        with pytest.raises(GenerationError, match=r"nothing for 0\.2 seconds"):
            engine.ask(session_id, "?").answer()
