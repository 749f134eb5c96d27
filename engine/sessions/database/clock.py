"""Two clocks: one that says the date, and may jump, and one that only goes on.

What is asleep on disk has nothing but dates. While the date and the steady clock disagree, dates
are not trusted to delete by: after a jump forwards nothing on disk expires for an hour, in which
the clock may be set right. Sleep is no jump: the steady clock counts it where the system can say.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

# A correction by NTP is below this; a wrong time zone, year or battery is above.
_JUMP_SECONDS: Final = 300.0
GRACE_SECONDS: Final = 3600.0


def steady() -> float:
    """Seconds that only go on, suspended time included where the system counts it."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


class Clock:
    """date and steady: functions that return seconds; tests give their own."""

    def __init__(
        self, date: Callable[[], float] = time.time, steady: Callable[[], float] = steady
    ) -> None:
        self.date = date
        self.steady = steady
        self._offset = date() - steady()
        self._doubted_at: float | None = None
        self._lock = threading.Lock()

    def is_trusted(self) -> bool:
        """Whether the date may be deleted by; looks for a jump since the last look."""
        with self._lock:
            now = self.steady()
            offset = self.date() - now
            if offset - self._offset > _JUMP_SECONDS:
                self._doubted_at = now
            elif self._offset - offset > _JUMP_SECONDS:
                # Back: nothing looks older than it is, and what a jump forwards did is undone.
                self._doubted_at = None
            self._offset = offset
            return self._doubted_at is None or now - self._doubted_at >= GRACE_SECONDS

    def date_of(self, steady: float) -> float:
        """The date, in seconds since 1970, of a moment of the steady clock."""
        return self.date() - (self.steady() - steady)
