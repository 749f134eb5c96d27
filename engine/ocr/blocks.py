"""Block: an intermediate region during layout analysis, with the indexes of its lines."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.geometry import union
from engine.core.schema import BBox, Line
from engine.ocr import order


@dataclass(frozen=True, slots=True)
class Block:
    """A region of a page.

    Attributes:
        bbox: in the frame of its lines.
        category: one of engine.core.schema.CATEGORIES.
        lines: indexes into the page's lines, in reading order.
        confidence: 0 to 1, from the layout model; 1 for a block built from lines alone.
    """

    bbox: BBox
    category: str
    lines: tuple[int, ...]
    confidence: float = 1.0

    def rows(self, lines: Sequence[Line]) -> list[list[int]]:
        """The block's lines by row, as indexes into the page's lines."""
        own = [lines[i].bbox for i in self.lines]
        return [[self.lines[j] for j in row] for row in order.rows(own)]


def line_height(block: Block, lines: Sequence[Line]) -> float:
    """The usual height of a block's lines in pixels; 0 without lines."""
    heights = sorted(lines[i].bbox[3] - lines[i].bbox[1] for i in block.lines)
    return heights[len(heights) // 2] if heights else 0.0


def cut(
    block: Block, rows: Sequence[Sequence[int]], starts: Sequence[int], lines: Sequence[Line]
) -> list[Block]:
    """Split a block before the rows `starts` (indexes into `rows`, ascending, none of them 0)."""
    edges = [0, *starts, len(rows)]
    parts = []
    for begin, end in itertools.pairwise(edges):
        own = tuple(i for row in rows[begin:end] for i in row)
        bbox = union(lines[i].bbox for i in own)
        parts.append(Block(bbox, block.category, own, block.confidence))
    return parts
