"""What all exports share: pages and regions in reading order, and the rows of a table."""

import re
from collections.abc import Iterable
from typing import Final

from engine.core.schema import PageLayout, Region
from engine.layout.grid import Table, read_html, table_of_rows

_BULLET: Final = re.compile(r"^\s*[-–—•·*▪◦‣○●]\s+")
PAGE_FURNITURE: Final = frozenset(("Page-header", "Page-footer"))


def pages_in_order(layouts: Iterable[PageLayout]) -> list[PageLayout]:
    """By page."""
    return sorted(layouts, key=lambda layout: layout.page_index)


def regions_in_order(layout: PageLayout, *, page_furniture: bool) -> list[Region]:
    """By reading order; without page headers and footers where `page_furniture` is false."""
    kept = (
        region
        for region in layout.regions
        if page_furniture or region.category not in PAGE_FURNITURE
    )
    return sorted(kept, key=lambda region: region.order)


def table_rows(text: str) -> list[list[str]]:
    """A Table region's text as rows of equally many cells; empty rows are left out."""
    rows = [
        [" ".join(cell.split()) for cell in line.split("\t")]
        for line in text.splitlines()
        if line.strip()
    ]
    columns = max((len(row) for row in rows), default=0)
    return [row + [""] * (columns - len(row)) for row in rows]


def table_of(region: Region) -> Table:
    """A Table region's cells, with their spans where it has any."""
    table = read_html(region.html)
    return table if table.has_spans else table_of_rows(table_rows(region.text))


def spans_of(region: Region) -> str:
    """The HTML of a Table region in which cells span, written anew; "" for any other region."""
    return table_of(region).spanned_html() if region.category == "Table" and region.html else ""


def without_bullet(text: str) -> str:
    """A List-item's text without the bullet that is printed before it; numbers stay."""
    return _BULLET.sub("", text).strip()
