"""Test pages with known content, which `doctor` draws to check a model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from engine.core.schema import BBox

# Neither side is near 1000, so thousandths of the page that are mistaken for pixels are detected.
_SIZE: Final = (1680, 1260)
_FIRST: Final = (
    ("Northwind Office Supplies", 160, 120),
    ("Invoice number: 4711", 160, 420),
    ("Date: 14 March 2026", 160, 640),
    ("Total: 128.50", 900, 960),
)
_SECOND: Final = (
    ("Harbour Boat Rentals", 160, 120),
    ("Invoice number: 5926", 160, 420),
    ("Date: 2 April 2026", 160, 640),
    ("Total: 74.30", 900, 960),
)
FIRST_TOTAL: Final = "128.50"
SECOND_NUMBER: Final = "5926"
FORM_TITLE: Final = "Time sheet"
_HEADER: Final = ("Date", "Start", "End", "Hours")
_FORM_ROWS: Final = 14
_FONT_SIZE: Final = 60


def draw_test_page(path: Path) -> BBox:
    """Draw the test page, an invoice; return the box of the printed total in pixels."""
    image, pen = _page(_FIRST)
    image.save(path)
    text, x, y = _FIRST[-1]
    left = x + pen.textlength(text.removesuffix(FIRST_TOTAL), font=_font())
    box: BBox = pen.textbbox((left, y), FIRST_TOTAL, font=_font())
    return box


def draw_two_pages(path: Path) -> None:
    """Draw the test page and another invoice as the two frames of a TIFF."""
    first, second = (_page(lines)[0] for lines in (_FIRST, _SECOND))
    first.save(path, save_all=True, append_images=[second], compression="tiff_deflate")


def draw_blank_form(path: Path) -> None:
    """Draw a time sheet: a title, and a ruled table with a header and empty cells."""
    image, pen = _page(((FORM_TITLE, 160, 60),))
    left, top, right, row = 160, 180, _SIZE[0] - 160, 68
    width = (right - left) // len(_HEADER)
    for number in range(_FORM_ROWS + 2):
        y = top + number * row
        pen.line((left, y, left + width * len(_HEADER), y), fill="black", width=3)
    for number in range(len(_HEADER) + 1):
        x = left + number * width
        pen.line((x, top, x, top + (_FORM_ROWS + 1) * row), fill="black", width=3)
    for number, text in enumerate(_HEADER):
        pen.text((left + number * width + 20, top + 10), text, fill="black", font=_font(40))
    image.save(path)


def line_boxes() -> Mapping[str, BBox]:
    """Each printed line of the test page -> its box in pixels."""
    return {
        text: (x + left, y + top, x + right, y + bottom)
        for text, x, y in _FIRST
        for left, top, right, bottom in [_font().getbbox(text)]
    }


def _page(lines: Sequence[tuple[str, int, int]]) -> tuple[Any, Any]:
    """Draw (text, x, y) lines on a white page; return the image and its ImageDraw."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", _SIZE, "white")
    pen = ImageDraw.Draw(image)
    for text, x, y in lines:
        pen.text((x, y), text, fill="black", font=_font())
    return image, pen


def _font(size: int = _FONT_SIZE) -> Any:
    from font_roboto import Roboto
    from PIL import ImageFont

    return ImageFont.truetype(Roboto, size)
