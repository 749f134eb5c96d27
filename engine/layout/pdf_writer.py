"""Pages of a picture and invisible text, written by PDFium.

The text's font is embedded and has one empty glyph (glyphless.ttf, which training/glyphless_font.py
makes): nothing of it is ever drawn. Its codes are UTF-16 units, each is that glyph, and the font
says of each which character it is, so that every script can be searched and copied. Tesseract's PDF
renderer does the same (src/api/pdfrenderer.cpp).
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
# Width of its glyph, as a share of the font's size.
_ADVANCE: Final = 0.5
# The glyph of each of the codes 0 to FFFF, two bytes each.
_GLYPHS: Final = b"\x00\x01" * 0x10000
# Each code is the UTF-16 unit of its number (ISO 32000-1, 9.10.3).
_TO_UNICODE: Final = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
1 beginbfrange <0000> <FFFF> <0000> endbfrange
endcmap CMapName currentdict /CMap defineresource pop end end"""
# A box without extent has a text all the same, in points.
_SMALLEST: Final = 0.1
# PDFium is not safe for threads. PDFs are read in processes of their own (engine/documents).
_pdfium: Final = threading.Lock()


class PdfWriter:
    """A PDF that grows page by page; a context manager."""

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
        """Add a page that shows a picture.

        Args:
            jpeg: an RGB picture; it is read until the writer is closed.
            size: (width, height) of the picture in pixels.
            placed: pieces of text with their boxes, pixels of the picture, in reading order.
            scale: points of the PDF to a pixel.
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
        """The file."""
        buffer = io.BytesIO()
        with _pdfium:
            self._pdf.save(buffer)
        return buffer.getvalue()

    def _insert(self, page: Any, text: str, box: BBox, height: float, scale: float) -> None:
        """One piece of text over its box; the PDF's y axis goes up."""
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
    """What a call of PDFium gave; it gives nothing where it failed, for want of memory."""
    if not done:
        raise MemoryError("PDFium could not write a page of a PDF")
    return done
