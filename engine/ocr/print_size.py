"""The size of the smallest print of a large page, by the connected components of its ink.

A first look that costs far less than detection: it decides at which scale lines are detected
(engine.ocr.rapid) and how large the copy is that OCR receives (engine.index.builder).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.ocr.rapid import Picture

# Side of the neighbourhood that a pixel of ink must be darker than, and by how much of 255.
_BLOCK: Final = 41
_CONTRAST: Final = 24
# Heights of letters in pixels, in classes of one octave that overlap by half: small letters and
# capitals of one print are in one class.
_CLASSES: Final = (6.0, 8.5, 12.0, 17.0, 24.0, 34.0)
_WIDEST: Final = 2.5
_LEAST_FILLED: Final = 0.15
_MOST_FILLED: Final = 0.9
# A row has this many letters, with gaps of at most so many heights; print has this many letters.
_ROW: Final = 4
_GAP: Final = 1.0
_PRINT: Final = 24


@dataclass(frozen=True, slots=True)
class SmallPrint:
    """The small print of a picture.

    Attributes:
        height: median height of the letters of the smallest print, small ones and capitals, pixels.
        letters: (N, 4) x0, y0, x1, y1 of letters in rows, of all sizes of print, in pixels.
    """

    height: float
    letters: NDArray[np.float32]


def small_print(picture: Picture) -> SmallPrint | None:
    """Find the small print of a picture; None if it has no rows of small letters.

    Rows may run across or down the picture.

    Args:
        picture: (height, width, 3), uint8, RGB.
    """
    letters = _letters(picture)
    in_row = np.zeros(len(letters), bool)
    smallest: float | None = None
    for least in _CLASSES:
        for boxes in (letters, letters[:, [1, 0, 3, 2]]):
            heights = boxes[:, 3] - boxes[:, 1]
            own = np.flatnonzero((heights >= least) & (heights < 2 * least))
            rows = own[_in_rows(boxes[own], least)]
            in_row[rows] = True
            if smallest is None and len(rows) >= _PRINT:
                smallest = float(np.median(heights[rows]))
    return None if smallest is None else SmallPrint(smallest, letters[in_row])


def _letters(picture: Picture) -> NDArray[np.float32]:
    """(N, 4) boxes of the components of ink that have the size and the shape of letters."""
    import cv2

    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    ink = cv2.adaptiveThreshold(
        grey, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _BLOCK, _CONTRAST
    )
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    x, y, width, height, pixels = stats[1:].T
    filled = pixels / np.maximum(1, width * height)
    is_letter = (
        (height >= _CLASSES[0])
        & (height < 2 * _CLASSES[-1])
        & (width <= _WIDEST * height)
        & (filled >= _LEAST_FILLED)
        & ((filled <= _MOST_FILLED) | (width < height))
    )
    boxes = np.stack([x, y, x + width, y + height], axis=1)
    return np.asarray(boxes[is_letter], np.float32)


def _in_rows(boxes: NDArray[np.float32], height: float) -> NDArray[np.bool_]:
    """Whether each box is one of several side by side. height: of the smallest ones, pixels."""
    found = np.zeros(len(boxes), bool)
    if len(boxes) < _ROW:
        return found
    # A row crosses at most one edge of bands that are twice as high as its letters, so that one of
    # two divisions into bands has it whole.
    for shift in (0.0, 0.5):
        bands = np.floor((boxes[:, 1] + boxes[:, 3]) / 2 / (2 * height) + shift)
        order = np.lexsort((boxes[:, 0], bands))
        ordered, of_band = boxes[order], bands[order]
        gaps = ordered[1:, 0] - ordered[:-1, 2]
        centres = (ordered[:, 1] + ordered[:, 3]) / 2
        joined = (
            (of_band[1:] == of_band[:-1])
            & (np.abs(centres[1:] - centres[:-1]) < 0.6 * height)
            & (gaps > -0.5 * height)
            & (gaps < _GAP * height)
        )
        runs = np.concatenate([[0], np.cumsum(~joined)])
        found[order[np.bincount(runs)[runs] >= _ROW]] = True
    return found
