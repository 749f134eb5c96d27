"""Check boxes and radio buttons: hollow squares and rings about as high as a line of print.

The outlines come from engine.ocr.marks.outlines. Letters, table cells, combs for single digits and
modules of codes are no boxes, and neither is an outline without a label.
Boxes are in the level frame of engine.ocr.reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engine.core.geometry import intersection_area
from engine.core.schema import BBox, Line, Mark
from engine.ocr.marks.outlines import Outline, find_outlines, overlaps

if TYPE_CHECKING:
    from engine.ocr.marks.ink import Ink, Mask

# A neighbour nearer than this, in sides, makes it a letter of a word.
_IN_WORD: Final = 0.15
_LARGE: Final = 1.15
_LIKE_BOXES: Final = frozenset("OoОо0DQGCСXxХхVv□☐☑☒■✓✗×●○◯口[](){}|Il1✔")
# Boxes of one group differ by at most this fraction of a side, and are not further apart than this
# many sides.
_ALIKE: Final = 0.15
_GROUP: Final = 10.0
# A label is no further away than this, in heights of a usual line's box.
_LABEL_GAP: Final = 3.0
# Fraction of the inside that is ink: less is empty, more is ticked, between them it is unclear.
_EMPTY: Final = 0.025
_TICKED: Final = 0.06
# The inside ends this many sides within the outline: outlines are not quite level.
_INSET: Final = 0.2
# So many boxes side by side, nearer than half a side, are a comb for single characters.
_COMB: Final = 4


def find_boxes(ink: Ink, lines: Sequence[Line], codes: Sequence[BBox] = ()) -> list[Mark]:
    """Find check boxes and radio buttons with their state and label.

    Args:
        ink: of the level picture.
        lines: the page's lines, boxes in pixels of the picture.
        codes: boxes of codes, pixels of the picture; nothing is found in them.
    Returns:
        Marks with boxes in pixels of the picture, from top to bottom.
    """
    closed = [ink.to_mask(code) for code in codes]
    words = [(ink.to_mask(word.bbox), word.text) for line in lines for word in line.words]
    found = find_outlines(ink)
    found = [one for one in found if not any(overlaps(one.bbox, code) for code in closed)]
    if found:
        _, labels, stats, _ = cv2.connectedComponentsWithStats(ink.mask, connectivity=8)
        found = [one for one in found if not _is_in_word(one, labels, stats, words, ink.unit)]
    found = _without_combs(found)
    hollow = [one for one in found if not one.is_solid]
    marks = []
    for one in sorted(found, key=lambda outline: (outline.bbox[1], outline.bbox[0])):
        label = _label(one, lines, ink, found)
        # An O or a bullet stands alone; buttons and filled boxes have hollow ones beside.
        group = hollow if one.is_solid else found
        alone = (one.is_round or one.is_solid) and not _has_alike(one, group)
        if not label or alone:
            continue
        state, confidence = _state(one, ink.mask)
        kind = "radio_button" if one.is_round else "check_box"
        marks.append(Mark(kind, ink.to_picture(one.bbox), state, label, confidence))  # type: ignore[arg-type]
    return marks


def _is_in_word(
    one: Outline,
    labels: object,
    stats: object,
    words: Sequence[tuple[BBox, str]],
    unit: float,
) -> bool:
    """Whether a shape is a letter: another one of its height stands close beside it."""
    components, boxes = np.asarray(labels), np.asarray(stats)
    x0, y0, x1, y1 = (round(value) for value in one.bbox)
    reach = max(2, round(_IN_WORD * one.side))
    own = set(np.unique(components[y0:y1, x0:x1]).tolist())
    sides = (
        components[y0:y1, max(0, x0 - reach - 1) : max(0, x0 - 1)],
        components[y0:y1, x1 + 1 : x1 + reach + 1],
    )
    for side in sides:
        for label in set(np.unique(side).tolist()) - own - {0}:
            tall = int(boxes[label][3])
            if 0.5 * one.side <= tall <= 2.0 * one.side and boxes[label][2] <= 4 * one.side:
                return True
    # OCR read it as a letter of a word in large print (letters of other words are smaller than
    # boxes); a box beside a word it may take for one of a few.
    middle = (one.bbox[0] + one.bbox[2]) / 2
    for (left, top, right, bottom), text in words:
        inside = top < (one.bbox[1] + one.bbox[3]) / 2 < bottom and left < middle < right
        if not inside or len(text) < 2 or right - left < 1.8 * one.side:
            continue
        if bottom - top < _LARGE * unit:
            if left + 1.5 * one.side < middle < right - 1.5 * one.side:
                return True
            continue
        if middle - left < 1.5 * one.side and text[0] in _LIKE_BOXES:
            continue
        if right - middle < 1.5 * one.side and text[-1] in _LIKE_BOXES:
            continue
        return True
    return False


def _has_alike(one: Outline, found: Sequence[Outline]) -> bool:
    """Whether there is another outline of the same shape and size near by."""
    return any(
        other is not one
        and other.is_round == one.is_round
        and abs(other.side - one.side) <= _ALIKE * one.side
        and abs(other.bbox[1] - one.bbox[1]) <= _GROUP * one.side
        for other in found
    )


def _without_combs(found: Sequence[Outline]) -> list[Outline]:
    """Without rows of boxes that take one character each."""
    kept = []
    for one in found:
        row, grew = [one], True
        while grew:
            grew = False
            for other in found:
                if other not in row and any(_is_beside(other, member) for member in row):
                    row.append(other)
                    grew = True
        if len(row) < _COMB:
            kept.append(one)
    return kept


def _is_beside(one: Outline, other: Outline) -> bool:
    gap = max(one.bbox[0], other.bbox[0]) - min(one.bbox[2], other.bbox[2])
    return abs(one.bbox[1] - other.bbox[1]) < 0.4 * one.side and gap < 0.5 * one.side


def _state(one: Outline, mask: Mask) -> tuple[str, float]:
    """(state, confidence) by the ink inside the outline."""
    if one.is_solid:
        return "checked", 0.8
    room = max(one.stroke + 1.0, _INSET * one.side)
    x0, y0, x1, y1 = one.bbox
    part = mask[round(y0 + room) : round(y1 - room) + 1, round(x0 + room) : round(x1 - room) + 1]
    if part.size == 0:
        return "unclear", 0.5
    inside = np.ones_like(part)
    if one.is_round:
        inside[:] = 0
        middle = ((part.shape[1] - 1) // 2, (part.shape[0] - 1) // 2)
        cv2.circle(inside, middle, max(1, min(part.shape) // 2 - 1), 1, -1)
    share = float((part * inside).sum()) / max(1.0, float(inside.sum()))
    if share < _EMPTY:
        return "unchecked", 1.0 - 0.4 * share / _EMPTY
    if share < _TICKED:
        return "unclear", 0.5
    return "checked", min(1.0, 0.6 + 0.4 * (share - _TICKED) / _TICKED)


def _label(one: Outline, lines: Sequence[Line], ink: Ink, found: Sequence[Outline]) -> str:
    """The text of a box: right of it up to the next box of its row, else left of it."""
    x0, y0, x1, y1 = one.bbox
    middle, gap = (y0 + y1) / 2, _LABEL_GAP * ink.unit
    others = [other.bbox for other in found if other is not one]
    row = [box for box in others if box[1] < middle < box[3]]
    right_end = min((box[0] for box in row if box[0] >= x1), default=float("inf"))
    left_end = max((box[2] for box in row if box[2] <= x0), default=float("-inf"))
    words = []
    for line in lines:
        for word in line.words:
            left, top, right, bottom = ink.to_mask(word.bbox)
            if not top - 0.1 * ink.unit < middle < bottom + 0.1 * ink.unit:
                continue
            # OCR may have read the box itself as a letter.
            is_box = intersection_area((left, top, right, bottom), one.bbox) > 0.5 * (
                right - left
            ) * (bottom - top)
            if not is_box and any(map(str.isalnum, word.text)):
                words.append((left, right, word.text))
    words.sort()
    after = _run(
        [w for w in words if (w[0] + w[1]) / 2 > x1 and w[1] < right_end + 2], x1, gap, ink
    )
    if after:
        return " ".join(after)
    before = [(-w[1], -w[0], w[2]) for w in reversed(words)]
    before = [w for w in before if -(w[0] + w[1]) / 2 < x0 and -w[1] > left_end - 2]
    return " ".join(reversed(_run(before, -x0, gap, ink)))


def _run(
    words: Sequence[tuple[float, float, str]], start: float, gap: float, ink: Ink
) -> list[str]:
    """The words from a place on, until a wide gap. The first gap may be wider than later ones."""
    found = []
    for left, right, text in words:
        if left - start > gap:
            break
        found.append(text)
        start, gap = right, 1.4 * ink.unit
    return found
