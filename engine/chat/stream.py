"""The reader's side of a running answer: iterate, watch, stop."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator

from engine.core.errors import GenerationError
from engine.core.schema import Answer, Document, Failed, Step, StreamEvent
from engine.core.stop_event import StopEvent
from engine.core.transcript import Transcript
from engine.models.inference import Job

# How often a waiting reader checks for a stall.
_TICK_SECONDS = 0.5


class EventChannel:
    """Unbounded queue with any number of writers and one reader."""

    def __init__(self) -> None:
        self._events: deque[StreamEvent] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._async_reader: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def put(self, event: StreamEvent) -> None:
        """Append an event; ignored after close, when no reader is left."""
        with self._changed:
            if not self._closed:
                self._events.append(event)
            self._wake()

    def close(self) -> None:
        """Accept no more events; those in the queue can still be read."""
        with self._changed:
            self._closed = True
            self._wake()

    def get(self, timeout_seconds: float) -> StreamEvent | None:
        """The next event, or None once the channel is closed and empty.

        Raises:
            TimeoutError: no event came for timeout_seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._events or self._closed, timeout_seconds):
                raise TimeoutError
            return self._events.popleft() if self._events else None

    async def aget(self, timeout_seconds: float) -> StreamEvent | None:
        """`get` for asyncio. Raises TimeoutError as well."""
        wake = asyncio.Event()
        with self._changed:
            if self._events or self._closed:
                return self._events.popleft() if self._events else None
            self._async_reader = (asyncio.get_running_loop(), wake)
        try:
            await asyncio.wait_for(wake.wait(), timeout_seconds)
        finally:
            with self._changed:
                self._async_reader = None
        with self._changed:
            return self._events.popleft() if self._events else None

    def _wake(self) -> None:
        self._changed.notify_all()
        if self._async_reader is not None:
            loop, wake = self._async_reader
            if not loop.is_closed():
                loop.call_soon_threadsafe(wake.set)


class AnswerStream:
    """The StreamEvents of one run, for one reader; the last is Finished or Failed.

    Iterate with `for` or `async for`. A reader that leaves before the end stops the run, so a
    closed browser tab frees the model.

    Attributes:
        transcript: the answer so far; complete even if nobody reads.
        stop_event: set when the run should end.
        job: set once the run has queued for the model.
    """

    def __init__(
        self,
        *,
        model_id: str,
        documents: tuple[Document, ...],
        stall_timeout_seconds: float,
        on_end: Callable[[Transcript], None],
    ) -> None:
        self.transcript = Transcript()
        self.stop_event = StopEvent()
        self.job: Job | None = None
        self._model_id = model_id
        self._documents = documents
        self._stall_timeout_seconds = stall_timeout_seconds
        self._on_end = on_end
        self._channel = EventChannel()
        self._lock = threading.RLock()

    def emit(self, event: StreamEvent) -> None:
        """Take the next event of the run; events after the last one are dropped."""
        with self._lock:
            if self.transcript.ended:
                return
            self.transcript.add(event)
            if isinstance(event, Step) and self.job is not None:
                # The next step generates nothing at first, such as the prefill of the next page.
                self.job.last_token_at = None
            ended = self.transcript.ended
            if ended:
                # Before the reader learns of the end, so that it may ask again at once.
                self._on_end(self.transcript)
            self._channel.put(event)
            if ended:
                self._channel.close()

    def stop(self) -> None:
        """End the run soon; its last event is then Finished("cancelled")."""
        self.stop_event.set()

    def answer(self, language: str = "en") -> Answer:
        """Read to the end and return the whole answer.

        Raises:
            EngineError: the run failed.
        """
        for _ in self:
            pass
        return self.transcript.answer(self._documents, language)

    def __iter__(self) -> Iterator[StreamEvent]:
        try:
            while True:
                try:
                    event = self._channel.get(_TICK_SECONDS)
                except TimeoutError:
                    self._fail_if_stalled()
                    continue
                if event is None:
                    return
                yield event
        finally:
            self._stop_if_running()

    async def __aiter__(self) -> AsyncIterator[StreamEvent]:
        try:
            while True:
                try:
                    event = await self._channel.aget(_TICK_SECONDS)
                except TimeoutError:
                    self._fail_if_stalled()
                    continue
                if event is None:
                    return
                yield event
        finally:
            self._stop_if_running()

    def _stop_if_running(self) -> None:
        if not self.transcript.ended:
            self.stop()

    def _fail_if_stalled(self) -> None:
        last = self.job.last_token_at if self.job is not None else None
        limit = self._stall_timeout_seconds
        if last is not None and time.monotonic() - last > limit:
            self.stop()
            error = GenerationError("model.stalled", model_id=self._model_id, seconds=f"{limit:g}")
            self.emit(Failed(error))
