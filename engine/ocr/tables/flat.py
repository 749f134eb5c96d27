"""A flat view of a table: rows run along x and columns along y, also on photos taken at a slant.

Perspective gives every row and column a slope of its own, which changes evenly over the page. The
two slopes of each direction are those that gather the boxes of the words into the sharpest rows and
columns (projection profiles, as Postl's for skew).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Picture = NDArray[np.uint8]

# The steepest slope that is looked for, and the largest change of a slope over the table.
_STEEPEST: Final = 0.06
_CHANGE: Final = 0.12
# A change of this much over the table's side is not looked for: it moves nothing by a pixel.
_STEPS: Final = 9
_ROUNDS: Final = 4
# A bin of a projection profile in heights of a word.
_BIN: Final = 0.2
# What a slope must gain on a straight profile.
_GAIN: Final = 1.03


@dataclass(frozen=True, slots=True)
class FlatFrame:
    """The mapping between a picture and its flat view.

    Attributes:
        middle: (x, y) that stays in its place.
        rows: slope dy/dx of the row through `middle`, and its change per pixel of y.
        columns: slope dx/dy of the column through `middle`, and its change per pixel of x.
    """

    middle: tuple[float, float]
    rows: tuple[float, float]
    columns: tuple[float, float]

    def to_flat(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Map points of the picture to the flat view."""
        dx, dy = x - self.middle[0], y - self.middle[1]
        v = (dy - self.rows[0] * dx) / (1.0 + self.rows[1] * dx)
        u = (dx - self.columns[0] * dy) / (1.0 + self.columns[1] * dy)
        return u + self.middle[0], v + self.middle[1]

    def to_picture(self, u: Array, v: Array) -> tuple[Array, Array]:
        """Map points of the flat view to the picture; the inverse of `to_flat`."""
        du, dv = u - self.middle[0], v - self.middle[1]
        a, b = self.rows[0] + self.rows[1] * dv, self.columns[0] + self.columns[1] * du
        # dy = dv + a dx and dx = du + b dy
        dx = (du + b * dv) / (1.0 - a * b)
        return dx + self.middle[0], dv + a * dx + self.middle[1]

    def flat_boxes(self, boxes: Array) -> Array:
        """Map (n, 4) boxes of words; their middle line is mapped and the height stays."""
        half = (boxes[:, 3] - boxes[:, 1]) / 2
        middle = (boxes[:, 1] + boxes[:, 3]) / 2
        left, v_left = self.to_flat(boxes[:, 0], middle)
        right, v_right = self.to_flat(boxes[:, 2], middle)
        v = (v_left + v_right) / 2
        return np.stack([left, v - half, right, v + half], axis=1)

    def flat_picture(self, grey: Picture, box: tuple[int, int, int, int]) -> Picture:
        """Return the part of the flat view in `box` (flat pixels) of a grey picture."""
        import cv2

        u, v = np.meshgrid(
            np.arange(box[0], box[2], dtype=np.float64), np.arange(box[1], box[3], dtype=np.float64)
        )
        x, y = self.to_picture(u, v)
        flat = cv2.remap(
            grey,
            x.astype(np.float32),
            y.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(flat, np.uint8)


def flat_frame(boxes: Array) -> FlatFrame:
    """Find the flat view of a table from the (n, 4) boxes of its words."""
    height = float(np.median(boxes[:, 3] - boxes[:, 1]))
    x = (boxes[:, 0] + boxes[:, 2]) / 2
    y = (boxes[:, 1] + boxes[:, 3]) / 2
    middle = (float(x.mean()), float(y.mean()))
    dx, dy = x - middle[0], y - middle[1]
    bin_size = max(1.0, _BIN * height)
    rows = _slopes([(dy, dx)], bin_size)
    left, right = boxes[:, 0] - middle[0], boxes[:, 2] - middle[0]
    columns = _slopes([(left, dy), (right, dy)], bin_size)
    return FlatFrame(middle, rows, columns)


def _slopes(points: list[tuple[Array, Array]], bin_size: float) -> tuple[float, float]:
    """The slope and its change that give the sharpest profile of `across` over `along`."""
    reach = max(float(np.ptp(across)) for across, _ in points)
    if reach <= 0.0:
        return (0.0, 0.0)

    def sharpness(slope: float, change: float) -> float:
        total = 0.0
        for across, along in points:
            at = (across - slope * along) / (1.0 + change * along / reach)
            total += _sharpness(at, bin_size)
        return total

    best, wide, wide_change = (0.0, 0.0), _STEEPEST, _CHANGE
    straight = score = sharpness(0.0, 0.0)
    for _ in range(_ROUNDS):
        centre = best
        for slope in np.linspace(centre[0] - wide, centre[0] + wide, _STEPS):
            for change in np.linspace(centre[1] - wide_change, centre[1] + wide_change, _STEPS):
                found = sharpness(float(slope), float(change))
                if found > score:
                    best, score = (float(slope), float(change)), found
        wide, wide_change = wide * 0.35, wide_change * 0.35
    if score < _GAIN * straight:
        return (0.0, 0.0)
    return (best[0], best[1] / reach)


def _sharpness(at: Array, bin_size: float) -> float:
    """Sum of the squares of the profile, smoothed over neighbouring bins."""
    place = (at - at.min()) / bin_size
    lower = np.floor(place).astype(np.int64)
    share = place - lower
    counts = np.bincount(lower, 1.0 - share, minlength=int(lower.max()) + 2)
    counts += np.bincount(lower + 1, share, minlength=len(counts))
    return float((counts**2).sum())
