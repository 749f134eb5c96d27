"""The stored files of documents: one folder, meaningless names, readable by this user alone.

A name is a hash of the content, salted per session. The same file in two sessions has two names.
Deleting a session's file therefore never affects another session, and nobody can look up who has a
known file.
"""

import contextlib
import errno
import hmac
import logging
import os
import secrets
import time
from collections.abc import Iterable, Set
from pathlib import Path
from typing import Final

from engine.core.errors import StoreError

logger = logging.getLogger(__name__)

_NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# A file without a row is younger than this while its row is being written.
_ORPHAN_SECONDS: Final = 600.0


def name_of(data: bytes, salt: bytes) -> str:
    """The file's name: HMAC-SHA256 of its content, 64 hexadecimal digits."""
    return hmac.new(salt, data, "sha256").hexdigest()


class PageFiles:
    """The files in one folder. The first file creates the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / name

    def put(self, data: bytes, salt: bytes) -> str:
        """Store a file's content, all or nothing, and return its name.

        Raises:
            StoreError: the disk is full, or the folder cannot be written to.
        """
        name = name_of(data, salt)
        unfinished = self.folder / f"{secrets.token_hex(8)}.part"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self.path(name))
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            if error.errno in _NO_SPACE:
                raise StoreError("store.full") from error
            detail = error.strerror or str(error)
            raise StoreError("store.unusable", path=str(self.folder), detail=detail) from error
        return name

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                self.path(name).unlink(missing_ok=True)
            except OSError:
                # The next start finds the file without a row and tries again.
                logger.warning("a deleted document's file could not be removed", exc_info=True)

    def delete_orphans(self, known: Set[str]) -> int:
        """Delete files that no row names, left by uploads during a crash; return their number."""
        deleted = 0
        oldest = time.time() - _ORPHAN_SECONDS
        with contextlib.suppress(FileNotFoundError):
            for path in list(self.folder.iterdir()):
                with contextlib.suppress(OSError):
                    if path.name not in known and path.stat().st_mtime < oldest:
                        path.unlink()
                        deleted += 1
        return deleted
