"""Writer of PDF pages that consist of a picture and invisible text, based on PDFium.

The embedded font has one empty glyph, so that nothing is drawn (glyphless.ttf, which
training/glyphless_font.py makes). Character codes are UTF-16 units; each maps to that glyph. The
font's ToUnicode map names the character of each code. Text in any script can thus be searched and
copied. Tesseract's PDF renderer does the same (src/api/pdfrenderer.cpp).
"""

from __future__ import annotations

import ctypes
import io
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pypdfium2
import pypdfium2.raw as pdfium_c

from engine.core.schema import BBox, Size

_FONT: Final = Path(__file__).with_name("glyphless.ttf")
# Advance width of the glyph, as a fraction of the font size.
_ADVANCE: Final = 0.5
# CID-to-GID map: the glyph of each code from 0 to FFFF, two bytes each.
_GLYPHS: Final = b"\x00\x01" * 0x10000
# Each code maps to the UTF-16 unit of the same number (ISO 32000-1, 9.10.3).
_TO_UNICODE: Final = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
1 beginbfrange <0000> <FFFF> <0000> endbfrange
endcmap CMapName currentdict /CMap defineresource pop end end"""
# Least side of a text box, in points: text with an empty box is written too.
_SMALLEST: Final = 0.1
# PDFium is not thread-safe. PDFs are read in separate processes (engine/documents).
_pdfium: Final = threading.Lock()


class PdfWriter:
    """A PDF that is written page by page; a context manager."""

    def __init__(self) -> None:
        with _pdfium:
            self._pdf = pypdfium2.PdfDocument.new()
            font = _FONT.read_bytes()
            self._font = _checked(
                pdfium_c.FPDFText_LoadCidType2Font(
                    self._pdf, _octets(font), len(font), _TO_UNICODE, _octets(_GLYPHS), len(_GLYPHS)
                )
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _pdfium:
            pdfium_c.FPDFFont_Close(self._font)
            self._pdf.close()

    def add_page(
        self, jpeg: io.BytesIO, size: Size, placed: Sequence[tuple[str, BBox]], scale: float
    ) -> None:
        """Add a page that shows a picture with invisible text over it.

        Args:
            jpeg: an RGB picture. The stream must stay open until the writer is closed.
            size: (width, height) of the picture in pixels.
            placed: pieces of text with boxes in pixels of the picture, in reading order.
            scale: PDF points in a pixel.
        """
        width, height = size[0] * scale, size[1] * scale
        with _pdfium:
            page = self._pdf.new_page(width, height)
            try:
                picture = pypdfium2.PdfImage.new(self._pdf)
                picture.load_jpeg(jpeg)
                picture.set_matrix(pypdfium2.PdfMatrix().scale(width, height))
                page.insert_obj(picture)
                for text, box in placed:
                    self._insert(page, " ".join(text.split()), box, height, scale)
                page.gen_content()
            finally:
                page.close()

    def content(self) -> bytes:
        """Return the PDF file."""
        buffer = io.BytesIO()
        with _pdfium:
            self._pdf.save(buffer)
        return buffer.getvalue()

    def _insert(self, page: Any, text: str, box: BBox, height: float, scale: float) -> None:
        """Insert one piece of text over its box. The PDF's y axis points up."""
        units = memoryview(text.encode("utf-16-le", "replace")).cast("H").tolist()
        if not units:
            return
        wide, size = (max(_SMALLEST, side * scale) for side in (box[2] - box[0], box[3] - box[1]))
        stretch = wide / (len(units) * _ADVANCE * size)
        raw = _checked(pdfium_c.FPDFPageObj_CreateTextObj(self._pdf, self._font, size))
        piece = pypdfium2.PdfObject(raw, pdf=self._pdf)
        codes = (ctypes.c_uint32 * len(units))(*units)
        _checked(pdfium_c.FPDFText_SetCharcodes(piece, codes, len(units)))
        invisible = pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE
        _checked(pdfium_c.FPDFTextObj_SetTextRenderMode(piece, invisible))
        left, foot = box[0] * scale, height - box[3] * scale
        piece.set_matrix(pypdfium2.PdfMatrix(stretch, 0, 0, 1, left, foot))
        page.insert_obj(piece)


def _octets(data: bytes) -> Any:
    return (ctypes.c_uint8 * len(data)).from_buffer_copy(data)


def _checked(done: Any) -> Any:
    """Return the result of a PDFium call; it is empty where the call ran out of memory."""
    if not done:
        raise MemoryError("PDFium could not write a page of a PDF")
    return done
