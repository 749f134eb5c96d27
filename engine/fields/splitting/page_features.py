"""Features of a page that show where a document begins and ends.

All come from the page index: the page's type, its page counter, its head and foot, and the numbers
and words that it shares with other pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.fields.document_type import DOCUMENT_TYPES, classify
from engine.fields.document_type.features import anchors
from engine.index.deskew import levelled_view
from engine.index.page_numbers import counters_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.index.page_index import PageIndex
    from engine.index.view import PageView

# A page with fewer letters and digits carries no information: the empty back of a sheet.
_FEWEST_CHARACTERS: Final = 12
# Number of rows that are compared at the top and at the foot.
_EDGE_ROWS: Final = 4
_HEAD_ROWS: Final = 10
_MOST_PAGES: Final = 99
_FEWEST_LINES: Final = 6
_LONG_WORD: Final = 5
_TOP: Final = 0.35
# Tolerance for a centred row: difference of its margins, as a fraction of the print's width.
_EVEN: Final = 0.08
_INSET: Final = 0.12

_ID: Final = re.compile(r"(?=[^\W_]*\d{3})[^\W_]+(?:[-/][^\W_]+)*")
_CLAUSE: Final = re.compile(r"^(?:§|№|[^\W\d_]+)?\s*(\d{1,3})(?:\.(\d{1,2}))?\s*[.):]?\s")
_BELONGS: Final = re.compile(
    r"^\W*(?:annex|appendix|schedule|attachment|exhibit|enclosure|приложение|вложение)\b"
    r"|\b(?:continued|continuation|brought forward|carried forward|overleaf|reverse side)\b"
    r"|\b(?:продолжение|окончание|оборотная сторона|перенос)\b",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[.!?…:;][\"'»”)]*$")
_DIGITS: Final = re.compile(r"\d")
_AMOUNT: Final = re.compile(r"^[-+(]?\D{0,3}\d[\d \u00a0.,']*\D{0,4}$")


def type_shares(index: PageIndex) -> NDArray[np.float32]:
    """Return (types,) probabilities from this page alone, in the order of DOCUMENT_TYPES."""
    guesses = {one.document_type: one.confidence for one in classify([index])}
    return np.array([guesses[name] for name in DOCUMENT_TYPES], np.float32)


@dataclass(frozen=True)
class PageFeatures:
    """One page, prepared for comparison. types: (types,) probabilities."""

    view: PageView
    types: NDArray[np.float32]

    @cached_property
    def is_empty(self) -> bool:
        """Whether the page carries next to no text."""
        letters = sum(c.isalnum() for word in self.view.words for c in word)
        return letters < _FEWEST_CHARACTERS

    @cached_property
    def counter(self) -> tuple[int, int]:
        """(page number, number of pages) as printed in a margin; 0 for what is not printed."""
        found = counters_of(self.view)
        page = self._number(found.page, last=False)
        return page, self._number(found.pages, last=True)

    def _number(self, places: frozenset[int], *, last: bool) -> int:
        numbers = {
            int(digits[-1 if last else 0])
            for at in places
            if (digits := re.findall(r"\d{1,4}", self.view.words[at]))
        }
        number = numbers.pop() if len(numbers) == 1 else 0
        return number if number <= _MOST_PAGES else 0

    @cached_property
    def rows(self) -> tuple[str, ...]:
        """The rows of the page as text, from top to bottom."""
        cells = self.view.cells
        return tuple(
            " ".join(self.view.text(cells[at].first, cells[at].last) for at in row)
            for row in self.view.rows
        )

    @cached_property
    def heads(self) -> dict[str, str]:
        """Rows of the page's head without page counters: row with every digit as 0 -> row."""
        rows = [self.rows[at].lower() for at in self.body[:_HEAD_ROWS]]
        return {
            _DIGITS.sub("0", row): row
            for row in rows
            if sum(c.isalpha() for c in row) >= _LONG_WORD
        }

    @cached_property
    def body(self) -> tuple[int, ...]:
        """Positions of the rows without page counters; all rows if there are no others."""
        counted = counters_of(self.view).words
        out = []
        for number, row in enumerate(self.view.rows):
            cells = [self.view.cells[at] for at in row]
            if not all(counted.issuperset(range(cell.first, cell.last)) for cell in cells):
                out.append(number)
        return tuple(out) or tuple(range(len(self.view.rows)))

    @cached_property
    def ids(self) -> frozenset[str]:
        """Printed numbers of documents, accounts, companies: at least three digits in one word."""
        return frozenset(found.upper() for word in self.view.words for found in _ID.findall(word))

    @cached_property
    def title(self) -> float:
        """0 to 1: relative size of the largest line in the top third, against the median line."""
        lines = self.view.index.lines
        if len(lines) < _FEWEST_LINES:
            return 0.0  # too few lines for a median
        heights = [line.bbox[3] - line.bbox[1] for line in lines]
        usual = float(np.median(heights))
        top = min(line.bbox[1] for line in lines)
        foot = max(line.bbox[3] for line in lines)
        limit = top + _TOP * max(1.0, foot - top)
        tall = max(
            height for height, line in zip(heights, lines, strict=True) if line.bbox[1] <= limit
        )
        return float(np.clip(tall / max(1.0, usual) - 1.1, 0.0, 1.0))

    @cached_property
    def named(self) -> float:
        """0 to 1: number of anchors of the best matching type in the page's titles, scaled."""
        scores = anchors(self.view.index)[: len(DOCUMENT_TYPES)]
        return float(scores.max())

    @cached_property
    def is_headed(self) -> float:
        """1 if the layout has a title in the upper third."""
        index = self.view.index
        top = (region for region in index.regions if region.bbox[1] < _TOP * index.height)
        return float(any(region.category == "Title" for region in top))

    @cached_property
    def is_centred(self) -> float:
        """1 if one of the first rows is alone and centred, as titles are."""
        cells = self.view.cells
        if len(self.body) < _EDGE_ROWS:
            return 0.0
        left = min(cell.bbox[0] for cell in cells)
        right = max(cell.bbox[2] for cell in cells)
        wide = max(1.0, right - left)
        for number in self.body[:_EDGE_ROWS]:
            row = self.view.rows[number]
            box = cells[row[0]].bbox
            before, behind = (box[0] - left) / wide, (right - box[2]) / wide
            is_even = abs(before - behind) < _EVEN and min(before, behind) > _INSET
            if len(row) == 1 and is_even and not _SENTENCE_END.search(self.rows[number]):
                return 1.0
        return 0.0

    @cached_property
    def belongs(self) -> float:
        """1 if a first row says that the page belongs to another: an annex, "continued"."""
        near = self.rows[:_EDGE_ROWS]
        return float(any(_BELONGS.search(row) for row in near))

    @cached_property
    def starts_midway(self) -> float:
        """1 if the first row begins in small letters, in the middle of a sentence."""
        first = self._first_row
        return float(bool(first) and first[0].islower() and len(first.split()) > 2)

    @property
    def _first_row(self) -> str:
        return self.rows[self.body[0]] if self.body else ""

    @cached_property
    def clauses(self) -> tuple[tuple[int, int], ...]:
        """The numbers at the beginning of its rows: "4.2." is (4, 2), "7)" is (7, 0)."""
        found = []
        for number in self.body:
            match = _CLAUSE.match(self.rows[number])
            if match:
                found.append((int(match[1]), int(match[2] or 0)))
        return tuple(found)

    @cached_property
    def filled(self) -> float:
        """0 to 1: position of the last row on the page."""
        if not self.body:
            return 0.0
        cells = self.view.cells
        foot = max(cells[at].bbox[3] for at in self.view.rows[self.body[-1]])
        return float(np.clip(foot / max(1, self.view.index.height), 0.0, 1.0))

    @cached_property
    def cells_above(self) -> tuple[str, ...]:
        """Kinds of cells of its first rows; see `_kinds`."""
        return self._kinds(self.body[:_EDGE_ROWS])

    @cached_property
    def cells_below(self) -> tuple[str, ...]:
        return self._kinds(self.body[-_EDGE_ROWS:])

    def _kinds(self, rows: tuple[int, ...]) -> tuple[str, ...]:
        """Encode each row of several cells as a word: "n" for a number, "t" for text."""
        out = []
        for number in rows:
            cells = [self.view.cells[at] for at in self.view.rows[number]]
            if len(cells) > 1:
                texts = [self.view.text(cell.first, cell.last) for cell in cells]
                out.append("".join("n" if _AMOUNT.match(text) else "t" for text in texts))
        return tuple(out)

    @cached_property
    def shape(self) -> float:
        """Logarithm of height over width."""
        index = self.view.index
        return float(np.log(max(1, index.height) / max(1, index.width)))

    @cached_property
    def print_size(self) -> float:
        """Logarithm of the height of its lines as a fraction of the page's width."""
        return float(np.log(self.view.line_height / max(1, self.view.index.width)))


TypeShares = Callable[["PageIndex"], "NDArray[np.float32]"]


def signs_of(index: PageIndex, types: TypeShares = type_shares) -> PageFeatures:
    """Prepare a page for comparison."""
    return PageFeatures(levelled_view(index), types(index))
