"""Assignment of lines to the layout model's regions, which gives blocks in reading order.

All boxes are in one frame, in which lines are horizontal (engine.ocr.reader's level frame).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.core.geometry import area, intersection_area, union
from engine.core.schema import BBox, Line
from engine.ocr import order
from engine.ocr.blocks import Block
from engine.ocr.labels import labelled
from engine.ocr.layout_model import DetectedRegion
from engine.ocr.paragraphs import are_rows, groups_of, is_table, sides_of
from engine.ocr.tables.whole import is_grid, whole_tables

# If this fraction of a box lies in another box, it is a duplicate or a part of that region.
_SAME = 0.7
# A line belongs to a region that covers at least this fraction of it.
_INSIDE = 0.5
# If text lines cover more than this fraction of a "picture", it is misclassified text.
_TEXT_SHARE = 0.2
# Page headers and footers lie in this fraction of the page at its top and bottom.
_EDGE = 0.12
_SURE_PICTURE = 0.7
_PLACE_IN_ORDER = {"Page-header": 0, "Page-footer": 2}
_TEXTLESS = frozenset({"Picture", "Table", "Formula"})


def blocks(lines: Sequence[Line], found: Sequence[DetectedRegion], *, height: float) -> list[Block]:
    """Build blocks in reading order; every line is in exactly one of them.

    Args:
        lines: in any order.
        found: the layout model's regions, in any order; may be empty or overlap.
        height: of the page in the frame of the boxes, pixels.
    """
    likely = [region for region in found if not _is_misplaced(region, height)]
    kept = [one for one in _without_doubles(likely) if not _is_text_after_all(one, lines)]
    members: list[list[int]] = [[] for _ in kept]
    left: list[int] = []
    for i, line in enumerate(lines):
        home = _home(line.bbox, kept)
        (left if home is None else members[home]).append(i)
    done = []
    for region, own in zip(kept, members, strict=True):
        if not own and region.category not in _TEXTLESS:
            continue
        boxes = [lines[i].bbox for i in own]
        bbox = union([region.bbox, *boxes]) if region.category in _TEXTLESS else union(boxes)
        ordered = tuple(own[j] for row in order.rows(boxes) for j in row)
        done.append(Block(bbox, region.category, ordered, region.confidence))
    for group in groups_of([lines[i] for i in left], [block.bbox for block in done]):
        own = [left[j] for j in group.lines]
        bbox = union(lines[i].bbox for i in own)
        done.append(Block(bbox, "Table" if group.is_table else "Text", tuple(own)))
    done = [part for block in done for part in _parted(_relabelled(block, lines), lines)]
    done = whole_tables(_with_rows_joined(done, lines), lines)
    in_order = [done[i] for i in order.columns([block.bbox for block in done])]
    named = labelled(in_order, lines, height=height)
    # A footer below the left column must not precede the right column.
    return sorted(named, key=lambda block: _PLACE_IN_ORDER.get(block.category, 1))


def _home(bbox: BBox, regions: Sequence[DetectedRegion]) -> int | None:
    """The region that covers most of a line; on a tie the smallest one, and a picture last."""
    best, best_rank = None, (0.0, False, 0.0)
    for i, region in enumerate(regions):
        share = intersection_area(bbox, region.bbox) / max(area(bbox), 1.0)
        if share < _INSIDE:
            continue
        rank = (round(share, 1), region.category != "Picture", -area(region.bbox))
        if best is None or rank > best_rank:
            best, best_rank = i, rank
    return best


def _without_doubles(found: Sequence[DetectedRegion]) -> list[DetectedRegion]:
    """Remove overlapping regions (non-maximum suppression with priorities).

    A table suppresses the regions in it, and a picture at the same place. Of other overlapping
    regions, the one with the higher confidence remains, and a picture yields to any.
    """
    kept: list[DetectedRegion] = []
    rank = {"Table": 0, "Picture": 2}
    for region in sorted(found, key=lambda one: (rank.get(one.category, 1), -one.confidence)):
        if not any(_clash(region, other) for other in kept):
            kept.append(region)
    return kept


def _clash(region: DetectedRegion, other: DetectedRegion) -> bool:
    shared = intersection_area(region.bbox, other.bbox)
    return shared >= _SAME * max(1.0, min(area(region.bbox), area(other.bbox)))


def _is_misplaced(region: DetectedRegion, height: float) -> bool:
    """Whether a page header or footer is not at the page's edge: the model finds some in gaps."""
    if region.category == "Page-header":
        return region.bbox[1] > _EDGE * height
    return region.category == "Page-footer" and region.bbox[3] < (1 - _EDGE) * height


def _is_text_after_all(region: DetectedRegion, lines: Sequence[Line]) -> bool:
    """Whether a "picture" is text: it holds many lines, or lines of several words."""
    if region.category != "Picture":
        return False
    own = [
        line
        for line in lines
        if intersection_area(line.bbox, region.bbox) > _INSIDE * area(line.bbox)
    ]
    covered = sum(area(line.bbox) for line in own)
    sentences = sum(len(line.words) >= 4 for line in own)
    # The model's confidence is high for a chart, and low for text that it mistakes for a picture.
    doubted = len(own) >= 4 and region.confidence < _SURE_PICTURE
    if doubted or covered > _TEXT_SHARE * area(region.bbox) or sentences >= 5:
        return True
    return is_grid([line.bbox for line in own])


def _relabelled(block: Block, lines: Sequence[Line]) -> Block:
    """Relabel a text block with rows and columns of figures as a table."""
    if block.category == "Text" and is_table([lines[i] for i in block.lines]):
        return replace(block, category="Table")
    return block


def _parted(block: Block, lines: Sequence[Line]) -> list[Block]:
    """Split a text block that holds two lists side by side."""
    if block.category != "Text":
        return [block]
    sides = sides_of(block.lines, lines)
    if len(sides) < 2:
        return [block]
    parts = []
    for side in sides:
        boxes = [lines[i].bbox for i in side]
        own = tuple(side[j] for row in order.rows(boxes) for j in row)
        parts.append(Block(union(boxes), block.category, own, block.confidence))
    return parts


def _with_rows_joined(blocks: Sequence[Block], lines: Sequence[Line]) -> list[Block]:
    """Merge text blocks that are two columns of one list into one block, ordered row by row."""
    rest = sorted(blocks, key=lambda block: block.bbox[0])
    done: list[Block] = []
    while rest:
        block = rest.pop(0)
        for position, other in enumerate(rest):
            if block.category != "Text" or other.category != "Text":
                continue
            if other.bbox[0] > block.bbox[2] and are_rows(block.lines, other.lines, lines):
                own = (*block.lines, *other.lines)
                boxes = [lines[i].bbox for i in own]
                ordered = tuple(own[j] for row in order.rows(boxes) for j in row)
                rest[position] = Block(union(boxes), "Text", ordered, block.confidence)
                break
        else:
            done.append(block)
    return done
