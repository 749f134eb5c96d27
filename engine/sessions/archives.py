"""Choice of the archive of a session: visitors' on disk if the settings allow it, others in memory.

The one on disk is opened, and its folder locked, for the first visitor or at the latest for the
first session that is looked for there; the app does it when it starts. So commands and code that
only ask leave nothing on disk, and work beside a running app.
"""

import logging
import threading
from pathlib import Path

from engine.core.errors import StoreError
from engine.core.settings import Settings
from engine.sessions.database import Archive, InUseError
from engine.sessions.database.archive import FOLDER

logger = logging.getLogger(__name__)


class Archives:
    """The archives of one process.

    Attributes:
        passing: in memory, for sessions that nobody comes back to.
    """

    def __init__(self, settings: Settings) -> None:
        self._ttl_seconds = settings.sessions.kept_days * 24 * 3600
        self._folder = settings.data_dir / FOLDER if settings.sessions.keeps_on_disk else None
        self._visitors: Archive | None = None
        self._opening = threading.Lock()
        self.passing = Archive(None, ttl_seconds=settings.sessions.ttl_minutes * 60)

    @property
    def visitors(self) -> Archive:
        """Where visitors' conversations are; in memory where nothing can be kept on disk.

        Raises:
            StoreError: another ScanChat uses the folder, or what was kept before cannot be used,
                such as by a newer version of the program.
        """
        with self._opening:
            if self._visitors is None:
                self._visitors = (
                    self.passing if self._folder is None else self._on_disk(self._folder)
                )
            return self._visitors

    def opened(self) -> list[Archive]:
        """Those that are in use so far."""
        visitors = self._visitors
        return (
            [self.passing]
            if visitors is None or visitors is self.passing
            else [self.passing, visitors]
        )

    def all(self) -> list[Archive]:
        """Those in which a session may be. Raises StoreError, as `visitors`."""
        if self._visitors is None and self._folder is not None and Archive.exists(self._folder):
            return [self.passing, self.visitors]
        return self.opened()

    def close(self) -> None:
        """Finish writing; what is in memory is gone."""
        for archive in self.opened():
            archive.close()

    def _on_disk(self, folder: Path) -> Archive:
        try:
            archive = Archive(folder, ttl_seconds=self._ttl_seconds)
        except InUseError:
            raise
        except StoreError as error:
            if Archive.exists(folder):
                raise
            logger.error("conversations are not kept: %s", error)
            return self.passing
        try:
            archive.tidy()
        except StoreError as error:
            logger.warning("what a crash left is not deleted: %s", error)
        return archive
