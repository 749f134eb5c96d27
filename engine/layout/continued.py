"""Tables that go on over pages: whether one is the rest of another, with its head repeated or not.

Only the last table of a page, with nothing but page footers below it, goes on, and only as the
first thing of the next page, as wide and with as many columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.core.schema import BBox, PageLayout, Region
from engine.layout.grid import Table, TableCell
from engine.layout.reading import pages_in_order, regions_in_order, table_of

# Difference of the left and right edges, as shares of the pages' widths.
_EDGE: Final = 0.04
_LEAST_COLUMNS: Final = 2
_MOST_HEADS: Final = 4
_NUMBER: Final = re.compile(r"\d")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table on its page. pages: the 0-based page it begins on and the one it ends on."""

    name: str
    table: Table
    pages: tuple[int, int]


def repeated_heads(before: Table, after: Table) -> int | None:
    """How many rows of `after` repeat the head of the table that it continues; None: it does not.

    A table without a head continues another one if its first row holds values.
    """
    if before.width != after.width or before.width < _LEAST_COLUMNS or not after.cells:
        return None
    rows, own = before.rows(), after.rows()
    same = 0
    while same < min(len(rows), len(own), _MOST_HEADS) and _alike(rows[same], own[same]):
        same += 1
    if same:
        return same
    values = [text for text in own[0][1:] if text]
    numbers = sum(bool(_NUMBER.search(text)) and not _WORD.search(text) for text in values)
    return 0 if values and 2 * numbers >= len(values) else None


def are_in_line(first: BBox, first_width: float, second: BBox, second_width: float) -> bool:
    """Whether two tables begin and end at the same places across pages of the given widths."""
    return all(
        abs(first[side] / first_width - second[side] / second_width) <= _EDGE for side in (0, 2)
    )


def joined_tables(layouts: Sequence[PageLayout]) -> list[PageTable]:
    """Return all tables with text in reading order; one that goes on over pages is one table."""
    done: list[PageTable] = []
    last: tuple[Region, PageLayout] | None = None
    for layout in pages_in_order(layouts):
        number = 0
        shown = regions_in_order(layout, page_furniture=False)
        for place, region in enumerate(shown):
            if region.category != "Table" or not (table := table_of(region)).has_text:
                continue
            number += 1
            follows = (
                place == 0
                and last is not None
                and last[1].page_index == layout.page_index - 1
                and are_in_line(last[0].bbox, last[1].width, region.bbox, layout.width)
            )
            heads = repeated_heads(done[-1].table, table) if follows else None
            if heads is None:
                name = f"page {layout.page_index + 1} table {number}"
                done.append(PageTable(name, table, (layout.page_index, layout.page_index)))
            else:
                done[-1] = _longer(done[-1], table, heads, layout.page_index)
            last = None
            if place == len(shown) - 1:
                last = (region, layout)
    return done


def _longer(known: PageTable, rest: Table, heads: int, page_index: int) -> PageTable:
    first = known.table.height - heads
    moved = tuple(
        TableCell(cell.row + first, cell.column, cell.text, cell.rows, cell.columns)
        for cell in rest.cells
        if cell.row >= heads
    )
    number = known.name.rpartition(" ")[2]
    name = f"pages {known.pages[0] + 1}-{page_index + 1} table {number}"
    return PageTable(name, Table((*known.table.cells, *moved)), (known.pages[0], page_index))


def _alike(row: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two rows say the same; a misread cell of many does not matter."""
    same = sum(a.casefold() == b.casefold() for a, b in zip(row, other, strict=True))
    return any(row) and same >= 0.8 * len(row)
