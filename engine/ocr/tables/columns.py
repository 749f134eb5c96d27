"""Columns of a table in its flat view: by vertical rules where it is ruled, else by white gaps.

Lengths and places are pixels of the flat view, unless a comment gives them in heights of a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.ocr.tables.rules import Rules

    Array = NDArray[np.float64]

# Words of one line with a smaller gap, in heights, are one text.
SPACE: Final = 0.5
_LEAST_SPACE: Final = 0.2
# A line with fewer texts than this share of the fullest line says nothing about the columns.
_FULL: Final = 0.5
# Share of the full lines whose text may cross a gap between columns.
_CROSSED: Final = 0.04
# Least width of a gap between columns in heights of a word.
_GAP: Final = 0.3
# The least gap after a column of running numbers, which this share of the lines has.
_NARROW: Final = 0.12
_NUMBERED: Final = 0.8
# A vertical rule covers at least this share of the table's height; the table is ruled if it has
# this share of the rules that its columns need.
_RULE: Final = 0.45
_RULED: Final = 0.7
# A blank that is this much wider than the spaces of the table separates two columns.
_WIDER: Final = 1.5


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table.

    Attributes:
        gaps: for each boundary between two columns, the white gap (left, right); a rule has no
            width.
        left, right: outer edges of the table.
        ruled: the boundaries are vertical rules.
    """

    gaps: tuple[tuple[float, float], ...]
    left: float
    right: float
    ruled: bool

    @property
    def count(self) -> int:
        return len(self.gaps) + 1

    @property
    def edges(self) -> list[float]:
        """Left edge of each column, and the right edge of the last one."""
        return [self.left, *((a + b) / 2 for a, b in self.gaps), self.right]

    def span_of(self, left: float, right: float) -> tuple[int, int]:
        """First and last column of a text from left to right: those that it crosses into."""
        first = sum((a + b) / 2 <= left for a, b in self.gaps)
        last = sum((a + b) / 2 < right for a, b in self.gaps)
        first = min(first, last)
        # A text that only touches a gap stays on its side.
        while first < last and right <= self.gaps[last - 1][1] - 0.25 * self._width(last - 1):
            last -= 1
        while first < last and left >= self.gaps[first][0] + 0.25 * self._width(first):
            first += 1
        return first, last

    def part(self, left: float, right: float, space: float) -> bool:
        """Whether a blank from left to right between two words separates two columns.

        It lies at a boundary, and contains most of it or is wider than the spaces of the table.
        """
        for a, b in self.gaps:
            shared = min(b, right) - max(a, left)
            if shared >= 0.0 and (shared >= 0.6 * (b - a) or right - left >= _WIDER * space):
                return True
        return False

    def _width(self, gap: int) -> float:
        return self.gaps[gap][1] - self.gaps[gap][0]


def texts_of(line: Sequence[int], boxes: Array, height: float) -> list[list[int]]:
    """Split the words of a line, from left to right, at gaps wider than a space."""
    texts: list[list[int]] = []
    end = -np.inf
    for word in line:
        if texts and boxes[word, 0] - end <= SPACE * height:
            texts[-1].append(word)
        else:
            texts.append([word])
        end = max(end, boxes[word, 2])
    return texts


def find_columns(
    lines: Sequence[Sequence[int]],
    boxes: Array,
    numbers: Sequence[bool],
    rules: Rules,
    height: float,
) -> Columns:
    """Find the columns of a table.

    Args:
        lines: the words of each printed line from left to right, indexes into `boxes`.
        boxes: (n, 4) in the flat view.
        numbers: whether each word is a number.
        height: usual height of a word.
    """
    texts = [texts_of(line, boxes, height) for line in lines]
    most = max(len(line) for line in texts)
    full = [line for line in texts if len(line) >= max(2, _FULL * most)]
    left, right = float(boxes[:, 0].min()), float(boxes[:, 2].max())
    gaps = _white_gaps(full, boxes, height) if full else []
    gaps = _beside_numbers(full, gaps, boxes, numbers, height)
    ruled = _ruled(rules, left, right, height)
    middles = (boxes[:, 0] + boxes[:, 2]) / 2
    inner = [at for at in ruled if middles.min() < at < middles.max()]
    if len(inner) >= 2 and len(inner) >= _RULED * len(gaps):
        outer_left = max((at for at in ruled if at <= middles.min()), default=left)
        outer_right = min((at for at in ruled if at >= middles.max()), default=right)
        return Columns(tuple((at, at) for at in inner), outer_left, outer_right, ruled=True)
    for at in inner:
        if not any(a - 0.5 * height <= at <= b + 0.5 * height for a, b in gaps):
            gaps.append((at, at))
    return Columns(tuple(sorted(gaps)), left, right, ruled=False)


def _beside_numbers(
    full: Sequence[Sequence[Sequence[int]]],
    gaps: Sequence[tuple[float, float]],
    boxes: Array,
    numbers: Sequence[bool],
    height: float,
) -> list[tuple[float, float]]:
    """Add narrow gaps between running numbers and the labels beside them.

    Numbers with spaces in them ("1 234") have such gaps, too, so only a number before words counts.
    """
    edges = [-np.inf, *((a + b) / 2 for a, b in gaps), np.inf]
    found = list(gaps)
    for left, right in pairwise(edges):
        pairs, many = [], 0
        for line in full:
            own = [
                w for text in line for w in text if left < (boxes[w, 0] + boxes[w, 2]) / 2 < right
            ]
            if not own:
                continue
            many += 1
            if len(own) > 1 and numbers[own[0]] and not any(numbers[w] for w in own[1:2]):
                pairs.append((float(boxes[own[0], 2]), float(boxes[own[1], 0])))
        if len(pairs) < max(4, _NUMBERED * many):
            continue
        ends, starts = zip(*pairs, strict=True)
        end, start = float(np.percentile(ends, 95)), float(np.percentile(starts, 5))
        if start - end >= _NARROW * height:
            found.append((end, start))
    return sorted(found)


def _ruled(rules: Rules, left: float, right: float, height: float) -> list[float]:
    """Places of the vertical rules of a table between and around its texts."""
    return [
        rule.at
        for rule in rules.columns
        if rule.length >= _RULE and left - 3 * height < rule.at < right + 3 * height
    ]


def _white_gaps(
    full: Sequence[Sequence[Sequence[int]]], boxes: Array, height: float
) -> list[tuple[float, float]]:
    """Gaps that (nearly) no text of the full lines crosses."""
    start, end = float(boxes[:, 0].min()), float(boxes[:, 2].max())
    cover = np.zeros(int(end - start) + 2, np.int64)
    for line in full:
        for text in line:
            first = boxes[text, 0].min() - start
            last = boxes[text, 2].max() - start
            cover[int(first) : int(np.ceil(last)) + 1] += 1
    allowed = int(_CROSSED * len(full))
    blank = np.flatnonzero(cover <= allowed)
    if not blank.size:
        return []
    parts = np.split(blank, np.flatnonzero(np.diff(blank) > 1) + 1)
    gaps = [
        (float(part[0]) + start, float(part[-1]) + 1 + start)
        for part in parts
        if len(part) >= _GAP * height and part[0] > 0 and part[-1] < len(cover) - 3
    ]
    return _without_empty_columns(gaps, cover, start, allowed)


def _without_empty_columns(
    gaps: Sequence[tuple[float, float]], cover: NDArray[np.int64], start: float, allowed: int
) -> list[tuple[float, float]]:
    """Join gaps between which no more lines have text than may cross a gap."""
    done: list[tuple[float, float]] = []
    for gap in gaps:
        if done and cover[int(done[-1][1] - start) : int(gap[0] - start) + 1].max() <= allowed:
            done[-1] = (done[-1][0], gap[1])
        else:
            done.append(gap)
    return done


def lines_of(boxes: Array, height: float) -> list[list[int]]:
    """Group words of the flat view into printed lines from top to bottom, left to right."""
    middles = (boxes[:, 1] + boxes[:, 3]) / 2
    order = np.argsort(middles, kind="stable")
    groups: list[list[int]] = []
    for word in order:
        if groups:
            own = middles[groups[-1]]
            if middles[word] - float(np.median(own)) <= 0.4 * height:
                groups[-1].append(int(word))
                continue
        groups.append([int(word)])
    return [sorted(group, key=lambda word: float(boxes[word, 0])) for group in groups]


def usual_space(lines: Sequence[Sequence[int]], boxes: Array, height: float) -> float:
    """The usual width of a space between two words of a text."""
    blanks = [
        float(boxes[after, 0] - boxes[word, 2])
        for line in lines
        for text in texts_of(line, boxes, height)
        for word, after in pairwise(text)
    ]
    return max(float(np.median(blanks)) if blanks else 0.0, _LEAST_SPACE * height)
