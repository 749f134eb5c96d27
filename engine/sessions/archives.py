"""Which archive is whose: visitors' on disk where the settings allow it, all others' in memory.

Nothing is made on disk before there is a visitor, so commands and code that only ask
leave nothing there.
"""

import logging
import threading

from engine.core.errors import StoreError
from engine.core.settings import Settings
from engine.sessions.database import Archive
from engine.sessions.database.archive import FOLDER

logger = logging.getLogger(__name__)


class Archives:
    """The archives of one process.

    Attributes:
        passing: in memory, for sessions that nobody comes back to.

    Raises (constructor):
        StoreError: what was kept before cannot be used, such as by a newer version of the program.
    """

    def __init__(self, settings: Settings) -> None:
        self._ttl_seconds = settings.sessions.kept_days * 24 * 3600
        self._folder = settings.data_dir / FOLDER if settings.sessions.keeps_on_disk else None
        self._kept: Archive | None = None
        self._opening = threading.Lock()
        if self._folder is not None and Archive.exists(self._folder):
            self._kept = Archive(self._folder, ttl_seconds=self._ttl_seconds)
        self.passing = Archive(None, ttl_seconds=settings.sessions.ttl_minutes * 60)

    @property
    def visitors(self) -> Archive:
        """Where visitors' conversations are; in memory where the disk cannot be used."""
        with self._opening:
            if self._kept is None:
                self._kept = self.passing
                if self._folder is not None:
                    try:
                        self._kept = Archive(self._folder, ttl_seconds=self._ttl_seconds)
                    except StoreError as error:
                        logger.error("conversations are not kept: %s", error)
            return self._kept

    def open(self) -> list[Archive]:
        """Those that are in use, the one on disk also where another process began it."""
        kept = self._kept
        if kept is None and self._folder is not None and Archive.exists(self._folder):
            kept = self.visitors
        return [self.passing] if kept is None or kept is self.passing else [self.passing, kept]

    def tidy(self) -> None:
        """After a start: delete what a crash left behind."""
        for archive in self.open():
            archive.tidy()

    def close(self) -> None:
        """Finish writing; what is in memory is gone."""
        for archive in self.open():
            archive.close()
