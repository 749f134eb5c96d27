"""PDFium in a process of its own: it reads what strangers made, and may die of it.

Forms are drawn; scripts are not run (the wheels of pypdfium2 have no JavaScript). Its seconds and
its memory are limited by the system where the system can (not on Windows; memory on Linux alone).

python -m engine.documents.pdf_process < messages of pdf_pool
"""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium_c

from engine.documents.pdf_pool import read, write
from engine.documents.pdf_text import PageFrame, read_words

# Of work, for one wish: a page full of vector drawings takes one or two.
_WORK_SECONDS: Final = 8.0
# Beyond what the process has when it starts: a page of a hundred megapixels with transparency
# takes half of it.
_MEMORY_BYTES: Final = 3 * 2**29
# Besides PDFium's own error: what ctypes raises when a page's numbers make no sense.
_FAILURES: Final = (pypdfium2.PdfiumError, OSError, ValueError, OverflowError, MemoryError)
_Answer = tuple[dict[str, Any], bytes | memoryview]


def main() -> None:
    """Answer wishes until there are no more."""
    answers = os.fdopen(os.dup(1), "wb")
    # What a library may print must not become part of an answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _limit_memory()
    while (message := read(sys.stdin.buffer)) is not None:
        request, data = message
        _limit_work(_WORK_SECONDS)
        answer, raw = _answer(request, data)
        _limit_work(0)
        write(answers, answer, raw)


def _answer(request: dict[str, Any], data: bytes) -> _Answer:
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        needs_password = error.err_code == pdfium_c.FPDF_ERR_PASSWORD
        return {"failed": "encrypted" if needs_password else "file"}, b""
    try:
        pdf.init_forms()
        if request["what"] == "sizes":
            return _sizes(pdf, request["max_pages"]), b""
    except _FAILURES:
        pdf.close()
        return {"failed": "file"}, b""
    try:
        page = pdf[request["page"]]
        if request["what"] == "words":
            frame = PageFrame(page.get_bbox(), page.get_rotation(), tuple(request["size"]))
            words = read_words(page.get_textpage(), frame)
            return {"words": [[word.text, word.bbox] for word in words]}, b""
        pictures = _too_large(page, request["max_pixels"])
        if pictures:
            return {"pictures": pictures}, b""
        return _drawn(pdf, page, request["size"])
    except _FAILURES:
        return {"failed": "page"}, b""
    finally:
        pdf.close()


def _sizes(pdf: pypdfium2.PdfDocument, max_pages: int) -> dict[str, Any]:
    """How many pages there are, and their sizes in points, /Rotate applied.

    The sizes end at the first that cannot be read, and are left out where there are too many.
    """
    count = len(pdf)
    sizes: list[tuple[float, float] | None] = []
    for index in range(count if count <= max_pages else 0):
        try:
            sizes.append(pdf.get_page_size(index))
        except _FAILURES:
            sizes.append(None)
            break
    return {"pages": count, "sizes": sizes}


def _too_large(page: pypdfium2.PdfPage, max_pixels: float) -> list[tuple[int, int]]:
    """The first picture of more pixels than a page may have."""
    for picture in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE]):
        width, height = picture.get_px_size()
        if width * height > max_pixels:
            return [(width, height)]
    return []


def _drawn(pdf: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, size: tuple[int, int]) -> _Answer:
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
    return {"pictures": [], "stride": bitmap.stride}, bytes(bitmap.buffer)


def _limit_work(seconds: float) -> None:
    """Have the system end this process after so much work; 0 takes the limit away."""
    if hasattr(signal, "setitimer"):
        # Its signal is left to its default, death: a handler of Python's would never run in C.
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _limit_memory() -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + _MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
