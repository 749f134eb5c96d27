"""Extraction of every "label: value" of a page as a separate field, for forms of any kind.

Only labels that end with a colon count, and only outside running text. The field's name derives
from the label; its title is the label as printed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from engine.core.geometry import union
from engine.fields.values import Field
from engine.index.spans import piece

if TYPE_CHECKING:
    from engine.fields.page import PreparedPage

_LABEL: Final = re.compile(r"^\W*((?:[^\W_][\w№()/.,'’-]*\s?){1,6}?)\s?:\s*")
_MOST_WORDS: Final = 14
_PLAIN: Final = 0.6
_BELOW_GAP: Final = 1.2


def read_pairs(
    pages: Sequence[PreparedPage], known: Mapping[str, Field], language: str
) -> dict[str, Field]:
    """Return the pairs whose value is not the value of a known field."""
    taken = {(field.page_index, field.text) for field in known.values()}
    found: dict[str, Field] = {}
    for page in pages:
        view = page.view
        for number, cell in enumerate(view.cells):
            text = view.text(cell.first, cell.last)
            match = _LABEL.match(text)
            if match is None or cell.last - cell.first > _MOST_WORDS:
                continue
            value = piece(view, cell.first, cell.last, match.end(), len(text), "pair")
            if value is None:
                row = view.rows[cell.row]
                after = row[row.index(number) + 1 :][:1]
                for other in after:
                    right = view.cells[other]
                    own = view.text(right.first, right.last)
                    if not _LABEL.match(own):
                        value = piece(view, right.first, right.last, 0, len(own), "pair")
            if value is None or (view.index.page_index, value.text) in taken:
                continue
            name = _name(match.group(1), {*known, *found})
            boxes = value.boxes()
            found[name] = Field(
                name=name,
                title=match.group(1).strip(),
                type="text",
                text=value.text,
                value=value.text,
                bbox=union(boxes),
                page_index=view.index.page_index,
                confidence=_PLAIN,
                boxes=boxes,
            )
    return found


def _name(label: str, taken: set[str]) -> str:
    """Return an unused name: "Date of visit" becomes date_of_visit."""
    base = re.sub(r"\W+", "_", label.casefold()).strip("_") or "pair"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name
