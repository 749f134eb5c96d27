"""PDF files -> pages, rendered on demand by PDFium, and the words of their text layer.

PDFium is not safe for threads, so everything that touches it runs under one lock, and every
document is closed before the lock is given back. Forms are drawn; scripts are not run (the wheels
of pypdfium2 have no JavaScript).
"""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium_c
from PIL import Image

from engine.documents.pdf_text import PageFrame, read_words
from engine.documents.source import DECODED_PAGES, Source
from engine.errors import DocumentError
from engine.schema import Page, Size, Word

POINTS_PER_INCH: Final = 72
_LOCK: Final = threading.Lock()
# Besides PDFium's own error: what ctypes and Pillow raise when a page's numbers make no sense.
_FAILURES: Final = (pypdfium2.PdfiumError, OSError, ValueError, OverflowError, MemoryError)


def open_pages(source: Source, data: bytes) -> tuple[Page, ...]:
    """The pages of a PDF; their sizes are read, nothing is rendered.

    Raises:
        DocumentError: broken, encrypted, without pages, or over the limit of pages or pixels.
    """
    with _opened(source, data) as pdf:
        if len(pdf) == 0:
            raise DocumentError("document.broken", name=source.name, kind=source.kind)
        if len(pdf) > source.limits.max_pages:
            raise DocumentError(
                "document.too_many_pages",
                name=source.name,
                pages=len(pdf),
                limit=source.limits.max_pages,
            )
        sizes = [_size(source, pdf, page_index) for page_index in range(len(pdf))]
    return tuple(
        Page(
            document_id=source.document_id,
            page_index=page_index,
            width=size[0],
            height=size[1],
            load_image=partial(_load_image, source, page_index, size),
            load_words=partial(_load_words, source, page_index, size),
        )
        for page_index, size in enumerate(sizes)
    )


def _size(source: Source, pdf: pypdfium2.PdfDocument, page_index: int) -> Size:
    """(width, height) in pixels at pdf_dpi, /Rotate applied."""
    try:
        width, height = pdf.get_page_size(page_index)
    except _FAILURES as error:
        raise source.broken_page(page_index) from error
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise source.broken_page(page_index)
    scale = source.limits.pdf_dpi / POINTS_PER_INCH
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    source.check_pixels(size, page_index)
    return size


def _load_image(source: Source, page_index: int, size: Size) -> Image.Image:
    cached = DECODED_PAGES.get(source, page_index)
    if cached is not None:
        return cached
    data = source.read()
    with _opened(source, data) as pdf, _failing_as(source, page_index):
        page = pdf[page_index]
        _check_pictures(source, page, page_index)
        image = _render(pdf, page, size)
    DECODED_PAGES.put(source, page_index, image)
    return image


def _load_words(source: Source, page_index: int, size: Size) -> tuple[Word, ...]:
    data = source.read()
    with _opened(source, data) as pdf, _failing_as(source, page_index):
        page = pdf[page_index]
        frame = PageFrame(page.get_bbox(), page.get_rotation(), size)
        return read_words(page.get_textpage(), frame)


def _render(pdf: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, size: Size) -> Image.Image:
    """The page in exactly `size` pixels; PdfPage.render would round its size up by itself."""
    width, height = size
    bitmap = pypdfium2.PdfBitmap.new_native(
        width, height, format=pdfium_c.FPDFBitmap_BGR, rev_byteorder=True
    )
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    flags = pdfium_c.FPDF_ANNOT | pdfium_c.FPDF_REVERSE_BYTE_ORDER
    pdfium_c.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
    if pdf.formenv is not None:
        pdfium_c.FPDF_FFLDraw(pdf.formenv, bitmap, page, 0, 0, width, height, 0, flags)
    image: Image.Image = bitmap.to_pil().convert("RGB")
    # A bitmap that shares its memory with PDFium's must not outlive it.
    return image.copy()


def _check_pictures(source: Source, page: pypdfium2.PdfPage, page_index: int) -> None:
    """Refuse a page that holds a picture of more pixels than a page may have: a hidden bomb."""
    for picture in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE]):
        source.check_pixels(picture.get_px_size(), page_index)


@contextmanager
def _opened(source: Source, data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """The document, under PDFium's lock.

    Raises:
        DocumentError: encrypted or broken.
    """
    with _LOCK:
        try:
            pdf = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            needs_password = error.err_code == pdfium_c.FPDF_ERR_PASSWORD
            key = "document.encrypted" if needs_password else "document.broken"
            raise DocumentError(key, name=source.name, kind=source.kind) from error
        try:
            try:
                pdf.init_forms()
            except pypdfium2.PdfiumError as error:
                raise DocumentError(
                    "document.broken", name=source.name, kind=source.kind
                ) from error
            yield pdf
        finally:
            pdf.close()


@contextmanager
def _failing_as(source: Source, page_index: int) -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        raise source.broken_page(page_index) from error
