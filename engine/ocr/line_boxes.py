"""Boxes of lines, fitted to the height of their print.

The detector looks at a reduced copy, in which its boxes are never lower than about 20 pixels. Small
print fills a third of such a box, its recogniser gets letters of a third of the usual size, and
decimal points are lost. The rows of ink in the picture itself say where the print is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.ocr.rapid import quad_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]  # (height, width, 3), RGB
    Grey = NDArray[np.uint8]  # (height, width)
    Quads = NDArray[np.float32]  # (N, 4, 2): x, y of the corners, clockwise from top left

# A box whose print has more than this share of its height is left as it is.
_FULL: Final = 0.6
# Room that is left above and below the print, as a share of its height.
_ROOM: Final = 0.2
# Grey values of 255 by which the darkest (or lightest) print differs from its paper at least.
_LEAST_CONTRAST: Final = 30.0
# Ink differs from the paper by this share of the strongest difference.
_INK: Final = 0.35
# A row of print has this share of the ink of the densest row.
_ROW: Final = 0.06
# Dots, accents and underlines: lower than this share of the print, and no further away than the
# other share.
_PART: Final = 0.45
_APART: Final = 0.3
_LEAST_HEIGHT: Final = 8
# Columns of a line that are looked at.
_COLUMNS: Final = 240


def fitted(picture: Picture, quads: Quads) -> Quads:
    """The boxes with their upper and lower edges moved to the print where it is much lower.

    Args:
        picture: (height, width, 3), uint8, RGB.
        quads: (N, 4, 2) corners in pixels of the picture, clockwise from the top left of the text.
    """
    import cv2

    if not len(quads):
        return quads
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    return np.stack([_fitted(grey, quad) for quad in quads])


def _fitted(grey: Grey, quad: NDArray[np.float32]) -> NDArray[np.float32]:
    width, height = quad_size(quad)
    if height < _LEAST_HEIGHT or width < height:
        return quad
    rows = _rows_of_ink(_sampled(grey, quad, round(width), round(height)))
    band = _band(rows)
    if band is None or band[1] - band[0] >= _FULL * len(rows):
        return quad
    room = _ROOM * (band[1] - band[0]) + 1
    top = max(0.0, band[0] - room) / len(rows)
    bottom = min(float(len(rows)), band[1] + room) / len(rows)
    left, right = quad[3] - quad[0], quad[2] - quad[1]
    corners = (
        quad[0] + left * top,
        quad[1] + right * top,
        quad[1] + right * bottom,
        quad[0] + left * bottom,
    )
    return np.stack(corners).astype(np.float32)


def _sampled(grey: Grey, quad: NDArray[np.float32], width: int, height: int) -> Grey:
    """The line's picture with all its rows and as many of its columns as show where ink is."""
    import cv2

    size = (min(width, _COLUMNS), height)
    corners = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), corners)
    line = cv2.warpPerspective(grey, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(line, np.uint8)


def _rows_of_ink(line: Grey) -> NDArray[np.float64]:
    """Pixels of ink in each row of a line's picture."""
    difference = np.abs(line.astype(np.float32) - np.median(line))
    strongest = np.percentile(difference, 99.5)
    if strongest < _LEAST_CONTRAST:
        return np.zeros(len(line))
    return np.asarray((difference > _INK * strongest).sum(axis=1), np.float64)


def _band(rows: NDArray[np.float64]) -> tuple[int, int] | None:
    """(first row, row after the last) of the print, with its dots and accents; None without ink."""
    runs = _runs(rows > max(1.0, _ROW * rows.max()))
    if not runs:
        return None
    middle = len(rows) / 2

    def weight(run: tuple[int, int]) -> float:
        # The root: a ruled line has much ink in few rows.
        away = abs((run[0] + run[1]) / 2 - middle) / len(rows)
        return float(np.sqrt(rows[run[0] : run[1]]).sum()) * (1 - away)

    main = max(range(len(runs)), key=lambda position: weight(runs[position]))
    top, bottom = runs[main]
    print_height = bottom - top
    for first, after in reversed(runs[:main]):
        if not _belongs(after - first, top - after, print_height):
            break
        top = first
    for first, after in runs[main + 1 :]:
        if not _belongs(after - first, first - bottom, print_height):
            break
        bottom = after
    return top, bottom


def _belongs(height: int, gap: int, print_height: int) -> bool:
    """Whether a run of rows is a part of the print below or above it."""
    return gap <= _APART * print_height and height < _PART * print_height


def _runs(ink: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(first row, row after the last) of each run of rows with ink."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], ink, [False])).astype(np.int8)))
    return [(int(first), int(after)) for first, after in list(pairwise(edges))[::2]]
