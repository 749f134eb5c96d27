"""Reading order of boxes: columns and strips by recursive XY-cut, rows from left to right."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.geometry import union
from engine.core.schema import BBox

# Two parts may overlap by this fraction of the usual box height, since boxes have loose margins.
_SLACK = 0.3


def rows(boxes: Sequence[BBox]) -> list[list[int]]:
    """Group boxes into rows.

    Returns:
        Indexes of the boxes, rows from top to bottom, each from left to right. A box joins a row if
        it shares more than half of the smaller height with a box of the row, and no more than half
        of the smaller width with any.
    """
    done: list[list[int]] = []
    for i in sorted(range(len(boxes)), key=lambda i: (boxes[i][1] + boxes[i][3]) / 2):
        best = None
        for row in done[-3:]:
            if any(_shared_height(boxes[i], boxes[j]) > 0.5 for j in row) and not any(
                _shared_width(boxes[i], boxes[j]) > 0.5 for j in row
            ):
                best = row
        if best is None:
            done.append([i])
        else:
            best.append(i)
    for row in done:
        row.sort(key=lambda i: boxes[i][0])
    return done


def columns(boxes: Sequence[BBox]) -> list[int]:
    """Indexes of blocks in reading order, by recursive XY-cut.

    An area with a white gap from top to bottom is ordered column by column. Otherwise it is cut
    into horizontal strips. Neighbouring strips that share such a vertical gap form one area, so two
    columns are not interleaved if their paragraphs happen to end at the same height.
    """
    return _ordered(list(range(len(boxes))), boxes)


def bands(boxes: Sequence[BBox]) -> list[list[int]]:
    """Indexes of boxes by column: groups that are separated by a white gap from top to bottom.

    A box wider than 60% of the whole (a heading over a table) does not close a gap; it is added to
    the column that it overlaps most.
    """
    if not boxes:
        return []
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    narrow = [i for i, box in enumerate(boxes) if box[2] - box[0] <= 0.6 * (right - left)]
    parts = _parts(narrow, boxes, axis=0) if narrow else []
    for i in sorted(set(range(len(boxes))) - set(narrow)):
        shares = [_shared_width(boxes[i], union(boxes[j] for j in part)) for part in parts]
        if shares:
            parts[shares.index(max(shares))].append(i)
        else:
            parts = [[i]]
    return parts


def _ordered(positions: list[int], boxes: Sequence[BBox]) -> list[int]:
    if len(positions) <= 1:
        return positions
    sides = _parts(positions, boxes, axis=0)
    if len(sides) > 1:
        return [i for side in sides for i in _ordered(side, boxes)]
    strips = _parts(positions, boxes, axis=1)
    if len(strips) == 1:
        return [
            i for row in rows([boxes[i] for i in positions]) for i in (positions[j] for j in row)
        ]
    blocks: list[list[int]] = []
    for strip in strips:
        if blocks and _share_a_gap(blocks[-1], strip, boxes):
            blocks[-1] = blocks[-1] + strip
        else:
            blocks.append(strip)
    if len(blocks) == 1:
        # Neighbouring strips share gaps, but the whole has none: cut at the strips after all.
        blocks = strips
    return [i for block in blocks for i in _ordered(block, boxes)]


def _share_a_gap(upper: list[int], lower: list[int], boxes: Sequence[BBox]) -> bool:
    """Whether both have columns, and their union has columns too."""
    return (
        len(_parts(upper, boxes, axis=0)) > 1
        and len(_parts(lower, boxes, axis=0)) > 1
        and len(_parts(upper + lower, boxes, axis=0)) > 1
    )


def _parts(positions: Sequence[int], boxes: Sequence[BBox], *, axis: int) -> list[list[int]]:
    """Split at straight white gaps: axis 0 gives columns, axis 1 horizontal strips."""
    heights = sorted(boxes[i][3] - boxes[i][1] for i in positions)
    slack = min(_SLACK * heights[len(heights) // 2], 6.0)
    parts: list[list[int]] = []
    end = 0.0
    for i in sorted(positions, key=lambda i: boxes[i][axis]):
        if parts and boxes[i][axis] < end - slack:
            parts[-1].append(i)
            end = max(end, boxes[i][axis + 2])
        else:
            parts.append([i])
            end = boxes[i][axis + 2]
    return parts


def _shared_height(first: BBox, second: BBox) -> float:
    low = min(first[3] - first[1], second[3] - second[1])
    return (min(first[3], second[3]) - max(first[1], second[1])) / low if low > 0 else 0.0


def _shared_width(first: BBox, second: BBox) -> float:
    low = min(first[2] - first[0], second[2] - second[0])
    return (min(first[2], second[2]) - max(first[0], second[0])) / low if low > 0 else 0.0
