"""Cells of a page and the protocol of the streaming parsers that read them from model output.

A cell is one block of the page as the model wrote it; its box is in the MODEL's frame. A parser
takes text in pieces and returns a cell as soon as it sees the cell's end. Truncated output still
yields every complete cell. Nothing here raises on model text.

This module knows no pages, sizes or events; engine.families.pages.box_readers does.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from engine.core.schema import CATEGORIES, BBox, Notice
from engine.layout.tables import spanned_html, table_text

# The names that models give to the eleven categories: lower case, words joined by "-". The second
# group is what DeepSeek-OCR writes between its ref tags (examples of its published repository).
_ALIASES: Final = {
    **{name.lower(): name for name in CATEGORIES},
    "paragraph": "Text",
    "plain-text": "Text",
    "list": "List-item",
    "header": "Page-header",
    "footer": "Page-footer",
    "page-number": "Page-footer",
    "heading": "Section-header",
    "section": "Section-header",
    "subtitle": "Section-header",
    "sub-title": "Section-header",
    "image": "Picture",
    "figure": "Picture",
    "image-caption": "Caption",
    "figure-caption": "Caption",
    "table-caption": "Caption",
    "image-footnote": "Footnote",
    "table-footnote": "Footnote",
    "equation": "Formula",
    "interline-equation": "Formula",
}
_HEADING: Final = re.compile(r"^\s*#{1,6}\s+")
_BOLD: Final = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.DOTALL)
# No page has a longer text; anything behind this limit is a repetition loop.
_MAX_TEXT: Final = 200_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One block of a page.

    Attributes:
        bbox: (x_min, y_min, x_max, y_max) in the model's frame, corners in order, not empty.
        category: one of CATEGORIES.
        text: plain; rows by newline and cells by tab for a Table, LaTeX for a Formula.
        html: sanitised, of a Table in which cells span rows or columns.
    """

    bbox: BBox
    category: str
    text: str
    html: str = ""


class CellParser(Protocol):
    """Streaming parser of one output format. It takes text in pieces of any size."""

    def feed(self, text: str) -> list[Cell]:
        """Return the cells that end in this piece."""

    def close(self, *, cut: bool = False, loop: int = 0) -> list[Cell]:
        """Return the cells that can still be recovered at the end of the output.

        Args:
            cut: the model was stopped. Its last cell is incomplete and is dropped.
            loop: number of characters at the end that only repeat the text before them. They are
                dropped, and so is a cell that begins in them.
        """

    @property
    def warnings(self) -> list[Notice]:
        """What was dropped or changed. The caller adds the value `page` (a page number)."""


def category_of(name: str) -> str | None:
    """Return the category for a model's own word, or None for an unknown word."""
    return _ALIASES.get("-".join(re.split(r"[\s_-]+", name.strip().lower())))


def plain_text(text: str, category: str) -> str:
    """Return a cell's text without the markup that its category implies."""
    text = text[:_MAX_TEXT].strip()
    match category:
        case "Table":
            return table_text(text)
        case "Formula":
            return text
        case "Title" | "Section-header":
            text = _HEADING.sub("", text)
    return _BOLD.sub(r"\1", text)


def box_of(values: Sequence[Any]) -> BBox | None:
    """Return a box from four finite numbers, corners in order; None where they span no area."""
    try:
        x0, y0, x1, y1 = (float(value) for value in values)
    except (TypeError, ValueError, OverflowError):
        return None
    if not all(map(math.isfinite, (x0, y0, x1, y1))) or x0 == x1 or y0 == y1:
        return None
    return (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


@dataclass(slots=True)
class Collector:
    """Builds cells from what a parser found and counts its corrections.

    Attributes:
        counts: (text key, category or "") -> number of occurrences.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def cell(self, box: Sequence[Any], category: str, text: str) -> Cell | None:
        """Return the cell, or None where its box is invalid."""
        bbox = box_of(box)
        if bbox is None:
            self.counts["layout.bad_box", ""] += 1
            return None
        known = category_of(category)
        if known is None:
            self.counts["layout.unknown_category", category.strip()[:40]] += 1
        html = spanned_html(text[:_MAX_TEXT]) if known == "Table" else ""
        return Cell(bbox, known or "Text", plain_text(text, known or "Text"), html)

    @property
    def warnings(self) -> list[Notice]:
        """One notice for each kind of problem, in the order of first occurrence."""
        return [
            Notice(key, {"count": count} | ({"category": category} if category else {}))
            for (key, category), count in self.counts.items()
        ]
