"""PDFium in its own process, which isolates the app from crashes on untrusted files.

Forms are rendered; scripts do not run (the wheels of pypdfium2 have no JavaScript). The operating
system limits CPU time (not on Windows) and memory (on Linux only).

Started as `python -m engine.documents.pdf_process` by pdf_pool.
"""

import signal
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium_c

from engine.core.child_process import channel_to_app
from engine.documents import pdf_annotations
from engine.documents.pdf_pool import read, write
from engine.documents.pdf_text import PageFrame, read_words

# CPU time of one request; a page full of vector drawings takes one or two seconds.
_WORK_SECONDS: Final = 8.0
# In addition to the process's memory at start. A page of a hundred megapixels with transparency
# takes half of it.
_MEMORY_BYTES: Final = 3 * 2**29
# PDFium's own error, and what ctypes raises when a page's numbers are out of range.
_FAILURES: Final = (pypdfium2.PdfiumError, OSError, ValueError, ArithmeticError, MemoryError)
# PDFium does not open a document without pages, and leaves the error that _reset_error sets.
_CAUSES: Final = {
    pdfium_c.FPDF_ERR_PASSWORD: "encrypted",
    pdfium_c.FPDF_ERR_FILE: "no pages",
}
_POINTS_PER_INCH: Final = 72
_Answer = tuple[dict[str, Any], bytes | memoryview]


def main() -> None:
    """Answer requests until there are no more."""
    channel = channel_to_app()
    _limit_memory()
    with suppress(EOFError):
        while True:
            request, data = read(channel)
            _limit_work(_WORK_SECONDS)
            answer, raw = _answer(request, data)
            _limit_work(0)
            write(channel, answer, raw)


def _answer(request: dict[str, Any], data: bytes) -> _Answer:
    _reset_error()
    try:
        pdf = pypdfium2.PdfDocument(data, password=request.get("password") or None)
    except pypdfium2.PdfiumError as error:
        return {"failed": _CAUSES.get(error.err_code, "file")}, b""
    try:
        pdf.init_forms()
        if request["what"] == "sizes":
            return _sizes(pdf, request), b""
        if request["what"] == "attachments":
            return {"names": pdf_annotations.attachment_names(pdf)}, b""
        if request["what"] == "attachment":
            file = pdf_annotations.attachment(pdf, request["number"], request["max_bytes"])
            return {"is_whole": file is not None}, file or b""
    except _FAILURES:
        pdf.close()
        return {"failed": "file"}, b""
    try:
        page = pdf[request["page"]]
        frame = PageFrame(page.get_bbox(), page.get_rotation(), tuple(request["size"]))
        if request["what"] == "words":
            return {"words": _words(pdf, page, request["page"], frame)}, b""
        if request["what"] == "marks":
            found = pdf_annotations.marks(pdf, page, frame)
            return {"marks": [[one.kind, one.bbox, one.state, one.text] for one in found]}, b""
        pictures = _too_large(page, request["max_pixels"])
        if pictures:
            return {"pictures": pictures}, b""
        return _drawn(pdf, page, request["size"])
    except _FAILURES:
        return {"failed": "page"}, b""
    finally:
        pdf.close()


def _reset_error() -> None:
    """Set PDFium's last error to FPDF_ERR_FILE, else it may be that of an earlier request."""
    pdfium_c.FPDF_LoadDocument(b"", None)


def _words(
    pdf: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, page_index: int, frame: PageFrame
) -> list[list[Any]]:
    """[text, box, source] of the words of the text layer, then of form fields and notes."""
    words = read_words(page.get_textpage(), frame)
    added = pdf_annotations.annotation_words(pdf, page, page_index, words, frame)
    return [[word.text, word.bbox, word.source] for word in (*words, *added)]


def _sizes(pdf: pypdfium2.PdfDocument, request: dict[str, Any]) -> dict[str, Any]:
    """The number of pages and, for each, its size in points and the scale of its scan.

    Sizes are (width, height) with /Rotate applied. The scale, in pixels per point, is None unless
    the page has more than `max_pixels` at `dpi` and consists of one picture. The list ends with
    None for a size at the first page that cannot be read. It is empty if there are more than
    `max_pages`.
    """
    count = len(pdf)
    sizes: list[tuple[tuple[float, float] | None, float | None]] = []
    for index in range(count if count <= request["max_pages"] else 0):
        try:
            width, height = pdf.get_page_size(index)
            pixels = width * height * (request["dpi"] / _POINTS_PER_INCH) ** 2
            scan = _scan_scale(pdf[index]) if pixels > request["max_pixels"] else None
            sizes.append(((width, height), scan))
        except _FAILURES:
            sizes.append((None, None))
            break
    return {
        "pages": count,
        "sizes": sizes,
        "is_placeholder": bool(sizes) and pdf_annotations.is_placeholder(pdf),
        "signatures": sum(pdf_annotations.signatures(pdf)),
    }


def _scan_scale(page: pypdfium2.PdfPage) -> float | None:
    """Pixels per point of the picture that is the page's only object."""
    objects = list(islice(page.get_objects(), 2))
    if len(objects) != 1 or objects[0].type != pdfium_c.FPDF_PAGEOBJ_IMAGE:
        return None
    left, bottom, right, top = objects[0].get_bounds()
    # Sorted, because the picture may be turned on the page.
    sides = sorted((right - left, top - bottom))
    pixels = sorted(objects[0].get_px_size())
    return max(float(count / side) for count, side in zip(pixels, sides, strict=True))


def _too_large(page: pypdfium2.PdfPage, max_pixels: float) -> list[tuple[int, int]]:
    """The size of the first embedded image with more than max_pixels, as a list of at most one."""
    for picture in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE]):
        width, height = picture.get_px_size()
        if width * height > max_pixels:
            return [(width, height)]
    return []


def _drawn(pdf: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, size: tuple[int, int]) -> _Answer:
    """Render the page at exactly `size` pixels; PdfPage.render would round the size up."""
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
    """Let the system kill this process after this much CPU time; 0 removes the limit."""
    if hasattr(signal, "setitimer"):
        # SIGPROF's default action ends the process. A Python handler would not run during C code.
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _limit_memory() -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + _MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
