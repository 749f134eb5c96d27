"""Detection of lines that shine through from the back of the sheet: faint, and mirrored.

A recogniser makes words of mirrored letters, with low scores. The mirror image of such a line has
higher ones. Faint print, pencil and handwriting score higher as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
# Lines with a higher score are read as they are, unless most of those below are mirrored; then
# lines above the second score are.
_DOUBTFUL: Final = 0.85
_LEGIBLE: Final = 0.97
# The mirror image of a mirrored line scores this much more. On a page where most doubtful lines are
# mirrored, those that score nearly alike are mirrored too.
_CLEARER: Final = 0.1
_ALIKE: Final = -0.05
_CHUNK: Final = 48
_AS_IS: Final = np.s_[:, :]
_ACROSS: Final = np.s_[:, ::-1]
_DOWN: Final = np.s_[::-1, :]


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
    crops = {
        i: line
        for i, quad in enumerate(quads)
        if scores[i] < _LEGIBLE and _contrast(line := rapid.crop(picture, quad)) < _FAINT
    }
    doubtful = [i for i in crops if scores[i] < _DOUBTFUL]
    gains = _gains(doubtful, crops, check)
    if sum(gain > _CLEARER for gain in gains.values()) <= len(doubtful) / 2:
        return {i for i, gain in gains.items() if gain > _CLEARER}
    gains |= _gains([i for i in crops if scores[i] >= _DOUBTFUL], crops, check)
    return {i for i, gain in gains.items() if gain > _ALIKE}


def _gains(
    lines: Sequence[int], crops: Mapping[int, Picture], check: Callable[[], None]
) -> dict[int, float]:
    """How much higher each line scores when it is mirrored."""
    found = {}
    for start in range(0, len(lines), _CHUNK):
        part = lines[start : start + _CHUNK]
        # The page may have been turned upside down because of the mirrored lines.
        as_is, across, down = (
            recogniser.recognise([np.ascontiguousarray(crops[i][flip]) for i in part])
            for flip in (_AS_IS, _ACROSS, _DOWN)
        )
        for place, i in enumerate(part):
            found[i] = max(across[place].score, down[place].score) - as_is[place].score
        check()
    return found


def _contrast(part: NDArray[np.uint8]) -> float:
    low, high = np.percentile(part.mean(axis=2), _RANGE)
    return float(high - low)
