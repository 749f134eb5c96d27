"""CSV and XLSX exports of fields: one row per document, and the rows of its items.

Cells are untrusted text; engine.layout.spreadsheet prevents formulas. In a workbook, dates, amounts
and numbers that can be parsed are typed cells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.fields.extraction import page_numbers
from engine.fields.line_items import TEXT_COLUMNS
from engine.fields.values import DocumentFields, Field, day_in, number_in
from engine.layout.grid import Table, TableCell
from engine.layout.spreadsheet import (
    FIRST_DAY,
    MOST_DIGITS,
    TypedCell,
    TypedCells,
    to_csv,
    to_xlsx,
)

_HEAD: Final = ("file", "pages", "document_type", "confidence", "error")
_DAY_FORMAT: Final = "yyyy\\-mm\\-dd"


@dataclass(frozen=True, slots=True)
class FileResult:
    """One document of a file: its fields, or a sentence that says why it has none."""

    file: str
    fields: DocumentFields | None
    error: str = ""


def fields_csv(results: Sequence[FileResult]) -> str:
    """Return CSV: one row per document, one column per field (parsed values); UTF-8 with a BOM."""
    return to_csv([("fields", overview(results))])


def fields_xlsx(results: Sequence[FileResult]) -> bytes:
    """Return a workbook with the overview and one sheet for each document's rows of items."""
    first = overview(results)
    sheets: list[tuple[str, Table]] = [("fields", first)]
    typed: list[TypedCells] = [_typed_overview(first, results)]
    for number, result in enumerate(results, start=1):
        for field in (result.fields.fields if result.fields else {}).values():
            if field.rows:
                table = items_table(field)
                sheets.append((f"{number} {field.name}", table))
                typed.append(_typed_items(table))
    return to_xlsx(sheets, typed)


def overview(results: Sequence[FileResult]) -> Table:
    """Build a header and one row per document; columns in the order of the templates."""
    names: dict[str, None] = {}
    for result in results:
        if result.fields is not None:
            names |= dict.fromkeys([*result.fields.titles, *result.fields.fields])
    rows = [[*_HEAD, *names]]
    for result in results:
        read = result.fields
        if read is None:
            rows.append([result.file, "", "", "", result.error, *("" for _ in names)])
            continue
        rows.append(
            [
                result.file,
                page_numbers(read.pages),
                read.document_type,
                f"{read.confidence:.3f}",
                "",
                *(_shown(read.fields.get(name)) for name in names),
            ]
        )
    return _table(rows)


def items_table(field: Field) -> Table:
    """Build the table of the rows of items, with a header of their columns."""
    columns: dict[str, None] = {}
    for row in field.rows:
        columns |= dict.fromkeys(row)
    rows = [list(columns)]
    rows += [
        [row[column].value if column in row else "" for column in columns] for row in field.rows
    ]
    return _table(rows)


def _shown(field: Field | None) -> str:
    if field is None:
        return ""
    return f"{field.value} {field.currency}".strip()


def _typed_overview(table: Table, results: Sequence[FileResult]) -> TypedCells:
    """Find the cells of the overview that are dates, amounts or numbers."""
    head = table.rows()[0]
    found = {}
    for row, result in enumerate(results, start=1):
        fields: Mapping[str, Field] = result.fields.fields if result.fields else {}
        for column in range(len(_HEAD), len(head)):
            field = fields.get(head[column])
            if field is None or field.type not in ("date", "amount", "number"):
                continue
            cell = _day(field.value) if field.type == "date" else _number(field)
            if cell is not None:
                found[row, column] = cell
    return found


def _typed_items(table: Table) -> TypedCells:
    """Find the cells of the rows that are dates or numbers; not codes with leading zeros."""
    head, *rows = table.rows()
    found = {}
    for row, texts in enumerate(rows, start=1):
        for column, text in enumerate(texts):
            if head[column] in TEXT_COLUMNS or re.match(r"0\d", text):
                continue
            cell = _day(text) or _plain_number(text)
            if cell is not None:
                found[row, column] = cell
    return found


def _day(value: str) -> TypedCell | None:
    day = day_in(value)
    return None if day is None or day < FIRST_DAY else TypedCell(day, _DAY_FORMAT)


def _plain_number(value: str) -> TypedCell | None:
    """Retain the printed decimals. No digit grouping: the number may be a year or a code."""
    number = number_in(value)
    if number is None or sum(map(str.isdigit, value)) > MOST_DIGITS:
        return None
    decimals = len(value.partition(".")[2])
    return TypedCell(number, "0" + ("." + "0" * decimals if decimals else ""))


def _number(field: Field) -> TypedCell | None:
    """Type an amount with its currency, or a number."""
    plain = _plain_number(field.value)
    if plain is None or field.type != "amount":
        return plain
    grouped = f"#,##{plain.format}"
    if not field.currency:
        return replace(plain, format=grouped)
    # The number format quotes the code; other text could form a format of its own.
    known = re.fullmatch("[A-Z]{3}", field.currency)
    return replace(plain, format=f'{grouped}\\ "{field.currency}"') if known else None


def _table(rows: Sequence[Sequence[str]]) -> Table:
    return Table(
        tuple(
            TableCell(number, column, text)
            for number, row in enumerate(rows)
            for column, text in enumerate(row)
        )
    )
