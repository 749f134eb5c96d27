"""The wish to end a run, which whoever waits for it is told of: nobody has to look again and again.

Try it: `python -c "from engine.core.stop_event import StopEvent; stop = StopEvent();
stop.add_callback(lambda: print('stopped')); stop.set()"`
"""

import threading
from collections.abc import Callable


class StopEvent(threading.Event):
    """An Event that calls back when it is set. Thread-safe."""

    def __init__(self) -> None:
        super().__init__()
        self._callbacks: list[Callable[[], None]] = []
        self._guard = threading.Lock()

    def add_callback(self, callback: Callable[[], None]) -> None:
        """Have something called when this is set; at once where it is set already.

        Args:
            callback: called once, on the thread that sets this, which may be an event loop's: it
                neither waits nor raises.
        """
        with self._guard:
            if not self.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def remove_callback(self, callback: Callable[[], None]) -> None:
        """Have it not called any more; fine where it was called already."""
        with self._guard:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

    def set(self) -> None:
        with self._guard:
            super().set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()
