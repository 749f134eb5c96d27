"""One SQLite database: writes in sequence on their own thread, reads concurrently.

A write makes its caller wait only if the caller wants the result. A read never waits for a write
that another program's lock blocks. Neither the screen's event loop nor an inference thread
therefore waits for such a lock. In WAL mode reads continue during a write. A power cut may lose a
write but never leaves half of it. A killed process loses no committed write.
"""

import errno
import logging
import os
import sqlite3
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from engine.core.errors import StoreError
from engine.sessions.database.migrations import migrate

logger = logging.getLogger(__name__)


def _log(error: StoreError) -> None:
    """Log a failed write whose result nobody requested."""
    logger.warning("a write to the store failed: %s", error)


T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

# How long a write waits for another program that locks the database.
BUSY_SECONDS: Final = 2.0
# How long a read waits for this process's earlier writes; it never waits for a blocked one.
_READ_AFTER_SECONDS: Final = 1.0
_FULL: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY: Final = 0xFF  # the low byte of an extended result code


class Database:
    """A connection for writes, one for reads, and the writing thread. Thread-safe.

    Args:
        path: the file, created for this user alone; its folder exists. None stores all in memory.
    Raises (constructor):
        StoreError: it cannot be opened, or a newer version of the program wrote it.
        DamagedError: it is no valid database.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._last: Future[Any] | None = None
        self._order = threading.Lock()
        # Notified when a write ends, and when one finds that another program locks the database.
        self._progress = threading.Condition()
        self._is_blocked = False
        try:
            if path is not None:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
                path.chmod(0o600)
            self._writing = self._connect()
            try:
                if path is not None:
                    self._writing.execute("PRAGMA journal_mode = WAL")
                    damage = self._writing.execute("PRAGMA quick_check(1)").fetchone()[0]
                    if damage != "ok":
                        raise DamagedError(str(damage))
                migrate(self._writing, path)
                self._reading = self._writing if path is None else self._connect()
            except BaseException:
                self._writing.close()
                raise
        except sqlite3.Error as error:
            if _code(error) & _PRIMARY in _DAMAGED:
                raise DamagedError(str(error)) from error
            raise self._store_error(error) from error
        except OSError as error:
            raise _unusable(path, error) from error
        self._read_lock = threading.Lock()
        # In memory there is one connection, so reads and writes take turns.
        self._write_lock = self._read_lock if path is None else threading.Lock()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store")

    def write(
        self,
        work: Work[T],
        *,
        then: Callable[[T], None] = lambda _: None,
        failed: Callable[[StoreError], None] = _log,
    ) -> None:
        """Run `work` in its own transaction, after the writes before it; never waits.

        If it fails, nothing of `work` is done.

        Args:
            then, failed: one of them is called before the next write begins, on the same thread.
        """
        self._submit(work, then, failed)

    def write_now(self, work: Work[T]) -> T:
        """Like `write`, but wait until it is done. Not for an event loop.

        Raises:
            StoreError: nothing of `work` was done.
        """
        return self._submit(work, lambda _: None, lambda _: None).result()

    def read(self, work: Work[T]) -> T:
        """Return the result of `work`, which sees the earlier writes of this process.

        If another program's lock blocks those writes, the read does not wait for them and sees the
        database without them.

        Raises:
            StoreError: the database cannot be read.
        """
        last = self._last
        if last is not None and not last.done():
            with self._progress:
                self._progress.wait_for(
                    lambda: self._is_blocked or last.done(), _READ_AFTER_SECONDS
                )
        with self._read_lock:
            try:
                return work(self._reading)
            except sqlite3.Error as error:
                raise self._store_error(error) from error

    def wipe_log(self) -> Future[None]:
        """Remove deleted data from the write-ahead log as well."""

        def work() -> None:
            if self.path is not None:
                with self._write_lock:
                    self._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        with self._order:
            return self._writer.submit(work)

    def close(self) -> None:
        """Finish the queued writes and close the file."""
        self._writer.shutdown(wait=True)
        with self._read_lock:
            self._reading.close()
        self._writing.close()

    def _submit(
        self, work: Work[T], then: Callable[[T], None], failed: Callable[[StoreError], None]
    ) -> Future[T]:
        with self._order:
            future = self._writer.submit(self._transaction, work, then, failed)
            self._last = future
        future.add_done_callback(lambda _: self._tell_progress())
        return future

    def _tell_progress(self) -> None:
        with self._progress:
            self._progress.notify_all()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path or ":memory:",
            timeout=BUSY_SECONDS,
            isolation_level=None,  # transactions begin and end here
            check_same_thread=False,
        )
        connection.create_function("folded", 1, folded, deterministic=True)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _transaction(
        self, work: Work[T], then: Callable[[T], None], failed: Callable[[StoreError], None]
    ) -> T:
        try:
            with self._write_lock:
                result = self._committed(work)
        except sqlite3.Error as error:
            store_error = self._store_error(error)
            failed(store_error)
            raise store_error from error
        except Exception as error:
            # Few callers wait for a write's result; without this line a bug would go unnoticed.
            logger.exception("a write to the store failed")
            detail = type(error).__name__
            failed(StoreError("store.failed", detail=detail, path=str(self.path)))
            raise
        then(result)
        return result

    def _begin(self) -> None:
        """Begin a transaction that may write. Reads are notified if it has to wait for a lock."""
        self._wait_for_locks(0)
        try:
            self._writing.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if _code(error) & _PRIMARY not in _BUSY:
                raise
            self._is_blocked = True
            self._tell_progress()
            self._wait_for_locks(BUSY_SECONDS)
            self._writing.execute("BEGIN IMMEDIATE")
        finally:
            self._is_blocked = False
            self._wait_for_locks(BUSY_SECONDS)

    def _wait_for_locks(self, seconds: float) -> None:
        self._writing.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")

    def _committed(self, work: Work[T]) -> T:
        self._begin()
        try:
            result = work(self._writing)
            self._writing.execute("COMMIT")
        except BaseException:
            if self._writing.in_transaction:
                self._writing.execute("ROLLBACK")
            raise
        return result

    def _store_error(self, error: sqlite3.Error) -> StoreError:
        code = _code(error)
        if code & _PRIMARY in _BUSY:
            return StoreError("store.busy", path=str(self.path))
        if code in _FULL or code & _PRIMARY in _FULL:
            return StoreError("store.full")
        logger.error("the store failed: %s (%d)", error, code)
        return StoreError("store.failed", detail=str(error), path=str(self.path))


class DamagedError(Exception):
    """The file is no valid database. Never reaches a user: the archive moves the file aside."""


def folded(text: str) -> str:
    """Text in the form that searches compare: no case, no typographic variants, no ё."""
    return unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")


def _code(error: sqlite3.Error) -> int:
    """SQLite's extended result code; 0 for an error that Python raised itself."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0)


def _unusable(path: Path | None, error: OSError) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreError("store.full")
    return StoreError("store.unusable", path=str(path), detail=error.strerror or str(error))
