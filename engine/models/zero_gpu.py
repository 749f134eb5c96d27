"""Models on a GPU that is allocated for one call at a time: Hugging Face's ZeroGPU.

The app itself has no GPU there. A function decorated by `spaces.GPU` runs in a forked process
that has one for a stated number of seconds. Arguments and results are pickled. The main thread
therefore places the weights at start. A run sends its pages along, and everything from `prepare`
on runs in the forked process. The state of that process is lost after the call: no keys and
values are reused, and a truncated answer is regenerated, not resumed.

The package `spaces` is never imported here: gradio_app.py passes its decorator in.

Source: the package `spaces` 0.51.3 (zero/wrappers.py, zero/torch/patching.py, zero/client.py).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol, TypeAlias

from engine.core.errors import EngineError, ModelError, RunCancelled, as_engine_error
from engine.core.prompts import get_task
from engine.core.schema import Failed, Finished, ImagePart, Notice, Page, StreamEvent
from engine.core.settings import Settings
from engine.core.stop_event import StopEvent
from engine.families import family_class
from engine.families.base import ModelFamily, ModelRequest, Preparation
from engine.index.page_index import PageIndex
from engine.models.failures import load_family, preparation_error
from engine.models.inference import Job, run_job
from engine.models.worker.messages import What, with_pictures, without_pictures

logger = logging.getLogger(__name__)

PageKey: TypeAlias = tuple[str, int]

# Estimated seconds of a call: moving the weights to the GPU, a page's prefill, and tokens at a
# slow rate. They decide what a visitor's quota is charged, and when the GPU is taken away.
_START_SECONDS: Final = 15.0
_PAGE_SECONDS: Final = 3.0
_TOKENS_PER_SECOND: Final = 20.0
# Few answers reach their limit of tokens.
_USUAL_TOKENS: Final = {"text": 400, "layout": 1500}
_LEAST_SECONDS: Final = 20
# The most that a visitor without an account may request at once.
_MOST_SECONDS: Final = 120
# The run stops itself this long before the GPU is taken away, so its output is not lost.
_SPARE_SECONDS: Final = 5.0
# How often the GPU process sends a heartbeat, and how soon it notices a stop.
_TICK_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class GpuCall:
    """The arguments of a call to the process that has the GPU.

    Attributes:
        request: its pages cannot load their images there; `pictures` has them.
        pictures, indexes: of each page, or why it has none; indexes only if the run needs them.
    """

    model_id: str
    request: ModelRequest
    pictures: Mapping[PageKey, Any]
    indexes: Mapping[PageKey, PageIndex | EngineError]
    started_at: float
    load_seconds: float


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Sent when no event came for a while. is_alive: tokens were generated meanwhile."""

    is_alive: bool


GpuFunction: TypeAlias = Callable[[GpuCall], Generator[StreamEvent | Heartbeat, None, None]]


class GpuDecorator(Protocol):
    """spaces.GPU, as it is used here."""

    def __call__(
        self, *, duration: Callable[[GpuCall], int]
    ) -> Callable[[GpuFunction], GpuFunction]: ...


# Module state, as the GPU belongs to the process: the forked process finds the weights here.
_placed: dict[str, ModelFamily] = {}
_lent: list[GpuFunction] = []


def enable(gpu: GpuDecorator) -> None:
    """Run models that need a GPU inside a function decorated by `gpu` from now on."""
    _lent[:] = [gpu(duration=seconds_for)(answer_on_gpu)]


def is_enabled() -> bool:
    return bool(_lent)


def place(model_id: str, settings: Settings) -> None:
    """Load a model for all later calls. Call it from the main thread, before launch.

    Raises:
        ModelError: it cannot be loaded.
    """
    family = family_class(settings.model(model_id).family, model_id=model_id)
    if not family.stays_beside_others:
        _placed[model_id] = load_family(model_id, settings)


def seconds_for(call: GpuCall) -> int:
    """GPU seconds to request for a call, from its task, its pages and its limit of tokens.

    Returns:
        20 to 120.
    """
    request = call.request
    task = get_task(request.task)
    pages = max(1, len(request.pages))
    # A question gives one answer; reading gives one a page.
    answers = 1 if task.needs_question else pages
    tokens = answers * min(request.max_new_tokens, _USUAL_TOKENS[task.output])
    if task.id in ("ocr", "markdown"):
        tokens = answers * min(request.max_new_tokens, _USUAL_TOKENS["layout"])
    wanted = _START_SECONDS + _PAGE_SECONDS * len(call.pictures) + tokens / _TOKENS_PER_SECOND
    return round(min(max(wanted, _LEAST_SECONDS), _MOST_SECONDS))


class ZeroGpuModel:
    """A placed model with the interface of a family: it prepares calls, and `run` executes them.

    Raises (constructor):
        ModelError: the model was not placed at start.
    """

    def __init__(self, model_id: str) -> None:
        if model_id not in _placed:
            raise ModelError(
                "model.not_placed", model_id=model_id, placed=", ".join(_placed) or "-"
            )
        self.model_id = model_id

    def prepare(self, request: ModelRequest, preparation: Preparation) -> GpuCall:
        """The request with the pictures of every page that is shown to the model.

        Raises:
            RunCancelled: the user pressed Stop.
        """
        pictures: dict[PageKey, Any] = {}
        indexes: dict[PageKey, PageIndex | EngineError] = {}
        needs_index = _placed[self.model_id].needs_index(request)
        for key, page in _seen_pages(request).items():
            if preparation.stop.is_set():
                raise RunCancelled
            pictures[key] = _read(page, lambda page: page.load_image())
            if needs_index:
                indexes[key] = _read(page, preparation.index)
        # The job fills in the times; it does not exist yet.
        return GpuCall(self.model_id, without_pictures(request), pictures, indexes, 0.0, 0.0)

    def run(self, job: Job) -> Finished | Failed:
        """Run a prepared call up to its last event. Never raises."""
        call = replace(job.inputs, started_at=job.started_at, load_seconds=job.load_seconds)
        if job.stop.is_set():
            return Finished("cancelled", self.model_id)
        try:
            return self._forward(_lent[0](call), job)
        except Exception as error:  # noqa: BLE001 - quota, queue and network have errors of spaces
            logger.warning("ZeroGPU did not answer for %s: %s", self.model_id, error)
            detail = str(getattr(error, "message", "") or type(error).__name__)
            return Failed(ModelError("model.gpu_not_lent", model_id=self.model_id, detail=detail))

    def _forward(
        self, events: Generator[StreamEvent | Heartbeat, None, None], job: Job
    ) -> Finished | Failed:
        try:
            for event in events:
                if isinstance(event, Finished | Failed):
                    return event
                if isinstance(event, Heartbeat):
                    if event.is_alive:
                        job.last_token_at = time.monotonic()
                        job.on_token()
                else:
                    job.emit(event)
                if job.stop.is_set():
                    return Finished("cancelled", self.model_id)
        finally:
            # Closing the generator tells the other process to stop.
            events.close()
        raise ModelError("model.gpu_not_lent", model_id=self.model_id, detail="no end was told")

    def drop_caches(self) -> None:
        """Do nothing: there are none."""

    def unload(self) -> None:
        """Do nothing: a model that is placed later would not be found by the forked process."""

    def describe(self) -> Mapping[str, str]:
        """Facts for the model card: label -> value."""
        return _placed[self.model_id].describe()


def answer_on_gpu(call: GpuCall) -> Generator[StreamEvent | Heartbeat, None, None]:
    """Prepare and generate in the GPU's process. The last event is Finished or Failed."""
    run = _RunOnGpu(call, time.monotonic() + seconds_for(call) - _SPARE_SECONDS)
    try:
        yield from run.events()
    finally:
        run.end()


class _RunOnGpu:
    """One call in the process that has the GPU; it works on a thread to stay responsive to Stop."""

    def __init__(self, call: GpuCall, deadline: float) -> None:
        self._call = call
        self._deadline = deadline
        self._family = _placed[call.model_id]
        self._events: SimpleQueue[StreamEvent] = SimpleQueue()
        self._stop = StopEvent()
        self._alive = threading.Event()
        self._thread = threading.Thread(target=self._work, name="on-gpu", daemon=True)

    def events(self) -> Iterator[StreamEvent | Heartbeat]:
        self._thread.start()
        timed_out = False
        while True:
            if not timed_out and time.monotonic() > self._deadline:
                timed_out = True
                self._stop.set()
            try:
                event = self._events.get(timeout=_TICK_SECONDS)
            except Empty:
                alive = self._alive.is_set()
                self._alive.clear()
                yield Heartbeat(alive)
                continue
            if timed_out and isinstance(event, Finished) and event.finish_reason == "cancelled":
                yield Notice("notice.gpu_time_up", {"seconds": seconds_for(self._call)})
                event = replace(event, finish_reason="length")
            yield event
            if isinstance(event, Finished | Failed):
                return

    def end(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        # This process may end before the next call, or serve another visitor.
        self._family.drop_caches()
        self._family.forget(self._call.request.conversation)

    def _work(self) -> None:
        self._events.put(self._answer())

    def _answer(self) -> Finished | Failed:
        call = self._call
        preparation = Preparation(
            index=lambda page: _given(call.indexes, page),
            emit=self._events.put,
            stop=self._stop,
        )
        try:
            inputs = self._family.prepare(with_pictures(call.request, self._of_page), preparation)
        except RunCancelled:
            return Finished("cancelled", call.model_id)
        except Exception as error:  # noqa: BLE001 - preparation_error logs it
            return Failed(preparation_error(call.model_id, error))
        return run_job(
            self._family,
            Job(
                inputs=inputs,
                emit=self._events.put,
                stop=self._stop,
                started_at=call.started_at,
                load_seconds=call.load_seconds,
                on_token=self._alive.set,
            ),
        )

    def _of_page(self, what: What, page: Page) -> Any:
        # No family reads a page's own words: they are in its index.
        return _given(self._call.pictures, page) if what == "image" else ()


def _read(page: Page, read: Callable[[Page], Any]) -> Any:
    """A part of a page, or the EngineError that reading it ended with.

    The family meets the error where it reads the page, so the other pages of a run are read.
    """
    try:
        return read(page)
    except RunCancelled:
        raise
    except Exception as error:
        if not isinstance(error, EngineError):
            logger.exception("reading a page for a GPU call failed")
        return as_engine_error(error)


def _given(parts: Mapping[PageKey, Any], page: Page) -> Any:
    """The part of a page that came with the call. Raises EngineError: it could not be read."""
    part = parts[page.document_id, page.page_index]
    if isinstance(part, EngineError):
        raise part
    return part


def _seen_pages(request: ModelRequest) -> dict[PageKey, Page]:
    """The pages of the question, and those that the history shows."""
    pages = {(page.document_id, page.page_index): page for page in request.pages}
    known = {
        (page.document_id, page.page_index): page
        for document in request.documents
        for page in document.pages
    }
    for message in request.history:
        for part in message.parts:
            key = (part.document_id, part.page_index) if isinstance(part, ImagePart) else None
            if key is not None and key in known:
                pages.setdefault(key, known[key])
    return pages
