"""Signature lines: signed, empty, or with ink that may be a smudge.

A signature line is a label such as "Signature" or «Подпись» with a rule (a drawn line, underscores
or dots) above it, beside it or under it. Ink on the rule that is no print, no stamp and no rule is
judged by its extent and the length of its strokes. Boxes are in the level frame of
engine.ocr.reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engine.core.geometry import union
from engine.core.schema import BBox, Line, Mark, MarkState

if TYPE_CHECKING:
    from engine.ocr.marks.ink import Ink, Mask

# Words of a label in the languages whose letters the recogniser reads.
_LABEL: Final = re.compile(
    r"(?:signatures?|sign(?:ed)?(?: here| by)?|signatory|подпис[ьи]|подписал[аи]?|роспись|подп\.?"
    r"|расписк[аи]|підпис|unterschrift|firma|assinatura|handtekening|podpis|signature du)\b",
    re.IGNORECASE,
)
# The end of a letter: a signature under it counts, but nobody expects one.
_CLOSING: Final = re.compile(
    r"(?:yours |very truly|(?:yours )?(?:sincerely|faithfully|truly)|(?:kind|best|warm) regards"
    r"|с (?:глубоким |искренним )?уважением)\b",
    re.IGNORECASE,
)
# "Расшифровка подписи": the name in print.
_NAME: Final = re.compile(r"расшифров|printed name|name in", re.IGNORECASE)
_MOST_WORDS: Final = 9
# A sentence that only mentions a signature ends with a full stop and has more words than this.
_SENTENCE_WORDS: Final = 4

# In heights of a usual line's box: least and greatest length of a rule (the border of a table is
# longer); how far above, below or beside its
# label it may be; how far a signature reaches above and below the rule.
_RULE: Final = 3.5
_LONGEST_RULE: Final = 25.0
_ABOVE: Final = 1.6
_BELOW: Final = 3.5
_BESIDE: Final = 4.0
_REACH: Final = (3.2, 0.7)
# How far from a label without a rule a signature is searched.
_FREE: Final = 10.0
# Confidence from which a word on the line is print.
_PRINT: Final = 0.9
# Ink of strokes with this extent and length (same unit) is a signature; with the smaller ones it
# may be a smudge; less is none.
_WIDE: Final = 1.3
_TALL: Final = 0.45
_LONG: Final = 2.4
_SMUDGE: Final = 0.35
_SPECK: Final = 0.12


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a signature would be, pixels of the mask: left and right end, and the rule's height."""

    left: float
    right: float
    base: float
    label: str


def find_signatures(ink: Ink, lines: Sequence[Line], stamps: Sequence[BBox] = ()) -> list[Mark]:
    """Find the signature lines of a page and whether they are signed.

    Args:
        ink: of the level picture.
        lines: the page's lines, boxes in pixels of the picture.
        stamps: boxes of black stamps and codes, pixels of the picture, whose ink is no signature.
    Returns:
        One Mark for each line; its box is that of the ink, or of the empty line.
    """
    labels = [found for line in lines for found in _labels(line)]
    if not labels:
        return []
    rules = _rules(ink)
    rest = _without(ink, lines, stamps, rules)
    found: list[Mark] = []
    taken: list[_Place] = []
    for text, bbox in labels:
        label = ink.to_mask(bbox)
        place = _place(text, label, rules, ink)
        if place is None:
            found += _without_rule(text, label, rest, ink)
        elif not any(_is_same(place, other) for other in taken):
            taken.append(place)
            found.append(_judged(place, rest, ink))
    return found


def _is_same(one: _Place, other: _Place) -> bool:
    shared = min(one.right, other.right) - max(one.left, other.left)
    return one.base == other.base and shared > 0


def _without_rule(text: str, label: BBox, rest: Mask, ink: Ink) -> list[Mark]:
    """The signature beside or under a label that has no rule; nothing for a longer text."""
    if len(text.split()) > _SENTENCE_WORDS:
        return []
    unit = ink.unit
    x0, _, x1, y1 = label
    beside = _Place(x1 + 0.5 * unit, x1 + _FREE * unit, y1, text)
    under = _Place(x0, max(x1, x0 + _FREE / 2 * unit), y1 + _REACH[0] * unit, text)
    marks = [_judged(place, rest, ink) for place in (beside, under)]
    signed = [mark for mark in marks if mark.state == "signed"]
    if signed or _CLOSING.match(text):
        return signed[:1]
    return [replace(marks[0], bbox=ink.to_picture(label), state="empty", confidence=0.6)]


def _labels(line: Line) -> list[tuple[str, BBox]]:
    """(text, box) of the parts of a line that name a signature."""
    words = line.words
    text = line.text
    if _CLOSING.match(text) and len(words) <= _SENTENCE_WORDS:
        return [(text, line.bbox)]
    if not _LABEL.search(text) or _NAME.search(text):
        return []
    ends = text.rstrip().endswith((".", ",", ";"))
    if len(words) > _MOST_WORDS or (ends and len(words) > _SENTENCE_WORDS and "_" not in text):
        return []
    found = []
    for at, word in enumerate(words):
        plain = word.text.strip("()[]/:_.…").casefold()
        if not plain or not _LABEL.match(plain):
            continue
        part = [one for one in words if one.text.strip("_.…-– /")]
        box = union(one.bbox for one in part) if "_" not in text else words[at].bbox
        label = " ".join(one.text.strip("_…") for one in part).strip(" :/")
        found.append((label, box))
        break
    return found


def _rules(ink: Ink) -> list[BBox]:
    """Level rules: drawn lines, underscores and rows of dots; pixels of the mask."""
    unit = ink.unit
    # Underscores and dots join over gaps of a third of a line.
    joined = cv2.morphologyEx(
        ink.mask, cv2.MORPH_CLOSE, np.ones((1, max(3, round(0.4 * unit) | 1)), np.uint8)
    )
    thick = cv2.dilate(joined, np.ones((3, 1), np.uint8))
    run = np.ones((1, max(9, round(_RULE * unit))), np.uint8)
    level = cv2.morphologyEx(thick, cv2.MORPH_OPEN, run)
    # Print above a rule joins over gaps, too; it is thicker than a rule.
    _, _, stats, _ = cv2.connectedComponentsWithStats(level, connectivity=8)
    return [
        (float(x), float(y), float(x + width), float(y + height))
        for x, y, width, height, _ in stats[1:].tolist()
        if height <= 0.45 * unit + 2 + 0.01 * width and width <= _LONGEST_RULE * unit
    ]


def _place(text: str, label: BBox, rules: Sequence[BBox], ink: Ink) -> _Place | None:
    """The place to sign at a label: the nearest rule above, beside or below it."""
    unit = ink.unit
    x0, y0, x1, y1 = label
    best: tuple[float, BBox] | None = None
    for rule in rules:
        shared = min(rule[2], x1) - max(rule[0], x0)
        base = (rule[1] + rule[3]) / 2
        beside = max(rule[0] - x1, x0 - rule[2])
        if shared > 0.3 * min(x1 - x0, rule[2] - rule[0]):
            if 0 <= y0 + 0.3 * unit - base <= _ABOVE * unit:
                distance = abs(y0 - base)
            elif 0 <= base - y1 + 0.2 * unit <= _BELOW * unit:
                distance = 0.5 * unit + base - y1
            else:
                continue
        elif -0.3 * unit <= base - (y0 + y1) / 2 <= 1.2 * unit and beside <= _BESIDE * unit:
            # To the right of the label rather than to its left.
            distance = max(0.0, beside) + (0.0 if rule[0] >= x1 - unit else 0.8 * unit)
        else:
            continue
        if best is None or distance < best[0]:
            best = (distance, rule)
    if best is None:
        return None
    left, top, right, bottom = best[1]
    # A rule that runs under its label as well: the place is beside the label.
    base = (top + bottom) / 2
    if left < x1 < right - _RULE * unit and (y0 + y1) / 2 < base < y1 + 0.6 * unit:
        left = x1
    return _Place(left, right, base, text)


def _without(
    ink: Ink, lines: Sequence[Line], stamps: Sequence[BBox], rules: Sequence[BBox]
) -> Mask:
    """The mask without print, stamps and rules."""
    rest = ink.mask.copy()
    for x0, y0, x1, y1 in rules:
        rest[max(0, int(y0) - 1) : int(y1) + 1, max(0, int(x0) - 2) : int(x1) + 3] = 0
    boxes = [
        word.bbox
        for line in lines
        for word in line.words
        if _is_print(word.text, word.confidence, word.bbox, ink)
    ]
    for box in (*boxes, *stamps):
        x0, y0, x1, y1 = (round(value) for value in ink.to_mask(box))
        rest[max(0, y0) : y1 + 1, max(0, x0) : x1 + 1] = 0
    return rest


def _is_print(text: str, confidence: float, bbox: BBox, ink: Ink) -> bool:
    """Whether a word is print, and no signature that OCR took for letters."""
    letters = sum(map(str.isalnum, text))
    tall = (bbox[3] - bbox[1]) * ink.scale
    return (
        confidence >= _PRINT and tall <= 1.7 * ink.unit and (letters >= 3 or letters == len(text))
    )


def _judged(place: _Place, rest: Mask, ink: Ink) -> Mark:
    """The signature's mark by the ink at its place."""
    unit = ink.unit
    up, down = (reach * unit for reach in _REACH)
    height, width = rest.shape
    x0, x1 = max(0, round(place.left - 0.5 * unit)), min(width, round(place.right + 0.8 * unit))
    y0, y1 = max(0, round(place.base - up)), min(height, round(place.base + down))
    line = ink.to_picture((place.left, place.base - unit, place.right, place.base + 1))
    part = rest[y0:y1, x0:x1]
    found = _strokes(part, unit) if part.size else []
    if not found:
        return Mark("signature", line, "empty", place.label, 0.9)
    left, top = min(one[0] for one in found), min(one[1] for one in found)
    right, bottom = max(one[2] for one in found), max(one[3] for one in found)
    bbox = ink.to_picture((x0 + left, y0 + top, x0 + right, y0 + bottom))
    wide, tall = (right - left) / unit, (bottom - top) / unit
    long = sum(one[4] for one in found) / unit
    state, confidence = _state(wide, tall, long)
    if state == "empty":
        bbox = line
    return Mark("signature", bbox, state, place.label, confidence)


def _state(wide: float, tall: float, long: float) -> tuple[MarkState, float]:
    if wide >= _WIDE and tall >= _TALL and long >= _LONG:
        return "signed", min(1.0, 0.7 + 0.05 * (long - _LONG))
    # What is left of a rule, and dust, are no ink.
    if max(wide, tall) < _SMUDGE or min(wide, tall) < _SPECK:
        return "empty", 0.7
    return "unclear", 0.5


def _strokes(part: Mask, unit: float) -> list[tuple[int, int, int, int, float]]:
    """(x0, y0, x1, y1, length of the strokes) of each piece of ink that is no speck."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    depth = cv2.distanceTransform(part, cv2.DIST_L2, 3)
    found = []
    for label, (x, y, width, height, size) in enumerate(stats.tolist()):
        if label == 0 or max(width, height) < _SPECK * unit or size < 4:
            continue
        own = labels[y : y + height, x : x + width] == label
        # Area by mean thickness; a blot is thick, so its strokes are short.
        thick = max(1.0, 4.0 * float(depth[y : y + height, x : x + width][own].mean()) - 1.0)
        found.append((x, y, x + width, y + height, size / thick))
    return found
