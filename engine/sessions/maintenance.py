"""Background maintenance of sessions: checkpoints of running answers, expiry, eviction."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from engine.core.errors import EngineError
from engine.sessions.registry import SessionRegistry

logger = logging.getLogger(__name__)

SWEEP_SECONDS: Final = 60.0
# The most of a running answer that a crash may lose.
_CHECKPOINT_SECONDS: Final = 2.0


class MaintenanceThread:
    """The maintenance thread of one engine.

    Args:
        running: returns the ids of sessions with a running answer.
        sweep: called once a minute.
    """

    def __init__(
        self,
        sessions: SessionRegistry,
        running: Callable[[], list[str]],
        sweep: Callable[[], None],
    ) -> None:
        self._sessions = sessions
        self._running = running
        self._sweep = sweep
        self._closed = threading.Event()
        self._sizes: dict[str, int] = {}
        self._thread = threading.Thread(target=self._work, name="session-sweeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread after its current work."""
        self._closed.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=30)

    def _work(self) -> None:
        waited = 0.0
        while not self._closed.wait(_CHECKPOINT_SECONDS):
            self._safely(self._checkpoint)
            waited += _CHECKPOINT_SECONDS
            if waited >= SWEEP_SECONDS:
                waited = 0.0
                self._safely(self._sweep)
                self._safely(self._sessions.touch)
                self._safely(lambda: self._sessions.put_to_sleep(self._running()))

    def _checkpoint(self) -> None:
        """Store what running answers have generated since the last checkpoint."""
        self._sizes = {
            key: self._sessions.checkpoint(key, self._sizes.get(key, 0)) for key in self._running()
        }

    def _safely(self, work: Callable[[], None]) -> None:
        """Run one piece of work; its failure is logged and does not stop the others."""
        try:
            work()
        except EngineError as error:
            logger.warning("upkeep of sessions: %s", error)
        except Exception:
            logger.exception("upkeep of sessions failed")
