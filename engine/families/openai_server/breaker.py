"""Circuit breaker for unreachable servers, so that users do not wait for a time-out each time.

After `FAILURES` failed questions in a row, questions are rejected immediately, for a time that
doubles with every further failure, up to `LONGEST_SECONDS`. Then one question may try; its success
closes the breaker. There is one breaker per server, whatever models of the settings it serves.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

FAILURES: Final = 3
FIRST_SECONDS: Final = 15.0
LONGEST_SECONDS: Final = 240.0
# After this time without a result of the trial question, another one may try.
_TRIAL_SECONDS: Final = 30.0


class CircuitBreaker:
    """Counts failures in a row and rejects questions after too many. Thread-safe.

    Args:
        clock: returns monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_until = 0.0
        self._lock = threading.Lock()

    @property
    def seconds_left(self) -> float:
        """Seconds for which questions are still rejected; 0 if they are accepted."""
        with self._lock:
            return max(0.0, self._closed_until - self._clock())

    def may_try(self) -> bool:
        """Whether a question may be sent now. After a pause only the first caller may try."""
        with self._lock:
            now = self._clock()
            if now < self._closed_until:
                return False
            if self._failures >= FAILURES:
                self._closed_until = now + _TRIAL_SECONDS
            return True

    def succeeded(self) -> None:
        """Record that the server answered, even if it rejected the request."""
        with self._lock:
            self._failures, self._closed_until = 0, 0.0

    def failed(self) -> None:
        """Record that the server did not answer or broke off."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                pause = FIRST_SECONDS * 2 ** min(self._failures - FAILURES, 10)
                self._closed_until = self._clock() + min(pause, LONGEST_SECONDS)

    def gave_up(self) -> None:
        """Record that a trial question was stopped before the server sent anything."""
        with self._lock:
            if self._failures >= FAILURES:
                self._closed_until = 0.0


_breakers: dict[str, CircuitBreaker] = {}
_guard = threading.Lock()


def breaker_of(base_url: str) -> CircuitBreaker:
    """Return the breaker of a server."""
    with _guard:
        return _breakers.setdefault(base_url.rstrip("/"), CircuitBreaker())
