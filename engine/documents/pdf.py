"""PDF files -> pages rendered on demand by PDFium, the words of their text layer, their forms.

PDFium runs in its own process (engine/documents/pdf_pool.py). A kilobyte of PDF can demand hours of
rendering or all memory, and PDFium then neither stops nor raises. Such a page ends only that
process, and the user gets an error text.
"""

import math
import threading
import weakref
from functools import partial
from typing import Any, Final

from PIL import Image

from engine.core.errors import DocumentError
from engine.core.schema import Annotations, Mark, Notice, Page, Size, Word
from engine.documents.pdf_pool import ProcessDiedError, ask
from engine.documents.source import BYTES_PER_MB, DECODED_PAGES, Source

POINTS_PER_INCH: Final = 72
# 0.1 + 0.2 > 0.3: a width of whole pixels must not lose one.
_EPSILON: Final = 1e-6
# Pages that exceeded the limits are not tried again; image, words and thumbnail all request them.
_COSTLY: Final[weakref.WeakKeyDictionary[Source, set[int]]] = weakref.WeakKeyDictionary()
_COSTLY_GUARD: Final = threading.Lock()


def open_pages(source: Source, data: bytes) -> tuple[Page, ...]:
    """Open the pages of a PDF: their sizes are read, nothing is rendered.

    A page has `limits.pdf_dpi`, or as many pixels as `limits.max_page_megapixels` allows.

    Raises:
        DocumentError: the file is corrupt, encrypted, without pages, over the limit of pages, or
            over the limit of time or memory.
    """
    limits = source.limits
    request = {"what": "sizes", "max_pages": limits.max_pages, "dpi": limits.pdf_dpi}
    found, _ = _asked(source, data, request)
    count = int(found["pages"])
    if count == 0:
        raise DocumentError("document.no_pages", name=source.name)
    if count > source.limits.max_pages:
        raise DocumentError(
            "document.too_many_pages",
            name=source.name,
            pages=count,
            limit=source.limits.max_pages,
        )
    sizes = [
        _size(source, points, scan, index) for index, (points, scan) in enumerate(found["sizes"])
    ]
    notices = _notices(source, found)
    return tuple(
        Page(
            document_id=source.document_id,
            page_index=page_index,
            width=size[0],
            height=size[1],
            load_image=partial(_load_image, source, page_index, size),
            load_words=partial(_load_words, source, page_index, size),
            load_annotations=partial(
                _load_annotations, source, page_index, size, notices if page_index == 0 else ()
            ),
        )
        for page_index, size in enumerate(sizes)
    )


def attachment_names(source: Source, data: bytes) -> list[str]:
    """The names of the files attached to a PDF, as it stores them. Raises DocumentError."""
    found, _ = _asked(source, data, {"what": "attachments"})
    return [str(name) for name in found["names"]]


def read_attachment(source: Source, number: int, name: str) -> bytes:
    """The contents of the attached file of this number.

    Raises:
        DocumentError: it is missing, broken or over the limit of bytes.
    """
    most = int(source.limits.max_file_mb * BYTES_PER_MB)
    request = {"what": "attachment", "number": number, "max_bytes": most}
    found, raw = _asked(source, source.read(), request)
    if not found["is_whole"]:
        raise DocumentError("document.unreadable", name=name)
    return raw


def _size(source: Source, points: list[float] | None, scan: float | None, page_index: int) -> Size:
    """(width, height) in pixels of a page's picture.

    Args:
        points: with /Rotate applied; None if unreadable.
        scan: pixels per point of the picture that is all of a page; None if it is none.
    """
    width, height = points or (0.0, 0.0)
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise source.broken_page(page_index)
    scale = source.limits.pdf_dpi / POINTS_PER_INCH
    limit = source.max_pixels
    if round(width * scale) * round(height * scale) > limit:
        # A photo that was saved with one point per pixel shows nothing more at a larger scale.
        scale = min(scan or scale, scale, math.sqrt(limit / width / height))
        # Rounded down: the product must stay under the limit.
        return max(1, int(width * scale + _EPSILON)), max(1, int(height * scale + _EPSILON))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _load_image(source: Source, page_index: int, size: Size) -> Image.Image:
    cached = DECODED_PAGES.get(source, page_index)
    if cached is not None:
        return cached
    request = {"what": "image", "page": page_index, "size": size}
    found, drawn = _asked(source, source.read(), request)
    for picture in found["pictures"]:
        # An embedded image with more pixels than a page may have: a decompression bomb.
        source.check_pixels((picture[0], picture[1]), page_index)
    if not drawn:
        raise source.broken_page(page_index)
    image = Image.frombytes("RGB", size, drawn, "raw", "RGB", found["stride"], 1)
    DECODED_PAGES.put(source, page_index, image)
    return image


def _load_words(source: Source, page_index: int, size: Size) -> tuple[Word, ...]:
    request = {"what": "words", "page": page_index, "size": size}
    found, _ = _asked(source, source.read(), request)
    return tuple(
        Word(str(text), (box[0], box[1], box[2], box[3]), source=kind)
        for text, box, kind in found["words"]
    )


def _load_annotations(
    source: Source, page_index: int, size: Size, notices: tuple[Notice, ...]
) -> Annotations:
    request = {"what": "marks", "page": page_index, "size": size}
    found, _ = _asked(source, source.read(), request)
    return Annotations(
        tuple(
            Mark(kind, (box[0], box[1], box[2], box[3]), state, str(text))
            for kind, box, state, text in found["marks"]
        ),
        notices,
    )


def _notices(source: Source, found: dict[str, Any]) -> tuple[Notice, ...]:
    """What a user should know about a file as a whole. found: the reply about its sizes."""
    notices = []
    if found["is_placeholder"]:
        notices.append(Notice("pdf.xfa", {"name": source.name}))
    if found["signatures"]:
        notices.append(Notice("pdf.signed", {"name": source.name, "count": found["signatures"]}))
    return tuple(notices)


def _asked(source: Source, data: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Send a request to PDFium and convert its failures to errors.

    Raises:
        DocumentError: the file or the page is corrupt, the file is encrypted, or the request
            exceeds the limit of time or memory.
    """
    page_index = int(request.get("page", -1))
    costly = DocumentError("document.too_costly", name=source.name)
    with _COSTLY_GUARD:
        if page_index in _COSTLY.get(source, ()):
            raise costly
    given = {**request, "max_pixels": source.max_pixels, "password": source.password}
    try:
        found, raw = ask(given, data)
    except ProcessDiedError as error:
        with _COSTLY_GUARD:
            _COSTLY.setdefault(source, set()).add(page_index)
        raise costly from error
    match found.get("failed"):
        case None:
            return found, raw
        case "page":
            raise source.broken_page(page_index)
        case "encrypted":
            key = "document.wrong_password" if source.password else "document.encrypted"
            raise DocumentError(key, name=source.name, kind=source.kind)
        case "no pages":
            raise DocumentError("document.no_pages", name=source.name)
        case _:
            raise DocumentError("document.broken", name=source.name, kind=source.kind)
