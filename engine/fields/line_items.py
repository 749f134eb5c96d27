"""Extraction of table rows, such as goods: a header row with known columns and the rows below it.

A row begins at a cell in the column of amounts. A text in the first column alone below a row
continues its description. Tables without a header are not extracted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from engine.core.geometry import union
from engine.fields.labels.matching import flat
from engine.fields.parsing import value_of
from engine.fields.values import Field, FieldCell
from engine.index.spans import piece
from engine.text import Conventions, parse_amount, parse_date

if TYPE_CHECKING:
    from engine.fields.page import PreparedPage
    from engine.fields.templates import FieldTemplate
    from engine.index.view import PageView

_SURE: Final = 0.8
# In line heights: a wider gap below the last row ends the table.
_ROW_GAP: Final = 4.0
TEXT_COLUMNS: Final = ("description",)


def read_items(
    pages: Sequence[PreparedPage], name: str, template: FieldTemplate, language: str
) -> Field | None:
    """Return the table with most rows; None if no page has a header of two known columns."""
    best: tuple[PreparedPage, list[dict[str, FieldCell]]] | None = None
    for page in pages:
        rows = _rows(page, template)
        if rows and (best is None or len(rows) > len(best[1])):
            best = (page, rows)
    if best is None:
        return None
    page, rows = best
    cells = [cell for row in rows for cell in row.values()]
    return Field(
        name=name,
        title=template.title.text(language),
        type="items",
        text="\n".join("\t".join(cell.text for cell in row.values()) for row in rows),
        value=str(len(rows)),
        bbox=union(cell.bbox for cell in cells),
        page_index=page.view.index.page_index,
        confidence=_SURE,
        boxes=tuple(cell.bbox for cell in cells),
        rows=tuple(rows),
    )


def _rows(page: PreparedPage, template: FieldTemplate) -> list[dict[str, FieldCell]]:
    view = page.view
    for number, row in enumerate(view.rows):
        columns = _columns(view, row, template)
        if len(columns) >= 2:
            found = _under(page, number, columns, template)
            if found:
                return found
    return []


def _columns(
    view: PageView, row: Sequence[int], template: FieldTemplate
) -> dict[str, tuple[float, float]]:
    """Return column -> (left, right) of its heading, for a header row."""
    known = {
        flat(synonym): column
        for column, labels in template.columns.items()
        for synonym in labels.every
    }
    found: dict[str, tuple[float, float]] = {}
    for number in row:
        cell = view.cells[number]
        column = known.get(flat(view.text(cell.first, cell.last)))
        if column is not None and column not in found:
            found[column] = (cell.bbox[0], cell.bbox[2])
    return found


def _under(
    page: PreparedPage,
    header: int,
    columns: Mapping[str, tuple[float, float]],
    template: FieldTemplate,
) -> list[dict[str, FieldCell]]:
    view = page.view
    found: list[dict[str, FieldCell]] = []
    foot = max(view.cells[cell].bbox[3] for cell in view.rows[header])
    for row in view.rows[header + 1 :]:
        if view.cells[row[0]].bbox[1] - foot > _ROW_GAP * view.line_height:
            break
        placed = _placed(page, row, columns, template)
        numeric = [
            column
            for column, cell in placed.items()
            if column not in TEXT_COLUMNS
            and _parsed(cell.text, page.conventions, template) is not None
        ]
        if any(one.start <= 2 for one in page.areas.labels_of.get(row[0], ())) and not (
            len(placed) >= max(2, len(columns) - 1)
        ):
            break  # "Subtotal": the table has ended
        if len(placed) >= 2 and numeric:
            found.append(placed)
            foot = max(view.cells[cell].bbox[3] for cell in row)
    return found


def _placed(
    page: PreparedPage,
    row: Sequence[int],
    columns: Mapping[str, tuple[float, float]],
    template: FieldTemplate,
) -> dict[str, FieldCell]:
    """Assign the cells of a row to the columns with the nearest headings."""
    view = page.view
    found: dict[str, FieldCell] = {}
    for number in row:
        cell = view.cells[number]
        x0, _, x1, _ = cell.bbox
        nearest = min(columns, key=lambda column: _distance((x0, x1), columns[column]))
        text = view.text(cell.first, cell.last)
        own = piece(view, cell.first, cell.last, 0, len(text), "item")
        if own is None or nearest in found:
            continue
        value = _value(nearest, own.text, page.conventions, template)
        found[nearest] = FieldCell(own.text, value, union(own.boxes()))
    return {column: found[column] for column in columns if column in found}


def _distance(own: tuple[float, float], heading: tuple[float, float]) -> float:
    overlap = min(own[1], heading[1]) - max(own[0], heading[0])
    middle = abs(own[0] + own[1] - heading[0] - heading[1]) / 2
    return middle - max(0.0, overlap)


def _value(column: str, text: str, conventions: Conventions, template: FieldTemplate) -> str:
    parsed = None if column in TEXT_COLUMNS else _parsed(text, conventions, template)
    return text if parsed is None else parsed


def _parsed(text: str, conventions: Conventions, template: FieldTemplate) -> str | None:
    """Normalise a number, an amount or a date as in Field.value; None for words."""
    amount = parse_amount(text, conventions)
    if amount is not None:
        return str(value_of(amount, template))
    day = parse_date(text, conventions)
    return day.isoformat() if day else None
