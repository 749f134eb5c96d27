"""OCR pipeline, page image -> lines: orientation, detection, recognition.

It combines the other modules of this package and knows no documents and no regions. Boxes are in
the level frame: the image after quarter turns, with the lines' slope removed from the coordinates.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.schema import BBox, Line, Size
from engine.ocr import line_boxes, orientation, rapid, recogniser, ruling, shine_through
from engine.ocr.recognised_text import RecognisedText
from engine.ocr.words import join_neighbours, line_of, split_at_gaps
from engine.text.alphabets import Script, in_letters_of, script_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.ocr.rapid import Picture, Quads

# Radians. A smaller slope moves the far end of a line by less than its height.
_FLAT: Final = 0.003
# Lines that are read both ways up, not wider than this many heights; the difference of their mean
# scores that decides.
_SAMPLE_LINES: Final = 6
_SAMPLE_ASPECT: Final = 14.0
_MORE_LEGIBLE: Final = 0.05
# Lines that are recognised between two checks for cancellation.
_CHUNK: Final = 48
# A Latin line with a lower score is read by RapidOCR too (docs/ocr.md). Its text is taken if it has
# as many characters as print of this width, and a score that exceeds ours by a margin: in lines
# with words it may be a little lower, in numbers it must be higher.
_CERTAIN: Final = 0.99
_RECOGNISED: Final = 1.2
_MARGIN: Final = {"words": -0.02, "numbers": 0.05}


@dataclass(frozen=True, slots=True)
class PictureText:
    """The OCR result of an image.

    Attributes:
        lines: in no particular order; boxes in the level frame.
        script: the script of most of the page.
        quarter_turns: counter-clockwise, applied before everything else.
        angle: radians; the slope of the lines after the turns, see `to_picture`.
        picture: (height, width, 3) RGB after the turns, not levelled.
    """

    lines: tuple[Line, ...]
    script: Script
    quarter_turns: int
    angle: float
    picture: Picture

    def to_picture(self, bbox: BBox) -> BBox:
        """Map a box of the level frame to its bounding box in the turned image (`picture`)."""
        return self._rotated(bbox, -self.angle)

    def to_level(self, bbox: BBox) -> BBox:
        """Map a box of the turned image to the level frame; the inverse of `to_picture`."""
        return self._rotated(bbox, self.angle)

    def _rotated(self, bbox: BBox, angle: float) -> BBox:
        if angle == 0.0:
            return bbox
        # Only the middle line is rotated, not the corners: the box of a sloping line would
        # otherwise grow by twice its own slope.
        x0, y0, x1, y1 = bbox
        middle, half = (y0 + y1) / 2, (y1 - y0) / 2
        ends = np.array([[x0, middle], [x1, middle]], np.float32)
        matrix = orientation.level_matrix(angle, _size(self.picture))
        (ax, ay), (bx, by) = orientation.moved(ends, matrix).tolist()
        return (min(ax, bx), min(ay, by) - half, max(ax, bx), max(ay, by) + half)

    def levelled(self) -> Picture:
        """The turned image with horizontal lines: the image of the level frame."""
        if self.angle == 0.0:
            return self.picture
        import cv2

        size = _size(self.picture)
        matrix = orientation.level_matrix(self.angle, size)
        flat = cv2.warpAffine(self.picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(flat, np.uint8)


def read_picture(
    picture: Picture,
    *,
    fix_orientation: bool = True,
    check: Callable[[], None] = lambda: None,
) -> PictureText:
    """Recognise all lines of an image, except those that shine through from the back.

    The rules of a grid are removed for this (engine.ocr.ruling), but stay in the result's picture.

    Args:
        picture: (height, width, 3), uint8, RGB.
        fix_orientation: whether to turn pages that are sideways or upside down.
        check: called between stages; an exception that it raises ends the OCR.
    Raises:
        OcrError: onnxruntime cannot load or run the recogniser.
    """
    printed, picture = picture, ruling.without_rules(picture)
    if fix_orientation:
        picture, quads, turns = _upright(picture, orientation.quarter_turns(printed), check)
    else:
        quads, turns = rapid.detect(picture, check), 0
    quads = line_boxes.fitted(picture, quads)
    check()
    angle = orientation.skew(quads)
    angle = angle if abs(angle) >= _FLAT else 0.0
    flat = orientation.moved(quads, orientation.level_matrix(angle, _size(picture)))
    lines = []
    readings = _recognise(picture, quads, check)
    scores = [one.score for one in readings]
    behind = shine_through.mirrored_lines(picture, quads, scores, check)
    seen = [i for i in range(len(readings)) if i not in behind]
    script = script_of(" ".join(readings[i].text for i in seen))
    for quad, reading in ((flat[i], readings[i]) for i in seen):
        # A line has no context for "A 7" or "СМ": the page has.
        line = line_of(replace(reading, text=in_letters_of(script, reading.text)), quad)
        if line is not None:
            lines += split_at_gaps(line.words)
    return PictureText(
        lines=tuple(join_neighbours(lines)),
        script=script,
        quarter_turns=turns,
        angle=angle,
        picture=_turned(printed, turns),
    )


def _upright(
    picture: Picture, model_turns: int | None, check: Callable[[], None]
) -> tuple[Picture, Quads, int]:
    """(the upright picture, its lines, the quarter turns that were made)."""
    turns = model_turns or 0
    upright = _turned(picture, turns)
    quads = rapid.detect(upright, check)
    if orientation.is_sideways(quads):
        turns += 1
        upright = _turned(picture, turns)
        quads = rapid.detect(upright, check)
    # A wrong turn is worse than a missing one: unless the model says that the page is upright, a
    # few lines are read both ways.
    if (model_turns != 0 or turns) and _is_upside_down(upright, quads):
        turns += 2
        upright = _turned(picture, turns)
        corners = np.array(_size(upright), np.float32) - quads
        quads = np.ascontiguousarray(corners[:, [2, 3, 0, 1]])
    return upright, quads, turns % 4


def _is_upside_down(picture: Picture, quads: Quads) -> bool:
    """Whether lines are more legible when they are turned by 180 degrees."""
    short = sorted((quad for quad in quads if _aspect(quad) <= _SAMPLE_ASPECT), key=_aspect)
    crops = [rapid.crop(picture, quad) for quad in short[-_SAMPLE_LINES:]]
    turned = [np.ascontiguousarray(crop[::-1, ::-1]) for crop in crops]
    scores, turned_scores = (
        sum(one.score for one in recogniser.recognise(lines)) for lines in (crops, turned)
    )
    return turned_scores > scores + _MORE_LEGIBLE * len(crops)


def _recognise(picture: Picture, quads: Quads, check: Callable[[], None]) -> list[RecognisedText]:
    """The recognised text of every line.

    RapidOCR reads lines with letters of other scripts and, on a Latin page, Latin lines of which
    our recogniser is not certain: it has seen real receipts and handwriting.
    """
    readings: dict[int, RecognisedText] = {}
    # Sorted by width over the whole page, so a batch has lines of similar width and little padding.
    order = sorted(range(len(quads)), key=lambda i: _aspect(quads[i]))
    for start in range(0, len(order), _CHUNK):
        part = order[start : start + _CHUNK]
        crops = [rapid.crop(picture, quads[i]) for i in part]
        found = recogniser.recognise(crops)
        check()
        foreign = [k for k, one in enumerate(found) if recogniser.OTHER_LETTER in one.text]
        others = rapid.recognise([crops[k] for k in foreign])
        for k, other in zip(foreign, others, strict=True):
            if any(script_of(character) == "other" for character in other.text):
                found[k] = other
            else:
                found[k] = found[k].without(recogniser.OTHER_LETTER)
        readings.update(zip(part, found, strict=True))
        check()
    if script_of(" ".join(one.text for one in readings.values())) == "latin":
        doubtful = [
            i
            for i in order
            if readings[i].score < _CERTAIN and script_of(readings[i].text) == "latin"
        ]
        others = rapid.recognise([rapid.crop(picture, quads[i]) for i in doubtful])
        for i, other in zip(doubtful, others, strict=True):
            if _is_better(other, readings[i]):
                readings[i] = other
        check()
    return [readings[i] for i in range(len(quads))]


def _is_better(other: RecognisedText, own: RecognisedText) -> bool:
    """Whether RapidOCR's reading of an uncertain Latin line is taken instead of ours."""
    letters = sum(character.isalpha() for character in own.text)
    margin = _MARGIN["words" if letters > 1 else "numbers"]
    return other.coverage >= _RECOGNISED and other.score > own.score + margin


def _size(picture: Picture) -> Size:
    return (picture.shape[1], picture.shape[0])


def _turned(picture: Picture, turns: int) -> Picture:
    return np.ascontiguousarray(np.rot90(picture, turns))


def _aspect(quad: NDArray[np.float32]) -> float:
    width, height = rapid.quad_size(quad)
    return width / max(height, 1.0) if math.isfinite(width) else 0.0
