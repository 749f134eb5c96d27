"""The worker's side: loads one model and serves its runs until the app disconnects.

Started as `python -m engine.models.worker`; it ends when the app closes its input, or ends. A GPU
fault (engine.core.hardware.is_device_fault) is told as a sentence, then the process ends; the
app starts another with the next question.
"""

from __future__ import annotations

import itertools
import logging
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from typing import Any, Final

from engine.core.child_process import Channel
from engine.core.errors import EngineError, RunCancelled
from engine.core.schema import Failed, Finished, Page, StreamEvent
from engine.core.stop_event import StopEvent
from engine.families import FAMILIES
from engine.families.base import ModelFamily, ModelRequest, Preparation
from engine.models.failures import load_family, preparation_error
from engine.models.inference import InferenceThread, Job, run_job
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
    Started,
    Stop,
    Submit,
    What,
    with_pictures,
)

logger = logging.getLogger(__name__)

# The exit status after a GPU fault.
FAULT_STATUS: Final = 3
_ALIVE_SECONDS: Final = 1.0


def main(channel: Channel) -> int:
    """Serve until the app closes the channel."""
    # Ctrl-C belongs to the app, which closes the channel.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.WARNING)
    channel.send(pickle.dumps(Started()))
    order = pickle.loads(channel.receive())
    try:
        family = _load(order)
    except EngineError as error:
        channel.send(pickle.dumps(LoadFailed(error)))
        return 1
    channel.send(pickle.dumps(Loaded(dict(family.describe()))))
    _Worker(channel, family).serve()
    # Threads that still decode must not keep the GPU's memory.
    os._exit(0)


def _load(order: Load) -> ModelFamily:
    FAMILIES[order.family] = order.entry
    return load_family(order.model_id, order.settings)


@dataclass(slots=True)
class _Run:
    number: int
    stop: StopEvent = field(default_factory=StopEvent)
    inputs: Any = None
    said_alive: float = 0.0


class _Worker:
    def __init__(self, channel: Channel, family: ModelFamily) -> None:
        self._channel = channel
        self._family = family
        self._inference = InferenceThread(family.model_id, partial(run_job, family))
        self._runs: dict[int, _Run] = {}
        self._asks: dict[int, SimpleQueue[PageReply]] = {}
        self._numbers = itertools.count()

    def serve(self) -> None:
        while True:
            try:
                message = pickle.loads(self._channel.receive())
            except EOFError:
                return
            match message:
                case PrepareRequest(number, request):
                    run = self._runs.setdefault(number, _Run(number))
                    threading.Thread(target=self._prepare, args=(run, request), daemon=True).start()
                case Submit(number, started_at, load_seconds):
                    self._submit(self._runs[number], started_at, load_seconds)
                case Stop(number):
                    self._stop(number)
                case PageReply(ask):
                    waiting = self._asks.pop(ask, None)
                    if waiting is not None:
                        waiting.put(message)
                case DropCaches():
                    self._family.drop_caches()
                case Forget(conversation):
                    # On the model's own thread: a run that is ending may still store its cache.
                    self._inference.call(partial(self._family.forget, conversation))

    def _send(self, message: object) -> None:
        try:
            self._channel.send(pickle.dumps(message))
        except OSError:
            # The app is gone; `serve` sees it too and ends the process.
            logger.warning("the app closed the channel")

    def _stop(self, number: int) -> None:
        run = self._runs.get(number)
        if run is not None:
            run.stop.set()
            for waiting in list(self._asks.values()):
                # Every waiting run wakes, checks its own stop event, and waits on if it is not set.
                waiting.put(PageReply(-1))

    def _prepare(self, run: _Run, request: ModelRequest) -> None:
        def ask(what: What, page: Page) -> Any:
            return self._ask(run, what, page)

        preparation = Preparation(
            index=lambda page: ask("index", page),
            emit=lambda event: self._send(Event(run.number, event)),
            stop=run.stop,
        )
        try:
            run.inputs = self._family.prepare(with_pictures(request, ask), preparation)
        except RunCancelled:
            self._ended(run, None)
        except Exception as error:  # noqa: BLE001 - preparation_error logs it
            self._ended(run, preparation_error(self._family.model_id, error))
        else:
            self._send(PrepareDone(run.number))

    def _ended(self, run: _Run, error: EngineError | None) -> None:
        self._runs.pop(run.number, None)
        self._send(PrepareFailed(run.number, error))

    def _submit(self, run: _Run, started_at: float, load_seconds: float) -> None:
        def emit(event: StreamEvent) -> None:
            if isinstance(event, Finished | Failed):
                self._runs.pop(run.number, None)
            self._send(Event(run.number, event))
            if isinstance(event, Failed) and event.error.key == FAULT_KEY:
                os._exit(FAULT_STATUS)

        self._inference.submit(
            Job(run.inputs, emit, run.stop, started_at, load_seconds, on_token=self._alive(run))
        )

    def _alive(self, run: _Run) -> Callable[[], None]:
        def on_token() -> None:
            now = time.monotonic()
            if now - run.said_alive >= _ALIVE_SECONDS:
                run.said_alive = now
                self._send(Heartbeat(run.number))

        return on_token

    def _ask(self, run: _Run, what: What, page: Page) -> Any:
        """Request a part of a page from the app.

        Raises:
            RunCancelled: the run was stopped meanwhile.
            EngineError: the app could not read it.
        """
        number = next(self._numbers)
        waiting: SimpleQueue[PageReply] = SimpleQueue()
        self._asks[number] = waiting
        self._send(PageRequest(number, run.number, what, page.document_id, page.page_index))
        while True:
            given = waiting.get()
            if run.stop.is_set() or given.stopped:
                self._asks.pop(number, None)
                raise RunCancelled
            if given.ask == number:
                break
        if given.error is not None:
            raise given.error
        return given.value
