"""Detection of lines that shine through from the back of the sheet: faint, and mirrored.

A recogniser makes words of mirrored letters, with low scores. The mirror image of such a line has
higher ones. Faint print, pencil and handwriting score higher as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.ocr import rapid, recogniser

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.ocr.rapid import Picture, Quads

# Greatest range of grey, of 255, of a faint line: print has 150 and more, pencil and shine-through
# less.
_FAINT: Final = 120.0
_RANGE: Final = (2.0, 98.0)
# Lines with a higher score are read as they are.
_DOUBTFUL: Final = 0.85
# The mirror image of a mirrored line scores this much more. On a page where most doubtful lines are
# mirrored, those that score nearly alike are mirrored too.
_CLEARER: Final = 0.1
_ALIKE: Final = -0.05
_CHUNK: Final = 48


def mirrored_lines(
    picture: Picture, quads: Quads, scores: Sequence[float], check: Callable[[], None]
) -> set[int]:
    """The positions of the lines that shine through.

    Args:
        picture: (height, width, 3), uint8, RGB, upright.
        quads: (N, 4, 2) corners of the lines.
        scores: (N,) the recogniser's scores of the lines, 0 to 1.
        check: called between batches; an exception that it raises ends the search.
    """
    faint = [
        i
        for i, score in enumerate(scores)
        if score < _DOUBTFUL and _contrast(rapid.crop(picture, quads[i])) < _FAINT
    ]
    gains: list[float] = []
    for start in range(0, len(faint), _CHUNK):
        crops = [rapid.crop(picture, quads[i]) for i in faint[start : start + _CHUNK]]
        flipped = [np.ascontiguousarray(one[:, ::-1]) for one in crops]
        as_is, mirrored = (recogniser.recognise(lines) for lines in (crops, flipped))
        gains += [b.score - a.score for a, b in zip(as_is, mirrored, strict=True)]
        check()
    most = sum(gain > _CLEARER for gain in gains) > len(gains) / 2
    least = _ALIKE if most else _CLEARER
    return {i for i, gain in zip(faint, gains, strict=True) if gain > least}


def _contrast(part: NDArray[np.uint8]) -> float:
    low, high = np.percentile(part.mean(axis=2), _RANGE)
    return float(high - low)
