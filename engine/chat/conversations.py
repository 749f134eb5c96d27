"""Visitors, their sessions, the messages, and the records that the screen stores with them.

No model is used here.
"""

import secrets

from engine.core.errors import EngineError
from engine.core.schema import Message
from engine.core.transcript import Transcript
from engine.sessions.database import ConversationInfo
from engine.sessions.registry import SessionRegistry

_VISITOR_BYTES = 32


class Conversations:
    """Visitors, their sessions, and what is stored of each. Thread-safe."""

    def __init__(self, sessions: SessionRegistry) -> None:
        self._sessions = sessions

    def create_visitor(self) -> str:
        """Create a visitor's id: 256 random bits, the only key to the visitor's conversations.

        The browser stores it.
        """
        return secrets.token_urlsafe(_VISITOR_BYTES)

    def open(self) -> None:
        """Open visitors' conversations now, as an app does at its start.

        Otherwise the first visitor opens them. One process at a time has them, and has them until
        `Engine.close` or its end.

        Raises:
            StoreError: another ScanChat uses their folder, or what was kept before cannot be used,
                such as by a newer version of the program.
        """
        _ = self._sessions.archives.visitors

    def create_session(self, visitor_id: str | None = None) -> str:
        """Create a session and return its id: 256 random bits, the only key to it.

        Args:
            visitor_id: the owner of the conversation, which is stored as the settings say. Without
                an owner it ends with the engine.
        Raises:
            SessionError: that is no visitor's id.
            StoreError: visitors' conversations cannot be used, see `Engine.open_conversations`.
        """
        return self._sessions.create(visitor_id).session_id

    def has_session(self, session_id: str) -> bool:
        """Whether there is a session with this id, in memory or on disk."""
        return self._sessions.has(session_id)

    def owns(self, visitor_id: str, session_id: str) -> bool:
        """Whether a session belongs to this visitor."""
        return self._sessions.owns(visitor_id, session_id)

    def conversations(self, visitor_id: str, *, search: str = "") -> tuple[ConversationInfo, ...]:
        """A visitor's non-empty conversations, newest first.

        Args:
            search: text that the title, a file's name or a message contains, in any case.
        Raises:
            StoreError: they cannot be read now.
        """
        return self._sessions.archives.visitors.conversations(visitor_id, search)

    def rename(self, session_id: str, title: str) -> None:
        """Set a conversation's title; "" removes it. Raises SessionError, StoreError."""
        self._sessions.rename(session_id, title)

    def store_record(self, session_id: str, name: str, record: str) -> None:
        """Store a record of the screen with a conversation; never waits for the disk.

        Args:
            name: of the record; another of the same name is replaced.
            record: JSON or any other text, up to 8,000,000 bytes in UTF-8.
        Raises:
            SessionError: the session does not exist.
            StoreError: it is too large.
        """
        self._sessions.get(session_id).archive.store_record(session_id, name, record)

    def stored_record(self, session_id: str, name: str) -> str | None:
        """A record of `store_record`; None if there is none. Raises SessionError, StoreError."""
        return self._sessions.get(session_id).archive.stored_record(session_id, name)

    def store_for_visitor(self, visitor_id: str, name: str, record: str) -> None:
        """Like `store_record`, for a visitor's settings: up to 64,000 bytes.

        Raises:
            SessionError: visitor_id is not a visitor's id.
            StoreError: it is too large.
        """
        self._sessions.store_for_visitor(visitor_id, name, record)

    def stored_for_visitor(self, visitor_id: str, name: str) -> str | None:
        """A record that `store_for_visitor` stored; None if there is none. Raises StoreError."""
        return self._sessions.archives.visitors.stored_for_visitor(visitor_id, name)

    def storage_error(self, session_id: str) -> EngineError | None:
        """Why the last change of a session could not be stored; None if everything is.

        Raises SessionError.
        """
        return self._sessions.get(session_id).storage_error

    def cut_answer(self, session_id: str) -> Transcript | None:
        """The answer that the end of the app cut off, available until the next question.

        Its text is part of the conversation. Raises SessionError.
        """
        cut = self._sessions.get(session_id).cut
        return None if cut is None else cut.transcript

    def history(self, session_id: str) -> tuple[Message, ...]:
        """The conversation so far, oldest message first. Raises SessionError."""
        return tuple(self._sessions.get(session_id).messages)
