"""Grouping of lines outside all layout regions into tables, lists of pairs and paragraphs.

Lines are first grouped into rows, and rows into blocks. A block that is not a table is split into
its columns, unless they form the labels and values of one list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.core.geometry import area, intersection_area, union
from engine.core.schema import BBox, Line
from engine.ocr import order

# Maximum gap in line heights between lines of a paragraph, and between rows of several cells.
_MAX_LEADING = 0.9
_MAX_ROW_LEADING = 1.6
# Maximum ratio of the line heights within a paragraph.
_HEIGHT_RATIO = 1.5
# Two columns are ordered row by row if this fraction of the cells has a partner on their row.
_PAIRED = 0.6
# A column whose median line is wider than this many line heights is running text, not cells.
_PROSE_WIDTH = 14.0


@dataclass(frozen=True, slots=True)
class LineGroup:
    """Indexes of lines that belong together, row by row, and whether they form a table."""

    lines: tuple[int, ...]
    is_table: bool = False


def groups_of(lines: Sequence[Line], walls: Sequence[BBox]) -> list[LineGroup]:
    """Group lines.

    Args:
        lines: in any order.
        walls: boxes of regions that no group may enclose.
    """
    boxes = [line.bbox for line in lines]
    done: list[LineGroup] = []
    for band in _row_blocks(boxes, walls):
        flat = [i for row in band for i in row]
        if is_table([lines[i] for i in flat]):
            done.append(LineGroup(tuple(flat), is_table=True))
            continue
        for side in sides_of(flat, lines):
            own = [boxes[i] for i in side]
            for paragraph in _paragraphs(own):
                done.append(LineGroup(tuple(side[j] for j in paragraph)))
    return done


def is_table(lines: Sequence[Line]) -> bool:
    """Whether lines form rows of at least three aligned columns, a quarter of them with digits."""
    if len(lines) < 6:
        return False
    boxes = [line.bbox for line in lines]
    columns = order.bands(boxes)
    if len(columns) < 3:
        return False
    if any(_repeats(first, other, lines) for first, other in pairwise(columns[::2])):
        return False
    full = [row for row in order.rows(boxes) if len(row) >= 3]
    if len(full) < 2 or sum(map(len, full)) < _PAIRED * len(lines):
        return False
    height = _median([box[3] - box[1] for box in boxes])
    prose = sum(
        len(column) >= 3 and _median([_width(boxes[i]) for i in column]) > _PROSE_WIDTH * height
        for column in columns
    )
    figures = sum(any(char.isdigit() for char in line.text) for line in lines)
    return prose <= 1 and figures >= 0.25 * len(lines)


def _row_blocks(boxes: Sequence[BBox], walls: Sequence[BBox]) -> list[list[list[int]]]:
    """Group rows that follow each other closely into blocks."""
    blocks: list[list[list[int]]] = []
    for row in order.rows(boxes):
        if blocks:
            last = blocks[-1][-1]
            upper, lower = union(boxes[i] for i in last), union(boxes[i] for i in row)
            size = _median([boxes[i][3] - boxes[i][1] for i in (*last, *row)])
            both = len(last) > 1 and len(row) > 1
            leading = (_MAX_ROW_LEADING if both else _MAX_LEADING) * size
            grown = union([upper, lower])
            blocked = any(intersection_area(grown, wall) > 0.3 * area(wall) for wall in walls)
            if lower[1] - upper[3] <= leading and not blocked:
                blocks[-1].append(row)
                continue
        blocks.append([row])
    return blocks


def sides_of(positions: Sequence[int], lines: Sequence[Line]) -> list[list[int]]:
    """Split lines into columns in reading order; columns of labels and values remain together."""
    boxes = [line.bbox for line in lines]
    columns = [[positions[j] for j in band] for band in order.bands([boxes[i] for i in positions])]
    sides: list[list[int]] = []
    for column in columns:
        pairs = bool(sides) and _are_pairs(sides[-1], column, boxes)
        if pairs and not _repeats(sides[-1], column, lines):
            sides[-1] = sides[-1] + column
        else:
            sides.append(column)
    return sides


def are_rows(left: Sequence[int], right: Sequence[int], lines: Sequence[Line]) -> bool:
    """Whether two blocks are the two columns of one list: items and prices, keys and values.

    The rule is stricter than for loose lines. The lines of address blocks side by side are aligned
    too, so the right column must consist of figures, or the left one of labels with colons.
    """
    boxes = [line.bbox for line in lines]
    alone = min(len(left), len(right)) < 2
    if alone and not (len(left) == len(right) and lines[left[0]].text.endswith(":")):
        return False
    if _repeats(left, right, lines):
        return False
    if not (_are_pairs(left, right, boxes) and _are_pairs(right, left, boxes)):
        return False
    figures = sum(any(map(str.isdigit, lines[i].text)) for i in right)
    labels = sum(lines[i].text.endswith(":") for i in left)
    return figures >= _PAIRED * len(right) or labels >= _PAIRED * len(left)


def _repeats(left: Sequence[int], right: Sequence[int], lines: Sequence[Line]) -> bool:
    """Whether a column is a second list with the same labels as the first: payer and payee."""
    labels = {lines[i].text.casefold().strip(" :.") for i in left}
    own = [lines[i].text.casefold().strip(" :.") for i in right]
    same = sum(text in labels and any(map(str.isalpha, text)) for text in own)
    return same >= 3 and same >= 0.5 * len(own)


def _are_pairs(left: Sequence[int], right: Sequence[int], boxes: Sequence[BBox]) -> bool:
    """Whether two columns are labels and values: most right lines align with a left line."""
    height = _median([boxes[i][3] - boxes[i][1] for i in (*left, *right)])
    if all(
        len(side) >= 3 and _median([_width(boxes[i]) for i in side]) > _PROSE_WIDTH * height
        for side in (left, right)
    ):
        return False
    middles = [(boxes[i][1] + boxes[i][3]) / 2 for i in left]
    paired = sum(
        min(abs((boxes[i][1] + boxes[i][3]) / 2 - middle) for middle in middles) < 0.35 * height
        for i in right
    )
    return paired >= _PAIRED * len(right)


def _paragraphs(boxes: Sequence[BBox]) -> list[list[int]]:
    """Group rows that follow each other closely and have similar heights."""
    done: list[list[int]] = []
    for row in order.rows(boxes):
        if done and _continues(boxes[done[-1][-1]], [boxes[i] for i in row]):
            done[-1] += row
        else:
            done.append(list(row))
    return done


def _continues(upper: BBox, row: Sequence[BBox]) -> bool:
    high, low = upper[3] - upper[1], _median([box[3] - box[1] for box in row])
    size = min(high, low)
    gap = min(box[1] for box in row) - upper[3]
    leading = _MAX_ROW_LEADING if len(row) > 1 else _MAX_LEADING
    return max(high, low) <= _HEIGHT_RATIO * size and gap <= leading * size


def _width(bbox: BBox) -> float:
    return bbox[2] - bbox[0]


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
