"""Pages with their text -> a PDF that looks like the scan and can be searched and copied from.

Each page is its picture (JPEG) with the text over it in the invisible rendering mode, every piece
stretched over its box, in the order in which it is given.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from engine.core.schema import BBox, Page, PageLayout

# Points of the PDF in an inch.
_POINTS: Final = 72.0
_QUALITY: Final = 85

Placed = tuple[str, BBox]


def lines_of(layout: PageLayout) -> list[Placed]:
    """The text of a layout line by line, each region's lines shared out over its height."""
    placed = []
    for region in layout.regions:
        lines = [line.replace("\t", "  ") for line in region.text.splitlines() if line.strip()]
        x0, y0, x1, y1 = region.bbox
        height = (y1 - y0) / max(1, len(lines))
        for number, line in enumerate(lines):
            placed.append((line, (x0, y0 + number * height, x1, y0 + (number + 1) * height)))
    return placed


def to_searchable_pdf(
    pages: Sequence[Page], placed: Callable[[Page], Iterable[Placed]], *, dpi: int
) -> bytes:
    """One PDF page for each page, of the size that `dpi` gives its pixels.

    Args:
        placed: a page -> its words or lines with boxes in page pixels.
        dpi: pixels of the page image in an inch.
    Raises:
        DocumentError: a page cannot be loaded any more.
    """
    # PDFium is a native library; a process that writes no PDF does without it.
    from engine.layout.pdf_writer import PdfWriter

    with PdfWriter() as writer:
        for page in pages:
            picture = io.BytesIO()
            page.load_image().convert("RGB").save(picture, "JPEG", quality=_QUALITY)
            writer.add_page(picture, page.size, list(placed(page)), _POINTS / dpi)
        return writer.content()
