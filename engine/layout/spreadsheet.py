"""CSV and XLSX export of the tables of a layout. Cell text is untrusted and becomes no formula.

A cell with spans writes its text once: its other places are empty in a CSV and merged in a
workbook. Workbook cells are text. Only cells whose type the caller states (TypedCell) are numbers
or dates.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from engine.core.schema import PageLayout
from engine.layout.continued import joined_tables
from engine.layout.grid import Table

# Text stays text, whatever it looks like.
_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
# A fixed time for every workbook: equal tables make equal files.
_CREATED: Final = datetime(1980, 1, 1)
# First characters that a spreadsheet program may treat as a formula (OWASP, "CSV Injection").
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
# Harmless cells with such a first character: a dash, numbers and amounts. They hold no operator,
# bracket or "!". A currency code needs a space before the digits: EUR12 names a cell, EUR 12 does
# not.
_SIGN: Final = r"[$¢£¤¥\u20a0-\u20cf]"
_SPACE: Final = r"[ \u00a0\u2007\u2009\u202f]"
_NUMBER: Final = re.compile(
    rf"-|[+-]{_SPACE}?(?:{_SIGN}{_SPACE}?|[A-Z]{{3}}{_SPACE})?"
    rf"[.,]?\d(?:[\d.,'’]|{_SPACE})*(?:%|{_SIGN}|[^\W\d_]{{1,10}}\.?)?"
)
# Characters that XML 1.0 forbids in text; XlsxWriter writes them as "_x0000_".
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# The 1900 date system (ECMA-376 part 1, 18.17.4.1) treats 1900 as a leap year. Its days are correct
# from March 1900 on.
FIRST_DAY: Final = date(1900, 3, 1)
# Spreadsheet programs compute in doubles, which change longer numbers.
MOST_DIGITS: Final = 15
# Characters that a sheet name must not contain, and its maximum length (Excel's limits).
_NOT_IN_NAMES: Final = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_LONGEST_NAME: Final = 31
# In characters: separators that a number format adds between digits, and the cell's margins.
_MARGIN: Final = 4


@dataclass(frozen=True, slots=True)
class TypedCell:
    """A cell value that a spreadsheet program can compute with.

    Attributes:
        value: a number of at most MOST_DIGITS digits, or a day from FIRST_DAY on.
        format: its number format (ECMA-376 part 1, 18.8.31), for example "#,##0.00".
    """

    value: Decimal | date
    format: str


TypedCells = Mapping[tuple[int, int], TypedCell]


def tables_of(layouts: Iterable[PageLayout]) -> list[tuple[str, Table]]:
    """Return (name, table) of each table with text, in reading order.

    The name gives the page, or the pages that the table goes on over, and the number of the table
    on its first page, all counted from 1.
    """
    return [(one.name, one.table) for one in joined_tables(list(layouts))]


def to_csv(tables: Sequence[tuple[str, Table]]) -> str:
    """Return the tables as CSV, separated by empty rows (RFC 4180; UTF-8 with a BOM)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for number, (_, table) in enumerate(tables):
        if number:
            writer.writerow([])
        writer.writerows([[_harmless(cell) for cell in row] for row in table.rows()])
    # The BOM marks the file as UTF-8 for spreadsheet programs.
    return "\ufeff" + buffer.getvalue()


def to_xlsx(tables: Sequence[tuple[str, Table]], typed: Sequence[TypedCells] = ()) -> bytes:
    """Return a workbook with one sheet for each table, or one empty sheet for no tables.

    Args:
        typed: for each table, (row, column) -> the value that replaces the text there.
    """
    import xlsxwriter  # only this format pays for the import

    sheets = list(tables) or [("page 1", Table(()))]
    cells = typed or [{} for _ in sheets]
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as book:
        book.set_properties({"created": _CREATED})
        codes = dict.fromkeys(cell.format for own in cells for cell in own.values())
        formats = {code: book.add_format({"num_format": code}) for code in codes}
        names: list[str] = []
        for (name, table), own in zip(sheets, cells, strict=True):
            names.append(_sheet_name(name, names))
            _fill(book.add_worksheet(names[-1]), table, own, formats)
    return buffer.getvalue()


def _fill(sheet: Any, table: Table, typed: TypedCells, formats: Mapping[str, Any]) -> None:
    """Write a table's cells. Only `typed` decides the type of a cell, never its text."""
    for cell in table.cells:
        if cell.is_spanned:
            last = cell.row + cell.rows - 1, cell.column + cell.columns - 1
            sheet.merge_range(cell.row, cell.column, *last, "")
    widths: dict[int, int] = {}
    for row, texts in enumerate(table.rows()):
        for column, text in enumerate(texts):
            own = typed.get((row, column))
            if own is None:
                sheet.write_string(row, column, _FORBIDDEN.sub(" ", text))
                continue
            # At least as wide as its number: a number that does not fit is shown as "####".
            widths[column] = max(widths.get(column, 0), len(text) + _MARGIN)
            if isinstance(own.value, date):
                sheet.write_datetime(row, column, own.value, formats[own.format])
            else:
                sheet.write_number(row, column, own.value, formats[own.format])
    for column, width in widths.items():
        sheet.set_column(column, column, width)


def _sheet_name(name: str, taken: Sequence[str]) -> str:
    """Return a unique name that Excel accepts: at most 31 UTF-16 units, no forbidden characters."""
    name = _FORBIDDEN.sub(" ", name).translate(_NOT_IN_NAMES).strip(" '") or "table"
    unlike = {one.casefold() for one in taken}
    ends = ("", *(f" {number}" for number in range(2, len(taken) + 2)))
    return next(wanted for end in ends if (wanted := _cut(name, end)).casefold() not in unlike)


def _cut(name: str, end: str) -> str:
    units = name.encode("utf-16-le")[: 2 * (_LONGEST_NAME - len(end))]
    return units.decode("utf-16-le", "ignore").rstrip(" '") + end


def _harmless(cell: str) -> str:
    """Quote a cell that a spreadsheet program might run as a formula."""
    harmless = not _FORMULA.match(cell) or _NUMBER.fullmatch(cell)
    return cell if harmless else f"'{cell}"
