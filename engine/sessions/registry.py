"""Sessions: who has which documents and which conversation.

How long they live is `engine.sessions.lifecycle`' business.
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
    """All sessions of this process with what is in them. Thread-safe.

    Args:
        on_gone: called with the ids of documents that are not in memory any more.
    Raises (constructor):
        StoreError: what was kept before cannot be used by this version, or at all.
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
        """Where sessions are written: those of visitors, and all others."""
        return self._lifecycle.archives

    def create(self, visitor_id: str | None = None) -> Session:
        """A new, empty session with an id of 256 random bits. See `SessionLifecycle.create`."""
        return self._lifecycle.create(visitor_id)

    def key_of(self, visitor_id: str) -> bytes:
        """What is kept of a visitor's id. See `SessionLifecycle.key_of`."""
        return self._lifecycle.key_of(visitor_id)

    def get(self, session_id: str) -> Session:
        """The session, woken if it was asleep. See `SessionLifecycle.get`."""
        return self._lifecycle.get(session_id)

    def has(self, session_id: str) -> bool:
        """See `SessionLifecycle.has`."""
        return self._lifecycle.has(session_id)

    def owns(self, visitor_id: str, session_id: str) -> bool:
        """Whether a session is this visitor's."""
        return self._lifecycle.owns(visitor_id, session_id)

    def save(self, session: Session) -> None:
        """Have what changed written soon; never waits, never raises."""
        self._lifecycle.save(session)

    def delete(self, session_id: str) -> None:
        """Delete a session with its rows and files; an unknown one is fine.

        See `SessionLifecycle.delete`.
        """
        self._lifecycle.delete(session_id)

    def delete_visitor(self, visitor_id: str) -> None:
        """Delete all conversations and records of a visitor. Raises StoreError."""
        self._lifecycle.delete_visitor(visitor_id)

    def sessions_of(self, visitor_id: str) -> list[str]:
        """Every session of a visitor, also those that nothing happened in. Raises StoreError."""
        return self._lifecycle.sessions_of(visitor_id)

    def mark_used(self, session_ids: Iterable[str]) -> None:
        """Count sessions as used now, such as those in which an answer is being written."""
        self._lifecycle.mark_used(session_ids)

    def expired(self) -> list[str]:
        """The ids of sessions that nobody has used for long enough. Raises StoreError."""
        return self._lifecycle.expired()

    def store_for_visitor(self, visitor_id: str, name: str, record: str) -> None:
        """Keep the screen's record of a visitor. Raises SessionError, StoreError: too large."""
        self._lifecycle.store_for_visitor(visitor_id, name, record)

    def touch(self) -> None:
        """Write down when sessions and visitors were last here, and forget visitors who left."""
        self._lifecycle.touch()

    def put_to_sleep(self, busy: Iterable[str]) -> None:
        """Take sessions out of memory that were idle for an hour and are kept whole.

        See `SessionLifecycle.put_to_sleep`.
        """
        self._lifecycle.put_to_sleep(busy)

    def close(self) -> None:
        """Write what is left to write; delete every session that is not kept."""
        self._lifecycle.close()

    def checkpoint(self, session_id: str, size_before: int) -> int:
        """Keep a running answer where it grew; its size now, of text and places together."""
        session = self._lifecycle.awake(session_id)
        asked = None if session is None else session.asked
        if session is None or asked is None:
            return 0
        said = asked.transcript
        size = len(said.text) + len(said.evidence) + sum(map(len, list(said.regions.values())))
        if size != size_before:
            self.save(session)
        return size

    def rename(self, session_id: str, title: str) -> None:
        """Give a conversation a title; "" takes it away. Raises SessionError, StoreError."""
        session = self.get(session_id)
        plain = "".join(one if one.isprintable() else " " for one in title)
        session.archive.rename(session_id, " ".join(plain.split())[:_LONGEST_TITLE])

    def add_document(self, session: Session, path: Path, name: str) -> Document:
        """Check a file, keep a copy of it, and add it to the session.

        Raises:
            DocumentError: the file is unreadable or breaks a limit; nothing was kept.
            StoreError: the disk is full, or cannot be written to; nothing was kept.
            SessionError: the session was deleted meanwhile.
        """
        limits = self._settings.limits
        if len(session.documents) >= limits.max_documents_per_session:
            raise DocumentError(
                "session.too_many_documents", name=name, limit=limits.max_documents_per_session
            )
        document, kept = keep_file(session, path, name, limits)
        with session.lock:
            if session.is_deleted:
                session.archive.files.delete([kept.file])
                raise SessionError("session.unknown")
            session.documents.append(document)
            session.files[document.document_id] = kept
        self.save(session)
        return document

    def begin(self, session: Session, message: Message, transcript: Transcript) -> None:
        """A question of the conversation is being answered."""
        with session.lock:
            session.asked, session.cut = PendingTurn(message, transcript), None
        self.save(session)

    def end(self, session: Session, said: tuple[Message, ...], *, instead_of: int = 0) -> None:
        """The answer ended. said: what becomes part of the conversation.

        Args:
            instead_of: how many messages at the end it takes the place of.
        """
        with session.lock:
            session.asked = None
            if instead_of:
                del session.messages[-instead_of:]
            session.messages += said
            session.last_used = self._clock.steady()
        self.save(session)

    def clear(self, session: Session) -> None:
        """Forget a session's documents, conversation, title and the screen's records."""
        with session.lock:
            gone = [document.document_id for document in session.documents]
            files = {session.files[document_id].file for document_id in gone}
            session.documents.clear()
            session.messages.clear()
            session.files.clear()
            session.lost.clear()
            session.asked = session.cut = None
        self.save(session)
        session.archive.forget_extras(session.session_id)
        session.archive.files.delete(files)
        self._on_gone(gone)

    def rewind(self, session: Session, questions: int) -> None:
        """Forget what was said from a question on. questions: how many stay, 0 or more."""
        with session.lock:
            asked = [n for n, one in enumerate(session.messages) if one.role == "user"]
            if questions < len(asked):
                del session.messages[asked[questions] :]
            session.asked = session.cut = None
        self.save(session)
