"""Tables with merged cells: HTML -> Region -> every export -> parsed again is the same table."""

import csv
import io
import json
import re
from html import escape

from hypothesis import given
from hypothesis import strategies as st

from engine.core.schema import Document, PageLayout, Region
from engine.layout import (
    tables_of,
    to_csv,
    to_dots_json,
    to_html,
    to_json,
    to_markdown,
    to_xlsx,
)
from engine.layout.cells import Cell
from engine.layout.doctags import DocTagsParser
from engine.layout.dots_json import DotsJsonParser
from engine.layout.grid import Table, TableCell, read_html
from engine.layout.reading import table_rows
from tests.workbooks import read_workbook

BBOX = (1.0, 2.0, 300.0, 400.0)
WORDS = st.text(
    st.sampled_from("абвЖЯ abz019<>&\"'|`*_$@-=") | st.characters(categories=["L", "N", "P", "S"]),
    max_size=8,
).map(lambda text: " ".join(text.split()))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A grid that is filled cell by cell with whatever span still has room; some text in it."""
    height, width = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    taken: set[tuple[int, int]] = set()
    cells = []
    for row in range(height):
        for column in range(width):
            if (row, column) in taken:
                continue
            room = next(k for k in range(1, 6) if column + k == width or (row, column + k) in taken)
            cell = TableCell(
                row,
                column,
                draw(WORDS),
                draw(st.integers(1, height - row)),
                draw(st.integers(1, room)),
                draw(st.booleans()),
            )
            taken.update(cell.places())
            cells.append(cell)
    if not any(cell.text for cell in cells):
        first = cells[0]
        cells[0] = TableCell(0, 0, "х", first.rows, first.columns, first.is_header)
    return Table(tuple(cells))


def written(table: Table) -> str:
    """The table as a model writes it, apart from our own writer."""
    rows = []
    for row in range(table.height):
        own = [cell for cell in table.cells if cell.row == row]
        rows.append(
            "<tr>"
            + "".join(
                f'<{"th" if cell.is_header else "td"} rowspan="{cell.rows}" '
                f"colspan={cell.columns}>{escape(cell.text)}</{'th' if cell.is_header else 'td'}>"
                for cell in own
            )
            + "</tr>"
        )
    return f"<table>{''.join(rows)}</table>"


def cell_of(markup: str) -> Cell:
    """What the page's reader gets of a table in dots.ocr's JSON."""
    text = json.dumps([{"bbox": [1, 2, 300, 400], "category": "Table", "text": markup}])
    (cell,) = DotsJsonParser().feed(text)
    return cell


def layout_of(cell: Cell) -> PageLayout:
    region = Region(cell.bbox, cell.category, cell.text, 0, html=cell.html)
    return PageLayout("d", 0, 500, 500, (region,))


def in_html(document: str) -> str:
    found = re.search(r"<table>.*</table>", document, re.DOTALL)
    assert found is not None
    return found[0]


@given(tables())
def test_a_table_survives_every_export_with_its_spans(table: Table) -> None:
    cell = cell_of(written(table))
    assert cell.bbox == BBOX
    assert bool(cell.html) == table.has_spans
    assert table_rows(cell.text) == [row for row in table.rows() if any(row)]
    layout = layout_of(cell)
    again = cell_of(to_dots_json(layout)[0]["text"])
    assert (again.text, again.html) == (cell.text, cell.html)
    if table.has_spans:
        for markup in (cell.html, in_html(to_html([layout])), to_markdown([layout])):
            assert read_html(markup) == table
        assert "\n" not in to_markdown([layout]).strip()
    else:
        assert "<t" not in to_markdown([layout])


@given(tables().filter(lambda table: table.has_spans))
def test_spreadsheets_have_each_text_once_and_merge_what_spans(table: Table) -> None:
    found = tables_of([layout_of(cell_of(written(table)))])
    rows = list(csv.reader(io.StringIO(to_csv(found).removeprefix("\ufeff"))))
    for row, expected in zip(rows, table.rows(), strict=True):
        # What would be a formula has an apostrophe before it.
        for shown_text, text in zip(row, expected, strict=True):
            assert shown_text in (text, f"'{text}")
    (sheet,) = read_workbook(to_xlsx(found))
    assert sheet.texts(table.height, table.width) == table.rows()
    assert sheet.merged == [
        f"{chr(65 + cell.column)}{cell.row + 1}:"
        f"{chr(64 + cell.column + cell.columns)}{cell.row + cell.rows}"
        for cell in table.cells
        if cell.is_spanned
    ]


def test_json_carries_the_html_only_where_cells_span() -> None:
    plain = cell_of("<table><tr><td>a</td><td>b</td></tr></table>")
    spanned = cell_of("<table><tr><td colspan=2>a</td></tr><tr><td>b<td>c</table>")
    document = Document("d", "a.png", ())
    found = [
        to_json(document, [layout_of(cell)], "m")["pages"][0]["regions"][0]
        for cell in (plain, spanned)
    ]
    assert "html" not in found[0]
    assert found[1]["html"] == (
        '<table><tbody><tr><td colspan="2">a</td></tr><tr><td>b</td><td>c</td></tr></tbody></table>'
    )


HOSTILE = (
    '<table onclick="a()"><script>a()</script><tr><td rowspan=2 onclick="a()" style="color:red">'
    '<a href="javascript:a()">x</a><img src=x onerror=a()></td><td>&lt;script&gt;y</td></tr>'
    "<tr><td><svg/onload=a()>z</td></tr></table>"
)


def test_scripts_and_handlers_survive_nowhere() -> None:
    read = layout_of(cell_of(HOSTILE))
    # A region that somebody made without the parser.
    raw = layout_of(Cell(BBOX, "Table", "x", HOSTILE))
    for layout in (read, raw):
        document = Document("d", "a.png", ())
        region = to_json(document, [layout], "m")["pages"][0]["regions"][0]
        own = in_html(to_html([layout]))
        for markup in (region["html"], own, to_markdown([layout]), to_dots_json(layout)[0]["text"]):
            assert set(re.findall(r"<\s*/?\s*(\w+)", markup)) == {"table", "tbody", "tr", "td"}
            assert set(re.findall(r"<\w+ ([^>]*)>", markup)) == {'rowspan="2"'}
            assert read_html(markup).rows()[0][1] == "<script>y"


def test_spans_that_collide_or_leave_the_table_are_cut() -> None:
    table = read_html(
        "<table><tr><td>a<td rowspan=9>b</tr><tr><td colspan=3>c<td>d</tr></table>"
        "<table><tr><td rowspan=5>e</table>"
    )
    assert table.cells == (
        TableCell(0, 0, "a"),
        TableCell(0, 1, "b", rows=2),
        TableCell(1, 0, "c"),
        TableCell(1, 2, "d"),
        TableCell(2, 0, "e"),
    )
    assert read_html(table.html()).rows() == table.rows()


PIECES = (*"<>/ =\"'&09а", "<td rowspan=3", "<td colspan=2>", "<tr>", "<table>", "</table>")


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_whatever_the_markup_what_is_written_reads_back(markup: str) -> None:
    table = read_html(markup)
    again = read_html(table.html())
    assert again.rows() == table.rows()
    assert [cell for cell in again.cells if cell.is_spanned] == [
        cell for cell in table.cells if cell.is_spanned
    ]


def test_spans_of_otsl_are_kept_and_broken_ones_are_single_cells() -> None:
    place = "<loc_1><loc_2><loc_300><loc_400>"
    otsl = "<ched>A<lcel><fcel>b<nl><ucel><xcel><fcel>1 < 2<nl><ecel><fcel>c<ucel><nl>"
    (cell,) = DocTagsParser().feed(f"<otsl>{place}{otsl}</otsl>")
    assert read_html(cell.html).cells[0] == TableCell(0, 0, "A", 2, 2, is_header=True)
    assert TableCell(1, 2, "1 < 2", rows=2) in read_html(cell.html).cells
    assert cell.text == "A\t\tb\n\t\t1 < 2\n\tc\t"
    (broken,) = DocTagsParser().feed(f"<otsl>{place}<fcel>a<lcel><nl><ucel><fcel>b<nl></otsl>")
    assert broken.html == ""
