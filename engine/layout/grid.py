"""Tables as cells on a grid with row and column spans; reader and writer of HTML tables.

Cells never overlap and never leave their table, whatever the HTML says. Written HTML therefore
parses back to the same grid. The writer builds HTML from the cells and copies no input markup: only
text and spans survive. Broken HTML yields what can be read of it; nothing raises.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from html.parser import HTMLParser
from typing import Final

import nh3

# No page has a larger table. A looping model, or an attacker, may write one.
MAX_COLUMNS: Final = 200
MAX_ROWS: Final = 2000
_MAX_CELLS: Final = 50_000
_MAX_SPAN: Final = 100
# Characters that HTML forbids in text.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TAGS: Final = {"table", "thead", "tbody", "tr", "td", "th"}
_SPANS: Final = {"rowspan", "colspan"}


@dataclass(frozen=True, slots=True)
class TableCell:
    """One cell. row, column: 0-based upper left corner. rows, columns: its spans."""

    row: int
    column: int
    text: str
    rows: int = 1
    columns: int = 1
    is_header: bool = False

    @property
    def is_spanned(self) -> bool:
        return self.rows > 1 or self.columns > 1

    def places(self) -> list[tuple[int, int]]:
        """Return every (row, column) that the cell covers, its upper left corner first."""
        return [
            (row, column)
            for row in range(self.row, self.row + self.rows)
            for column in range(self.column, self.column + self.columns)
        ]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells that do not overlap, row by row. An uncovered place is an empty cell."""

    cells: tuple[TableCell, ...]

    @property
    def height(self) -> int:
        return max((cell.row + cell.rows for cell in self.cells), default=0)

    @property
    def width(self) -> int:
        return max((cell.column + cell.columns for cell in self.cells), default=0)

    @property
    def has_spans(self) -> bool:
        return any(cell.is_spanned for cell in self.cells)

    @property
    def has_text(self) -> bool:
        return any(cell.text for cell in self.cells)

    def rows(self) -> list[list[str]]:
        """Return rows of equal length. The text of a spanning cell is at its upper left corner."""
        texts = {(cell.row, cell.column): cell.text for cell in self.cells}
        columns = range(self.width)
        return [[texts.get((row, column), "") for column in columns] for row in range(self.height)]

    def spanned_html(self) -> str:
        """Return `html` for a table with spans and text, "" for any other table."""
        return self.html() if self.has_spans and self.has_text else ""

    def html(self) -> str:
        """Return the table as one line of HTML; "" for an empty or an implausibly large table."""
        if not self.cells or self.height * self.width > _MAX_CELLS:
            return ""
        taken = {place: cell for cell in self.cells for place in cell.places()}
        rows = []
        for row in range(self.height):
            cells = (
                taken.get((row, column), TableCell(row, column, "")) for column in range(self.width)
            )
            own = (
                _element(cell)
                for column, cell in enumerate(cells)
                if (cell.row, cell.column) == (row, column)
            )
            rows.append(f"<tr>{''.join(own)}</tr>")
        # The HTML is built from escaped text and numbers; this is a second line of defence.
        return nh3.clean(
            f"<table>{''.join(rows)}</table>", tags=_TAGS, attributes={"td": _SPANS, "th": _SPANS}
        )


def table_of_rows(rows: Sequence[Sequence[str]]) -> Table:
    """Build a table without spans."""
    return Table(
        tuple(
            TableCell(number, column, text)
            for number, row in enumerate(rows)
            for column, text in enumerate(row)
        )
    )


def read_html(text: str) -> Table:
    """Read all tables of a text onto one grid, one below the other."""
    reader = _TableReader()
    try:
        reader.feed(text)
        reader.close()
    except (AssertionError, ValueError):
        # html.parser fails on some broken declarations ("<![x"); the cells read so far remain.
        pass
    return reader.table()


def html_text(text: str) -> str:
    """Escape text for HTML content and attributes; it displays exactly as given."""
    return escape(_CONTROL.sub("\ufffd", text), quote=True)


def _element(cell: TableCell) -> str:
    name = "th" if cell.is_header else "td"
    spans = "".join(
        f' {attribute}="{count}"'
        for attribute, count in (("rowspan", cell.rows), ("colspan", cell.columns))
        if count > 1
    )
    return f"<{name}{spans}>{html_text(cell.text)}</{name}>"


class _TableReader(HTMLParser):
    """Places cells by the rules that browsers use."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._cells: list[TableCell] = []
        self._taken: set[tuple[int, int]] = set()
        self._row = -1
        self._column = 0
        # Number of the first cell of the current table.
        self._first = 0
        self._in_head = False
        self._is_open = False
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "table":
                self._end_table()
            case "thead" | "tbody" | "tfoot":
                self._in_head = tag == "thead"
            case "tr":
                self._end_cell()
                self._start_row()
            case "td" | "th":
                self._end_cell()
                if self._row < 0:
                    self._start_row()
                named = dict(attrs)
                self._start_cell(
                    _span(named.get("rowspan")),
                    _span(named.get("colspan")),
                    is_header=tag == "th" or self._in_head,
                )
            case "br" | "p" | "div" | "li":
                self._words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table":
            self._end_table()

    def handle_data(self, data: str) -> None:
        if self._is_open:
            self._words.append(data)

    def table(self) -> Table:
        self._end_table()
        return Table(tuple(self._cells))

    def _start_row(self) -> None:
        self._row = min(self._row + 1, MAX_ROWS)
        self._column = 0

    def _start_cell(self, rows: int, columns: int, *, is_header: bool) -> None:
        while (self._row, self._column) in self._taken:
            self._column += 1
        self._words = []
        full = len(self._taken) >= _MAX_CELLS
        if full or self._column >= MAX_COLUMNS or self._row >= MAX_ROWS:
            return
        self._is_open = True
        right = self._column + 1
        while right < min(self._column + columns, MAX_COLUMNS) and (
            (self._row, right) not in self._taken
        ):
            right += 1
        cell = TableCell(
            self._row,
            self._column,
            "",
            min(rows, MAX_ROWS - self._row),
            right - self._column,
            is_header,
        )
        self._cells.append(cell)
        self._taken.update(cell.places())
        self._column = right

    def _end_cell(self) -> None:
        if self._is_open:
            text = " ".join("".join(self._words).split())
            self._cells[-1] = replace(self._cells[-1], text=text)
        self._is_open = False

    def _end_table(self) -> None:
        """Close the table: no cell extends below its last row."""
        self._end_cell()
        for number in range(self._first, len(self._cells)):
            cell = self._cells[number]
            if cell.row + cell.rows > self._row + 1:
                self._taken.difference_update(cell.places())
                cell = replace(cell, rows=self._row + 1 - cell.row)
                self._taken.update(cell.places())
                self._cells[number] = cell
        self._first = len(self._cells)
        self._in_head = False


def _span(value: str | None) -> int:
    digits = (value or "").strip()[:4]
    return max(1, min(int(digits), _MAX_SPAN)) if digits.isascii() and digits.isdigit() else 1
