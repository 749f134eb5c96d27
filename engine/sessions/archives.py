"""Choice of the archive of a session: visitors' on disk if the settings allow it, others in memory.

Nothing is created on disk before the first visitor, so commands and code that only ask questions
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
        passing: in memory, for sessions that nobody returns to.

    Raises (constructor):
        StoreError: the stored data cannot be used, for example as a newer version wrote it.
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
        """The archive of visitors' conversations; in memory if the disk cannot be used."""
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
        """The archives in use. The one on disk counts also if another process created it."""
        kept = self._kept
        if kept is None and self._folder is not None and Archive.exists(self._folder):
            kept = self.visitors
        return [self.passing] if kept is None or kept is self.passing else [self.passing, kept]

    def tidy(self) -> None:
        """Delete what a crash left behind. Call it after a start."""
        for archive in self.open():
            archive.tidy()

    def close(self) -> None:
        """Finish writing. What is in memory is lost."""
        for archive in self.open():
            archive.close()
