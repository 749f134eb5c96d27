"""Cancellation token of a run. It notifies callbacks, so a waiting thread need not poll.

Try it: `python -c "from engine.core.stop_event import StopEvent; stop = StopEvent();
stop.add_callback(lambda: print('stopped')); stop.set()"`
"""

import threading
from collections.abc import Callable


class StopEvent(threading.Event):
    """A threading.Event that calls its callbacks when it is set. Thread-safe."""

    def __init__(self) -> None:
        super().__init__()
        self._callbacks: list[Callable[[], None]] = []
        self._guard = threading.Lock()

    def add_callback(self, callback: Callable[[], None]) -> None:
        """Register a callback for when this event is set; if it is already set, call it at once.

        Args:
            callback: called once, on the thread that sets the event. That may be an event loop's
                thread, so the callback must neither block nor raise.
        """
        with self._guard:
            if not self.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def remove_callback(self, callback: Callable[[], None]) -> None:
        """Remove a callback; does nothing if it was already called."""
        with self._guard:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

    def set(self) -> None:
        with self._guard:
            super().set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()
