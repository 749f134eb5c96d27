"""A page as Markdown, its tables as Markdown, and its plain text in reading order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from engine.index.view import view_page
from engine.ocr.table_columns import columns_of

if TYPE_CHECKING:
    from engine.index.page_index import PageIndex

_PREFIX: Final = {"Title": "# ", "Section-header": "## ", "List-item": "- "}


def plain_text(index: PageIndex) -> str:
    """Return the regions in reading order, separated by blank lines, with lines as printed."""
    if not index.regions:
        return index.text
    return "\n\n".join(part for part in _region_texts(index) if part)


def markdown(index: PageIndex) -> str:
    """Return the page as Markdown: headings, list items, tables. Page headers and footers are
    left out."""
    parts = []
    for number, text in enumerate(_region_texts(index)):
        category = index.regions[number].category
        if category in ("Page-header", "Page-footer") or not text:
            continue
        if category == "Table":
            parts.append(_table(index, number))
        elif category in _PREFIX:
            parts.append(_PREFIX[category] + " ".join(text.split()))
        else:
            parts.append(text)
    return "\n\n".join(parts) if index.regions else index.text


def tables(index: PageIndex) -> list[tuple[int, str]]:
    """Return (number of the region, Markdown) of each table with text."""
    found = [
        (number, _table(index, number))
        for number, region in enumerate(index.regions)
        if region.category == "Table" and index.region_lines[number]
    ]
    return [(number, text) for number, text in found if text]


def _region_texts(index: PageIndex) -> Iterator[str]:
    for lines in index.region_lines:
        yield "\n".join(index.lines[line].text for line in lines)


def _table(index: PageIndex, region: int) -> str:
    """Return a table region as a Markdown table, each cell in its column."""
    view = view_page(index)
    found = [[view.cells[cell] for cell in row] for row in view.rows]
    rows = [own for row in found if (own := [cell for cell in row if cell.region == region])]
    columns = columns_of([[cell.bbox for cell in row] for row in rows])
    width = max((places[-1] + 1 for places in columns), default=0)
    done = []
    for row, places in zip(rows, columns, strict=True):
        texts = [""] * width
        for cell, place in zip(row, places, strict=True):
            texts[place] = view.text(cell.first, cell.last).replace("|", "\\|")
        done.append("| " + " | ".join(texts) + " |")
        if len(done) == 1:
            done.append("|" + " --- |" * width)
    return "\n".join(done)
