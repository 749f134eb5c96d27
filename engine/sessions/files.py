"""Files of documents: stored at upload, opened again when their session is restored.

The sizes of a stored document's pages are known at once. Its file is opened when a page is needed.

A missing or changed file affects only its own document. Its pages raise one error, and
`Session.lost` lists the document.
"""

import threading
from functools import partial
from pathlib import Path

from PIL import Image

from engine.core.errors import DocumentError, EngineError
from engine.core.schema import Document, Page, Word
from engine.core.settings import LimitSettings
from engine.documents import open_document
from engine.sessions.database import StoredDocument
from engine.sessions.database.page_files import name_of
from engine.sessions.session import Session


def keep_file(
    session: Session, path: Path, name: str, limits: LimitSettings
) -> tuple[Document, StoredDocument]:
    """Check a file and copy it to the session's files; the document reads from the copy.

    Raises:
        DocumentError: the file is unreadable or breaks a limit; nothing was stored.
        StoreError: the disk is full, or cannot be written to; nothing was stored.
    """
    # Check before copying: a file over the limit must not fill the disk.
    open_document(path, name=name, limits=limits)
    data = path.read_bytes()
    file = session.archive.files.put(data, session.salt)
    document = open_document(session.archive.files.path(file), name=name, limits=limits)
    kept = StoredDocument(
        document.document_id,
        document.name,
        file,
        len(data),
        limits.pdf_dpi,
        tuple(page.size for page in document.pages),
    )
    return document, kept


def reopened(session: Session, kept: StoredDocument, limits: LimitSettings) -> Document:
    """The document as it was. A missing file is recorded in session.lost."""
    file = _File(session, kept, limits)
    pages = tuple(
        Page(
            kept.document_id,
            page_index,
            width,
            height,
            load_image=partial(file.image, page_index),
            load_words=partial(file.words, page_index),
        )
        for page_index, (width, height) in enumerate(kept.pages)
    )
    try:
        is_there = session.archive.files.path(kept.file).stat().st_size == kept.size
    except OSError:
        is_there = False
    if not is_there:
        session.lost[kept.document_id] = _lost(kept)
    return Document(kept.document_id, kept.name, pages)


class _File:
    """A stored file, opened once; its pages load like those of an upload."""

    def __init__(self, session: Session, kept: StoredDocument, limits: LimitSettings) -> None:
        self._session = session
        self._kept = kept
        # Evidence refers to the pixels that the pages had at upload.
        self._limits = limits.model_copy(update={"pdf_dpi": kept.pdf_dpi})
        self._opened: Document | None = None
        self._lock = threading.Lock()

    def image(self, page_index: int) -> Image.Image:
        """Raises DocumentError."""
        return self._document().pages[page_index].load_image()

    def words(self, page_index: int) -> tuple[Word, ...]:
        """Raises DocumentError."""
        return self._document().pages[page_index].load_words()

    def _document(self) -> Document:
        with self._lock:
            if self._opened is None:
                try:
                    self._opened = self._open()
                except EngineError as error:
                    self._session.lost[self._kept.document_id] = error
                    raise
            return self._opened

    def _open(self) -> Document:
        kept = self._kept
        path = self._session.archive.files.path(kept.file)
        try:
            is_same = name_of(path.read_bytes(), self._session.salt) == kept.file
        except OSError:
            is_same = False
        if not is_same:
            raise _lost(kept)
        document = open_document(
            path, name=kept.name, limits=self._limits, document_id=kept.document_id
        )
        if tuple(page.size for page in document.pages) != kept.pages:
            raise _lost(kept)
        return document


def _lost(kept: StoredDocument) -> DocumentError:
    return DocumentError("document.kept_lost", name=kept.name)
