"""Sessions: who has which documents and which conversation.

How long they live is `engine.sessions.lifecycle`' business.
"""

from pathlib import Path
from typing import Final

from engine.core.errors import DocumentError, SessionError
from engine.core.schema import Document, Message
from engine.core.transcript import Transcript
from engine.sessions.files import keep_file
from engine.sessions.lifecycle import SessionLives
from engine.sessions.session import Asked, Session

_LONGEST_TITLE: Final = 200


class SessionStore(SessionLives):
    """All sessions of this process with what is in them. Thread-safe."""

    def checkpoint(self, session_id: str, size_before: int) -> int:
        """Keep a running answer where it grew; its size now, of text and places together."""
        with self._guard:
            session = self._awake.get(session_id)
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
            session.asked, session.cut = Asked(message, transcript), None
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
