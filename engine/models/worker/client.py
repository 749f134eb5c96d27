"""The app's side of a worker process: RemoteModel, used like a family with its inference thread.

Events of all its runs come over one channel and are handed on by one thread. When the process
ends by itself (killed, or a GPU fault), every open run ends with one sentence; `is_alive` is then
False and whoever owns the RemoteModel starts another.
"""

from __future__ import annotations

import itertools
import logging
import os
import pickle
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from engine.core.child_process import ChildProcess
from engine.core.errors import (
    EngineError,
    GenerationError,
    ModelError,
    RunCancelled,
    as_engine_error,
)
from engine.core.schema import Failed, Finished, Page
from engine.core.settings import Settings
from engine.families import class_path
from engine.families.base import ModelRequest, Preparation
from engine.models.inference import Job
from engine.models.worker.messages import (
    FAULT_KEY,
    DropCaches,
    Event,
    Forget,
    Heartbeat,
    Load,
    Loaded,
    LoadFailed,
    PageReply,
    PageRequest,
    PrepareDone,
    PrepareFailed,
    PrepareRequest,
    Stop,
    Submit,
    without_pictures,
)

logger = logging.getLogger(__name__)

# Imports of a cold disk; loading the model comes after it.
_START_SECONDS: Final = 120.0
_CLOSE_SECONDS: Final = 10.0
_PAGE_THREADS: Final = 2


@dataclass(frozen=True, slots=True)
class RemoteInputs:
    """A handle for inputs that are stored in the worker."""

    run: int


@dataclass(slots=True)
class _Run:
    number: int
    request: ModelRequest
    preparation: Preparation
    prepared: threading.Event = field(default_factory=threading.Event)
    pressed: Callable[[], None] = lambda: None  # tells the worker of the user's Stop
    error: EngineError | None = None
    cancelled: bool = False
    job: Job | None = None


class RemoteModel:
    """One model in its own process. Thread-safe.

    Raises (constructor):
        ModelError: the process did not start, or the model could not be loaded.
    """

    def __init__(self, model_id: str, settings: Settings) -> None:
        self.model_id = model_id
        self._runs: dict[int, _Run] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._closing = False
        self._pages = ThreadPoolExecutor(_PAGE_THREADS, thread_name_prefix=f"pages-{model_id}")
        # The thread starts with the first Stop: sending may have to wait for a page in transit.
        self._stops = ThreadPoolExecutor(1, thread_name_prefix=f"stop-{model_id}")
        self._process = ChildProcess("engine.models.worker", os.environ)
        self._facts = self._load(settings)
        self._alive = True
        threading.Thread(target=self._listen, name=f"worker-{model_id}", daemon=True).start()

    @property
    def is_alive(self) -> bool:
        """False once the process has ended; another RemoteModel is needed then."""
        return self._alive and self._process.is_alive

    @property
    def pid(self) -> int:
        return self._process.pid

    def describe(self) -> Mapping[str, str]:
        """Facts for the model card: label -> value."""
        return self._facts

    def prepare(self, request: ModelRequest, preparation: Preparation) -> RemoteInputs:
        """Like ModelFamily.prepare; the inputs stay in the worker."""
        run = _Run(next(self._numbers), request, preparation)
        with self._lock:
            self._runs[run.number] = run
        try:
            self._send(PrepareRequest(run.number, without_pictures(request)))
            run.pressed = partial(self._on_stop, run)
            preparation.stop.add_callback(run.pressed)
            run.prepared.wait()
            if run.cancelled:
                raise RunCancelled
            if run.error is not None:
                raise run.error
        except BaseException:
            self._over(run)
            raise
        return RemoteInputs(run.number)

    def submit(self, job: Job) -> None:
        """Like InferenceThread.submit.

        Raises:
            GenerationError: the worker ended after the run was prepared.
        """
        with self._lock:
            run = self._runs.get(job.inputs.run)
            if run is not None:
                run.job = job
        if run is None:
            raise self._ended_error()
        self._send(Submit(run.number, job.started_at, job.load_seconds))

    def drop_caches(self) -> None:
        """Like ModelFamily.drop_caches."""
        self._send(DropCaches())

    def forget(self, conversation: str) -> None:
        """Like ModelFamily.forget; a process that has ended has nothing to delete."""
        try:
            self._send(Forget(conversation))
        except GenerationError:
            logger.info("the worker of %s had ended", self.model_id)

    def close(self) -> None:
        """End the process, which frees all its memory. Open runs end as cancelled."""
        with self._lock:
            self._closing = True
            open_runs = list(self._runs.values())
        for run in open_runs:
            run.preparation.stop.set()
        self._process.end(_CLOSE_SECONDS)
        self._pages.shutdown(wait=False, cancel_futures=True)
        self._stops.shutdown(wait=False)

    def unload(self) -> None:
        """Do nothing: `close` has freed everything."""

    def _load(self, settings: Settings) -> Mapping[str, str]:
        """Raises ModelError: the process ended, or did not start in time, or the model failed."""
        family = settings.model(self.model_id).family
        try:
            with self._process.deadline(_START_SECONDS):
                self._receive()  # Started
            self._send(
                Load(self.model_id, family, class_path(family, model_id=self.model_id), settings)
            )
            answer = self._receive()
        except (EOFError, GenerationError) as error:
            detail = f"its process ended with status {self._process.end(_CLOSE_SECONDS)}"
            raise ModelError("model.load_failed", model_id=self.model_id, detail=detail) from error
        if isinstance(answer, LoadFailed):
            self._process.end(_CLOSE_SECONDS)
            raise answer.error
        assert isinstance(answer, Loaded)
        return answer.facts

    def _receive(self) -> object:
        """Raises EOFError: the process has ended."""
        return pickle.loads(self._process.receive())

    def _ended_error(self) -> GenerationError:
        detail = f"exit status {self._process.status}"
        return GenerationError("model.worker_ended", model_id=self.model_id, detail=detail)

    def _send(self, message: object) -> None:
        try:
            self._process.send(pickle.dumps(message))
        except OSError as error:
            logger.warning("the worker of %s does not listen any more", self.model_id)
            raise self._ended_error() from error

    def _listen(self) -> None:
        while True:
            try:
                message = self._receive()
            except EOFError:
                break
            self._take(message)
        self._process.end(_CLOSE_SECONDS)
        self._alive = False
        with self._lock:
            open_runs = list(self._runs.values())
        for run in open_runs:
            self._break(run)

    def _take(self, message: object) -> None:
        match message:
            case PrepareDone(number):
                self._runs[number].prepared.set()
            case PrepareFailed(number, error):
                run = self._runs[number]
                run.error, run.cancelled = error, error is None
                run.prepared.set()
            case Event(number, event):
                run = self._runs[number]
                if isinstance(event, Finished | Failed):
                    self._over(run)
                if isinstance(event, Failed) and event.error.key == FAULT_KEY:
                    # The worker exits right after it reports the fault: no run may queue any more.
                    self._alive = False
                if run.job is None:
                    run.preparation.emit(event)
                else:
                    if run.job.last_token_at is not None:
                        # The stall check starts at the first token: a long prefill is no stall.
                        run.job.last_token_at = time.monotonic()
                    run.job.emit(event)
            case Heartbeat(number):
                job = self._runs[number].job
                if job is not None:
                    job.last_token_at = time.monotonic()
            case PageRequest():
                self._pages.submit(self._give, message)

    def _give(self, wanted: PageRequest) -> None:
        run = self._runs.get(wanted.run)
        if run is None:
            return
        try:
            page = _page(run.request, wanted)
            match wanted.what:
                case "image":
                    value: Any = page.load_image()
                case "words":
                    value = page.load_words()
                case "annotations":
                    value = page.load_annotations()
                case "index":
                    value = run.preparation.index(page)
            given = PageReply(wanted.ask, value)
        except RunCancelled:
            given = PageReply(wanted.ask, stopped=True)
        except Exception as error:
            if not isinstance(error, EngineError):
                logger.exception("reading a page for the worker of %s failed", self.model_id)
            given = PageReply(wanted.ask, error=as_engine_error(error))
        try:
            self._send(given)
        except GenerationError:
            logger.info("the worker of %s ended before it had its page", self.model_id)

    def _on_stop(self, run: _Run) -> None:
        with suppress(RuntimeError):  # closed meanwhile: every run ends anyway
            self._stops.submit(self._forward_stop, run)

    def _forward_stop(self, run: _Run) -> None:
        """Tell the worker of the user's Stop."""
        if run.number not in self._runs:
            return
        try:
            self._send(Stop(run.number))
        except GenerationError:
            logger.info("the worker of %s ended before its stop", self.model_id)

    def _over(self, run: _Run) -> None:
        run.preparation.stop.remove_callback(run.pressed)
        with self._lock:
            self._runs.pop(run.number, None)

    def _break(self, run: _Run) -> None:
        """End a run whose worker has exited."""
        self._over(run)
        if self._closing or run.preparation.stop.is_set():
            run.cancelled = True
        else:
            run.error = self._ended_error()
        run.prepared.set()
        if run.job is not None:
            cancelled = Finished("cancelled", self.model_id)
            run.job.emit(Failed(run.error) if run.error is not None else cancelled)


def _page(request: ModelRequest, wanted: PageRequest) -> Page:
    pages = (*request.pages, *(page for one in request.documents for page in one.pages))
    return next(
        page
        for page in pages
        if (page.document_id, page.page_index) == (wanted.document_id, wanted.page_index)
    )
