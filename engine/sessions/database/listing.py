"""Queries on a visitor's conversations: the list, the search in it, and expiry."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.sessions.database.database import folded


@dataclass(frozen=True, slots=True)
class ConversationInfo:
    """One line of a visitor's list of conversations.

    Attributes:
        title: set by the user; "" if not set.
        created_at, updated_at: UTC; a message or a document updates the second.
        documents, questions: how many.
        first_question, first_document: to show if there is no title; "" where absent.
    """

    session_id: str
    title: str
    created_at: datetime
    updated_at: datetime
    documents: int
    questions: int
    first_question: str
    first_document: str


_LIST = """
SELECT * FROM (SELECT session_id, title, created_at, updated_at,
    (SELECT count(*) FROM documents d WHERE d.session_id = s.session_id) AS documents,
    (SELECT count(*) FROM messages m WHERE m.session_id = s.session_id AND role = 'user')
        AS questions,
    coalesce((SELECT text FROM messages m WHERE m.session_id = s.session_id AND role = 'user'
        ORDER BY place LIMIT 1), '') AS first_question,
    coalesce((SELECT name FROM documents d WHERE d.session_id = s.session_id
        ORDER BY place LIMIT 1), '') AS first_document
    FROM sessions s WHERE visitor = ? AND (? = '' OR instr(folded(title), ?) OR EXISTS (
        SELECT 1 FROM documents d WHERE d.session_id = s.session_id AND instr(folded(name), ?)
    ) OR EXISTS (
        SELECT 1 FROM messages m WHERE m.session_id = s.session_id AND instr(folded(text), ?))))
WHERE documents OR questions
ORDER BY updated_at DESC, session_id
"""


def conversations(
    connection: sqlite3.Connection, visitor: bytes, search: str
) -> tuple[ConversationInfo, ...]:
    """A visitor's non-empty conversations, newest first.

    Args:
        search: text that the title, a file name or a message must contain; "" lists all.
    """
    wanted = folded(search.strip())
    rows = connection.execute(_LIST, (visitor, wanted, wanted, wanted, wanted))
    return tuple(
        ConversationInfo(
            session_id, title, _time(created_at), _time(updated_at), documents, questions, *firsts
        )
        for session_id, title, created_at, updated_at, documents, questions, *firsts in rows
    )


def sessions_of(connection: sqlite3.Connection, visitor: bytes) -> list[str]:
    """Every session of a visitor, empty ones included."""
    rows = connection.execute("SELECT session_id FROM sessions WHERE visitor = ?", (visitor,))
    return [session_id for (session_id,) in rows]


def expired(connection: sqlite3.Connection, *, before: float, unused_before: float) -> list[str]:
    """Sessions unused since `before`, and empty ones unused since `unused_before`.

    Both: seconds since 1970.
    """
    rows = connection.execute(
        "SELECT session_id FROM sessions s WHERE last_used < ? OR (last_used < ? "
        "AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.session_id = s.session_id) "
        "AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.session_id = s.session_id) "
        "AND NOT EXISTS (SELECT 1 FROM running r WHERE r.session_id = s.session_id))",
        (before, unused_before),
    )
    return [session_id for (session_id,) in rows]


def delete_idle_visitors(connection: sqlite3.Connection, *, before: float) -> None:
    """Delete visitors without conversations, inactive since `before`, and their records."""
    connection.execute(
        "DELETE FROM visitors WHERE last_used < ? AND NOT EXISTS "
        "(SELECT 1 FROM sessions s WHERE s.visitor = visitors.visitor)",
        (before,),
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
