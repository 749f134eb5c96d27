"""The tables, version by version. A new version is one more entry; old entries never change."""

import sqlite3
from pathlib import Path
from typing import Final

from engine.core.errors import StoreError

# visitor: SHA-256 of the browser's id. Times: seconds since 1970, UTC.
# sessions.revision: not used any more; processes that shared a database counted changes in it.
# documents.file: a name among the page files. documents.pages: [[width, height], ...] in pixels.
# running: the question that is being answered; owner is "" once its answer was cut.
_FIRST: Final = (
    """CREATE TABLE sessions (
        session_id TEXT PRIMARY KEY, visitor BLOB, salt BLOB NOT NULL,
        title TEXT NOT NULL DEFAULT '', revision INTEGER NOT NULL DEFAULT 0,
        created_at REAL NOT NULL, updated_at REAL NOT NULL, last_used REAL NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX sessions_of_visitor ON sessions (visitor, updated_at)",
    """CREATE TABLE documents (
        session_id TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE, place INTEGER NOT NULL,
        document_id TEXT NOT NULL, name TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL,
        pdf_dpi INTEGER NOT NULL, pages TEXT NOT NULL, PRIMARY KEY (session_id, place)
    ) WITHOUT ROWID""",
    """CREATE TABLE messages (
        session_id TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE, place INTEGER NOT NULL,
        role TEXT NOT NULL, text TEXT NOT NULL, record TEXT NOT NULL,
        PRIMARY KEY (session_id, place)
    ) WITHOUT ROWID""",
    """CREATE TABLE running (
        session_id TEXT PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
        owner TEXT NOT NULL, message TEXT NOT NULL, transcript TEXT NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE records (
        session_id TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE, name TEXT NOT NULL,
        record TEXT NOT NULL, PRIMARY KEY (session_id, name)
    ) WITHOUT ROWID""",
    "CREATE TABLE visitors (visitor BLOB PRIMARY KEY, last_used REAL NOT NULL) WITHOUT ROWID",
    """CREATE TABLE visitor_records (
        visitor BLOB NOT NULL REFERENCES visitors ON DELETE CASCADE, name TEXT NOT NULL,
        record TEXT NOT NULL, PRIMARY KEY (visitor, name)
    ) WITHOUT ROWID""",
)
MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (_FIRST,)


def migrate(connection: sqlite3.Connection, path: Path | None) -> None:
    """Migrate a database to the newest version, all or nothing.

    Raises:
        StoreError: it was written by a newer version of the program.
        sqlite3.Error: it is locked, damaged or on a full disk.
    """
    known, found = len(MIGRATIONS), _version(connection)
    if found > known:
        raise StoreError("store.newer", path=str(path), found=found, known=known)
    if found == known:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number in range(found, known):
            for statement in MIGRATIONS[number]:
                connection.execute(statement)
        # A PRAGMA takes no parameters; the number is our own.
        connection.execute(f"PRAGMA user_version = {known:d}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
