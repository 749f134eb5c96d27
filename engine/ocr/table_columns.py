"""Which column of a table each cell stands in, so that a row that is short stays in its columns.

All boxes are in one frame, in which rows run from left to right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.core.schema import BBox

# Columns are known by the fullest row, but not by one with this many times the usual row's cells.
_MOST_UNLIKE: Final = 2


def columns_of(rows: Sequence[Sequence[BBox]]) -> list[list[int]]:
    """The column, from 0, of each cell of each row.

    The fullest row of the table (the first of several) says where the columns are; every other
    cell goes to the column that it shares most of its width with, or the nearest, and the cells of
    a row keep their order. What a row cannot keep so is counted from the left.
    """
    if not rows:
        return []
    fullest = max(rows, key=len)
    usual = sorted(len(row) for row in rows)[len(rows) // 2]
    if len(fullest) > _MOST_UNLIKE * max(usual, 2):
        return [list(range(len(row))) for row in rows]
    spans = [(box[0], box[2]) for box in fullest]
    # A heading is narrower than what stands under it.
    for row in rows:
        if len(row) == len(fullest):
            spans = [
                (min(span[0], box[0]), max(span[1], box[2]))
                for span, box in zip(spans, row, strict=True)
            ]
    return [_placed(row, spans) for row in rows]


def _placed(row: Sequence[BBox], spans: Sequence[tuple[float, float]]) -> list[int]:
    """Columns of one row, rising; the best sum of what cells and columns share."""
    if len(row) >= len(spans):
        return list(range(len(row)))
    # best[c]: the best score of the cells so far with the last one in column c, and its columns.
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
    """Share of the narrower one's width that both have in common; less than 0: the gap."""
    shared = min(box[2], span[1]) - max(box[0], span[0])
    return shared / max(1.0, min(box[2] - box[0], span[1] - span[0]))
