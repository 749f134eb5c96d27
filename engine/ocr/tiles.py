"""Overlapping tiles of a large picture, and the merging of lines that two tiles have in common."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from engine.core.geometry import area, intersection_area

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.core.schema import BBox, Size
    from engine.ocr.rapid import Quads

Tile: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom in whole pixels

# A box is a copy of another one if that covers this share of it.
_COPY: Final = 0.6
# Two parts of one line share this much of the lower one's height.
_ONE_ROW: Final = 0.6
# Pixels: a box so near to an inner edge of its tile is cut there.
_EDGE: Final = 2.0


def tiles_of(size: Size, side: int, overlap: int) -> Iterator[Tile]:
    """Cover a picture with equal tiles of at most `side` pixels that share at least `overlap`."""
    width, height = size
    for top, bottom in _spans(height, side, overlap):
        for left, right in _spans(width, side, overlap):
            yield left, top, right, bottom


def _spans(length: int, side: int, overlap: int) -> list[tuple[int, int]]:
    if length <= side:
        return [(0, length)]
    count = math.ceil((length - overlap) / (side - overlap))
    starts = [round(i * (length - side) / (count - 1)) for i in range(count)]
    return [(start, start + side) for start in starts]


def merged(found: Sequence[tuple[Tile, Quads]], size: Size) -> Quads:
    """Merge the lines of all tiles: each line of the picture once, and whole.

    A line that ends at an edge between two tiles is joined with its other part. A line that such an
    edge cuts lengthwise is left out, because the next tile has it whole.

    Args:
        found: each tile and its lines; (N, 4, 2) corners, clockwise from the top left, in pixels of
            the picture.
        size: (width, height) of the picture in pixels.
    """
    lines: list[NDArray[np.float32]] = []
    boxes: list[BBox] = []
    for tile, quads in found:
        for quad in quads:
            if _is_sliced(quad, tile, size):
                continue
            line = quad
            # The joined line may overlap with further parts.
            while (place := _other_part(_bounds(line), boxes)) is not None:
                line = _joined(lines.pop(place), line)
                boxes.pop(place)
            lines.append(line)
            boxes.append(_bounds(line))
    return np.array(lines, np.float32).reshape(-1, 4, 2)


def _is_sliced(quad: NDArray[np.float32], tile: Tile, size: Size) -> bool:
    """Whether an inner edge of the tile cuts the line lengthwise."""
    x0, y0, x1, y1 = _bounds(quad)
    left, top, right, bottom = tile
    at_side = (left > 0 and x0 <= left + _EDGE) or (right < size[0] and x1 >= right - _EDGE)
    at_end = (top > 0 and y0 <= top + _EDGE) or (bottom < size[1] and y1 >= bottom - _EDGE)
    return at_end if x1 - x0 >= y1 - y0 else at_side


def _other_part(bbox: BBox, boxes: Sequence[BBox]) -> int | None:
    """The place of a box that is a copy of this one or another part of its line."""
    for place, other in enumerate(boxes):
        shared = intersection_area(bbox, other)
        if shared <= 0:
            continue
        if shared >= _COPY * min(area(bbox), area(other)):
            return place
        tall = bbox[3] - bbox[1] > bbox[2] - bbox[0]
        low, high = (0, 2) if tall else (1, 3)
        across = min(bbox[high], other[high]) - max(bbox[low], other[low])
        if across >= _ONE_ROW * min(bbox[high] - bbox[low], other[high] - other[low]):
            return place
    return None


def _joined(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """The line from the start of one part to the end of the other."""
    x0, y0, x1, y1 = _bounds(np.concatenate([a, b]))
    if y1 - y0 > x1 - x0:
        upper = a if a[:2, 1].mean() <= b[:2, 1].mean() else b
        lower = a if a[2:, 1].mean() > b[2:, 1].mean() else b
        return np.stack([upper[0], upper[1], lower[2], lower[3]])
    first = a if a[[0, 3], 0].mean() <= b[[0, 3], 0].mean() else b
    last = a if a[[1, 2], 0].mean() > b[[1, 2], 0].mean() else b
    return np.stack([first[0], last[1], last[2], first[3]])


def _bounds(quad: NDArray[np.float32]) -> BBox:
    (x0, y0), (x1, y1) = quad.min(axis=0).tolist(), quad.max(axis=0).tolist()
    return (x0, y0, x1, y1)
