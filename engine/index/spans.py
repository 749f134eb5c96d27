"""A span of a page: its words, its text as printed, and its boxes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from engine.core.geometry import union
from engine.text.answer_types import kinds_of

if TYPE_CHECKING:
    from engine.core.schema import BBox
    from engine.index.view import PageView

_OUTER: Final = " \t,;:|_—–=*•"


@dataclass(frozen=True)
class Candidate:
    """A span of a page.

    Attributes:
        ranges: (first, last) word ranges, one per cell, last exclusive, in reading order.
        skip: number of characters left out of the first word.
        keep: number of characters retained of the last word, or None for all of it.
        values: kinds of engine.text that match the whole candidate.
        source: name of the method that found it.
    """

    view: PageView
    ranges: tuple[tuple[int, int], ...]
    skip: int
    keep: int | None
    values: frozenset[str]
    source: str

    @property
    def key(self) -> object:
        """Equal for two candidates that cover the same span of a page."""
        return (self.ranges, self.skip, self.keep)

    @cached_property
    def text(self) -> str:
        return " ".join(self.lines)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The candidate's text, range by range, exactly as on the page."""
        texts = []
        for number, (first, last) in enumerate(self.ranges):
            words = list(self.view.words[first:last])
            if number == len(self.ranges) - 1 and self.keep is not None:
                words[-1] = words[-1][: self.keep]
            if number == 0:
                words[0] = words[0][self.skip :]
            texts.append(" ".join(words))
        return tuple(texts)

    @cached_property
    def kinds(self) -> dict[str, float]:
        """answer type -> degree of match, 0 to 1."""
        return kinds_of(self.text, self.values)

    def boxes(self) -> tuple[BBox, ...]:
        """Return one box per range, page pixels; part of a word gets its share of the word."""
        found = []
        for number, (first, last) in enumerate(self.ranges):
            boxes = list(self.view.boxes[first:last])
            if number == len(self.ranges) - 1 and self.keep is not None:
                x0, y0, x1, y1 = boxes[-1]
                share = self.keep / max(1, len(self.view.words[last - 1]))
                boxes[-1] = (x0, y0, x0 + (x1 - x0) * share, y1)
            if number == 0 and self.skip:
                x0, y0, x1, y1 = boxes[0]
                share = self.skip / max(1, len(self.view.words[first]))
                boxes[0] = (
                    min(
                        x1 - 1, self.view.boxes[first][0] + (self.view.boxes[first][2] - x0) * share
                    ),
                    y0,
                    x1,
                    y1,
                )
            found.append(union(boxes))
        return tuple(found)


def piece(
    view: PageView,
    first: int,
    last: int,
    start: int,
    end: int,
    source: str,
    values: frozenset[str] = frozenset(),
) -> Candidate | None:
    """Return the candidate text(first, last)[start:end] trimmed of marks; None if empty."""
    text = view.text(first, last)
    while start < end and text[start] in _OUTER:
        start += 1
    while end > start and text[end - 1] in _OUTER:
        end -= 1
    body = text[start:end]
    # Drop unpaired brackets and quotes.
    for opening, closing in (("(", ")"), ("«", "»"), ("“", "”"), ("[", "]")):
        if body.startswith(opening) and closing not in body:
            start += 1
        elif body.endswith(closing) and opening not in body:
            end -= 1
        body = text[start:end]
    if body.startswith('"') and body.count('"') == 1:
        start += 1
    if body.endswith('"') and body.count('"') == 1:
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start >= end:
        return None
    at, skip, keep = 0, 0, None
    begin = stop = first
    for word in range(first, last):
        length = len(view.words[word])
        if at <= start < at + length:
            begin, skip = word, start - at
        if at < end <= at + length:
            stop = word + 1
            keep = None if end == at + length else end - at
        at += length + 1
    if stop <= begin:
        return None
    return Candidate(view, _by_line(view, begin, stop), skip, keep, values, source)


def _by_line(view: PageView, first: int, last: int) -> tuple[tuple[int, int], ...]:
    """Split a word range at the ends of cells."""
    ranges, start = [], first
    for word in range(first + 1, last):
        if view.cell_of[word] != view.cell_of[word - 1]:
            ranges.append((start, word))
            start = word
    ranges.append((start, last))
    return tuple(ranges)
