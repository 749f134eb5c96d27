"""OCR pipeline, page image -> lines: detection, orientation, script, recognition.

It combines the other modules of this package and knows no documents and no regions. Boxes are in
the level frame: the image after quarter turns, with the lines' slope removed from the coordinates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.core.schema import BBox, Line, Size, Word
from engine.ocr import bilingual, orientation, rapid, script, strips, tesseract
from engine.ocr.cyrillic import repaired
from engine.ocr.rapid import RecognisedText
from engine.ocr.script import Script
from engine.ocr.words import join_neighbours, line_from, line_of, slice_quad, split_at_gaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.ocr.rapid import Picture, Quads

# Radians. A smaller slope moves the far end of a line by less than its height.
_FLAT = 0.003
# Lines that are recognised between two checks for cancellation.
_CHUNK = 48
# On a Latin page, Tesseract recognises the skipped lines if they have this fraction of the width.
_MIXED_SHARE = 0.06


@dataclass(frozen=True, slots=True)
class PictureText:
    """The OCR result of an image.

    Attributes:
        lines: in no particular order; boxes in the level frame.
        script: the script of most of the page.
        source: the OCR engine that recognised most lines.
        quarter_turns: counter-clockwise, applied before everything else.
        angle: radians; the slope of the lines after the turns, see `to_picture`.
        picture: (height, width, 3) RGB after the turns, not levelled.
        lacks_tesseract: whether Cyrillic lines have no text because Tesseract is not installed.
    """

    lines: tuple[Line, ...]
    script: Script
    source: Literal["rapidocr", "tesseract"]
    quarter_turns: int
    angle: float
    picture: Picture
    lacks_tesseract: bool = False

    def to_picture(self, bbox: BBox) -> BBox:
        """Map a box of the level frame to its bounding box in the turned image (`picture`)."""
        if self.angle == 0.0:
            return bbox
        # Only the middle line is rotated, not the corners: the box of a sloping line would
        # otherwise grow by twice its own slope.
        x0, y0, x1, y1 = bbox
        middle, half = (y0 + y1) / 2, (y1 - y0) / 2
        ends = np.array([[x0, middle], [x1, middle]], np.float32)
        back = orientation.level_matrix(-self.angle, _size(self.picture))
        (ax, ay), (bx, by) = orientation.moved(ends, back).tolist()
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
    wanted: Literal["auto", "latin", "cyrillic"] = "auto",
    fix_orientation: bool = True,
    check: Callable[[], None] = lambda: None,
) -> PictureText:
    """Recognise all lines of an image.

    Args:
        picture: (height, width, 3), uint8, RGB.
        wanted: the script, if it is known.
        fix_orientation: whether to turn pages that are sideways or upside down.
        check: called between stages; an exception that it raises ends the OCR.
    Raises:
        OcrError: Tesseract is needed and installed, but failed.
    """
    quads, turns = rapid.detect(picture), 0
    check()
    if fix_orientation and orientation.is_sideways(quads):
        picture, turns = _turned(picture, 1), 1
        quads = rapid.detect(picture)
    sampled = orientation.sample(quads)
    crops = [rapid.crop(picture, quads[i]) for i in sampled]
    readings = rapid.recognise(crops)
    check()
    if fix_orientation and crops and orientation.is_upside_down(crops, readings):
        picture, turns = _turned(picture, 2), turns + 2
        quads = rapid.detect(picture)
        sampled = orientation.sample(quads)
        readings = rapid.recognise([rapid.crop(picture, quads[i]) for i in sampled])
        check()
    angle = orientation.skew(quads)
    angle = angle if abs(angle) >= _FLAT else 0.0
    told = script.sampled_script(readings) if wanted == "auto" else wanted
    known = dict(zip(sampled, readings, strict=True))
    cyrillic = told == "cyrillic" and tesseract.available()
    reader = _read_cyrillic if cyrillic else _read_latin
    found, unread = reader(picture, quads, known, wanted, check)
    flat = orientation.moved(quads, orientation.level_matrix(angle, _size(picture)))
    lines = []
    for quad, content in zip(flat, found, strict=True):
        line = (
            line_of(content, quad) if isinstance(content, RecognisedText) else _line(content, quad)
        )
        if line is not None:
            lines += split_at_gaps(line.words)
    # RapidOCR also recognises Chinese, so the text may be neither Latin nor Cyrillic.
    if told == "latin" and script.script_of(" ".join(one.text for one in lines)) == "other":
        told = "other"
    return PictureText(
        lines=tuple(join_neighbours(lines)),
        script=told,
        source="tesseract" if cyrillic else "rapidocr",
        quarter_turns=turns,
        angle=angle,
        picture=picture,
        lacks_tesseract=unread,
    )


_Content = RecognisedText | list[Word]


def _read_latin(
    picture: Picture,
    quads: Quads,
    known: dict[int, RecognisedText],
    wanted: str,
    check: Callable[[], None],
) -> tuple[list[_Content], bool]:
    """Recognise every line with RapidOCR, then the lines without a result with Tesseract.

    Returns:
        The content of each line, and whether lines have no text because Tesseract is missing.
    """
    readings = _recognise(picture, quads, range(len(quads)), known, check)
    content: list[_Content] = [readings[i] for i in range(len(quads))]
    skipped = [i for i, reading in readings.items() if script.was_skipped(reading)]
    width = sum(reading.aspect for reading in readings.values())
    if wanted == "latin" or sum(readings[i].aspect for i in skipped) < _MIXED_SHARE * width:
        return content, False
    if not tesseract.available():
        # Skipped print means that Tesseract is missing only if it looks like lines, not a logo.
        return content, _looks_unread(readings, skipped)
    check()
    words = strips.read([rapid.crop(picture, quads[i]) for i in skipped])
    for i, line in zip(skipped, words, strict=True):
        text = " ".join(word.text for word in line)
        sure = [word for word in line if word.confidence >= 0.5]
        if script.script_of(text) == "cyrillic" and len(sure) >= len(line) / 2:
            content[i] = line
    return content, False


def _read_cyrillic(
    picture: Picture,
    quads: Quads,
    known: dict[int, RecognisedText],
    wanted: str,
    check: Callable[[], None],
) -> tuple[list[_Content], bool]:
    """Recognise every line with Tesseract, then those not surely Cyrillic with RapidOCR too.

    Returns:
        The content of each line, and False: no line lacks text because Tesseract is missing.
    """
    crops = [rapid.crop(picture, quad) for quad in quads]
    words = strips.read(crops)
    check()
    doubtful = [i for i, line in enumerate(words) if bilingual.is_doubtful(line)]
    if doubtful:
        cut = [crops[i] for i in doubtful]
        russian = strips.read(cut, languages=("rus",))
        check()
        settled = bilingual.settled([words[i] for i in doubtful], russian, cut)
        for i, line in zip(doubtful, settled, strict=True):
            words[i] = line
        check()
    content: list[_Content] = list(words)
    other = [i for i, line in enumerate(words) if not _is_sure_cyrillic(line)]
    for i, reading in _recognise(picture, quads, other, known, check).items():
        # RapidOCR is better at numbers and Latin; if it recognised every glyph, it is right.
        if reading.coverage >= script.READ_COVERAGE and reading.score >= 0.9:
            content[i] = reading
    return content, False


def _is_sure_cyrillic(words: Sequence[Word]) -> bool:
    text = "".join(word.text for word in words)
    letters = sum("\u0400" <= char <= "\u052f" for char in text)
    sure = all(word.confidence >= 0.5 for word in words)
    return letters >= 2 and (sure or letters > len(text) / 2)


def _recognise(
    picture: Picture,
    quads: Quads,
    positions: Sequence[int],
    known: dict[int, RecognisedText],
    check: Callable[[], None],
) -> dict[int, RecognisedText]:
    """The recognised text of these lines, by index; `known` results are reused."""
    readings = {i: known[i] for i in positions if i in known}
    # Sorted by width over the whole page, so a batch has lines of similar width and little padding.
    missing = sorted((i for i in positions if i not in known), key=lambda i: _aspect(quads[i]))
    for start in range(0, len(missing), _CHUNK):
        part = missing[start : start + _CHUNK]
        crops = [rapid.crop(picture, quads[i]) for i in part]
        readings.update(zip(part, rapid.recognise(crops), strict=True))
        check()
    return readings


def _looks_unread(readings: dict[int, RecognisedText], skipped: Sequence[int]) -> bool:
    wide = [i for i in skipped if readings[i].aspect >= 3]
    return len(wide) >= 3


def _line(words: Sequence[Word], quad: NDArray[np.float32]) -> Line | None:
    placed = [
        Word(word.text, slice_quad(quad, word.bbox[0], word.bbox[2]), word.confidence)
        for word in words
    ]
    return line_from(repaired(placed)) if placed else None


def _size(picture: Picture) -> Size:
    return (picture.shape[1], picture.shape[0])


def _turned(picture: Picture, turns: int) -> Picture:
    return np.ascontiguousarray(np.rot90(picture, turns))


def _aspect(quad: NDArray[np.float32]) -> float:
    width, height = rapid.quad_size(quad)
    return width / max(height, 1.0) if math.isfinite(width) else 0.0
