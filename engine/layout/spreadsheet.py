"""Tables of a layout -> CSV and XLSX. Cell text is untrusted and can become no formula.

A cell that spans has its text once: its other places are empty in a CSV, merged in a workbook. In a
workbook every cell is text but those whose meaning the caller knows (TypedCell): numbers and dates.
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
from engine.layout.grid import Table
from engine.layout.reading import pages_in_order, regions_in_order, table_of

# Text stays text, whatever it looks like.
_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
# Every workbook gets this time, so that equal tables make equal files.
_CREATED: Final = datetime(1980, 1, 1)
# What a spreadsheet program may take for a formula (OWASP, "CSV Injection").
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
# What begins like one and is none: a dash, numbers and amounts. They hold no operator, bracket or
# "!"; a currency's code stands apart from the digits, for EUR12 names a cell and EUR 12 does not.
_SIGN: Final = r"[$¢£¤¥\u20a0-\u20cf]"
_SPACE: Final = r"[ \u00a0\u2007\u2009\u202f]"
_NUMBER: Final = re.compile(
    rf"-|[+-]{_SPACE}?(?:{_SIGN}{_SPACE}?|[A-Z]{{3}}{_SPACE})?"
    rf"[.,]?\d(?:[\d.,'’]|{_SPACE})*(?:%|{_SIGN}|[^\W\d_]{{1,10}}\.?)?"
)
# What XML 1.0 forbids in text; XlsxWriter writes it as "_x0000_".
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# The 1900 date system (ECMA-376 part 1, 18.17.4.1) takes 1900 for a leap year: its days are right
# from March 1900 on.
FIRST_DAY: Final = date(1900, 3, 1)
# Spreadsheet programs compute in doubles: more digits would come out changed.
MOST_DIGITS: Final = 15
# What a sheet's name may not hold, and its most characters (Excel's own limits).
_NOT_IN_NAMES: Final = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_LONGEST_NAME: Final = 31
# In characters: separators that a format puts between digits, and the cell's margins.
_MARGIN: Final = 4


@dataclass(frozen=True, slots=True)
class TypedCell:
    """A cell that a spreadsheet program computes with.

    Attributes:
        value: a number of at most MOST_DIGITS digits, or a day from FIRST_DAY on.
        format: how it is shown, a number format of ECMA-376 part 1, 18.8.31: "#,##0.00".
    """

    value: Decimal | date
    format: str


TypedCells = Mapping[tuple[int, int], TypedCell]


def tables_of(layouts: Iterable[PageLayout]) -> list[tuple[str, Table]]:
    """(name, table) of every table that has text, in reading order; names say page and number."""
    found = []
    for layout in pages_in_order(layouts):
        number = 0
        for region in regions_in_order(layout, page_furniture=False):
            if region.category == "Table" and (table := table_of(region)).has_text:
                number += 1
                found.append((f"page {layout.page_index + 1} table {number}", table))
    return found


def to_csv(tables: Sequence[tuple[str, Table]]) -> str:
    """Tables one below the other, an empty line between them (RFC 4180; UTF-8 with a mark)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for number, (_, table) in enumerate(tables):
        if number:
            writer.writerow([])
        writer.writerows([[_harmless(cell) for cell in row] for row in table.rows()])
    # The mark tells spreadsheet programs that this is UTF-8.
    return "\ufeff" + buffer.getvalue()


def to_xlsx(tables: Sequence[tuple[str, Table]], typed: Sequence[TypedCells] = ()) -> bytes:
    """A workbook with one sheet a table; an empty sheet where there is none.

    Args:
        typed: for each table, (row, column) -> what stands there instead of the text.
    """
    import xlsxwriter  # what only this format should pay for

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
    """Write a table's cells, by their types alone: no text is looked at for what it might be."""
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
            # As wide as its number: what does not fit is shown as "####".
            widths[column] = max(widths.get(column, 0), len(text) + _MARGIN)
            if isinstance(own.value, date):
                sheet.write_datetime(row, column, own.value, formats[own.format])
            else:
                sheet.write_number(row, column, own.value, formats[own.format])
    for column, width in widths.items():
        sheet.set_column(column, column, width)


def _sheet_name(name: str, taken: Sequence[str]) -> str:
    """A name that Excel accepts: of 31 UTF-16 units at most, without some marks, used once."""
    name = _FORBIDDEN.sub(" ", name).translate(_NOT_IN_NAMES).strip(" '") or "table"
    unlike = {one.casefold() for one in taken}
    ends = ("", *(f" {number}" for number in range(2, len(taken) + 2)))
    return next(wanted for end in ends if (wanted := _cut(name, end)).casefold() not in unlike)


def _cut(name: str, end: str) -> str:
    units = name.encode("utf-16-le")[: 2 * (_LONGEST_NAME - len(end))]
    return units.decode("utf-16-le", "ignore").rstrip(" '") + end


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet program shows and never computes."""
    harmless = not _FORMULA.match(cell) or _NUMBER.fullmatch(cell)
    return cell if harmless else f"'{cell}"
