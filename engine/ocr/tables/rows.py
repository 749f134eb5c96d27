"""Rows of a table in its flat view: by horizontal rules where every row has one, else by lines.

Lines with texts in most columns are rows. Other lines (the second line of a cell, a label set
halfway between two lines) join the nearest row if they are closer than rows are to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from engine.ocr.tables.rules import Rules

# A horizontal rule covers at least this share of the table's width. The table has a rule for each
# row if it has rules for this share of its rows.
_RULE: Final = 0.3
_FULL_RULE: Final = 0.6
_RULED: Final = 0.7
# Lines of one cell are closer than this share of the distance of rows, and than these heights.
_WITHIN: Final = 0.82
_LEADING: Final = 1.6


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A printed line: v of its middle (flat pixels), and how many columns it has text in."""

    middle: float
    columns: int


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a table.

    Attributes:
        of_line: the row of each line.
        edges: v of the top edge of each row and of the bottom edge of the last one, ascending, in
            pixels of the flat view.
        ruled: the edges are rules.
    """

    of_line: tuple[int, ...]
    edges: tuple[float, ...]
    ruled: bool

    @property
    def count(self) -> int:
        return len(self.edges) - 1


def find_rows(
    lines: Sequence[PrintedLine], rules: Rules, top: float, bottom: float, height: float
) -> Rows:
    """Find the rows of a table.

    Args:
        lines: from top to bottom.
        top, bottom: v of the words, in pixels of the flat view.
        height: usual height of a word, in pixels of the flat view.
    """
    walls = [rule.at for rule in rules.rows if rule.length >= _RULE]
    most = max(line.columns for line in lines)
    rows = sum(line.columns >= max(2, 0.5 * most) for line in lines)
    inner = [at for at in walls if top < at < bottom]
    bands = [sum(at < line.middle for at in inner) for line in lines]
    if len(set(bands)) >= 3 and len(set(bands)) >= _RULED * rows:
        outer = [
            max((at for at in walls if at <= top), default=top - 0.3 * height),
            *inner,
            min((at for at in walls if at >= bottom), default=bottom + 0.3 * height),
        ]
        filled = sorted(set(bands))
        edges = [outer[band] for band in filled] + [outer[filled[-1] + 1]]
        return Rows(tuple(filled.index(band) for band in bands), tuple(edges), ruled=True)
    full = [rule.at for rule in rules.rows if rule.length >= _FULL_RULE]
    of_line = _by_distance(lines, full, height)
    middles: list[list[float]] = [[] for _ in range(max(of_line) + 1)]
    for line, row in zip(lines, of_line, strict=True):
        middles[row].append(line.middle)
    between = [(max(a) + min(b)) / 2 for a, b in pairwise(middles)]
    return Rows(tuple(of_line), (top, *between, bottom), ruled=False)


def _by_distance(lines: Sequence[PrintedLine], walls: Sequence[float], height: float) -> list[int]:
    """The row of each line of a table without a rule for each row."""
    most = max(line.columns for line in lines)
    anchors = [at for at, line in enumerate(lines) if line.columns >= max(2, 0.5 * most)]
    if not anchors:
        return list(range(len(lines)))
    steps = np.diff([lines[at].middle for at in anchors])
    pitch = float(np.percentile(steps, 30)) if steps.size else 2.0 * height
    near = min(_WITHIN * pitch, _LEADING * height)

    def joined(one: int, other: int) -> bool:
        low, high = sorted((lines[one].middle, lines[other].middle))
        return high - low < near and not any(low < wall < high for wall in walls)

    # Anchors that are lines of the same cells, as in heads of two lines.
    group = {anchors[0]: 0}
    for before, at in pairwise(anchors):
        group[at] = group[before] + (0 if joined(before, at) else 1)
    label: list[float] = []
    for at in range(len(lines)):
        if at in group:
            label.append(float(group[at]))
            continue
        around = [a for a in anchors if joined(a, at)]
        if around:
            nearest = min(around, key=lambda a: abs(lines[a].middle - lines[at].middle))
            label.append(float(group[nearest]))
        else:
            above = [group[a] for a in anchors if a < at]
            label.append((above[-1] if above else -1.0) + 0.5)
    return _numbered(label, lines, near, walls)


def _numbered(
    label: Sequence[float], lines: Sequence[PrintedLine], near: float, walls: Sequence[float]
) -> list[int]:
    """Number rows from labels; a label of .5 marks lines between two anchors."""
    keys: list[tuple[float, int]] = []
    part, last = 0, -1
    for at, value in enumerate(label):
        if value % 1:
            low = lines[last].middle if last >= 0 else -np.inf
            same = (
                last >= 0
                and label[last] == value
                and lines[at].middle - low < near
                and not any(low < wall < lines[at].middle for wall in walls)
            )
            part = part if same else part + 1
            keys.append((value, part))
            last = at
        else:
            keys.append((value, 0))
    ordered = sorted(set(keys))
    return [ordered.index(key) for key in keys]
