"""An archive of conversations: the database, the page files, and their maintenance.

    data_dir/conversations/
        lock                    held locked by the one process that uses the folder
        conversations.db        rows (WAL mode); beside it -wal and -shm while it is open
        pages/                  the files of documents, under salted hashes

Only the user of this process may read them. A damaged database is moved aside with its page files,
and a new one is created.
"""

import contextlib
import hashlib
import logging
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from engine.core.errors import StoreError
from engine.core.file_lock import FileLock, try_lock
from engine.sessions.database import listing, rows
from engine.sessions.database.database import DamagedError, Database
from engine.sessions.database.listing import ConversationInfo
from engine.sessions.database.page_files import PageFiles
from engine.sessions.database.rows import StoredDocument, StoredSession

logger = logging.getLogger(__name__)

FOLDER: Final = "conversations"
_LOCK: Final = "lock"
_DATABASE: Final = "conversations.db"
_PAGES: Final = "pages"
_BROKEN: Final = ".broken"
# Opening the app's page creates a session. One that stays empty expires early.
UNUSED_SECONDS: Final = 3600.0
RECORD_BYTES: Final = 8_000_000
VISITOR_RECORD_BYTES: Final = 64_000


def visitor_key(visitor_id: str) -> bytes:
    """The stored form of a visitor's id: its SHA-256."""
    return hashlib.sha256(visitor_id.encode("utf-8", "replace")).digest()


class InUseError(StoreError):
    """Another process uses the folder of conversations."""


class Archive:
    """Rows and page files. Thread-safe. A write that raises no StoreError never waits.

    Args:
        folder: on disk; None stores rows in memory and files in a temporary folder.
        ttl_seconds: the idle time after which a session expires.
    Raises (constructor):
        InUseError: another ScanChat uses the folder.
        StoreError: the folder cannot be used, or a newer version of the program wrote there.
    """

    def __init__(self, folder: Path | None, *, ttl_seconds: float) -> None:
        self.is_on_disk = folder is not None
        self.ttl_seconds = ttl_seconds
        self._lock: FileLock | None = None
        if folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="scanchat-"))
            self._database = Database(None)
        else:
            self._folder = folder
            self._lock = _locked(folder)
            try:
                self._database = self._open(folder / _DATABASE)
            except BaseException:
                self._lock.release()
                raise
        self.files = PageFiles(self._folder / _PAGES)
        self.write = self._database.write
        self.write_now = self._database.write_now
        self.read = self._database.read

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether an archive was created there before."""
        return (folder / _DATABASE).exists()

    def load(self, session_id: str) -> StoredSession | None:
        """Raises StoreError."""
        return self.read(lambda connection: rows.load(connection, session_id))

    def has(self, session_id: str) -> bool:
        """Raises StoreError."""
        return self.read(lambda connection: rows.exists(connection, session_id))

    def conversations(self, visitor_id: str, search: str) -> tuple[ConversationInfo, ...]:
        """Raises StoreError."""
        key = visitor_key(visitor_id)
        return self.read(lambda connection: listing.conversations(connection, key, search))

    def sessions_of(self, visitor_id: str) -> list[str]:
        """Raises StoreError."""
        key = visitor_key(visitor_id)
        return self.read(lambda connection: listing.sessions_of(connection, key))

    def rename(self, session_id: str, title: str) -> None:
        """Raises StoreError: it was not stored."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE sessions SET title = ? WHERE session_id = ?",
                (rows.plain(title), session_id),
            )

        self.write_now(work)

    def forget_extras(self, session_id: str) -> None:
        """Delete a session's title and the screen's records; never waits."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE sessions SET title = '' WHERE session_id = ?", (session_id,))
            connection.execute("DELETE FROM records WHERE session_id = ?", (session_id,))

        self.write(work)
        self._database.wipe_log()

    def delete(self, session_ids: Iterable[str]) -> list[StoredDocument]:
        """Delete sessions with their files, and return the documents that they had.

        Raises:
            StoreError: nothing was deleted.
        """
        wanted = list(session_ids)
        deleted = self.write_now(lambda connection: rows.delete(connection, wanted))
        self.files.delete(one.file for one in deleted)
        if wanted:
            self._database.wipe_log()
        return deleted

    def delete_visitor(self, visitor_id: str) -> None:
        """Delete a visitor's records and remaining sessions; waits until it is done.

        Raises:
            StoreError: nothing was deleted.
        """
        key = visitor_key(visitor_id)
        self.delete(self.sessions_of(visitor_id))

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM visitors WHERE visitor = ?", (key,))

        self.write_now(work)
        self._database.wipe_log().result()

    def store_record(self, session_id: str, name: str, record: str) -> None:
        """Store a record of the screen for a session; never waits. A failure is logged.

        Raises:
            StoreError: it is too large.
        """
        record = _checked(name, record, RECORD_BYTES)

        def work(connection: sqlite3.Connection) -> None:
            # A session that was deleted meanwhile takes no record.
            connection.execute(
                "INSERT OR REPLACE INTO records SELECT session_id, ?, ? FROM sessions "
                "WHERE session_id = ?",
                (name, record, session_id),
            )

        self.write(work, failed=_not_kept(name))

    def stored_record(self, session_id: str, name: str) -> str | None:
        """Raises StoreError."""
        found = self.read(
            lambda connection: connection.execute(
                "SELECT record FROM records WHERE session_id = ? AND name = ?", (session_id, name)
            ).fetchone()
        )
        return None if found is None else str(found[0])

    def store_for_visitor(self, visitor_id: str, name: str, record: str, now: float) -> None:
        """Like `store_record`, for a visitor. now: seconds since 1970.

        Raises:
            StoreError: it is too large.
        """
        record = _checked(name, record, VISITOR_RECORD_BYTES)
        key = visitor_key(visitor_id)

        def work(connection: sqlite3.Connection) -> None:
            rows.touch_visitors(connection, {key: now})
            connection.execute(
                "INSERT OR REPLACE INTO visitor_records VALUES (?, ?, ?)", (key, name, record)
            )

        self.write(work, failed=_not_kept(name))

    def stored_for_visitor(self, visitor_id: str, name: str) -> str | None:
        """Raises StoreError."""
        found = self.read(
            lambda connection: connection.execute(
                "SELECT record FROM visitor_records WHERE visitor = ? AND name = ?",
                (visitor_key(visitor_id), name),
            ).fetchone()
        )
        return None if found is None else str(found[0])

    def expired(self, now: float) -> list[str]:
        """Sessions whose idle time is over. now: seconds since 1970. Raises StoreError."""
        before = now - self.ttl_seconds
        unused = now - min(self.ttl_seconds, UNUSED_SECONDS)
        return self.read(
            lambda connection: listing.expired(connection, before=before, unused_before=unused)
        )

    def delete_idle_visitors(self, now: float) -> None:
        """Delete visitors without conversations whose idle time is over. Raises StoreError."""
        before = now - self.ttl_seconds
        self.write_now(lambda connection: listing.delete_idle_visitors(connection, before=before))

    def tidy(self) -> None:
        """Delete files that no row names, and old damaged databases. Call it after a start."""

        def known(connection: sqlite3.Connection) -> set[str]:
            return {name for (name,) in connection.execute("SELECT file FROM documents")}

        orphans = self.files.delete_orphans(self.read(known))
        if orphans:
            logger.info("deleted %d files of uploads that a crash had cut", orphans)
        oldest = time.time() - self.ttl_seconds
        for path in self._folder.glob(f"*{_BROKEN}*"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

    def close(self) -> None:
        """Finish writing. What is in memory is lost; what is on disk stays."""
        self._database.close()
        if self._lock is not None:
            self._lock.release()
        else:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _open(self, path: Path) -> Database:
        try:
            return Database(path)
        except DamagedError as error:
            aside = _set_aside(path)
            store_error = StoreError("store.broken", path=str(path), aside=str(aside))
            logger.error("%s (%s)", store_error, error)
            return Database(path)


def _locked(folder: Path) -> FileLock:
    """Make the folder, for this user alone, and keep other processes out of it.

    Raises:
        InUseError: another process is in it.
        StoreError: it cannot be made or locked.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        lock = try_lock(folder / _LOCK)
    except OSError as error:
        detail = error.strerror or str(error)
        raise StoreError("store.unusable", path=str(folder), detail=detail) from error
    if lock is None:
        raise InUseError("store.in_use", path=str(folder))
    return lock


def _set_aside(path: Path) -> Path:
    """Move a damaged database and its page files aside; return the database's new path."""
    number = 0
    while (aside := path.with_name(f"{path.name}{_BROKEN}{number or ''}")).exists():
        number += 1
    path.replace(aside)
    os.utime(aside)
    for end in ("-wal", "-shm"):
        log = path.with_name(path.name + end)
        if log.exists():
            log.replace(aside.with_name(aside.name + end))
    pages = path.with_name(_PAGES)
    if pages.exists():
        moved = path.with_name(f"{_PAGES}{_BROKEN}{number or ''}")
        pages.replace(moved)
        os.utime(moved)
    return aside


def _not_kept(name: str) -> Callable[[StoreError], None]:
    def log(error: StoreError) -> None:
        logger.warning("the screen's record %r is not kept: %s", name, error)

    return log


def _checked(name: str, record: str, limit: int) -> str:
    size = len(record.encode("utf-8", "replace"))
    if size > limit:
        raise StoreError("store.record_too_large", name=name, size=size, limit=limit)
    return rows.plain(record)
