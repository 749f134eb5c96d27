"""Registry of sessions: their documents and their conversation.

`engine.sessions.lifecycle` decides how long they live.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from engine.core.errors import DocumentError, SessionError
from engine.core.schema import Document, Message
from engine.core.settings import Settings
from engine.core.transcript import Transcript
from engine.sessions.archives import Archives
from engine.sessions.database.clock import Clock
from engine.sessions.files import keep_file
from engine.sessions.lifecycle import SessionLifecycle
from engine.sessions.session import PendingTurn, Session

_LONGEST_TITLE: Final = 200


class SessionRegistry:
    """All sessions of this process with their contents. Thread-safe.

    Args:
        on_gone: called with the ids of documents that are not in memory any more.
    """

    def __init__(
        self,
        settings: Settings,
        on_gone: Callable[[list[str]], None] = lambda _: None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._on_gone = on_gone
        self._lifecycle = SessionLifecycle(settings, on_gone, clock)
        self._clock = self._lifecycle.clock

    @property
    def archives(self) -> Archives:
        """The archives that sessions are written to: that of visitors, and that of all others."""
        return self._lifecycle.archives

    def create(self, visitor_id: str | None = None) -> Session:
        """Create an empty session with an id of 256 random bits. See `SessionLifecycle.create`."""
        return self._lifecycle.create(visitor_id)

    def key_of(self, visitor_id: str) -> bytes:
        """The stored form of a visitor's id. See `SessionLifecycle.key_of`."""
        return self._lifecycle.key_of(visitor_id)

    def get(self, session_id: str) -> Session:
        """The session, restored if it was evicted from memory. See `SessionLifecycle.get`."""
        return self._lifecycle.get(session_id)

    def has(self, session_id: str) -> bool:
        """See `SessionLifecycle.has`."""
        return self._lifecycle.has(session_id)

    def owns(self, visitor_id: str, session_id: str) -> bool:
        """Whether a session belongs to this visitor."""
        return self._lifecycle.owns(visitor_id, session_id)

    def save(self, session: Session) -> None:
        """Write the session's changes in the background; never waits, never raises."""
        self._lifecycle.save(session)

    def delete(self, session_id: str) -> None:
        """Delete a session with its rows and files; an unknown id is no error.

        See `SessionLifecycle.delete`.
        """
        self._lifecycle.delete(session_id)

    def delete_visitor(self, visitor_id: str) -> None:
        """Delete all conversations and records of a visitor. Raises StoreError."""
        self._lifecycle.delete_visitor(visitor_id)

    def sessions_of(self, visitor_id: str) -> list[str]:
        """Every session of a visitor, empty ones included. Raises StoreError."""
        return self._lifecycle.sessions_of(visitor_id)

    def mark_used(self, session_ids: Iterable[str]) -> None:
        """Mark sessions as used now, such as those with a running answer."""
        self._lifecycle.mark_used(session_ids)

    def expired(self) -> list[str]:
        """The ids of sessions whose idle time is over. Raises StoreError."""
        return self._lifecycle.expired()

    def store_for_visitor(self, visitor_id: str, name: str, record: str) -> None:
        """Store a visitor's record of the screen. Raises SessionError, StoreError: too large."""
        self._lifecycle.store_for_visitor(visitor_id, name, record)

    def touch(self) -> None:
        """Write when sessions and visitors were last active, and delete idle visitors."""
        self._lifecycle.touch()

    def put_to_sleep(self, busy: Iterable[str]) -> None:
        """Evict sessions from memory that are idle for an hour and completely stored.

        See `SessionLifecycle.put_to_sleep`.
        """
        self._lifecycle.put_to_sleep(busy)

    def close(self) -> None:
        """Finish writing; every session that is not on disk is lost."""
        self._lifecycle.close()

    def checkpoint(self, session_id: str, size_before: int) -> int:
        """Store a running answer if it grew.

        Returns:
            Its size now: characters of text plus the numbers of evidence and regions.
        """
        session = self._lifecycle.awake(session_id)
        asked = None if session is None else session.asked
        if session is None or asked is None:
            return 0
        answer = asked.transcript
        size = (
            len(answer.text) + len(answer.evidence) + sum(map(len, list(answer.regions.values())))
        )
        if size != size_before:
            self.save(session)
        return size

    def rename(self, session_id: str, title: str) -> None:
        """Set a conversation's title; "" removes it. Raises SessionError, StoreError."""
        session = self.get(session_id)
        plain = "".join(one if one.isprintable() else " " for one in title)
        session.archive.rename(session_id, " ".join(plain.split())[:_LONGEST_TITLE])

    def add_document(self, session: Session, path: Path, name: str, password: str = "") -> Document:
        """Check a file, store a copy of it, and add it to the session.

        Args:
            password: of an encrypted PDF; kept in memory with the document, never stored.

        Raises:
            DocumentError: the file is unreadable or breaks a limit; nothing was stored.
            StoreError: the disk is full, or cannot be written to; nothing was stored.
            SessionError: the session was deleted meanwhile.
        """
        limits = self._settings.limits
        if len(session.documents) >= limits.max_documents_per_session:
            raise DocumentError(
                "session.too_many_documents", name=name, limit=limits.max_documents_per_session
            )
        document, stored = keep_file(session, path, name, limits, password)
        with session.lock:
            if session.is_deleted:
                session.archive.files.delete([stored.file])
                raise SessionError("session.unknown")
            session.documents.append(document)
            session.files[document.document_id] = stored
        self.save(session)
        return document

    def begin(self, session: Session, message: Message, transcript: Transcript) -> None:
        """Record that a question of the conversation is being answered."""
        with session.lock:
            session.asked, session.cut = PendingTurn(message, transcript), None
        self.save(session)

    def end(self, session: Session, messages: tuple[Message, ...], *, instead_of: int = 0) -> None:
        """Record the end of an answer.

        Args:
            messages: the messages that become part of the conversation.
            instead_of: how many messages at the end they replace.
        """
        with session.lock:
            session.asked = None
            if instead_of:
                del session.messages[-instead_of:]
            session.messages += messages
            session.last_used = self._clock.steady()
        self.save(session)

    def clear(self, session: Session) -> None:
        """Delete a session's documents, conversation, title and the screen's records."""
        with session.lock:
            document_ids = [document.document_id for document in session.documents]
            files = {session.files[document_id].file for document_id in document_ids}
            session.documents.clear()
            session.messages.clear()
            session.files.clear()
            session.lost.clear()
            session.asked = session.cut = None
        self.save(session)
        session.archive.forget_extras(session.session_id)
        session.archive.files.delete(files)
        self._on_gone(document_ids)

    def rewind(self, session: Session, questions: int) -> None:
        """Delete the conversation from a question on. questions: how many stay, 0 or more."""
        with session.lock:
            asked = [n for n, one in enumerate(session.messages) if one.role == "user"]
            if questions < len(asked):
                del session.messages[asked[questions] :]
            session.asked = session.cut = None
        self.save(session)
