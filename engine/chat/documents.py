"""The documents of a conversation and the contents of their pages: words and places.

No model is used here.
"""

import threading
from collections.abc import Mapping
from pathlib import Path

from engine.core.errors import EngineError, RunCancelled, SessionError
from engine.core.geometry import clip
from engine.core.schema import BBox, Document, WordSource
from engine.core.settings import PreprocessSettings
from engine.index.page_index import PageIndex
from engine.index.store import IndexStore
from engine.sessions.registry import SessionRegistry


class Documents:
    """Documents of sessions; OCR of their pages starts at upload. Thread-safe."""

    def __init__(
        self, sessions: SessionRegistry, indexes: IndexStore, steps: PreprocessSettings
    ) -> None:
        """steps: preprocessing before OCR, unless a question names its own."""
        self._sessions = sessions
        self._indexes = indexes
        self._steps = steps

    def add_document(
        self, session_id: str, path: Path, *, name: str, password: str = ""
    ) -> Document:
        """Check a file, store a copy in the session and start OCR of its pages.

        Args:
            path: the file; it may be deleted afterwards.
            name: the user's name for it.
            password: of an encrypted PDF; kept in memory with the document, never stored.
        Raises:
            DocumentError: the file cannot be read or breaks a limit; the session is unchanged.
            SessionError: the session does not exist.
        """
        document = self._sessions.add_document(self._sessions.get(session_id), path, name, password)
        self._indexes.prefetch(document.pages, self._steps)
        return document

    def text_in(self, session_id: str, document_id: str, page_index: int, bbox: BBox) -> str:
        """The words that are printed in a box of a page, line by line; waits for the page's OCR.

        Args:
            bbox: page pixels; a word lies in it if its centre does.
        Raises:
            DocumentError: the page cannot be read.
            GeometryError: no part of the box lies on the page.
            SessionError: the session or the page does not exist.
        """
        page = self._sessions.get(session_id).page(document_id, page_index)
        drawn = clip(bbox, page_size=page.size)
        try:
            index = self._indexes.get(page, self._steps, threading.Event())
        except RunCancelled:
            return ""  # the page was deleted meanwhile
        return index.text_in(drawn)

    def index_of(self, session_id: str, document_id: str, page_index: int) -> PageIndex:
        """Every word, line and region of a page with its box; waits for the page's OCR.

        Raises:
            EngineError: the page cannot be read.
            SessionError: the session or the page does not exist, or was deleted meanwhile.
        """
        page = self._sessions.get(session_id).page(document_id, page_index)
        try:
            return self._indexes.get(page, self._steps, threading.Event())
        except RunCancelled:
            raise SessionError("session.no_pages") from None

    def word_sources(
        self, session_id: str, document_id: str, page_index: int
    ) -> dict[WordSource, list[BBox]]:
        """The boxes of a page's words by where they come from; waits for the page's OCR.

        Raises:
            EngineError: as `index_of`.
        """
        words = self.index_of(session_id, document_id, page_index).words
        found: dict[WordSource, list[BBox]] = {}
        for word in sorted(words, key=lambda word: word.source, reverse=True):  # "pdf" first
            found.setdefault(word.source, []).append(word.bbox)
        return found

    def documents(self, session_id: str) -> tuple[Document, ...]:
        """The session's documents in the order of their upload. Raises SessionError."""
        return tuple(self._sessions.get(session_id).documents)

    def document(self, session_id: str, document_id: str) -> Document:
        """One document of a session. Raises SessionError: there is none with this id."""
        for document in self.documents(session_id):
            if document.document_id == document_id:
                return document
        raise SessionError("session.unknown_document", document_id=document_id)

    def lost_documents(self, session_id: str) -> Mapping[str, EngineError]:
        """document_id -> why its stored file cannot be used any more. Raises SessionError."""
        return dict(self._sessions.get(session_id).lost)
