"""The regions of a page as short Markdown, and its plain text in reading order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from engine.families.lite.view import view_page

if TYPE_CHECKING:
    from engine.index import PageIndex

_PREFIX: Final = {"Title": "# ", "Section-header": "## ", "List-item": "- "}


def plain_text(index: PageIndex) -> str:
    """The page's regions in reading order, a blank line between two, its lines as printed."""
    if not index.regions:
        return index.text
    return "\n\n".join(part for part in _region_texts(index) if part)


def markdown(index: PageIndex) -> str:
    """The page as Markdown: headings, list items, tables by rows; running heads are left out."""
    parts = []
    for number, text in enumerate(_region_texts(index)):
        category = index.regions[number].category
        if category in ("Page-header", "Page-footer") or not text:
            continue
        if category == "Table":
            parts.append(_table(index, number))
        elif category in _PREFIX:
            parts.append(_PREFIX[category] + " ".join(text.split()))
        else:
            parts.append(text)
    return "\n\n".join(parts) if index.regions else index.text


def _region_texts(index: PageIndex) -> Iterator[str]:
    for lines in index.region_lines:
        yield "\n".join(index.lines[line].text for line in lines)


def _table(index: PageIndex, region: int) -> str:
    """The rows of a table region, cells parted by bars."""
    view = view_page(index)
    rows = []
    for row in view.rows:
        cells = [view.cells[cell] for cell in row if view.cells[cell].region == region]
        if cells:
            texts = (view.text(cell.first, cell.last).replace("|", "\\|") for cell in cells)
            rows.append("| " + " | ".join(texts) + " |")
            if len(rows) == 1:
                rows.append("|" + " --- |" * len(cells))
    return "\n".join(rows)
