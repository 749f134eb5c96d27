"""A page as Markdown, its tables as Markdown, and its plain text in reading order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from engine.index.table_cells import table_cells, texts_of_table
from engine.layout.grid import table_of_rows
from engine.layout.reading import table_of, table_rows

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
    if any(table.region == region for table in index.tables):
        table = table_of(index.regions[region])
    else:
        lines, cells = table_cells([index.lines[at] for at in index.region_lines[region]], None)
        text, _ = texts_of_table(cells, lines, 0)
        table = table_of_rows(table_rows(text))
    done: list[str] = []
    for row in table.rows():
        done.append("| " + " | ".join(text.replace("|", "\\|") for text in row) + " |")
        if len(done) == 1:
            done.append("|" + " --- |" * len(row))
    return "\n".join(done)
