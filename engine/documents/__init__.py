"""Document loading: a file -> a Document whose pages load on demand (images, their frames, PDF).

Images and PDFs that are attached to a PDF, such as the files of a portfolio, are further pages.
The file type is detected from the content, never from the extension. Every invalid file raises
DocumentError, whose text names the file, the value, the rule and the next step. Size and page
limits are checked before anything is decoded. A page is decoded (images) or rendered (PDF, at
`limits.pdf_dpi`) on demand, and a few decoded pages are cached in memory.

This package does no OCR (engine.ocr does) and downloads nothing.

Try it:
`python -c "from engine.documents import shown_name; print(shown_name('C:\\\\scans\\\\a.pdf'))"`
"""

import secrets
import stat
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from engine.core.errors import DocumentError
from engine.core.schema import Document
from engine.core.settings import LimitSettings
from engine.documents import images, pdf
from engine.documents.attachments import with_attachments
from engine.documents.naming import shown_name
from engine.documents.source import BYTES_PER_MB, Source

__all__ = ["open_document", "open_document_bytes", "shown_name"]

# A PDF may have other bytes before its header; readers search this many bytes for it.
_PDF_HEADER_REACH: Final = 1024
_SVG_REACH: Final = 4096
_MOST_BRAND_BYTES: Final = 512
# ISO base media brands (ISO/IEC 23008-12 and the AV1 Image File Format).
_HEIF_BRANDS: Final = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)
_AVIF_BRANDS: Final = frozenset((b"avif", b"avis"))


def open_document(
    path: Path,
    *,
    name: str,
    limits: LimitSettings,
    document_id: str | None = None,
    password: str = "",
) -> Document:
    """Open a scan: JPEG, JPEG 2000, PNG, BMP, HEIC, TIFF, WebP, GIF or AVIF (all frames), or PDF.

    Args:
        path: a regular file; it is read again when a page is loaded, so it must remain in place.
        name: the file's name as the user knows it; sanitised by `shown_name`.
        limits: maximum bytes, pages and pixels, and the resolution of PDF pages.
        document_id: None generates an unguessable one.
        password: of an encrypted PDF; held in memory while the document is.
    Raises:
        DocumentError: the file is missing, not a regular file, unreadable, empty, of an unsupported
            type, truncated, corrupt, encrypted with another password, or over a limit.
    """
    shown = shown_name(name)
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise DocumentError("document.missing", name=shown) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise DocumentError("document.unreadable", name=shown) from error
    if stat.S_ISDIR(status.st_mode):
        raise DocumentError("document.directory", name=shown)
    if not stat.S_ISREG(status.st_mode):
        # Reading a pipe or a device can block for ever.
        raise DocumentError("document.unreadable", name=shown)
    _check_weight(status.st_size, shown, limits)

    def read() -> bytes:
        try:
            with path.open("rb") as file:
                # Bounded: a file that has grown since stat() must not fill the memory.
                return file.read(int(limits.max_file_mb * BYTES_PER_MB) + 1)
        except FileNotFoundError as error:
            raise DocumentError("document.missing", name=shown) from error
        except OSError as error:
            raise DocumentError("document.unreadable", name=shown) from error

    return _open(read, shown, limits, document_id, password)


def open_document_bytes(
    data: bytes,
    *,
    name: str,
    limits: LimitSettings,
    document_id: str | None = None,
    password: str = "",
) -> Document:
    """open_document for bytes in memory; the Document holds a reference to them."""
    return _open(lambda: data, shown_name(name), limits, document_id, password)


def _open(
    read: Callable[[], bytes],
    name: str,
    limits: LimitSettings,
    document_id: str | None,
    password: str,
) -> Document:
    document, source, data = _opened(read, name, limits, document_id, password)
    if source.kind != "PDF":
        return document
    pages = with_attachments(source, data, document.pages, _open_attached)
    return replace(document, pages=pages)


def _open_attached(read: Callable[[], bytes], name: str, limits: LimitSettings) -> Document:
    document, _, _ = _opened(read, name, limits)
    return document


def _opened(
    read: Callable[[], bytes],
    name: str,
    limits: LimitSettings,
    document_id: str | None = None,
    password: str = "",
) -> tuple[Document, Source, bytes]:
    """The document without what is attached to it, its source and its bytes."""
    data = read()
    _check_weight(len(data), name, limits)
    kind = _kind(data, name)
    document_id = document_id or secrets.token_urlsafe(16)
    source = Source(
        document_id=document_id,
        name=name,
        kind=kind,
        limits=limits,
        read=read,
        password=password,
    )
    reader = pdf if kind == "PDF" else images
    pages = reader.open_pages(source, data)
    return Document(document_id=document_id, name=name, pages=pages), source, data


def _check_weight(size: int, name: str, limits: LimitSettings) -> None:
    """size: bytes."""
    if size == 0:
        raise DocumentError("document.empty", name=name)
    if size > limits.max_file_mb * BYTES_PER_MB:
        # Rounded up, so the error text never reads "10.0 MB; the limit is 10 MB".
        tenths = -(-size * 10 // BYTES_PER_MB)
        raise DocumentError(
            "document.too_large", name=name, size=tenths / 10, limit=limits.max_file_mb
        )


def _kind(data: bytes, name: str) -> str:
    """Detect the file type from the first bytes, by its usual name: "JPEG", ..., "PDF".

    Raises:
        DocumentError: the type is not supported.
    """
    for signature, kind in images.SIGNATURES:
        if data.startswith(signature):
            return kind
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    if b"%PDF-" in data[:_PDF_HEADER_REACH]:
        return "PDF"
    if data[4:8] == b"ftyp":
        brands = _brands(data)
        if _AVIF_BRANDS & brands:
            return "AVIF"
        if _HEIF_BRANDS & brands:
            if find_spec("pi_heif") is None:
                raise DocumentError("document.phone_format", name=name)
            return "HEIC"
    head = data[:_SVG_REACH].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"%!ps") or (head.startswith(b"<") and b"<svg" in head):
        raise DocumentError("document.vector", name=name)
    raise DocumentError("document.unknown_kind", name=name)


def _brands(data: bytes) -> set[bytes]:
    """The major and the compatible brands of an ISO base media file, from its first box."""
    end = min(int.from_bytes(data[:4]), _MOST_BRAND_BYTES, len(data))
    return {data[at : at + 4] for at in (8, *range(16, end - 3, 4))}
