"""Multi-line candidates (addresses, titles, headings) and chunks of sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.index.spans import Candidate, piece
from engine.text.language import lexicon, stem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.index.view import PageView

_BLOCK_LINES: Final = 5
_LONGEST_CHUNK: Final = 8


def blocks(view: PageView, number: int) -> Iterator[Candidate]:
    """Yield a cell with the next lines below it, as in an address or a multi-line title."""
    cell = view.cells[number]
    ranges = [(cell.first, cell.last)]
    current = number
    colon = view.text(cell.first, cell.last)
    label_end = re.search(r":\s+", colon)
    for _ in range(_BLOCK_LINES - 1):
        below = view.below[current]
        if below < 0:
            return
        upper, lower = view.cells[current].bbox, view.cells[below].bbox
        tall = max(upper[3] - upper[1], 1.0)
        aligned = (
            abs(lower[0] - cell.bbox[0]) < 1.5 * tall
            or abs(lower[0] + lower[2] - cell.bbox[0] - cell.bbox[2]) < 2.0 * tall
            or bool(label_end and current == number)
        )
        if lower[1] - upper[3] > 0.9 * tall or not aligned or lower[3] - lower[1] > 1.6 * tall:
            return
        ranges.append((view.cells[below].first, view.cells[below].last))
        current = below
        yield from _stacked(view, ranges, 0)
        if label_end:
            yield from _stacked(view, ranges, label_end.end())


def headings(view: PageView) -> Iterator[Candidate]:
    """Yield whole titles, headings and captions of several lines."""
    for number, lines in enumerate(view.index.region_lines):
        if view.index.regions[number].category not in ("Title", "Section-header", "Caption"):
            continue
        cells = [cell for cell in view.cells if cell.line in frozenset(lines)]
        if 1 < len(cells) <= _BLOCK_LINES:
            ranges = tuple((cell.first, cell.last) for cell in cells)
            yield Candidate(view, ranges, 0, None, frozenset(), "block")


def _stacked(view: PageView, ranges: Sequence[tuple[int, int]], start: int) -> Iterator[Candidate]:
    """Yield stacked ranges as one candidate.

    Args:
        start: first character of the first range.
    """
    first, last = ranges[0]
    head = piece(view, first, last, start, len(view.text(first, last)), "block")
    if head is None:
        return
    end_first, end_last = ranges[-1]
    tail_text = view.text(end_first, end_last)
    tail = piece(view, end_first, end_last, 0, len(tail_text), "block")
    if tail is None or tail.skip:
        return
    middle = tuple(ranges[1:-1])
    yield Candidate(
        view, (*head.ranges, *middle, *tail.ranges), head.skip, tail.keep, frozenset(), "block"
    )


def chunks(view: PageView, first: int, last: int) -> Iterator[Candidate]:
    """Yield chunks of a sentence inside its clauses that begin and end with a content word."""
    stop = lexicon().stop
    small = [stem(view.plain[word]) in stop or not view.plain[word] for word in range(first, last)]
    for start in range(first, last):
        if small[start - first] and not any(c.isdigit() for c in view.words[start]):
            continue
        for end in range(start + 1, min(last, start + _LONGEST_CHUNK) + 1):
            word = view.words[end - 1]
            if not small[end - 1 - first] or any(c.isdigit() for c in word):
                text = view.text(start, end)
                length = len(text) - 1 if end == last and text.endswith(".") else len(text)
                found = piece(view, start, end, 0, length, "chunk")
                if found:
                    yield found
            if word[-1:] in ";:.!?" and len(word) > 3:
                break
