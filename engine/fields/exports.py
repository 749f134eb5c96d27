"""Fields as CSV and XLSX: one row a file, and the rows of a single file's items below or beside.

Cells are untrusted text; engine.layout.spreadsheet keeps them from becoming formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.fields.values import DocumentFields, Field
from engine.layout.grid import Table, TableCell
from engine.layout.spreadsheet import to_csv, to_xlsx

_HEAD: Final = ("file", "document_type", "confidence", "error")


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file: its fields, or why it has none (a sentence)."""

    file: str
    fields: DocumentFields | None
    error: str = ""


def fields_csv(results: Sequence[FileResult]) -> str:
    """One row a file, a column a field (values, not prints); UTF-8 with a mark."""
    return to_csv([("fields", overview(results))])


def fields_xlsx(results: Sequence[FileResult]) -> bytes:
    """A workbook: the overview, and one sheet for each file's rows of items."""
    sheets = [("fields", overview(results))]
    for number, result in enumerate(results, start=1):
        for field in (result.fields.fields if result.fields else {}).values():
            if field.rows:
                sheets.append((f"{number} {field.name}", items_table(field)))
    return to_xlsx(sheets)


def overview(results: Sequence[FileResult]) -> Table:
    """A header and one row a file; columns in the order of the templates."""
    names: dict[str, None] = {}
    for result in results:
        if result.fields is not None:
            names |= dict.fromkeys([*result.fields.titles, *result.fields.fields])
    rows = [[*_HEAD, *names]]
    for result in results:
        read = result.fields
        if read is None:
            rows.append([result.file, "", "", result.error, *("" for _ in names)])
            continue
        rows.append(
            [
                result.file,
                read.document_type,
                f"{read.confidence:.3f}",
                "",
                *(_shown(read.fields.get(name)) for name in names),
            ]
        )
    return _table(rows)


def items_table(field: Field) -> Table:
    """The rows of items, with their columns as header."""
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


def _table(rows: Sequence[Sequence[str]]) -> Table:
    return Table(
        tuple(
            TableCell(number, column, text)
            for number, row in enumerate(rows)
            for column, text in enumerate(row)
        )
    )
