"""Deskewed view of a photographed page: the rows of the level page.

The slope of the text lines is estimated from the words' boxes. It may change from top to bottom
(perspective). Cells, rows and columns come from the levelled words. The words' boxes stay in the
frame of the page, and so does the box of every field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.geometry import union
from engine.core.schema import Line
from engine.index.view import PageView, view_page

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.index.page_index import PageIndex

# In line heights: the slope of a shorter line is unreliable.
_LONG: Final = 3.0
_FEWEST_LINES: Final = 3
# Least number of lines for a slope that changes down the page; fewer lines give one slope.
_PERSPECTIVE_LINES: Final = 8
# The changing slope must also reduce the residual to this fraction of that of one slope.
_BETTER: Final = 0.7
# A page is level if its lines rise or fall by less than this fraction of their length.
_LEVEL: Final = 0.008
_STEEPEST: Final = 0.25
# In units of slope: a line further off the median is no line of text (a stamp).
_OFF: Final = 0.02


def levelled_view(index: PageIndex) -> PageView:
    """Return a view with the rows of the level page and the boxes of the page as it is."""
    slope = _slope(index.lines)
    if slope is None:
        return view_page(index)
    middle = index.width / 2
    rise, more = slope
    lines = []
    for line in index.lines:
        words = []
        for word in line.words:
            left, top, right, bottom = word.bbox
            x, y = (left + right) / 2, (top + bottom) / 2
            down = -(rise + more * y) * (x - middle)
            words.append(replace(word, bbox=(left, top + down, right, bottom + down)))
        lines.append(Line(tuple(words), union(word.bbox for word in words)) if words else line)
    view = view_page(replace(index, lines=tuple(lines)))
    return replace(view, index=index, boxes=tuple(word.bbox for word in index.words))


def _slope(lines: Sequence[Line]) -> tuple[float, float] | None:
    """Estimate (a, b): a line at height y rises a + b * y per pixel.

    None for a level page, for a slope above _STEEPEST, and for too few lines.
    """
    found = []
    for line in lines:
        if len(line.words) < 2:
            continue
        first, last = line.words[0].bbox, line.words[-1].bbox
        wide = (last[0] + last[2] - first[0] - first[2]) / 2
        tall = min(box.bbox[3] - box.bbox[1] for box in line.words)
        if wide < _LONG * tall:
            continue
        x = [(word.bbox[0] + word.bbox[2]) / 2 for word in line.words]
        y = [(word.bbox[1] + word.bbox[3]) / 2 for word in line.words]
        rise = float(np.polyfit(x, y, 1)[0])
        found.append((sum(y) / len(y), rise, wide))
    if len(found) < _FEWEST_LINES:
        return None
    at, rises, weights = (np.array(column) for column in zip(*found, strict=True))
    middle = _weighted_median(rises, weights)
    near = np.abs(rises - middle) < _OFF + 0.5 * abs(middle)
    at, rises, weights = at[near], rises[near], weights[near]
    if len(at) < _FEWEST_LINES:
        return None
    more, rise = 0.0, middle
    if len(at) >= _PERSPECTIVE_LINES and float(np.ptp(at)) > 0:
        trend = np.polyfit(at, rises, 1, w=weights)
        off = np.sum(weights * np.abs(rises - np.polyval(trend, at)))
        if off < _BETTER * np.sum(weights * np.abs(rises - middle)):
            more, rise = float(trend[0]), float(trend[1])
    ends = [rise + more * float(one) for one in (at.min(), at.max())]
    if max(map(abs, ends)) < _LEVEL or max(map(abs, ends)) > _STEEPEST:
        return None
    return rise, more


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
