"""Tables of a page made whole: label columns and head rows that layout models leave outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from engine.core.geometry import area, intersection_area, union
from engine.core.schema import BBox, Line
from engine.ocr import order
from engine.ocr.blocks import Block, line_height

# A grid has this many rows of this many texts or more.
_ROWS: Final = 5
_TEXTS: Final = 4
# A column beside a table has this share of its lines on the table's rows: their middles differ by
# less than this share of a line's height.
_ALIGNED: Final = 0.7
_LEVEL: Final = 0.3
_LEAST_LINES: Final = 4
# Lines of prose are wider than this many heights.
_PROSE: Final = 14.0
# A head row is no further above its table than this many heights of a line.
_ABOVE: Final = 2.0
# A block lies in a table with this share of its area.
_INSIDE: Final = 0.6
# A title has larger print than its table by this factor.
_LARGER: Final = 1.35
_ABSORBED: Final = ("Text", "Page-header", "Section-header", "List-item", "Caption", "Footnote")


def is_grid(boxes: Sequence[BBox]) -> bool:
    """Whether texts form many rows of many columns, as in no picture."""
    if len(boxes) < _ROWS * _TEXTS:
        return False
    return sum(len(row) >= _TEXTS for row in order.rows(boxes)) >= _ROWS


def whole_tables(blocks: Sequence[Block], lines: Sequence[Line]) -> list[Block]:
    """Add to each table the blocks that are columns beside it, or rows of its head."""
    done = list(blocks)
    for table in sorted(
        (block for block in blocks if block.category == "Table"), key=lambda one: -len(one.lines)
    ):
        if table not in done:
            continue
        grown, grew = table, True
        while grew:
            grew = False
            heads = _head_rows(grown, done, lines)
            for other in done:
                if other is grown or other.category not in (*_ABSORBED, "Table"):
                    continue
                if (
                    other in heads
                    or _is_column(grown, other, lines)
                    or (other.category in _ABSORBED and _is_inside(grown, other))
                ):
                    joined = _joined(grown, other, lines)
                    done = [one for one in done if one is not grown and one is not other]
                    done.append(joined)
                    grown, grew = joined, True
                    break
    return [
        part
        for block in done
        for part in (_without_title(block, lines) if block.category == "Table" else [block])
    ]


def _without_title(table: Block, lines: Sequence[Line]) -> list[Block]:
    """Cut a line of larger print off the top of a table: its title."""
    rows = order.rows([lines[i].bbox for i in table.lines])
    height = line_height(table, lines)
    if len(rows) < _ROWS or len(rows[0]) > 1:
        return [table]
    first = table.lines[rows[0][0]]
    bbox = lines[first].bbox
    if bbox[3] - bbox[1] < _LARGER * height:
        return [table]
    rest = tuple(i for i in table.lines if i != first)
    top = max(table.bbox[1], min(bbox[3], min(lines[i].bbox[1] for i in rest)))
    below = (table.bbox[0], top, table.bbox[2], table.bbox[3])
    return [Block(bbox, "Text", (first,)), replace(table, bbox=below, lines=rest)]


def _joined(table: Block, other: Block, lines: Sequence[Line]) -> Block:
    own = (*table.lines, *other.lines)
    ordered = tuple(own[j] for row in order.rows([lines[i].bbox for i in own]) for j in row)
    return replace(table, bbox=union([table.bbox, other.bbox]), lines=ordered)


def _is_inside(table: Block, other: Block) -> bool:
    shared = intersection_area(table.bbox, other.bbox)
    return bool(other.lines) and shared >= _INSIDE * max(1.0, area(other.bbox))


def _is_column(table: Block, other: Block, lines: Sequence[Line]) -> bool:
    """Whether a block beside a table has its lines on the table's rows, and no prose."""
    if len(other.lines) < _LEAST_LINES or len(table.lines) < _LEAST_LINES:
        return False
    beside = other.bbox[2] <= table.bbox[0] + 0.1 * (table.bbox[2] - table.bbox[0]) or (
        other.bbox[0] >= table.bbox[2] - 0.1 * (table.bbox[2] - table.bbox[0])
    )
    height = line_height(table, lines)
    widths = sorted(lines[i].bbox[2] - lines[i].bbox[0] for i in other.lines)
    if not beside or widths[len(widths) // 2] > _PROSE * height:
        return False
    # The nearest cell of the row; a slope that is left moves all lines of a column alike.
    steps = []
    for i in other.lines:
        box = lines[i].bbox
        nearest = min(
            table.lines,
            key=lambda j: (
                abs(_middle(lines[j].bbox) - _middle(box)) > height,
                min(abs(lines[j].bbox[0] - box[2]), abs(box[0] - lines[j].bbox[2])),
            ),
        )
        steps.append(_middle(lines[nearest].bbox) - _middle(box))
    usual = sorted(steps)[len(steps) // 2]
    aligned = sum(abs(step - usual) < _LEVEL * height for step in steps)
    return abs(usual) < 2 * _LEVEL * height and aligned >= _ALIGNED * len(steps)


def _head_rows(table: Block, blocks: Sequence[Block], lines: Sequence[Line]) -> list[Block]:
    """Blocks of one line that together form a row of several texts just above a table."""
    height = line_height(table, lines)
    left, top, right, _ = union(lines[i].bbox for i in table.lines) if table.lines else table.bbox
    near = [
        block
        for block in blocks
        if block.category in _ABSORBED
        and len(block.lines) == 1
        and left - height <= block.bbox[0]
        and block.bbox[2] <= right + height
        and -height < top - block.bbox[3] <= _ABOVE * height
        and block.bbox[3] - block.bbox[1] < 1.6 * height
    ]
    rows = order.rows([block.bbox for block in near])
    return [near[i] for row in rows if len(row) > 1 for i in row]


def _middle(bbox: BBox) -> float:
    return (bbox[1] + bbox[3]) / 2
