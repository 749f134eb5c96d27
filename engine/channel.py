"""One run's events on their way from the inference side to one reader, sync or async.

A reader that waits blocks no thread pool: asyncio readers are woken by the writer, so a hundred
waiting sessions cost no threads. The channel does not interpret events.
"""

import asyncio
import threading
from collections import deque

from engine.core.schema import StreamEvent


class EventChannel:
    """Unbounded queue with any number of writers and one reader."""

    def __init__(self) -> None:
        self._events: deque[StreamEvent] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._async_reader: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def put(self, event: StreamEvent) -> None:
        """Append an event; ignored after close, when nobody will read it."""
        with self._changed:
            if not self._closed:
                self._events.append(event)
            self._wake()

    def close(self) -> None:
        """No event follows; what was put before is still read."""
        with self._changed:
            self._closed = True
            self._wake()

    def get(self, timeout_seconds: float) -> StreamEvent | None:
        """The next event, or None once the channel is closed and empty.

        Raises:
            TimeoutError: nothing came for timeout_seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._events or self._closed, timeout_seconds):
                raise TimeoutError
            return self._events.popleft() if self._events else None

    async def aget(self, timeout_seconds: float) -> StreamEvent | None:
        """`get` for asyncio. Raises TimeoutError alike."""
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
