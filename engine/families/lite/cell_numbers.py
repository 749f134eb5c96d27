"""What a cell says in numbers: the number it is, whether it is a year, whether it is a sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.text import find_values

if TYPE_CHECKING:
    from decimal import Decimal

    from engine.index.view import PageView

_TOTALS: Final = frozenset(["total", "итого", "всего", "sum", "итог", "overall"])


def cell_number(view: PageView, number: int) -> Decimal | None:
    """The number that a whole cell is, if it is one."""
    cell = view.cells[number]
    if cell.last - cell.first > 4:
        return None
    text = view.text(cell.first, cell.last)
    if not any(character.isdigit() for character in text):
        return None
    for value in find_values(text):
        if value.kind in ("number", "amount", "percent") and len(value.text) >= 0.7 * len(text):
            parsed = value.parsed
            plain: Decimal | None = getattr(parsed, "value", parsed)  # type: ignore[arg-type]
            return plain
    return None


def is_year(text: str) -> bool:
    """Whether a cell's text is a year of the last three centuries, as a column's head may be."""
    bare = "".join(character for character in text if character.isdigit())
    return len(bare) == 4 and bare[:2] in ("18", "19", "20") and len(text) <= 10 and "," not in text


def is_total(view: PageView, number: int) -> bool:
    """Whether a cell's row sums up the others: its first words say so."""
    row = view.rows[view.cells[number].row]
    first = view.cells[row[0]]
    return any(word in _TOTALS for word in view.plain[first.first : first.last])
