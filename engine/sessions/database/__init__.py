"""Storage of conversations: rows in SQLite and page files beside them.

On disk for visitors, in memory for all others, by the same code. This package handles rows and
files. `engine.sessions.registry` handles sessions in memory and what runs in them.
"""

from engine.sessions.database.archive import Archive, InUseError
from engine.sessions.database.listing import ConversationInfo
from engine.sessions.database.rows import StoredAnswer, StoredDocument, StoredSession

__all__ = [
    "Archive",
    "ConversationInfo",
    "InUseError",
    "StoredAnswer",
    "StoredDocument",
    "StoredSession",
]
