"""Outlines of the size of a line of print: squares and rings, ticked or not.

A square is two level strokes of equal length above each other whose ends are joined by upright
strokes, or a closed shape that is square by its outer edge; a tick that crosses the outline does
not hide it. A ring is a round hole, or a round shape with holes. Boxes are in pixels of the mask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engine.core.geometry import intersection_area
from engine.core.schema import BBox

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.ocr.marks.ink import Ink, Mask

# Sides of a box, in heights of a usual line's box; capitals have 0.55.
_SIDES: Final = (0.6, 1.7)
# Most difference of width and height, and of two strokes' ends, in sides.
_ASPECT: Final = 0.22
_OFF: Final = 0.2
# Least part of an upright side that is ink.
_CLOSED: Final = 0.8
# A column of an upright side: at least this part of it is ink, also where the side leans.
_INKED: Final = 0.3
# A ring: its area to that of its box (a disc: 0.785), and its outline's roundness (a disc: 1).
_DISC: Final = (0.7, 0.86)
_ROUND: Final = 0.85
# A square fills the smallest box around it; one with more ink than this may be a filled box or a
# bullet.
_FULL: Final = 0.91
_DENSE: Final = 0.55
# On a photo it leans, and fills its upright box less.
_LEANING: Final = 0.87
# An outline is thinner than this, in sides; strokes of bold letters are not.
_THICK: Final = 0.2
# Part of a side at each corner of a square in which there is ink; a round letter has none there.
_CORNER: Final = 0.13
# An upright stroke of the same height within this many sides is the next cell's.
_BESIDE: Final = 0.35


@dataclass(frozen=True, slots=True)
class Outline:
    """An outline in pixels of the mask. stroke: its thickness; is_solid: it is all ink.
    closed: least part of an upright side that is ink, 0 to 1."""

    bbox: BBox
    is_round: bool
    stroke: float
    is_solid: bool = False
    closed: float = 1.0

    @property
    def side(self) -> float:
        return (self.bbox[2] - self.bbox[0] + self.bbox[3] - self.bbox[1]) / 2


def find_outlines(ink: Ink) -> list[Outline]:
    """All outlines of the page, each once."""
    return _without_doubles([*_squares(ink), *_rings(ink), *_shapes(ink)])


def _squares(ink: Ink) -> list[Outline]:
    low, high = (side * ink.unit for side in _SIDES)
    # An outline that is not quite level stays in one piece if strokes are a pixel thicker.
    thick = cv2.dilate(ink.mask, np.ones((2, 1), np.uint8), anchor=(0, 0))
    run = cv2.getStructuringElement(cv2.MORPH_RECT, (max(5, round(0.8 * low)), 1))
    level = cv2.morphologyEx(thick, cv2.MORPH_OPEN, run)
    _, _, stats, _ = cv2.connectedComponentsWithStats(level, connectivity=8)
    strokes = [
        (x, y, x + width, y + height)
        for x, y, width, height, _ in stats[1:].tolist()
        if low <= width <= 1.25 * high and height <= max(4.0, 0.35 * width)
    ]
    strokes.sort(key=lambda stroke: stroke[1])
    found = []
    for at, top in enumerate(strokes):
        for bottom in strokes[at + 1 :]:
            if bottom[1] - top[1] > 1.3 * high:
                break
            outline = _square(top, bottom, ink.mask, low, high)
            if outline is not None:
                found.append(outline)
    return found


def _square(
    top: Sequence[int], bottom: Sequence[int], mask: Mask, low: float, high: float
) -> Outline | None:
    """The square between two level strokes whose ends are joined by upright ones, or None."""
    height = bottom[3] - top[1]
    if not low <= height <= high:
        return None
    reach = max(2, round(0.12 * height))
    # A tick that crosses a corner lengthens a stroke, so the sides are searched between the ends.
    left = _upright(mask, top, bottom, min(top[0], bottom[0]), max(top[0], bottom[0]), reach, -1)
    right = _upright(mask, top, bottom, min(top[2], bottom[2]), max(top[2], bottom[2]), reach, 1)
    if left is None or right is None:
        return None
    (x0, closed_left), (x1, closed_right) = left, right
    width = x1 + 1 - x0
    side = max(width, height)
    if not low <= side <= high or abs(width - height) > _ASPECT * side:
        return None
    shared = min(top[2], bottom[2]) - max(top[0], bottom[0])
    if shared < (1 - 2 * _OFF) * side:
        return None
    corner = max(3, round(_CORNER * side))
    for x in (x0, x1 + 1 - corner):
        for y in (top[1], bottom[3] - corner):
            if not mask[max(0, y) : y + corner, max(0, x) : x + corner].any():
                return None
    stroke = max(1.0, (top[3] - top[1] + bottom[3] - bottom[1]) / 2 - 1)
    if stroke > _THICK * side or _has_cell_beside(mask, x0, top[1], x1, bottom[3]):
        return None
    bbox = (float(x0), float(top[1]), float(x1 + 1), float(bottom[3]))
    return Outline(bbox, False, stroke, closed=min(closed_left, closed_right))


def _upright(
    mask: Mask,
    top: Sequence[int],
    bottom: Sequence[int],
    first: int,
    last: int,
    reach: int,
    outward: int,
) -> tuple[int, float] | None:
    """(outer column, closed part) of the upright stroke near the ends of two level ones, or None.

    Outward is -1 for the left side and 1 for the right one.
    The flank of a round or slanted letter is none: no column of it is ink over most of the height.
    """
    start = max(0, first - reach)
    band = mask[top[1] : bottom[3], start : last + reach + 1]
    if band.shape[1] < 2:
        return None
    # The stroke may lean by a pixel or two: columns are taken by threes.
    wide = cv2.dilate(band, np.ones((1, 3), np.uint8))
    shares = wide.mean(axis=0)
    best = float(shares.max())
    if best < _CLOSED:
        return None
    at = int(np.flatnonzero(shares >= best - 0.02)[0 if outward < 0 else -1])
    # By threes the best column may lie a pixel beside the ink, and a leaning stroke goes on.
    own = band.mean(axis=0)
    while own[at] < _INKED and 0 <= at - outward < len(own):
        at -= outward
    while 0 <= at + outward < len(own) and own[at + outward] >= _INKED:
        at += outward
    return start + at, best


def _has_cell_beside(mask: Mask, x0: int, y0: int, x1: int, y1: int) -> bool:
    """Whether an upright stroke of the same height stands close beside: a comb or a table."""
    far = max(6, round(_BESIDE * (x1 - x0)))
    right = mask[y0:y1, x1 : x1 + far + 1].mean(axis=0)
    left = mask[y0:y1, max(0, x0 - far) : x0 + 1].mean(axis=0)[::-1]
    for shares in (left, right):
        gaps = np.flatnonzero(shares < 0.5)
        if len(gaps) and float(shares[gaps[0] :].max()) > 0.9:
            return True
    return False


def _rings(ink: Ink) -> list[Outline]:
    low, high = (side * ink.unit for side in _SIDES)
    contours, tree = cv2.findContours(ink.mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if tree is None:
        return []
    found = []
    for contour, (_, _, child, parent) in zip(contours, tree[0].tolist(), strict=True):
        x, y, width, height = cv2.boundingRect(contour)
        if not (0.6 * low <= width <= high and 0.6 * low <= height <= high):
            continue
        is_hole = parent >= 0
        # A shape counts only if it has holes: a tick in the ring divides its hole.
        if not is_hole and child < 0:
            continue
        if not _is_disc(contour, width, height):
            if is_hole or not _has_two(tree[0], child):
                continue
            # The tick crosses the ring: what remains are the holes.
            contour = np.concatenate(list(_siblings(contours, tree[0], child)))
            x, y, width, height = cv2.boundingRect(contour)
            if not _is_disc(contour, width, height, in_pieces=True):
                continue
            is_hole = True
        if is_hole:
            stroke = _stroke_around(ink.mask, x, y, width, height)
            if stroke is None:
                continue
            room = stroke
        else:
            stroke, room = max(1.0, 0.08 * width), 0.0
        side = (width + height) / 2 + 2 * room
        if low <= side <= high and stroke <= 0.22 * side:
            bbox = (x - room, y - room, x + width + room, y + height + room)
            found.append(Outline(bbox, True, stroke))
    return found


def _shapes(ink: Ink) -> list[Outline]:
    """Closed shapes that are square by their outer edge, and filled discs."""
    low, high = (side * ink.unit for side in _SIDES)
    contours, _ = cv2.findContours(ink.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found = []
    for contour in contours:
        x, y, width, height = cv2.boundingRect(contour)
        side = max(width, height)
        if not low <= side <= high or abs(width - height) > _ASPECT * side:
            continue
        bbox = (float(x), float(y), float(x + width), float(y + height))
        size = cv2.contourArea(contour)
        shape = size / max(1.0, (width - 1) * (height - 1))
        (_, _), (long, short), _ = cv2.minAreaRect(contour)
        is_full = shape >= _LEANING and size >= _FULL * max(1.0, long * short)
        part = ink.mask[y : y + height, x : x + width]
        middle = part[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4]
        if is_full:
            if _has_cell_beside(ink.mask, x, y, x + width - 1, y + height):
                continue
            is_solid = float(part.mean()) > _DENSE
            found.append(Outline(bbox, False, 0.1 * side, is_solid, closed=0.85))
        elif _DISC[0] <= shape <= _DISC[1] and float(middle.mean()) > 0.97:
            found.append(Outline(bbox, True, 1.0, True))
    return found


def _has_two(tree: NDArray[np.int32], hole: int) -> bool:
    return bool(tree[hole][0] >= 0)


def _siblings(
    contours: Sequence[NDArray[np.int32]], tree: NDArray[np.int32], hole: int
) -> Iterator[NDArray[np.int32]]:
    """The contours of all holes of a shape, beginning with its first one."""
    while hole >= 0:
        yield contours[hole]
        hole = int(tree[hole][0])


def _is_disc(
    contour: NDArray[np.int32], width: int, height: int, *, in_pieces: bool = False
) -> bool:
    if width < 3 or abs(width - height) > 0.13 * max(width, height):
        return False
    hull = cv2.convexHull(contour)
    size, length = cv2.contourArea(hull), cv2.arcLength(hull, True)
    if length == 0:
        return False
    share = size / max(1.0, (width - 1) * (height - 1))
    own = 1.0 if in_pieces else cv2.contourArea(contour) / max(size, 1.0)
    roundness = 4 * np.pi * size / length**2
    return _DISC[0] <= share <= _DISC[1] and roundness >= _ROUND and own > 0.88


def _stroke_around(mask: Mask, x: int, y: int, width: int, height: int) -> float | None:
    """Thickness of the ring around a hole: the runs of ink that begin at its four sides."""
    middle_x, middle_y = x + width // 2, y + height // 2
    far = max(3, round(0.3 * width))
    runs = [
        mask[max(0, y - far) : y + 1, middle_x][::-1],
        mask[y + height - 1 : y + height + far, middle_x],
        mask[middle_y, max(0, x - far) : x + 1][::-1],
        mask[middle_y, x + width - 1 : x + width + far],
    ]
    thick = []
    for run in runs:
        inked = np.flatnonzero(run)
        if not len(inked):
            return None
        after = np.flatnonzero(run[inked[0] :] == 0)
        thick.append(float(after[0]) if len(after) else float(len(run)))
    low, _, _, high = sorted(thick)
    # The stroke of a letter is uneven, or much thicker.
    return float(np.median(thick)) if high <= 2.5 * low + 1 else None


def _without_doubles(found: Sequence[Outline]) -> list[Outline]:
    """Of shapes in each other the best closed one, then the outer one; squares before rings."""
    kept: list[Outline] = []
    for one in sorted(found, key=lambda one: (one.is_round, -round(one.closed, 1), -one.side)):
        if not any(overlaps(one.bbox, other.bbox) for other in kept):
            kept.append(one)
    return kept


def overlaps(one: BBox, other: BBox) -> bool:
    """Whether two boxes share more than half of the smaller one."""
    size = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return intersection_area(one, other) > 0.5 * size
