"""One conversation in memory: its documents, its messages, and its state of storage."""

import threading
from dataclasses import dataclass, field

from engine.core.errors import EngineError, SessionError, StoreError
from engine.core.schema import Document, Message, Page
from engine.core.transcript import Transcript
from engine.sessions.database import Archive, StoredDocument
from engine.sessions.database.clock import steady


@dataclass(slots=True)
class PendingTurn:
    """A question that is part of the conversation, and its answer so far."""

    message: Message
    transcript: Transcript


@dataclass(slots=True)
class SavedState:
    """What the archive has of a session. Only the archive's writing thread changes it.

    Attributes:
        is_new: there is no row yet.
        documents, messages: in the order of the rows, the very objects that are in the session.
        is_asked: whether there is a row of a question being answered.
    """

    is_new: bool = True
    documents: tuple[StoredDocument, ...] = ()
    messages: tuple[Message, ...] = ()
    is_asked: bool = False


@dataclass(slots=True)
class Session:
    """One conversation. `lock` guards every attribute; hold it only briefly.

    Attributes:
        visitor: SHA-256 of its visitor's id; None if it has no visitor to return to it.
        salt: of the names of its files.
        files: document_id -> what is stored of the document.
        lost: document_id -> why its file cannot be used any more.
        asked: the question that is being answered.
        cut: the last question, if the end of the app cut off its answer.
        storage_error: why the last change could not be stored; None if everything is.
        pending: the number of writes in progress.
        is_deleted: nothing of it may be written any more.
        last_used: of the steady clock (engine.sessions.database.clock).
    """

    session_id: str
    archive: Archive
    salt: bytes
    visitor: bytes | None = None
    created_at: float = 0.0
    documents: list[Document] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    files: dict[str, StoredDocument] = field(default_factory=dict)
    lost: dict[str, EngineError] = field(default_factory=dict)
    asked: PendingTurn | None = None
    cut: PendingTurn | None = None
    storage_error: StoreError | None = None
    saved: SavedState = field(default_factory=SavedState)
    pending: int = 0
    is_deleted: bool = False
    last_used: float = field(default_factory=steady)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def is_used(self) -> bool:
        """Whether it has a document or a message."""
        return bool(self.documents or self.messages or self.asked or self.cut)

    @property
    def is_saved(self) -> bool:
        """Whether the archive has all of it."""
        return (
            not self.pending
            and not self.saved.is_new
            and self.asked is None
            and self.storage_error is None
            and [self.files[one.document_id] for one in self.documents]
            == list(self.saved.documents)
            and self.messages == list(self.saved.messages)
        )

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

    def usable(self) -> tuple[Document, ...]:
        """The documents whose files can be used."""
        return tuple(one for one in self.documents if one.document_id not in self.lost)
