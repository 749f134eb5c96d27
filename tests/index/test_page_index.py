"""Tables name lines by their position: a page with other lines has none of the old ones."""

import random
from collections.abc import Callable

import pytest

from engine.core.geometry import union
from engine.core.schema import Line, Mark, Region, Word
from engine.fields.page_parts import parts_of
from engine.index.alignment import index_of_regions, index_of_text
from engine.index.crop import crop_index, without_stamps
from engine.index.page_index import IndexedCell, IndexedTable, PageIndex
from training.page_edits import cut, emptied, with_head, with_line


def table_page() -> PageIndex:
    """A heading, 3 x 16 cells and the text of a stamp at the end, each a line."""
    lines = [Line((Word("Stock", (40, 20, 140, 50)),), (40, 20, 140, 50))]
    cells = []
    for row in range(16):
        for column in range(3):
            box = (40.0 + 200 * column, 100.0 + 50 * row, 140.0 + 200 * column, 130.0 + 50 * row)
            cells.append(IndexedCell(row, column, 1, 1, (len(lines),), row == 0))
            lines.append(Line((Word(f"r{row}c{column}", box),), box))
    stamp = (400.0, 20.0, 560.0, 60.0)
    lines.append(Line((Word("PAID", stamp),), stamp))
    body = union(line.bbox for line in lines[1:-1])
    regions = (
        Region(lines[0].bbox, "Title", "Stock", 0),
        Region(body, "Table", "", 1),
        Region(stamp, "Picture", "PAID", 2),
    )
    members = ((0,), tuple(range(1, len(lines) - 1)), (len(lines) - 1,))
    tables = (IndexedTable(1, tuple(cells)),)
    marks = (Mark("stamp", stamp, text="PAID"),)
    return PageIndex("d", 0, 700, 1000, tuple(lines), regions, members, tables=tables, marks=marks)


EDITS: dict[str, Callable[[PageIndex], PageIndex]] = {
    "crop": lambda page: crop_index(page, (0, 90, 700, 400)),
    "without stamps": without_stamps,
    "a model's text": lambda page: index_of_text("Stock\nr1c0 r1c1\nsomething else", page),
    "a model's regions": lambda page: index_of_regions(
        [Region((0, 90, 700, 400), "Text", "r1c0\nr2c1", 0)], page
    ),
    "part of a page": lambda page: parts_of(page)[0],
    "slice": lambda page: cut(page, 2, random.Random(1))[1],
    "with a head": lambda page: with_head(page, page, 2),
    "with a line": lambda page: with_line(page, "page 3", 0.5, top=True),
    "emptied": lambda page: emptied(page, random.Random(2)),
}


@pytest.mark.parametrize("name", EDITS)
def test_cells_name_the_lines_that_they_named_before(name: str) -> None:
    page = EDITS[name](table_page())
    assert len(page.regions) == len(page.region_lines)
    for table in page.tables:
        assert page.regions[table.region].category == "Table"
        for cell in table.cells:
            assert set(cell.lines) <= set(page.region_lines[table.region])
            assert [page.lines[at].text for at in cell.lines] == [f"r{cell.row}c{cell.column}"]


def test_what_leaves_the_lines_alone_keeps_the_tables() -> None:
    assert without_stamps(table_page()).tables
    assert with_line(table_page(), "page 3", 0.5, top=False).tables
    assert not index_of_text("Stock", table_page()).tables
