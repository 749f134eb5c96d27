"""Searchable PDF export: a PDF that looks like the scan and whose text can be copied.

Each page is a JPEG picture with its text over it in the invisible rendering mode. Each piece of
text is stretched over its box. Pieces stay in the given order.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from engine.core.schema import BBox, Page, PageLayout

# PDF points in an inch.
_POINTS: Final = 72.0
_QUALITY: Final = 85

Placed = tuple[str, BBox]


def lines_of(layout: PageLayout) -> list[Placed]:
    """Return the lines of a layout. The lines of a region divide its height evenly."""
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
    """Return a PDF with one page for each page image, sized by `dpi`.

    Args:
        placed: maps a page to its words or lines with boxes in page pixels.
        dpi: page image pixels in an inch.
    Raises:
        DocumentError: a page can no longer be loaded.
    """
    # PDFium is a native library; a process that writes no PDF does not load it.
    from engine.layout.pdf_writer import PdfWriter

    with PdfWriter() as writer:
        for page in pages:
            picture = io.BytesIO()
            page.load_image().convert("RGB").save(picture, "JPEG", quality=_QUALITY)
            writer.add_page(picture, page.size, list(placed(page)), _POINTS / dpi)
        return writer.content()
