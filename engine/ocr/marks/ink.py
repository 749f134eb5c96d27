"""The ink of a page for the search of marks: a mask at a size at which print has a fixed height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engine.core.schema import BBox, Line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.ocr.rapid import Picture

    Mask = NDArray[np.uint8]  # (height, width), 1 for ink

# A usual line of print (its OCR box, about 1.3 times the size of the type) has this many pixels in
# the mask, unless the picture has fewer.
_LINE_HEIGHT: Final = 30.0
# Ink reflects less than this fraction of the light that the paper around it does.
_DARK: Final = 0.8
# Side in pixels of the shrunk cell in which the paper is the brightest pixel.
_PAPER_CELL: Final = 4


@dataclass(frozen=True, slots=True)
class Ink:
    """The ink of a page.

    Attributes:
        mask: (height, width) uint8, 1 for ink.
        scale: pixels of the mask for one pixel of the picture, at most 1.
        unit: height of a usual line's box in pixels of the mask.
    """

    mask: Mask
    scale: float
    unit: float

    def to_picture(self, bbox: BBox) -> BBox:
        """Map a box of the mask to the picture."""
        x0, y0, x1, y1 = (value / self.scale for value in bbox)
        return (x0, y0, x1, y1)

    def to_mask(self, bbox: BBox) -> BBox:
        """Map a box of the picture to the mask."""
        x0, y0, x1, y1 = (value * self.scale for value in bbox)
        return (x0, y0, x1, y1)


def ink_of(picture: Picture, lines: Sequence[Line]) -> Ink | None:
    """Find the ink of a page; None without lines, by whose height marks are measured.

    Args:
        picture: (height, width, 3), uint8, RGB, its lines level.
        lines: boxes in pixels of the picture.
    """
    heights = [line.bbox[3] - line.bbox[1] for line in lines]
    if not heights:
        return None
    usual = max(float(np.median(heights)), 1.0)
    scale = min(1.0, _LINE_HEIGHT / usual)
    if scale < 1.0:
        size = (
            max(1, round(picture.shape[1] * scale)),
            max(1, round(picture.shape[0] * scale)),
        )
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    # The darkest channel: ink of any colour is dark in one of them.
    red, green, blue = cv2.split(picture)
    grey = cv2.min(cv2.min(red, green), blue)
    height, width = grey.shape
    cells = (max(1, width // _PAPER_CELL), max(1, height // _PAPER_CELL))
    small = cv2.resize(grey, cells, interpolation=cv2.INTER_AREA)
    reach = max(3, round(usual * scale / _PAPER_CELL) | 1)
    paper = cv2.blur(cv2.dilate(small, np.ones((reach, reach), np.uint8)), (2 * reach + 1,) * 2)
    limit = cv2.convertScaleAbs(paper, alpha=_DARK)
    limit = cv2.resize(limit, (width, height), interpolation=cv2.INTER_LINEAR)
    mask = cv2.compare(grey, limit, cv2.CMP_LT)
    return Ink(np.asarray(mask & 1, np.uint8), scale, usual * scale)
