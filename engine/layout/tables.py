"""Tables as models write them (HTML, or Markdown pipes) -> rows by newline and cells by tab.

Every HTML row gets the cells of its grid: a cell that spans rows or columns has its text in the
first of them and leaves the others empty, as a spreadsheet shows a merged cell. Broken HTML gives
what can be read of it; nothing raises.
"""

import re
from html import escape, unescape
from html.parser import HTMLParser
from typing import Final

# A page has no larger table; a model in a loop, or an attacker, writes one.
_MAX_COLUMNS: Final = 200
_MAX_ROWS: Final = 2000
_MAX_CELLS: Final = 50_000
_MAX_SPAN: Final = 100
_IS_TABLE: Final = re.compile(r"<\s*(?:table|thead|tbody|tr|td|th)\b", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]*>")
_RULE: Final = re.compile(r"^\s*\|?(?:\s*:?-+:?\s*\|)+\s*(?::?-+:?\s*)?$")
_PIPE: Final = re.compile(r"(?<!\\)\|")


def table_text(text: str) -> str:
    """A table's text as our own rows; text that is no table stays as it is."""
    if _IS_TABLE.search(text):
        rows = _html_rows(text)
        if rows:
            return "\n".join("\t".join(row) for row in rows)
        return _words(_TAG.sub(" ", text))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and _RULE.match(lines[1]):
        return "\n".join("\t".join(_pipe_cells(line)) for line in [lines[0], *lines[2:]])
    return text


def table_html(rows: list[list[str]]) -> str:
    """Rows as the HTML that dots.ocr writes for a table. Text is escaped."""
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell, quote=False)}</td>' for cell in row)}</tr>"
        for row in rows
    )
    return f"<table>{body}</table>"


def _pipe_cells(line: str) -> list[str]:
    inner = line.removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [_words(cell.replace("\\|", "|")) for cell in _PIPE.split(inner)]


def _html_rows(text: str) -> list[list[str]]:
    reader = _TableReader()
    try:
        reader.feed(text)
        reader.close()
    except (AssertionError, ValueError):
        # html.parser gives up on some broken declarations ("<![x"); what was read stays.
        pass
    return reader.rows()


def _words(text: str) -> str:
    return " ".join(unescape(text).split())


class _TableReader(HTMLParser):
    """Places the cells of all tables in a text on one grid, tables one below the other."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._grid: dict[tuple[int, int], str] = {}
        self._row = -1
        self._column = 0
        self._open: tuple[int, int] | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "tr" | "table":
                self._end_cell()
                if tag == "tr" or self._row >= 0:
                    self._start_row(below_all=tag == "table")
            case "td" | "th":
                self._end_cell()
                if self._row < 0:
                    self._start_row(below_all=False)
                named = dict(attrs)
                self._start_cell(_span(named.get("rowspan")), _span(named.get("colspan")))
            case "br" | "p" | "div" | "li":
                self._words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._words.append(data)

    def close(self) -> None:
        super().close()
        self._end_cell()

    def rows(self) -> list[list[str]]:
        """The grid, rows of equal length; rows without any text are left out."""
        self._end_cell()
        if not self._grid:
            return []
        columns = 1 + max(column for _, column in self._grid)
        height = 1 + max(row for row, _ in self._grid)
        rows = [
            [self._grid.get((row, column), "") for column in range(columns)]
            for row in range(height)
        ]
        return [row for row in rows if any(row)]

    def _start_row(self, *, below_all: bool) -> None:
        # A new table starts below whatever the rowspans of the one before reach.
        lowest = max((row for row, _ in self._grid), default=-1)
        self._row = lowest if below_all else min(self._row + 1, _MAX_ROWS)
        self._column = 0

    def _start_cell(self, rows: int, columns: int) -> None:
        while (self._row, self._column) in self._grid:
            self._column += 1
        self._words = []
        full = len(self._grid) >= _MAX_CELLS
        if full or self._column >= _MAX_COLUMNS or self._row >= _MAX_ROWS:
            return
        self._open = (self._row, self._column)
        right = min(self._column + columns, _MAX_COLUMNS)
        for row in range(self._row, min(self._row + rows, _MAX_ROWS)):
            for column in range(self._column, right):
                self._grid.setdefault((row, column), "")
        self._column = right

    def _end_cell(self) -> None:
        if self._open is not None:
            self._grid[self._open] = " ".join("".join(self._words).split())
        self._open = None


def _span(value: str | None) -> int:
    digits = (value or "").strip()[:4]
    return max(1, min(int(digits), _MAX_SPAN)) if digits.isascii() and digits.isdigit() else 1
