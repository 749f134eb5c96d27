"""A session as rows: read whole, written in the parts that changed.

Every function works inside the caller's transaction. Messages and documents are numbered by place.
A write replaces everything from the first place that differs.
"""

import json
import logging
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.schema import Message, Size
from engine.core.schema_json import message_from_json, message_to_json

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document whose file is among the page files.

    Attributes:
        file: its name there. size: bytes.
        pdf_dpi: at which its pages have these sizes; evidence refers to them.
        pages: (width, height) of each, in pixels.
    """

    document_id: str
    name: str
    file: str
    size: int
    pdf_dpi: int
    pages: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A question being answered. transcript: JSON of the answer so far; "" for none yet.

    is_cut: the process that answered ended in the middle; what it said is among the messages.
    """

    message: Message
    transcript: str
    is_cut: bool


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session as it is stored. visitor: SHA-256 of its visitor's id."""

    session_id: str
    visitor: bytes | None
    salt: bytes
    title: str
    created_at: float
    documents: tuple[StoredDocument, ...]
    messages: tuple[Message, ...]
    running: StoredAnswer | None


def insert(
    connection: sqlite3.Connection,
    session_id: str,
    *,
    visitor: bytes | None,
    salt: bytes,
    created_at: float,
) -> None:
    """Insert a session, and its visitor if that one is new. created_at: seconds since 1970."""
    if visitor is not None:
        touch_visitors(connection, {visitor: created_at})
    connection.execute(
        "INSERT INTO sessions (session_id, visitor, salt, created_at, updated_at, last_used) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (session_id, visitor, salt, created_at, created_at, created_at),
    )


def exists(connection: sqlite3.Connection, session_id: str) -> bool:
    found = connection.execute("SELECT 1 FROM sessions WHERE session_id = ?", (session_id,))
    return found.fetchone() is not None


def mark_changed(
    connection: sqlite3.Connection, session_id: str, *, now: float, newer: bool
) -> None:
    """A session changed. now: seconds since 1970. said: it is newer in the list as well."""
    connection.execute(
        "UPDATE sessions SET last_used = ?, "
        "updated_at = CASE WHEN ? THEN ? ELSE updated_at END WHERE session_id = ?",
        (now, newer, now, session_id),
    )


def load(connection: sqlite3.Connection, session_id: str) -> StoredSession | None:
    """A session with all its messages; None if there is none."""
    row = connection.execute(
        "SELECT visitor, salt, title, created_at FROM sessions WHERE session_id = ?",
        (session_id,),
    ).fetchone()
    if row is None:
        return None
    documents = connection.execute(
        "SELECT document_id, name, file, size, pdf_dpi, pages FROM documents "
        "WHERE session_id = ? ORDER BY place",
        (session_id,),
    )
    running = connection.execute(
        "SELECT owner, message, transcript FROM running WHERE session_id = ?", (session_id,)
    ).fetchone()
    visitor, salt, title, created_at = row
    return StoredSession(
        session_id=session_id,
        visitor=visitor,
        salt=salt,
        title=title,
        created_at=created_at,
        documents=tuple(_document(row) for row in documents),
        messages=_messages(connection, session_id),
        running=_running(running),
    )


def _document(row: tuple[Any, ...]) -> StoredDocument:
    document_id, name, file, size, pdf_dpi, pages = row
    sizes = tuple((width, height) for width, height in json.loads(pages))
    return StoredDocument(document_id, name, file, size, pdf_dpi, sizes)


def _messages(connection: sqlite3.Connection, session_id: str) -> tuple[Message, ...]:
    messages: list[Message] = []
    for (record,) in connection.execute(
        "SELECT record FROM messages WHERE session_id = ? ORDER BY place", (session_id,)
    ):
        try:
            messages.append(message_from_json(json.loads(record)))
        except ValueError:
            # The messages after it would have lost their context.
            logger.warning("a kept conversation is damaged and ends early", exc_info=True)
            break
    # The next answer would take the place of a missing one.
    return tuple(messages[: len(messages) - len(messages) % 2])


def _running(row: tuple[str, str, str] | None) -> StoredAnswer | None:
    if row is None:
        return None
    try:
        return StoredAnswer(message_from_json(json.loads(row[1])), row[2], row[0] == "")
    except ValueError:
        logger.warning("a cut answer is damaged and is left out", exc_info=True)
        return None


def replace_documents(
    connection: sqlite3.Connection, session_id: str, place: int, documents: Sequence[StoredDocument]
) -> None:
    """Write documents from a place on; delete those after them."""
    connection.execute(
        "DELETE FROM documents WHERE session_id = ? AND place >= ?", (session_id, place)
    )
    connection.executemany(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                session_id,
                number,
                one.document_id,
                plain(one.name),
                one.file,
                one.size,
                one.pdf_dpi,
                json.dumps(one.pages),
            )
            for number, one in enumerate(documents, start=place)
        ],
    )


def replace_messages(
    connection: sqlite3.Connection, session_id: str, place: int, messages: Sequence[Message]
) -> None:
    """Write messages from a place on; delete those after them."""
    connection.execute(
        "DELETE FROM messages WHERE session_id = ? AND place >= ?", (session_id, place)
    )
    connection.executemany(
        "INSERT INTO messages VALUES (?, ?, ?, ?, ?)",
        [
            (session_id, number, one.role, plain(one.text), json.dumps(message_to_json(one)))
            for number, one in enumerate(messages, start=place)
        ],
    )


def set_running(
    connection: sqlite3.Connection, session_id: str, running: StoredAnswer | None
) -> None:
    """Set the question that is being answered; None for none."""
    if running is None:
        connection.execute("DELETE FROM running WHERE session_id = ?", (session_id,))
        return
    connection.execute(
        "INSERT OR REPLACE INTO running VALUES (?, ?, ?, ?)",
        (
            session_id,
            "" if running.is_cut else "app",
            json.dumps(message_to_json(running.message)),
            running.transcript,
        ),
    )


def delete(connection: sqlite3.Connection, session_ids: Iterable[str]) -> list[StoredDocument]:
    """Delete sessions with all their rows; return the documents whose files must be deleted."""
    deleted: list[StoredDocument] = []
    for session_id in session_ids:
        stored = load(connection, session_id)
        if stored is not None:
            deleted += stored.documents
        connection.execute("DELETE FROM sessions WHERE session_id = ?", (session_id,))
    return deleted


def touch(connection: sqlite3.Connection, used: Mapping[str, float]) -> None:
    """Set when sessions were last used, seconds since 1970. Times may decrease: clocks jump."""
    connection.executemany(
        "UPDATE sessions SET last_used = ? WHERE session_id = ?",
        [(when, session_id) for session_id, when in used.items()],
    )


def touch_visitors(connection: sqlite3.Connection, used: Mapping[bytes, float]) -> None:
    """Set when visitors were last active, seconds since 1970; new visitors are inserted."""
    connection.executemany(
        "INSERT INTO visitors VALUES (?, ?) "
        "ON CONFLICT (visitor) DO UPDATE SET last_used = excluded.last_used",
        list(used.items()),
    )


def plain(text: str) -> str:
    """Text that SQLite accepts: lone surrogates, which some file names have, become "?"."""
    return text.encode("utf-8", "replace").decode("utf-8")
