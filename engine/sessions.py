"""Sessions: who has which documents and which conversation, in memory.

A session is reachable only by its unguessable id. Its files are copies in a directory of its own,
deleted with it: on request, when it has been idle for sessions.ttl_minutes, and at shutdown.
"""

import logging
import secrets
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from engine.documents import open_document
from engine.errors import DocumentError, SessionError
from engine.schema import Document, Message, Page
from engine.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Session:
    """One user's state. `lock` guards every attribute; hold it for moments only."""

    session_id: str
    directory: Path
    documents: list[Document] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    last_used: float = field(default_factory=time.monotonic)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def document(self, document_id: str) -> Document:
        """Raises SessionError: no such document in this session."""
        for document in self.documents:
            if document.document_id == document_id:
                return document
        raise SessionError("session.unknown_document", document_id=document_id)

    def page(self, document_id: str, page_index: int) -> Page:
        """Raises SessionError: no such document, or it has no such page."""
        document = self.document(document_id)
        if not 0 <= page_index < len(document.pages):
            raise SessionError(
                "session.bad_page",
                name=document.name,
                pages=len(document.pages),
                page=page_index + 1,
            )
        return document.pages[page_index]


class SessionStore:
    """All sessions of this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sessions: dict[str, Session] = {}
        self._guard = threading.Lock()
        self._root = Path(tempfile.mkdtemp(prefix="scanchat-"))

    def create(self) -> Session:
        """A new, empty session with an id of 256 random bits."""
        directory = Path(tempfile.mkdtemp(dir=self._root))
        session = Session(secrets.token_urlsafe(32), directory)
        with self._guard:
            self._sessions[session.session_id] = session
        return session

    def get(self, session_id: str) -> Session:
        """Raises SessionError: the session is unknown or was deleted."""
        with self._guard:
            session = self._sessions.get(session_id)
        if session is None:
            raise SessionError("session.unknown")
        session.last_used = time.monotonic()
        return session

    def has(self, session_id: str) -> bool:
        with self._guard:
            return session_id in self._sessions

    def add_document(self, session: Session, path: Path, name: str) -> Document:
        """Check a file, keep a copy of it, and add it to the session.

        Raises:
            DocumentError: the file is unreadable or breaks a limit; nothing was kept.
        """
        limits = self._settings.limits
        if len(session.documents) >= limits.max_documents_per_session:
            raise DocumentError(
                "session.too_many_documents", name=name, limit=limits.max_documents_per_session
            )
        # Refuse before copying: a file over the limit must not fill the disk.
        open_document(path, name=name, limits=limits)
        document_id = secrets.token_urlsafe(16)
        kept = session.directory / document_id
        shutil.copyfile(path, kept)
        document = open_document(kept, name=name, limits=limits, document_id=document_id)
        with session.lock:
            session.documents.append(document)
        return document

    def clear(self, session: Session) -> list[str]:
        """Forget a session's documents and conversation; the ids of the documents are returned."""
        with session.lock:
            gone = [document.document_id for document in session.documents]
            session.documents.clear()
            session.messages.clear()
        for document_id in gone:
            (session.directory / document_id).unlink(missing_ok=True)
        return gone

    def delete(self, session_id: str) -> list[str]:
        """Delete a session with its files; the ids of its documents are returned."""
        with self._guard:
            session = self._sessions.pop(session_id, None)
        if session is None:
            return []
        gone = self.clear(session)
        shutil.rmtree(session.directory, ignore_errors=True)
        return gone

    def idle(self) -> list[str]:
        """The ids of sessions that nobody has used for sessions.ttl_minutes."""
        oldest = time.monotonic() - self._settings.sessions.ttl_minutes * 60
        with self._guard:
            return [key for key, session in self._sessions.items() if session.last_used < oldest]

    def close(self) -> None:
        """Delete every session and the directory that held their files."""
        with self._guard:
            self._sessions.clear()
        shutil.rmtree(self._root, ignore_errors=True)
