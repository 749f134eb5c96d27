"""Comparison of a PDF page's text layer with its picture: only what is printed is read.

A layer can hold words that nobody sees (white on white, under a black bar), lack words that
everybody sees (a stamp, a filled form, a scan pasted into a page), or say something else than the
print (fonts with a wrong ToUnicode map). Boxes are in pixels of the picture, which is the page.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rapidfuzz.distance import Levenshtein

from engine.core.geometry import area, intersection_area, union
from engine.core.schema import BBox, Line, Word
from engine.ocr import rapid, recogniser
from engine.ocr.words import line_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.ocr.rapid import Picture

# Minimum range of a channel's values, of 255, under a printed word; light grey on white has 34.
_INK_RANGE: Final = 24
_THIN: Final = 6
# Widths in pixels of the sample at the recogniser's height of 48: of one piece, and of all.
_PIECE: Final = 480
_SAMPLE: Final = 2400
_RECOGNISER_HEIGHT: Final = 48
# A digit in the sample counts as much as this many other characters: values are made of digits.
_DIGIT_WEIGHT: Final = 3
# The layer is wrong if the recogniser surely reads this share of the characters, or of the digits,
# otherwise, or finds this many times fewer words.
_SURE: Final = 0.9
_WRONG: Final = 0.12
_WRONG_DIGITS: Final = 0.25
_LEAST_DIGITS: Final = 4
_LEAST_CHARACTERS: Final = 12
_SPLIT_WORDS: Final = 1.5
# Ink without words: sizes in pixels of a copy of this width.
_COPY_WIDTH: Final = 900
_INK_STEP: Final = 40
_LETTER_HEIGHTS: Final = (4, 48)
_LEAST_LETTERS: Final = 3
_MANY_LETTERS: Final = 400
# A line found by OCR is new if words of the layer cover less than this share of it.
_COVERED: Final = 0.3
_LEAST_SCORE: Final = 0.8


def printed_words(words: Sequence[Word], picture: Picture) -> list[Word]:
    """The words that have ink in their boxes.

    Args:
        words: boxes in pixels of the picture.
        picture: (height, width, 3), uint8, RGB.
    """
    return [word for word in words if _has_ink(_cut(picture, _at_least(_THIN, word.bbox)))]


def is_contradicted(lines: Sequence[Line], picture: Picture) -> bool:
    """Whether the print of a sample of lines differs from what the layer says.

    The sample has as many different characters and sizes of print as possible, because a wrong map
    belongs to a font and maps the same character always to the same wrong one.
    """
    pieces = _sample(lines)
    read = recogniser.recognise([_cut(picture, piece.bbox, margin=0.2) for piece in pieces])
    compared = wrong = digits = wrong_digits = layer_words = read_words = 0
    for piece, found in zip(pieces, read, strict=True):
        if recogniser.OTHER_LETTER in found.text:
            continue
        layer, print_ = _letters(piece.text), _letters(found.text)
        if not print_ or len(found.scores) != len("".join(found.text.split())):
            continue
        scores = _letter_scores(found.text, found.scores)
        compared += len(layer)
        digits += sum(map(str.isdigit, layer))
        layer_words += len(piece.words)
        read_words += len(found.text.split())
        for edit in Levenshtein.editops(layer, print_):
            if edit.tag != "replace" or scores[edit.dest_pos] < _SURE:
                continue
            wrong += 1
            wrong_digits += layer[edit.src_pos].isdigit()
    if compared < _LEAST_CHARACTERS:
        return False
    return (
        wrong > _WRONG * compared
        or (digits >= _LEAST_DIGITS and wrong_digits > _WRONG_DIGITS * digits)
        or layer_words > _SPLIT_WORDS * read_words
    )


def unlisted_lines(words: Sequence[Word], picture: Picture) -> list[Line]:
    """Printed lines that the layer does not have, read by OCR; empty if no ink looks like print."""
    if not _has_unlisted_print(words, picture):
        return []
    boxes = [word.bbox for word in words]
    quads = [quad for quad in rapid.detect(picture) if not _is_listed(_bounds(quad), boxes)]
    lines = []
    for quad, found in zip(
        quads, recogniser.recognise([rapid.crop(picture, quad) for quad in quads]), strict=True
    ):
        readable = found.without(recogniser.OTHER_LETTER)
        line = line_of(readable, quad)
        if line is not None and readable.score >= _LEAST_SCORE and len(readable.scores) > 1:
            lines.append(line)
    return lines


def _has_ink(part: NDArray[np.uint8]) -> bool:
    if part.size == 0:
        return False
    low, high = np.percentile(part.reshape(-1, part.shape[-1]), (0, 100), axis=0)
    return bool((high - low).max() >= _INK_RANGE)


def _at_least(side: float, bbox: BBox) -> BBox:
    """The box, grown about its centre to sides of at least `side` pixels: dashes are thin."""
    x0, y0, x1, y1 = bbox
    across, down = max(0.0, side - (x1 - x0)) / 2, max(0.0, side - (y1 - y0)) / 2
    return (x0 - across, y0 - down, x1 + across, y1 + down)


def _cut(picture: Picture, bbox: BBox, *, margin: float = 0.0) -> Picture:
    """The part of a picture in a box, with a margin in heights of the box."""
    room = margin * (bbox[3] - bbox[1])
    height, width = picture.shape[:2]
    x0, y0 = max(0, round(bbox[0] - room)), max(0, round(bbox[1] - room))
    x1, y1 = min(width, round(bbox[2] + room)), min(height, round(bbox[3] + room))
    return picture[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]


def _sample(lines: Sequence[Line]) -> list[Line]:
    """Pieces of lines that together have many different characters and sizes of print."""
    pieces = [piece for line in lines for piece in _pieces(line)]
    features = [_features(piece) for piece in pieces]
    chosen: list[Line] = []
    known: set[tuple[str, int]] = set()
    room = float(_SAMPLE)
    while pieces:
        gains = [sum(_weight(one) for one in own - known) for own in features]
        best = max(range(len(pieces)), key=gains.__getitem__)
        width = _width(pieces[best])
        if gains[best] == 0 or (chosen and width > room):
            break
        chosen.append(pieces.pop(best))
        known |= features.pop(best)
        room -= width
    return chosen


def _pieces(line: Line) -> Iterable[Line]:
    """Split a line between words into pieces that are not too wide for the sample."""
    run: list[Word] = []
    for word in line.words:
        wider = Line((*run, word), union(one.bbox for one in (*run, word)))
        if run and _width(wider) > _PIECE:
            yield Line(tuple(run), union(one.bbox for one in run))
            run = []
        run.append(word)
    if run:
        yield Line(tuple(run), union(one.bbox for one in run))


def _width(line: Line) -> float:
    """The width of a line that is enlarged to the recogniser's height."""
    x0, y0, x1, y1 = line.bbox
    return (x1 - x0) / max(1.0, 1.4 * (y1 - y0)) * _RECOGNISER_HEIGHT


def _features(line: Line) -> set[tuple[str, int]]:
    size = round(np.log(max(1.0, line.bbox[3] - line.bbox[1])) * 4)
    return {(character, size) for character in _letters(line.text)}


def _weight(feature: tuple[str, int]) -> int:
    return _DIGIT_WEIGHT if feature[0].isdigit() else 1


def _letters(text: str) -> str:
    """Letters and digits in one case and without accents, as OCR and a layer may differ in them."""
    return "".join(one for character in text for one in _plain(character))


def _plain(character: str) -> str:
    folded = unicodedata.normalize("NFKD", character).casefold()
    return "".join(one for one in folded if one.isalnum()).translate(_ALIKE)


# Characters of one shape in many fonts; a layer may hold either.
_ALIKE: Final = str.maketrans("авекмнорстухіјзl1|о0", "abekmhopctyxij3iiioo")


def _letter_scores(text: str, scores: Sequence[float]) -> list[float]:
    """The score of each character of `_letters(text)`. scores: of its printed characters."""
    printed = "".join(text.split())
    return [
        score for character, score in zip(printed, scores, strict=True) for _ in _plain(character)
    ]


def _bounds(quad: NDArray[np.float32]) -> BBox:
    (x0, y0), (x1, y1) = quad.min(axis=0).tolist(), quad.max(axis=0).tolist()
    return (x0, y0, x1, y1)


def _is_listed(bbox: BBox, words: Sequence[BBox]) -> bool:
    covered = sum(intersection_area(bbox, word) for word in words)
    return covered > _COVERED * area(bbox)


def _has_unlisted_print(words: Sequence[Word], picture: Picture) -> bool:
    """Whether ink outside the words' boxes looks like a row of letters."""
    import cv2

    scale = min(1.0, _COPY_WIDTH / picture.shape[1])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    paper = cv2.blur(cv2.dilate(grey, np.ones((9, 9), np.uint8)), (31, 31))
    ink = (cv2.absdiff(grey, paper) > _INK_STEP).astype(np.uint8)
    for word in words:
        x0, y0, x1, y1 = (value * scale for value in word.bbox)
        room = 0.3 * (y1 - y0) + 1
        ink[
            max(0, int(y0 - room)) : int(y1 + room) + 1, max(0, int(x0 - room)) : int(x1 + room) + 1
        ] = 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    letters = [one for one in stats[1:].tolist() if _is_letter(one)]
    return _has_row(letters)


def _is_letter(stats: Sequence[int]) -> bool:
    _, _, width, height, pixels = stats
    low, high = _LETTER_HEIGHTS
    return low <= height <= high and width <= 3 * height and pixels >= 0.12 * width * height


def _has_row(letters: Sequence[Any]) -> bool:
    """Whether enough letters of similar height stand side by side."""
    if len(letters) > _MANY_LETTERS:
        return True
    for x, y, width, height, _ in letters:
        right, middle = x + width, y + height / 2
        row = [
            other
            for other in letters
            if abs(other[1] + other[3] / 2 - middle) < 0.5 * height
            and 0.5 * height <= other[3] <= 2 * height
            and -height <= other[0] - right <= 6 * height
        ]
        row.sort()
        near = sum(b[0] - (a[0] + a[2]) <= 1.5 * height for a, b in pairwise(row))
        if near >= _LEAST_LETTERS:
            return True
    return False
