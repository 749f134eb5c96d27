"""Assignment of a table's cells to columns, including rows with missing cells.

All boxes are in one frame, in which rows run from left to right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.core.schema import BBox

# The fullest row defines the columns, unless it has more than this many times the usual cells.
_MOST_UNLIKE: Final = 2


def columns_of(rows: Sequence[Sequence[BBox]]) -> list[list[int]]:
    """The column, from 0, of each cell of each row.

    The fullest row (the first of several) defines the columns. Every other cell is assigned to the
    column that it overlaps most, or to the nearest, and the cells of a row keep their order. If
    there is no such assignment, the cells of the row are numbered from the left.
    """
    if not rows:
        return []
    fullest = max(rows, key=len)
    usual = sorted(len(row) for row in rows)[len(rows) // 2]
    if len(fullest) > _MOST_UNLIKE * max(usual, 2):
        return [list(range(len(row))) for row in rows]
    spans = [(box[0], box[2]) for box in fullest]
    # A column heading is narrower than the cells below it.
    for row in rows:
        if len(row) == len(fullest):
            spans = [
                (min(span[0], box[0]), max(span[1], box[2]))
                for span, box in zip(spans, row, strict=True)
            ]
    return [_placed(row, spans) for row in rows]


def _placed(row: Sequence[BBox], spans: Sequence[tuple[float, float]]) -> list[int]:
    """Ascending columns of one row with the highest total overlap (dynamic programming)."""
    if len(row) >= len(spans):
        return list(range(len(row)))
    # best[c]: the best score of the cells so far with the last one in column c, and their columns.
    best: list[tuple[float, list[int]]] = []
    for number, box in enumerate(row):
        so_far: list[tuple[float, list[int]]] = []
        for column, span in enumerate(spans):
            before = (0.0, list[int]()) if number == 0 else _best(best[:column])
            if before is None:
                so_far.append((float("-inf"), []))
            else:
                so_far.append((before[0] + _fit(box, span), [*before[1], column]))
        best = so_far
    found = _best(best)
    return found[1] if found is not None else list(range(len(row)))


def _best(options: Sequence[tuple[float, list[int]]]) -> tuple[float, list[int]] | None:
    possible = [one for one in options if one[1]]
    return max(possible, key=lambda one: one[0], default=None)


def _fit(box: BBox, span: tuple[float, float]) -> float:
    """Overlap as a fraction of the narrower width; negative if there is a gap between the two."""
    shared = min(box[2], span[1]) - max(box[0], span[0])
    return shared / max(1.0, min(box[2] - box[0], span[1] - span[0]))
