"""Detection of page numbers: "12 из 30" at the foot, "Page 3", a lone number in a margin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.text.page_references import PAGE_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.index.view import PageView

# Running heads and feet lie within this fraction of the page height.
_MARGIN: Final = 0.1
_NAMED: Final = rf"{PAGE_LABEL}\s*(?:№\s*)?"
_COUNTER: Final = re.compile(
    rf"(?<![\w.,])(?:{_NAMED}(?P<page>\d{{1,4}})(?:\s*(?:of|из|/)\s*(?P<pages>\d{{1,4}}))?"
    r"|(?P<page_only>\d{1,4})\s*(?:of|из)\s*(?P<of>\d{1,4}))(?!\w|[.,/]\d)",
    re.IGNORECASE,
)
_DIGITS: Final = re.compile(r"\d")
_ALONE: Final = re.compile(r"^[-–—\s]*(?P<page>\d{1,4})(?:\s*/\s*(?P<pages>\d{1,4}))?[-–—\s]*$")


@dataclass(frozen=True, slots=True)
class PageNumbers:
    """Positions of words that number pages.

    Attributes:
        words: all words that only number pages.
        page: words with the number of this page. If none is certain, a number at the end of a
            running head or foot.
        pages: words with the total number of pages.
    """

    words: frozenset[int]
    page: frozenset[int]
    pages: frozenset[int]


def counters_of(view: PageView) -> PageNumbers:
    """Find the page numbers in the margins of a page."""
    every: set[int] = set()
    page: set[int] = set()
    pages: set[int] = set()
    beside: set[int] = set()
    height = max(1, view.index.height)
    for number, cell in enumerate(view.cells):
        middle = (cell.bbox[1] + cell.bbox[3]) / 2 / height
        running = view.category(number) in ("Page-header", "Page-footer")
        if not running and _MARGIN <= middle <= 1 - _MARGIN:
            continue
        text = view.text(cell.first, cell.last)
        alone = _ALONE.match(text) if len(view.rows[cell.row]) == 1 else None
        for match in [alone] if alone else _COUNTER.finditer(text):
            every.update(_words(view, cell.first, cell.last, match.span()))
            for name, span in (
                (name, match.span(name)) for name, digits in match.groupdict().items() if digits
            ):
                own = page if name.startswith("page") and name != "pages" else pages
                own.update(_words(view, cell.first, cell.last, span))
        if _ALONE.match(text) and _ends_a_running_line(view, number):
            beside.update(range(cell.first, cell.last))
    # `beside` is not part of `every`: an invoice number stands there too and answers questions.
    return PageNumbers(frozenset(every), frozenset(page or beside), frozenset(pages))


def _ends_a_running_line(view: PageView, number: int) -> bool:
    """Whether a cell is first or last in its row and the row's other cells hold no digits."""
    row = view.rows[view.cells[number].row]
    if len(row) < 2 or number not in (row[0], row[-1]):
        return False
    others = (view.cells[other] for other in row if other != number)
    return all(not _DIGITS.search(view.text(cell.first, cell.last)) for cell in others)


def _words(view: PageView, first: int, last: int, span: tuple[int, int]) -> Iterator[int]:
    """Yield positions of the words of a cell that overlap a range of its characters."""
    at = 0
    for word in range(first, last):
        end = at + len(view.words[word])
        if at < span[1] and span[0] < end:
            yield word
        at = end + 1
