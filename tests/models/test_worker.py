"""A model in its own process: the same answers, and no fault of it ends anything else."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
import torch

from engine import Engine, EngineError, Settings, load_settings
from engine.core.schema import Evidence, EvidenceFound, Failed, Finished, TextDelta
from engine.families import FAMILIES
from engine.families.base import ModelRequest, Outcome, Preparation, Run
from engine.models.worker.client import RemoteModel
from tests.fakes import FAKE_MODELS_TOML, FakeFamily, save_page

ASSERT_TEXT = "CUDA error: device-side assert triggered\nCUDA kernel errors might be reported later"


class WorkerFamily(FakeFamily):
    """Does what the question says; it lives in another process, so nothing else can steer it."""

    def prepare(self, request: ModelRequest, preparation: Preparation) -> ModelRequest:
        super().prepare(request, preparation)
        if request.question == "no memory":
            raise torch.OutOfMemoryError("CUDA out of memory.")
        page = request.pages[0]
        self.seen = (page.load_image().size, preparation.index(page).lines[0].text)
        return request

    def generate(self, inputs: ModelRequest, run: Run) -> Outcome:
        page = inputs.pages[0]
        if inputs.question == "assert":
            raise RuntimeError(ASSERT_TEXT)
        if inputs.question == "long":
            count = 0
            while not run.stop.is_set():
                run.streamer.put(torch.tensor([ord("a"), ord(" ")]))
                count += 2
                time.sleep(0.01)
            run.streamer.end()
            return Outcome("cancelled", 1, count)
        box = (1.0, 2.0, 3.0, 4.0)
        found = Evidence(page.document_id, page.page_index, box, self.seen[1], 0.5)
        run.emit(EvidenceFound(found))
        text = f"{os.getpid()} {self.seen[0]} {self.seen[1]} {len(inputs.history)}"
        run.streamer.put(torch.tensor([ord(character) for character in text]))
        run.streamer.end()
        return Outcome("stop", 7, len(text))


class BrokenFamily(FakeFamily):
    @classmethod
    def load(cls, model_id: str, settings: Settings) -> FakeFamily:
        raise OSError("no such file: model.safetensors")


class LargeFamily(FakeFamily):
    @classmethod
    def load(cls, model_id: str, settings: Settings) -> FakeFamily:
        raise torch.OutOfMemoryError("CUDA out of memory.")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    FakeFamily.reset()
    monkeypatch.setitem(FAMILIES, "fake", "tests.models.test_worker:WorkerFamily")
    monkeypatch.setitem(FAMILIES, "broken", "tests.models.test_worker:BrokenFamily")
    monkeypatch.setitem(FAMILIES, "large", "tests.models.test_worker:LargeFamily")
    path = tmp_path / "worker.toml"
    path.write_text(
        f"{FAKE_MODELS_TOML}"
        "[models.broken]\nfamily = 'broken'\nrepo_id = 'tests/broken'\n"
        "[models.large]\nfamily = 'large'\nrepo_id = 'tests/large'\n"
        "[generation]\nworker_process = 'always'\nresident_models = 2\n",
        encoding="utf-8",
    )
    return load_settings(path)


def new_session(engine: Engine, tmp_path: Path) -> str:
    session_id = engine.create_session()
    engine.add_document(session_id, save_page(tmp_path), name="page.png")
    return session_id


def test_a_model_in_its_own_process_sees_the_page_and_answers(
    settings: Settings, tmp_path: Path
) -> None:
    with Engine(settings) as engine:
        session_id = new_session(engine, tmp_path)
        answer = engine.ask(session_id, "?").answer()
        pid, *rest = answer.text.split(" ", 1)
        assert int(pid) != os.getpid()
        assert rest == ["(900, 600) Total 42.00 0"]
        assert [found.text for found in answer.evidence] == ["Total 42.00"]
        assert answer.usage.completion_tokens == len(answer.text)
        # The next question goes to the same process and knows the conversation.
        again = engine.ask(session_id, "?").answer()
        assert again.text == f"{pid} (900, 600) Total 42.00 2"


def test_after_a_device_side_assert_the_next_question_is_answered_by_a_new_process(
    settings: Settings, tmp_path: Path
) -> None:
    with Engine(settings) as engine:
        session_id, other = new_session(engine, tmp_path), new_session(engine, tmp_path)
        before = engine.ask(other, "?").answer()
        events = list(engine.ask(session_id, "assert"))
        assert isinstance(events[-1], Failed)
        assert events[-1].error.key == "model.device_fault"
        after = engine.ask(session_id, "?").answer()
        assert after.text.split(" ", 1)[1] == "(900, 600) Total 42.00 0"
        assert after.text.split()[0] != before.text.split()[0]
        # The other session goes on where it was.
        assert engine.ask(other, "?").answer().text.endswith(" 2")


def test_a_killed_process_ends_its_run_with_a_sentence_and_is_started_again(
    settings: Settings, tmp_path: Path
) -> None:
    with Engine(settings) as engine:
        session_id = new_session(engine, tmp_path)
        pid = int(engine.ask(session_id, "?").answer().text.split()[0])
        events = []
        for event in engine.ask(session_id, "long"):
            if isinstance(event, TextDelta) and not any(isinstance(e, TextDelta) for e in events):
                os.kill(pid, signal.SIGKILL)
            events.append(event)
        assert isinstance(events[-1], Failed)
        assert events[-1].error.key == "model.worker_ended"
        assert int(engine.ask(session_id, "?").answer().text.split()[0]) != pid


def test_stop_reaches_the_process(settings: Settings, tmp_path: Path) -> None:
    with Engine(settings) as engine:
        session_id = new_session(engine, tmp_path)
        stream = engine.ask(session_id, "long")
        said = 0
        for event in stream:
            if isinstance(event, TextDelta):
                said += 1
                stream.stop()
        assert isinstance(event, Finished)
        assert event.finish_reason == "cancelled"
        assert said < 50


def test_runs_of_a_process_keep_no_thread_each(settings: Settings, tmp_path: Path) -> None:
    with Engine(settings) as engine:
        sessions = [new_session(engine, tmp_path) for _ in range(6)]
        streams = [engine.ask(sessions[0], "long")]
        reader = iter(streams[0])  # a reader that goes away stops its run
        while not isinstance(next(reader), TextDelta):
            pass
        threads = threading.active_count()
        streams += [engine.ask(session_id, "long") for session_id in sessions[1:]]
        deadline = time.monotonic() + 20
        # Five wait behind the first. Reading their pages may have begun one thread, for all.
        while any(stream.job is None for stream in streams) or (
            threading.active_count() > threads + 1
        ):
            assert time.monotonic() < deadline, threading.enumerate()
            time.sleep(0.02)
        for stream in streams:
            stream.stop()
        ends = [list(each)[-1] for each in (reader, *streams[1:])]
        assert {end.finish_reason for end in ends} == {"cancelled"}


def test_unloading_ends_the_process(settings: Settings, tmp_path: Path) -> None:
    with Engine(settings) as engine:
        session_id = new_session(engine, tmp_path)
        pid = int(engine.ask(session_id, "?").answer().text.split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_model_that_cannot_be_loaded_there_says_why(settings: Settings, tmp_path: Path) -> None:
    with Engine(settings) as engine:
        session_id = new_session(engine, tmp_path)
        events = list(engine.ask(session_id, "?", model_id="broken"))
        assert isinstance(events[-1], Failed)
        assert events[-1].error.key == "model.load_failed"
        assert "model.safetensors" in events[-1].error.text()


def test_memory_that_runs_out_there_is_told_as_such(settings: Settings, tmp_path: Path) -> None:
    with Engine(settings) as engine:
        session_id = new_session(engine, tmp_path)
        (*_, loading) = engine.ask(session_id, "?", model_id="large")
        (*_, asking) = engine.ask(session_id, "no memory")
    assert isinstance(loading, Failed)
    assert isinstance(asking, Failed)
    assert loading.error.key == "model.no_memory_to_load"
    assert asking.error.key == "model.out_of_memory"


def test_a_process_that_never_starts_is_an_error_and_not_a_wait(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    done = threading.Event()
    errors: list[EngineError] = []

    def start() -> None:
        try:
            RemoteModel("fake", settings)
        except EngineError as error:
            errors.append(error)
        done.set()

    threading.Thread(target=start, daemon=True).start()
    assert done.wait(20)
    assert [error.key for error in errors] == ["model.load_failed"]


@pytest.mark.parametrize("key", ["model.device_fault", "model.worker_ended"])
def test_errors_survive_the_way_between_processes(key: str) -> None:
    import pickle

    error = EngineError(key, model_id="m", detail="d")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.key, copy.values, str(copy)) == (error.key, error.values, str(error))
