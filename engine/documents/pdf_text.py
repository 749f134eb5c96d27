"""The words of a PDF page's text layer, with boxes in pixels of the upright page image.

PDFium returns characters with boxes in PDF points (origin bottom left, before /Rotate). This module
groups them into words. It does not compare the text layer with the rendered page, which may show
other text. It runs in the PDFium process (engine/documents/pdf_process.py).
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2.raw as pdfium_c

from engine.core.errors import GeometryError
from engine.core.geometry import clip, union
from engine.core.schema import BBox, Size, Word

# Characters that PDFium returns for a hyphen at the end of a line.
_LINE_END_HYPHENS: Final = ("\x02", "\ufffe", "\u00ad")
# Maximum gap between two characters of a word, in units of the longer side of their boxes.
_MAX_GAP: Final = 1.0
_MIN_SIDE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class PageFrame:
    """Transform from PDF points to page pixels.

    Attributes:
        bounds: (left, bottom, right, top) of the visible page in points, before rotation.
        rotation: /Rotate in degrees clockwise: 0, 90, 180 or 270.
        size: (width, height) of the upright page image in pixels.
    """

    bounds: tuple[float, float, float, float]
    rotation: int
    size: Size

    def to_pixels(self, left: float, bottom: float, right: float, top: float) -> BBox:
        """Map a box from points to page pixels, without clipping."""
        x0, y0 = self._point(left, bottom)
        x1, y1 = self._point(right, top)
        return (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))

    def _point(self, x: float, y: float) -> tuple[float, float]:
        page_left, page_bottom, page_right, page_top = self.bounds
        # Fractions of the unrotated page's width and height, from its top left corner.
        across = (x - page_left) / (page_right - page_left)
        down = (page_top - y) / (page_top - page_bottom)
        match self.rotation:
            case 90:
                across, down = 1 - down, across
            case 180:
                across, down = 1 - across, 1 - down
            case 270:
                across, down = down, 1 - across
        return (across * self.size[0], down * self.size[1])


def read_words(text_page: Any, frame: PageFrame) -> tuple[Word, ...]:
    """Read the words of a text page in the file's order, without those outside the page.

    Args:
        text_page: a pypdfium2.PdfTextPage.
    Raises:
        pypdfium2.PdfiumError: the characters cannot be counted.
    """
    words: list[Word] = []
    chars: list[str] = []
    boxes: list[BBox] = []

    def finish() -> None:
        text = "".join(chars)
        if text and boxes:
            with suppress(GeometryError):  # outside the visible page
                words.append(Word(text, clip(union(boxes), page_size=frame.size), source="pdf"))
        chars.clear()
        boxes.clear()

    for position in range(text_page.count_chars()):
        char = _char(text_page, position)
        if not char or char.isspace():
            finish()
            continue
        box = _box(text_page, position, frame)
        if box is not None and boxes and _apart(boxes[-1], box):
            finish()
        ends_line = char in _LINE_END_HYPHENS
        chars.append("-" if ends_line else char)
        if box is not None:
            boxes.append(box)
        if ends_line:
            finish()
    finish()
    return tuple(words)


def _char(text_page: Any, position: int) -> str:
    """One character, or "" if it is not printable."""
    code = pdfium_c.FPDFText_GetUnicode(text_page, position)
    if code == 0 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return ""
    char = chr(code)
    return char if char.isprintable() or char.isspace() or char in _LINE_END_HYPHENS else ""


def _box(text_page: Any, position: int, frame: PageFrame) -> BBox | None:
    """The box of a character's ink, or its font cell if it has no ink (an OCR layer's font)."""
    for loose in (False, True):
        left, bottom, right, top = text_page.get_charbox(position, loose=loose)
        if right - left > _MIN_SIDE and top - bottom > _MIN_SIDE:
            return frame.to_pixels(left, bottom, right, top)
    return None


def _apart(before: BBox, after: BBox) -> bool:
    """Whether two characters are too far apart to belong to one word."""
    gap_x = max(before[0], after[0]) - min(before[2], after[2])
    gap_y = max(before[1], after[1]) - min(before[3], after[3])
    side = max(_longer_side(before), _longer_side(after))
    return max(gap_x, gap_y) > _MAX_GAP * side


def _longer_side(bbox: BBox) -> float:
    return max(bbox[2] - bbox[0], bbox[3] - bbox[1])
