"""Removal of the rules of a grid from a picture before its text is read.

A rule beside small print hides decimal points from the recogniser and becomes letters. Only a grid,
with many rules in both directions, is removed; underlines and the boxes of forms stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    Mask = NDArray[np.uint8]

# Pixels of the shortest piece of a horizontal and of a vertical rule. A letter is shorter.
_ACROSS: Final = 60
_DOWN: Final = 40
# A rule may slope by its thickness over such a piece, and is this thick at most.
_THICKEST: Final = 9
# Grey values of 255 by which a rule is darker than the mean around it.
_DARKER: Final = 14
_AROUND: Final = 31
# Rules of a grid in each direction, each longer than this share of the picture's side.
_LEAST_RULES: Final = 5
_LONG: Final = 0.15


def without_rules(picture: Picture) -> Picture:
    """Return a picture without the rules of its grid; the same picture if it has no grid.

    Args:
        picture: (height, width, 3), uint8, RGB.
    """
    import cv2

    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    around = cv2.blur(grey, (_AROUND, _AROUND))
    ink = np.asarray(around.astype(np.int16) - grey > _DARKER, np.uint8)
    across, count = _long_ones(_rules(ink, (1, _ACROSS)), axis=1)
    if count < _LEAST_RULES:
        return picture
    down, count = _long_ones(_rules(ink, (_DOWN, 1)), axis=0)
    if count < _LEAST_RULES:
        return picture
    done = picture
    for mask, kernel in ((across, (_THICKEST + 4, 1)), (down, (1, _THICKEST + 4))):
        # The paper on both sides of the rule; strokes that cross it stay.
        closed = cv2.morphologyEx(done, cv2.MORPH_CLOSE, np.ones(kernel, np.uint8))
        done = np.where(mask[..., None] > 0, closed, done).astype(np.uint8)
    return done


def _rules(ink: Mask, kernel: tuple[int, int]) -> Mask:
    """Pixels of rules, with the soft edges around them."""
    import cv2

    wide = cv2.dilate(ink, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones(kernel, np.uint8)), np.uint8)


def _long_ones(mask: Mask, *, axis: int) -> tuple[Mask, int]:
    """The rules of a mask that are long, and how many they are (axis 1: horizontal ones)."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    side = stats[:, cv2.CC_STAT_WIDTH if axis else cv2.CC_STAT_HEIGHT]
    thick = stats[:, cv2.CC_STAT_AREA] / np.maximum(side, 1)
    is_long = (side >= _LONG * mask.shape[axis]) & (thick <= _THICKEST)
    is_long[0] = False
    return np.asarray(is_long[labels], np.uint8), int(is_long[1:count].sum())
