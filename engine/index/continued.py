"""Tables of a document's page indexes; one that goes on over pages is one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.layout.continued import are_in_line, repeated_heads
from engine.layout.grid import Table
from engine.layout.reading import PAGE_FURNITURE, table_of

if TYPE_CHECKING:
    from engine.index.page_index import IndexedCell, IndexedTable, PageIndex


@dataclass(frozen=True, slots=True)
class TablePart:
    """The part of a table on one page.

    Attributes:
        page: position of its page in the given indexes.
        heads: the head cells that stand over its columns; with head_page, the position of their
            page: of an earlier page where the part has no head.
    """

    page: int
    table: IndexedTable
    heads: tuple[IndexedCell, ...]
    head_page: int


def document_tables(indexes: Sequence[PageIndex]) -> list[list[TablePart]]:
    """Return the parts of each table, in reading order."""
    done: list[list[TablePart]] = []
    last: Table | None = None
    for page, index in enumerate(indexes):
        shown = [
            at for at, region in enumerate(index.regions) if region.category not in PAGE_FURNITURE
        ]
        for table in index.tables:
            heads = tuple(cell for cell in table.cells if cell.is_header)
            text = table_of(index.regions[table.region])
            follows = (
                last is not None
                and shown[:1] == [table.region]
                and done[-1][-1].page == page - 1
                and _are_neighbours(indexes[page - 1], index, done[-1][-1].table, table)
                and repeated_heads(last, text) is not None
            )
            if follows:
                known = done[-1][-1]
                own = (heads, page) if heads else (known.heads, known.head_page)
                done[-1].append(TablePart(page, table, *own))
            else:
                done.append([TablePart(page, table, heads, page)])
                last = text
            if shown[-1:] != [table.region]:
                last = None
    return done


def _are_neighbours(
    before: PageIndex, after: PageIndex, one: IndexedTable, other: IndexedTable
) -> bool:
    same = before.document_id == after.document_id and before.page_index + 1 == after.page_index
    first, second = before.regions[one.region], after.regions[other.region]
    return same and are_in_line(first.bbox, before.width, second.bbox, after.width)
