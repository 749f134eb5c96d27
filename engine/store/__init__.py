"""What is kept of conversations: rows in SQLite and page files beside them.

On disk for visitors who come back, in memory for everybody else; the code is the same. This package
knows rows and files; which sessions are awake and what runs in them is `engine.sessions`'.
"""

from engine.store.archive import Archive
from engine.store.listing import ConversationInfo
from engine.store.rows import Kept, KeptDocument, Running

__all__ = ["Archive", "ConversationInfo", "Kept", "KeptDocument", "Running"]
