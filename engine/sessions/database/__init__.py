"""What is kept of conversations: rows in SQLite and page files beside them.

On disk for visitors who come back, in memory for everybody else; the code is the same. This package
knows rows and files; which sessions are awake and what runs in them is `engine.sessions.registry`'.
"""

from engine.sessions.database.archive import Archive
from engine.sessions.database.listing import ConversationInfo
from engine.sessions.database.rows import StoredAnswer, StoredDocument, StoredSession

__all__ = ["Archive", "ConversationInfo", "StoredAnswer", "StoredDocument", "StoredSession"]
