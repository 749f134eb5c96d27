"""Two clocks: the wall clock, which may jump, and a steady clock, which only advances.

Sessions that are only on disk have nothing but dates. While the wall clock and the steady clock
disagree, no date is trusted for deletion: after a forward jump nothing on disk expires for an hour,
in which the clock may be corrected. Suspension is no jump: the steady clock includes it where the
system can report it.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

# A correction by NTP is below this; a wrong time zone, year or battery is above.
_JUMP_SECONDS: Final = 300.0
GRACE_SECONDS: Final = 3600.0


def steady() -> float:
    """Seconds of a clock that only advances, including suspended time if the system counts it."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


class Clock:
    """date and steady: functions that return seconds; tests pass their own."""

    def __init__(
        self, date: Callable[[], float] = time.time, steady: Callable[[], float] = steady
    ) -> None:
        self.date = date
        self.steady = steady
        self._offset = date() - steady()
        self._doubted_at: float | None = None
        self._lock = threading.Lock()

    def is_trusted(self) -> bool:
        """Whether dates may be used for deletion. Checks for a jump since the last call."""
        with self._lock:
            now = self.steady()
            offset = self.date() - now
            if offset - self._offset > _JUMP_SECONDS:
                self._doubted_at = now
            elif self._offset - offset > _JUMP_SECONDS:
                # A backward jump makes nothing look older, and undoes a forward one.
                self._doubted_at = None
            self._offset = offset
            return self._doubted_at is None or now - self._doubted_at >= GRACE_SECONDS

    def date_of(self, steady: float) -> float:
        """The date, in seconds since 1970, of a moment of the steady clock."""
        return self.date() - (self.steady() - steady)
