"""A server that is away is left alone for a while, so that nobody waits for it in vain.

After `FAILURES` questions in a row that the server did not answer, questions are refused at once,
for a time that doubles with every further failure. Then one question may try; its answer closes the
breaker. There is one breaker a server, whatever models of the settings it serves.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

FAILURES: Final = 3
FIRST_SECONDS: Final = 15.0
LONGEST_SECONDS: Final = 240.0
# A question that may try is not waited for longer than this before another one may.
_TRIAL_SECONDS: Final = 30.0


class CircuitBreaker:
    """Thread-safe. clock: seconds, never backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_until = 0.0
        self._lock = threading.Lock()

    @property
    def seconds_left(self) -> float:
        """How long questions are refused from now on; 0 where they are not."""
        with self._lock:
            return max(0.0, self._closed_until - self._clock())

    def may_try(self) -> bool:
        """Whether a question may be sent now. After a pause the first one to ask tries alone."""
        with self._lock:
            now = self._clock()
            if now < self._closed_until:
                return False
            if self._failures >= FAILURES:
                self._closed_until = now + _TRIAL_SECONDS
            return True

    def succeeded(self) -> None:
        """The server answered, be it with a refusal."""
        with self._lock:
            self._failures, self._closed_until = 0, 0.0

    def failed(self) -> None:
        """The server did not answer, or broke off."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                pause = FIRST_SECONDS * 2 ** min(self._failures - FAILURES, 10)
                self._closed_until = self._clock() + min(pause, LONGEST_SECONDS)

    def gave_up(self) -> None:
        """A question that might try was stopped before the server showed anything."""
        with self._lock:
            if self._failures >= FAILURES:
                self._closed_until = 0.0


_breakers: dict[str, CircuitBreaker] = {}
_guard = threading.Lock()


def breaker_of(base_url: str) -> CircuitBreaker:
    """The breaker of a server."""
    with _guard:
        return _breakers.setdefault(base_url.rstrip("/"), CircuitBreaker())
