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
from engine.core.schema import Annotations, Document, Page, Word
from engine.core.settings import LimitSettings
from engine.documents import open_document
from engine.sessions.database import StoredDocument
from engine.sessions.database.page_files import name_of
from engine.sessions.session import Session


def keep_file(
    session: Session, path: Path, name: str, limits: LimitSettings, password: str = ""
) -> tuple[Document, StoredDocument]:
    """Check a file and copy it to the session's files; the document reads from the copy.

    Args:
        password: of an encrypted PDF. It is not stored, and the copy stays encrypted: after a
            restart the document must be given again.
    Raises:
        DocumentError: the file is unreadable or breaks a limit; nothing was stored.
        StoreError: the disk is full, or cannot be written to; nothing was stored.
    """
    # Check before copying: a file over the limit must not fill the disk.
    open_document(path, name=name, limits=limits, password=password)
    data = path.read_bytes()
    file = session.archive.files.put(data, session.salt)
    document = open_document(
        session.archive.files.path(file), name=name, limits=limits, password=password
    )
    stored = StoredDocument(
        document.document_id,
        document.name,
        file,
        len(data),
        limits.pdf_dpi,
        tuple(page.size for page in document.pages),
    )
    return document, stored


def reopened(session: Session, stored: StoredDocument, limits: LimitSettings) -> Document:
    """The document as it was. A missing file is recorded in session.lost."""
    file = _File(session, stored, limits)
    pages = tuple(
        Page(
            stored.document_id,
            page_index,
            width,
            height,
            load_image=partial(file.image, page_index),
            load_words=partial(file.words, page_index),
            load_annotations=partial(file.annotations, page_index),
        )
        for page_index, (width, height) in enumerate(stored.pages)
    )
    try:
        is_there = session.archive.files.path(stored.file).stat().st_size == stored.size
    except OSError:
        is_there = False
    if not is_there:
        session.lost[stored.document_id] = _lost(stored)
    return Document(stored.document_id, stored.name, pages)


class _File:
    """A stored file, opened once; its pages load like those of an upload."""

    def __init__(self, session: Session, stored: StoredDocument, limits: LimitSettings) -> None:
        self._session = session
        self._stored = stored
        # Evidence refers to the pixels that the pages had at upload.
        self._limits = limits.model_copy(update={"pdf_dpi": stored.pdf_dpi})
        self._opened: Document | None = None
        self._lock = threading.Lock()

    def image(self, page_index: int) -> Image.Image:
        """Raises DocumentError."""
        return self._document().pages[page_index].load_image()

    def words(self, page_index: int) -> tuple[Word, ...]:
        """Raises DocumentError."""
        return self._document().pages[page_index].load_words()

    def annotations(self, page_index: int) -> Annotations:
        """Raises DocumentError."""
        return self._document().pages[page_index].load_annotations()

    def _document(self) -> Document:
        with self._lock:
            if self._opened is None:
                try:
                    self._opened = self._open()
                except EngineError as error:
                    self._session.lost[self._stored.document_id] = error
                    raise
            return self._opened

    def _open(self) -> Document:
        stored = self._stored
        path = self._session.archive.files.path(stored.file)
        try:
            is_same = name_of(path.read_bytes(), self._session.salt) == stored.file
        except OSError:
            is_same = False
        if not is_same:
            raise _lost(stored)
        document = open_document(
            path, name=stored.name, limits=self._limits, document_id=stored.document_id
        )
        # Older versions stored no attachments and one page of an animation: there may be more now.
        if tuple(page.size for page in document.pages[: len(stored.pages)]) != stored.pages:
            raise _lost(stored)
        return document


def _lost(stored: StoredDocument) -> DocumentError:
    return DocumentError("document.kept_lost", name=stored.name)
