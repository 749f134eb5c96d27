"""A session as rows: read whole, written in the parts that changed.

Every function works inside the caller's transaction. Messages and documents are numbered by place;
writing replaces everything from the first place that differs.
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
    """A question being answered. transcript: JSON of what was said so far; "" is nothing yet.

    owner: the process that answers; "" when that process died and the answer was cut.
    """

    owner: str
    message: Message
    transcript: str


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session as it is kept. visitor: SHA-256 of its visitor's id."""

    session_id: str
    visitor: bytes | None
    salt: bytes
    title: str
    revision: int
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
    """A new session, and its visitor where that one is new. created_at: seconds since 1970."""
    if visitor is not None:
        touch_visitors(connection, {visitor: created_at})
    connection.execute(
        "INSERT INTO sessions (session_id, visitor, salt, created_at, updated_at, last_used) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (session_id, visitor, salt, created_at, created_at, created_at),
    )


def revision(connection: sqlite3.Connection, session_id: str) -> int | None:
    """None: there is no such session."""
    row = connection.execute(
        "SELECT revision FROM sessions WHERE session_id = ?", (session_id,)
    ).fetchone()
    return None if row is None else int(row[0])


def bump(connection: sqlite3.Connection, session_id: str, *, now: float, said: bool) -> int:
    """Count a change; the new revision. said: it is newer in the list of conversations."""
    connection.execute(
        "UPDATE sessions SET revision = revision + 1, last_used = ?, "
        "updated_at = CASE WHEN ? THEN ? ELSE updated_at END WHERE session_id = ?",
        (now, said, now, session_id),
    )
    return revision(connection, session_id) or 0


def load(connection: sqlite3.Connection, session_id: str) -> StoredSession | None:
    """A session with everything that was said; None when there is none."""
    row = connection.execute(
        "SELECT visitor, salt, title, revision, created_at FROM sessions WHERE session_id = ?",
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
    visitor, salt, title, found, created_at = row
    return StoredSession(
        session_id=session_id,
        visitor=visitor,
        salt=salt,
        title=title,
        revision=found,
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
    said: list[Message] = []
    for (record,) in connection.execute(
        "SELECT record FROM messages WHERE session_id = ? ORDER BY place", (session_id,)
    ):
        try:
            said.append(message_from_json(json.loads(record)))
        except ValueError:
            # What was said after it would answer nothing.
            logger.warning("a kept conversation is damaged and ends early", exc_info=True)
            break
    # A question without its answer would be answered by the next one.
    return tuple(said[: len(said) - len(said) % 2])


def _running(row: tuple[str, str, str] | None) -> StoredAnswer | None:
    if row is None:
        return None
    try:
        return StoredAnswer(row[0], message_from_json(json.loads(row[1])), row[2])
    except ValueError:
        logger.warning("a cut answer is damaged and is left out", exc_info=True)
        return None


def replace_documents(
    connection: sqlite3.Connection, session_id: str, place: int, documents: Sequence[StoredDocument]
) -> None:
    """These documents from a place on, and none behind them."""
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
    """These messages from a place on, and none behind them."""
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
    """What is being answered now; None: nothing."""
    if running is None:
        connection.execute("DELETE FROM running WHERE session_id = ?", (session_id,))
        return
    connection.execute(
        "INSERT OR REPLACE INTO running VALUES (?, ?, ?, ?)",
        (
            session_id,
            running.owner,
            json.dumps(message_to_json(running.message)),
            running.transcript,
        ),
    )


def delete(connection: sqlite3.Connection, session_ids: Iterable[str]) -> list[StoredDocument]:
    """Delete sessions with all that belongs to them; the documents whose files must go."""
    gone: list[StoredDocument] = []
    for session_id in session_ids:
        kept = load(connection, session_id)
        if kept is not None:
            gone += kept.documents
        connection.execute("DELETE FROM sessions WHERE session_id = ?", (session_id,))
    return gone


def touch(connection: sqlite3.Connection, used: Mapping[str, float]) -> None:
    """When sessions were last used, seconds since 1970. Times go back as well: clocks do."""
    connection.executemany(
        "UPDATE sessions SET last_used = ? WHERE session_id = ?",
        [(when, session_id) for session_id, when in used.items()],
    )


def touch_visitors(connection: sqlite3.Connection, used: Mapping[bytes, float]) -> None:
    """When visitors were last here, seconds since 1970; new ones are made."""
    connection.executemany(
        "INSERT INTO visitors VALUES (?, ?) "
        "ON CONFLICT (visitor) DO UPDATE SET last_used = excluded.last_used",
        list(used.items()),
    )


def plain(text: str) -> str:
    """Text that SQLite takes: half characters, which some file names have, become "?"."""
    return text.encode("utf-8", "replace").decode("utf-8")
