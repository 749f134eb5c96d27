"""Shared parts of all exports: pages and regions in reading order, and the rows of a table."""

import re
from collections.abc import Iterable
from typing import Final

from engine.core.schema import PageLayout, Region
from engine.layout.grid import Table, read_html, table_of_rows

_BULLET: Final = re.compile(r"^\s*[-–—•·*▪◦‣○●]\s+")
PAGE_FURNITURE: Final = frozenset(("Page-header", "Page-footer"))


def pages_in_order(layouts: Iterable[PageLayout]) -> list[PageLayout]:
    """Sort layouts by page."""
    return sorted(layouts, key=lambda layout: layout.page_index)


def regions_in_order(layout: PageLayout, *, page_furniture: bool) -> list[Region]:
    """Sort regions by reading order; drop headers and footers unless `page_furniture` is set."""
    regions = (
        region
        for region in layout.regions
        if page_furniture or region.category not in PAGE_FURNITURE
    )
    return sorted(regions, key=lambda region: region.order)


def table_rows(text: str) -> list[list[str]]:
    """Split a Table region's text into rows of equal length; empty rows are left out."""
    rows = [
        [" ".join(cell.split()) for cell in line.split("\t")]
        for line in text.splitlines()
        if line.strip()
    ]
    columns = max((len(row) for row in rows), default=0)
    return [row + [""] * (columns - len(row)) for row in rows]


def table_of(region: Region) -> Table:
    """Return the table of a Table region, with its spans if it has any."""
    table = read_html(region.html)
    return table if table.has_spans else table_of_rows(table_rows(region.text))


def spans_of(region: Region) -> str:
    """Return new HTML for a Table region with spans; "" for any other region."""
    return table_of(region).spanned_html() if region.category == "Table" and region.html else ""


def without_bullet(text: str) -> str:
    """Strip the printed bullet from a List-item's text; numbers stay."""
    return _BULLET.sub("", text).strip()
