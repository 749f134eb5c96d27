"""Evidence hits: whether predicted boxes point at the place where the answer is printed.

An evidence hit: one predicted box, or up to five together, covers at least half of a true box and
at most 15% of the page. Neither a corner of the place nor the whole page is a hit.
"""

import itertools
from collections.abc import Sequence
from typing import Final

from engine.core.geometry import area, intersection_area
from engine.core.schema import BBox, Size

MAX_EVIDENCE_BOXES: Final = 5
MAX_EVIDENCE_SHARE: Final = 0.15
MIN_EVIDENCE_COVER: Final = 0.5


def scaled(bbox: BBox, *, from_size: Size, to_size: Size) -> BBox:
    """Scale a box from a page of from_size (width, height) to the page at to_size; not clipped."""
    scale_x, scale_y = to_size[0] / from_size[0], to_size[1] / from_size[1]
    return (bbox[0] * scale_x, bbox[1] * scale_y, bbox[2] * scale_x, bbox[3] * scale_y)


def covered_share(target: BBox, boxes: Sequence[BBox]) -> float:
    """Return the fraction of a box that the union of other boxes covers, 0 to 1."""
    if area(target) == 0:
        return 0.0
    xs = sorted({target[0], target[2], *(x for box in boxes for x in (box[0], box[2]))})
    ys = sorted({target[1], target[3], *(y for box in boxes for y in (box[1], box[3]))})
    # All edges form a grid; each of its cells is covered entirely or not at all.
    covered = sum(
        intersection_area(target, cell)
        for x0, x1 in itertools.pairwise(xs)
        for y0, y1 in itertools.pairwise(ys)
        if any(intersection_area(cell := (x0, y0, x1, y1), box) > 0 for box in boxes)
    )
    return covered / area(target)


def evidence_hit(
    boxes: Sequence[BBox], truths: Sequence[BBox], *, boxes_size: Size, truths_size: Size
) -> bool:
    """Whether predicted boxes point at one of the true ones.

    Args:
        boxes: pixels of a page of boxes_size (width, height); only the first five count.
        truths: pixels of the same page at truths_size.
    """
    first = boxes[:MAX_EVIDENCE_BOXES]
    at_truth = [scaled(box, from_size=boxes_size, to_size=truths_size) for box in first]
    most = MAX_EVIDENCE_SHARE * truths_size[0] * truths_size[1]
    small = [box for box in at_truth if 0 < area(box) <= most]
    together = small if sum(map(area, small)) <= most else []
    return any(
        any(covered_share(truth, [box]) >= MIN_EVIDENCE_COVER for box in small)
        or covered_share(truth, together) >= MIN_EVIDENCE_COVER
        for truth in truths
    )
