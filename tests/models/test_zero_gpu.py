"""Runs on a GPU that is lent call by call: what is sent, for how long, and how a run ends."""

import pickle
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine import Engine, Settings
from engine.core.errors import DocumentError, EngineError, ModelError, OcrError
from engine.core.prompts import Prompt, get_task, render
from engine.core.schema import (
    Discarded,
    Document,
    Finished,
    ImagePart,
    Message,
    Notice,
    Page,
    TextDelta,
    TextPart,
)
from engine.core.stop_event import StopEvent
from engine.families.base import ModelRequest, Preparation
from engine.index.page_index import PageIndex
from engine.models import zero_gpu
from engine.models.inference import Job
from engine.models.worker.messages import without_pictures
from engine.models.zero_gpu import GpuCall, Heartbeat, seconds_for
from tests.fakes import FakeFamily, save_page


class Lender:
    """Stands for spaces.GPU: remembers the calls, and sends them through pickle."""

    def __init__(self) -> None:
        self.calls: list[tuple[GpuCall, int]] = []
        self.refusal: Exception | None = None

    def __call__(self, *, duration: Callable[[GpuCall], int]) -> Any:
        def decorate(task: Any) -> Any:
            def lent(call: GpuCall) -> Generator[Any, None, None]:
                if self.refusal is not None:
                    raise self.refusal
                self.calls.append((call, duration(call)))
                for event in task(pickle.loads(pickle.dumps(call))):
                    yield pickle.loads(pickle.dumps(event))

            return lent

        return decorate


@pytest.fixture
def lender(fake_settings: Settings) -> Iterator[Lender]:
    lender = Lender()
    zero_gpu.enable(lender)
    zero_gpu.place("fake", fake_settings)
    yield lender
    zero_gpu._lent.clear()
    zero_gpu._placed.clear()


def with_page(engine: Engine, tmp_path: Path) -> str:
    session_id = engine.create_session()
    engine.add_document(session_id, save_page(tmp_path), name="page.png")
    return session_id


def test_a_placed_model_answers_and_is_sent_its_pages(
    lender: Lender, fake_engine: Engine, tmp_path: Path
) -> None:
    session_id = with_page(fake_engine, tmp_path)
    answer = fake_engine.ask(session_id, "What is the total?").answer()
    assert (answer.text, answer.model_id) == ("The total is 42.", "fake")
    assert FakeFamily.loads == 1, "a placed model is not loaded again"
    (call, seconds) = lender.calls[0]
    assert [image.size for image in call.pictures.values()] == [(900, 600)]
    assert seconds == seconds_for(call)
    # The second question shows the page again: nothing is kept between calls.
    fake_engine.ask(session_id, "And the date?").answer()
    assert len(lender.calls[1][0].pictures) == 1
    # Earlier pages may have to become text there, and nobody can be asked back for it.
    assert [len(call.indexes) for call, _ in lender.calls] == [0, 1]


def test_who_needs_the_indexes_of_its_pages_is_sent_them(
    lender: Lender, fake_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeFamily, "needs_index", lambda _, request: True)
    session_id = with_page(fake_engine, tmp_path)
    fake_engine.ask(session_id, "", task="ocr").answer()
    (call, _) = lender.calls[0]
    assert list(call.indexes) == list(call.pictures)


def test_a_page_that_cannot_be_read_is_told_to_the_family_and_the_others_are_sent(
    lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = Image.new("RGB", (30, 40))

    def broken() -> Image.Image:
        raise DocumentError("document.missing", name="x.png")

    def index(page: Page) -> PageIndex:
        if page.page_index == 1:
            raise OcrError("ocr.failed", detail="killed")
        return PageIndex("d", page.page_index, 30, 40, ())

    found: list[object] = []

    def prepare(family: FakeFamily, request: ModelRequest, preparation: Preparation) -> Any:
        for page in request.pages:
            for read in (lambda page: page.load_image(), preparation.index):
                try:
                    found.append(read(page) and "read")
                except EngineError as error:
                    found.append(error.key)
        return request

    monkeypatch.setattr(FakeFamily, "needs_index", lambda _, request: True)
    monkeypatch.setattr(FakeFamily, "prepare", prepare)
    pages = tuple(
        Page("d", number, 30, 40, broken if number == 0 else lambda: picture, lambda: ())
        for number in range(3)
    )
    preparation = Preparation(index, lambda _: None, StopEvent())
    call = zero_gpu.ZeroGpuModel("fake").prepare(replace(request(), pages=pages), preparation)
    job = Job(inputs=call, emit=lambda _: None, stop=StopEvent(), started_at=0.0)
    assert zero_gpu.ZeroGpuModel("fake").run(job) == Finished("stop", "fake")
    assert found == ["document.missing", "read", "read", "ocr.failed", "read", "read"]


def test_pages_of_the_history_are_sent_too() -> None:
    page = Page("d", 0, 30, 40, lambda: None)  # type: ignore[arg-type, return-value]
    told = Message("user", (ImagePart("d", 0), TextPart("?")))
    gone = Message("user", (ImagePart("deleted", 0),))
    asked = replace(request(), documents=(Document("d", "d", (page,)),), history=(told, gone))
    assert list(zero_gpu._seen_pages(asked)) == [("d", 0)]


def test_a_model_that_was_not_placed_is_refused_with_the_placed_ones(lender: Lender) -> None:
    with pytest.raises(ModelError, match=r"other was not placed.*fake"):
        zero_gpu.ZeroGpuModel("other")


class QuotaError(Exception):
    message = "You have exceeded your free ZeroGPU quota"


def test_a_refused_gpu_is_told_in_the_words_of_the_refusal(
    lender: Lender, fake_engine: Engine, tmp_path: Path
) -> None:
    lender.refusal = QuotaError()
    session_id = with_page(fake_engine, tmp_path)
    with pytest.raises(ModelError, match="exceeded your free ZeroGPU quota"):
        fake_engine.ask(session_id, "What?").answer()


def test_stop_reaches_the_lent_process(
    lender: Lender, fake_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeFamily, "gate", threading.Event())
    stream = fake_engine.ask(with_page(fake_engine, tmp_path), "What?")
    for event in stream:
        if isinstance(event, TextDelta):
            stream.stop()
    assert stream.transcript.finish_reason == "cancelled"
    assert FakeFamily.pieces_said == 1
    assert not [one for one in threading.enumerate() if one.name == "on-gpu"]


def test_a_run_ends_before_the_gpu_is_taken_away_and_keeps_what_it_has(
    lender: Lender, fake_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeFamily, "gate", threading.Event())
    monkeypatch.setattr(zero_gpu, "_SPARE_SECONDS", 36.5)
    stream = fake_engine.ask(with_page(fake_engine, tmp_path), "What?")
    answer = stream.answer()
    assert (answer.text, answer.finish_reason) == ("The total ", "length")
    told = [one.key for one in stream.transcript.notices if isinstance(one, Notice | Discarded)]
    assert told == ["notice.gpu_time_up"]


def test_nothing_of_a_visitor_stays_in_the_lent_process(
    lender: Lender, fake_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = with_page(fake_engine, tmp_path)
    left = {"caches", session_id}
    monkeypatch.setattr(FakeFamily, "drop_caches", lambda _: left.discard("caches"))
    monkeypatch.setattr(FakeFamily, "forget", lambda _, conversation: left.discard(conversation))
    fake_engine.ask(session_id, "What?").answer()
    assert left == set()


def test_who_stopped_while_waiting_is_lent_no_gpu(lender: Lender) -> None:
    stop = threading.Event()
    stop.set()
    call = GpuCall("fake", without_pictures(request()), {}, {}, 0.0, 0.0)
    job = Job(inputs=call, emit=lambda _: None, stop=stop, started_at=0.0, load_seconds=0.0)
    assert zero_gpu.ZeroGpuModel("fake").run(job) == Finished("cancelled", "fake")
    assert lender.calls == [], "it would be charged to the visitor's quota"


def test_nothing_is_decorated_or_placed_elsewhere() -> None:
    assert not zero_gpu.is_enabled()


def request(task: str = "question", *, max_new_tokens: int = 1024, pages: int = 0) -> ModelRequest:
    page = [Page("d", number, 30, 40, lambda: None) for number in range(pages)]  # type: ignore
    prompt: Prompt = render(get_task(task), family="qwen_vl", question="?")
    return ModelRequest(
        conversation="c", task=task, question="?", history=(), documents=(), pages=tuple(page),
        prompt=prompt, verbatim=False, pixel_share=1.0, max_new_tokens=max_new_tokens,
        language="en",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("task", "tokens", "pages", "seconds"),
    [
        ("question", 1024, 1, 38),  # 15 to begin, 3 a page, 400 usual tokens at 20/s
        ("question", 60, 1, 21),
        ("question", 1024, 4, 47),
        ("ocr", 4096, 1, 93),  # 1,500 tokens a page
        ("layout", 16384, 1, 93),
        ("layout", 16384, 8, 120),  # what may be asked for at most
        ("ocr", 10, 1, 20),
    ],
)
def test_the_gpu_is_borrowed_by_task_pages_and_tokens(
    task: str, tokens: int, pages: int, seconds: int
) -> None:
    asked = request(task, max_new_tokens=tokens, pages=pages)
    pictures = {("d", number): None for number in range(pages)}
    call = GpuCall("fake", without_pictures(asked), pictures, {}, 0.0, 0.0)
    assert seconds_for(call) == seconds


def test_a_tick_says_whether_tokens_came() -> None:
    assert Heartbeat(True) != Heartbeat(False)
