"""Detection of page orientation and skew, from line boxes and trial recognition of a few lines.

A sideways page is detected from the boxes, since lines of print are wide, not tall. An upside-down
page is tested only if the lines are not legible as they are, so an upright page costs nothing
extra. For small angles the image is not rotated: `skew` measures them and boxes are corrected.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.core.schema import Size
from engine.ocr import rapid, script, strips, tesseract
from engine.ocr.rapid import RecognisedText

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.ocr.rapid import Picture, Quads

SAMPLE_LINES = 10
# Minimum fraction of the length of clearly elongated lines that is vertical on a sideways page.
_TALL_SHARE = 0.7
_ELONGATED = 1.5
# From this fraction of legible width on, a page is upright and no other orientation is tried.
_LEGIBLE = 0.8
# Lines of these aspects give much text at little cost; wider ones cost more, narrower are numbers.
_SAMPLE_ASPECT = (5.0, 16.0)


def is_sideways(quads: Quads) -> bool:
    """Whether most of the text runs up or down the picture. quads: (N, 4, 2)."""
    tall = wide = 0.0
    for quad in quads:
        width, height = rapid.quad_size(quad)
        if height > _ELONGATED * width:
            tall += height
        elif width > _ELONGATED * height:
            wide += width
    return tall > 0 and tall >= _TALL_SHARE * (tall + wide)


def sample(quads: Quads) -> list[int]:
    """Indexes of up to SAMPLE_LINES lines for trial recognition, spread over the page."""
    aspects = [width / max(height, 1.0) for width, height in map(rapid.quad_size, quads)]
    low, high = _SAMPLE_ASPECT
    fitting = [i for i, aspect in enumerate(aspects) if low <= aspect <= high]
    if len(fitting) < SAMPLE_LINES:
        middle = (low + high) / 2
        others = sorted(
            set(range(len(quads))) - set(fitting), key=lambda i: abs(aspects[i] - middle)
        )
        return sorted(fitting + others[: SAMPLE_LINES - len(fitting)])
    steps = np.linspace(0, len(fitting) - 1, SAMPLE_LINES)
    return [fitting[round(step)] for step in steps]


def is_upside_down(crops: Sequence[Picture], readings: Sequence[RecognisedText]) -> bool:
    """Whether lines are more legible when rotated by 180 degrees.

    Args:
        crops: the sampled lines as they are on the page, (height, width, 3), uint8, RGB.
        readings: RapidOCR's results for them.
    Returns:
        True only if the rotated lines are clearly more legible: a wrong rotation is worse than a
        missing one.
    """
    # RapidOCR returns plausible nonsense for upside-down print: on 15 drawn and scanned pages, up
    # to 0.44 of it counted as legible, while upright print always counted in full.
    legible = _legible(readings)
    if legible >= _LEGIBLE:
        return False
    turned = [np.ascontiguousarray(one[::-1, ::-1]) for one in crops]
    legible_turned = _legible(rapid.recognise(turned))
    if legible_turned >= 0.5:
        return legible_turned > legible + 0.25
    if legible >= 0.3 or not tesseract.available():
        return False
    # Neither orientation is Latin print. If it is Cyrillic, Tesseract's confidence decides.
    upright = _confidence(crops)
    return upright < 0.5 and _confidence(turned) > upright + 0.25


def skew(quads: Quads) -> float:
    """The angle of the lines in radians, positive if they fall to the right.

    It is the median over the long lines, weighted by length; 0 if there are none. quads: (N, 4, 2).
    """
    angles, lengths = [], []
    for quad in quads:
        width, height = rapid.quad_size(quad)
        if width > 3 * height:
            for start, end in ((quad[0], quad[1]), (quad[3], quad[2])):
                angles.append(math.atan2(float(end[1] - start[1]), float(end[0] - start[0])))
                lengths.append(width)
    if not angles:
        return 0.0
    order = np.argsort(angles)
    sums = np.cumsum(np.asarray(lengths)[order])
    return float(np.asarray(angles)[order][np.searchsorted(sums, sums[-1] / 2)])


def level_matrix(angle: float, size: Size) -> NDArray[np.float64]:
    """Affine matrix (2, 3) that rotates an image about its centre until its lines are horizontal.

    Args:
        angle: radians, from `skew`; the negative angle gives the inverse.
        size: (width, height) of the image in pixels.
    """
    cos, sin = math.cos(angle), math.sin(angle)
    x, y = size[0] / 2, size[1] / 2
    return np.array([[cos, sin, x - cos * x - sin * y], [-sin, cos, y + sin * x - cos * y]])


def moved(points: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Apply an affine matrix (2, 3) to points (..., 2)."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


def _legible(readings: Sequence[RecognisedText]) -> float:
    """The fraction of the sampled width that was legible, 0 to 1."""
    total = sum(reading.aspect for reading in readings)
    read = sum(reading.aspect for reading in readings if script.was_read(reading))
    return read / total if total else 0.0


def _confidence(crops: Sequence[Picture]) -> float:
    """Tesseract's confidence, 0 to 1: mean over the characters of words of 3 letters or more."""
    words = [word for line in strips.read(crops) for word in line if len(word.text) >= 3]
    total = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / total if total else 0.0
