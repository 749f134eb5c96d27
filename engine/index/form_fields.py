"""The form of a PDF in the index: labels of its boxes, and exact values in the place of OCR's.

All boxes are in one frame: pixels of the page, or of the picture that was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from engine.core.geometry import area, contains_centre, intersection_area, iou
from engine.core.schema import BBox, Line, Mark, Word
from engine.ocr.text_layer import lines_of
from engine.ocr.words import line_from

# A label starts within this many word heights of its box; its words are closer to each other.
_NEAR: Final = 2.5
_WORD_GAP: Final = 1.5
_SAME_PLACE: Final = 0.3
_COVERED: Final = 0.5


def labelled(marks: Sequence[Mark], lines: Iterable[Line]) -> tuple[Mark, ...]:
    """Give each check box and radio button the text beside it as its label: right, else left.

    Where no text is near, the label stays the description that the form stores.
    """
    words = [word for line in lines for word in line.words if word.source != "form"]
    boxes = [mark.bbox for mark in marks]
    return tuple(
        replace(mark, text=_beside(mark.bbox, words, boxes) or mark.text)
        if mark.kind in ("check_box", "radio_button")
        else mark
        for mark in marks
    )


def merged(marks: Sequence[Mark], seen: Iterable[Mark]) -> tuple[Mark, ...]:
    """The marks of the form, and those seen in the picture at other places."""

    def is_new(one: Mark) -> bool:
        return not any(
            iou(one.bbox, mark.bbox) > _SAME_PLACE or contains_centre(mark.bbox, one.bbox)
            for mark in marks
        )

    return (*marks, *filter(is_new, seen))


def scaled(words: Iterable[Word], scale: float) -> list[Word]:
    """Words of a page in the frame of a picture. scale: of the picture to the page."""
    return [
        replace(word, bbox=(x0 * scale, y0 * scale, x1 * scale, y1 * scale))
        for word in words
        for x0, y0, x1, y1 in (word.bbox,)
    ]


def with_values(lines: Iterable[Line], values: Sequence[Word]) -> list[Line]:
    """Put the words of form fields in the place of the words that OCR read there.

    Args:
        lines: read by OCR.
        values: words of form fields, field by field.
    """
    kept = []
    for line in lines:
        others = [word for word in line.words if not _is_covered(word.bbox, values)]
        if others:
            kept.append(line_from(others))
    return [*kept, *lines_of(values)]


def _is_covered(bbox: BBox, words: Iterable[Word]) -> bool:
    shared = sum(intersection_area(bbox, word.bbox) for word in words)
    return shared > _COVERED * area(bbox)


def _beside(box: BBox, words: Iterable[Word], boxes: Iterable[BBox]) -> str:
    """The words on the row of a box, to its right, else to its left, up to the next box."""
    row = [word for word in words if _is_beside(box, word.bbox)]
    others = [other for other in boxes if other != box and _is_beside(box, other)]
    end = min((other[0] for other in others if other[0] > box[0]), default=float("inf"))
    right = [word for word in row if _middle(word) > box[2] and word.bbox[0] < end]
    found = _run(sorted(right, key=_middle), box)
    if not found:
        start = max((other[2] for other in others if other[0] < box[0]), default=float("-inf"))
        left = [word for word in row if _middle(word) < box[0] and word.bbox[2] > start]
        found = _run(sorted(left, key=_middle, reverse=True), box)[::-1]
    return " ".join(word.text for word in found)


def _is_beside(box: BBox, other: BBox) -> bool:
    room = 0.2 * (box[3] - box[1])
    return box[1] - room <= (other[1] + other[3]) / 2 <= box[3] + room


def _run(words: Iterable[Word], box: BBox) -> list[Word]:
    """The words that follow a box without a wide gap. words: ordered by their distance from it."""
    found: list[Word] = []
    last = box
    for word in words:
        height = max(word.bbox[3] - word.bbox[1], last[3] - last[1])
        gap = max(word.bbox[0] - last[2], last[0] - word.bbox[2])
        if gap > (_WORD_GAP if found else _NEAR) * height:
            break
        found.append(word)
        last = word.bbox
    return found


def _middle(word: Word) -> float:
    return (word.bbox[0] + word.bbox[2]) / 2
