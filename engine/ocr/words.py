"""Grouping of recognised characters into words and lines with boxes.

All boxes are in pixels of the image that was recognised. This module does not use the image.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.core.geometry import union
from engine.core.schema import BBox, Line, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.ocr.recognised_text import RecognisedText

# Two words of a row further apart than this many line heights are two cells, not one phrase.
CELL_GAP = 1.6
# Lines of one row closer than this many line heights are parts of one printed line.
JOIN_GAP = 0.7
# Minimum width of a space in crop heights (a crop is about 1.5 times as high as its capitals).
_MIN_SPACE = 0.25
# A gap of this fraction of the line's usual space splits a word where `_may_part` allows it.
_PARTING_SPACE = 0.9
# Margin around the ink at both ends of a line, in crop heights, for strokes too faint to detect.
_ROOM = 0.12
# Minimum width of a word, in character widths of its line.
_MIN_WIDTH = 0.3
_TICK_BOXES = "☐☑☒□"


def line_of(reading: RecognisedText, quad: NDArray[np.float32]) -> Line | None:
    """Build the line of one recognised quad, with a box for each word.

    Args:
        reading: the recognised text of the quad.
        quad: (4, 2) corners, clockwise from the top left of the text.
    Returns:
        The line, or None if only spaces were recognised.
    """
    text = ascii_punctuation(reading.text)
    spans = _spans(text, reading)
    if not spans:
        return None
    places, pitch = reading.places, _pitch(reading)
    outer = _ends(reading)
    words = []
    for token, first, last in spans:
        # A word ends at the widest blank between it and its neighbour, or in the middle if there is
        # none. The line's outer ends are those of its ink.
        start, end = outer
        if first:
            middle = (places[first - 1] + places[first]) / 2
            between = (places[first - 1], places[first])
            start = _blank(reading.gaps, *between, pitch, (middle, middle))[1]
        if last + 1 < len(places):
            middle = (places[last] + places[last + 1]) / 2
            between = (places[last], places[last + 1])
            end = _blank(reading.gaps, *between, pitch, (middle, middle))[0]
        if end - start < _MIN_WIDTH * pitch:
            # Both sides found the same blank, as happens beside a single character. Without this
            # its word would have no width, and be lost.
            start = max(0.0, places[first] - pitch / 2)
            end = min(1.0, places[last] + pitch / 2)
        scores = reading.scores[first : last + 1]
        words.append(Word(token, slice_quad(quad, start, end), sum(scores) / len(scores)))
    return line_from(words) if words else None


def line_from(words: Sequence[Word]) -> Line:
    """Build a line from words that are in order from left to right."""
    return Line(tuple(words), union(word.bbox for word in words))


def ascii_punctuation(text: str) -> str:
    """Convert full-width forms to ASCII (`（` to `(`), unless the line has CJK characters."""
    if any("\u3040" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3" for char in text):
        return text
    marks = {"。": ".", "、": ",", "【": "[", "】": "]", "「": '"', "」": '"'}
    return "".join(
        marks.get(char)
        or (unicodedata.normalize("NFKC", char) if "\uff01" <= char <= "\uff5e" else char)
        for char in text
    )


def split_at_gaps(words: Sequence[Word], *, gap: float = CELL_GAP) -> list[Line]:
    """Split the words of one row, ordered from left to right, into one line per contiguous run."""
    lines: list[list[Word]] = []
    for word in words:
        if lines:
            last = lines[-1][-1]
            height = max(_height(last.bbox), _height(word.bbox))
            if word.bbox[0] - last.bbox[2] <= gap * height:
                lines[-1].append(word)
                continue
        lines.append([word])
    return [line_from(run) for run in lines]


def join_neighbours(lines: Sequence[Line], *, gap: float = JOIN_GAP) -> list[Line]:
    """Join lines that lie side by side on one row, with no more than a space between them."""
    rest = sorted(lines, key=lambda line: line.bbox[0])
    done: list[Line] = []
    while rest:
        line = rest.pop(0)
        position = 0
        while position < len(rest):
            other = rest[position]
            height = min(_height(line.bbox), _height(other.bbox))
            distance = other.bbox[0] - line.bbox[2]
            if distance > gap * height:
                break
            if same_row(line.bbox, other.bbox) and distance > -0.5 * height:
                line = line_from((*line.words, *other.words))
                rest.pop(position)
                position = 0
                continue
            position += 1
        done.append(line)
    return done


def same_row(first: BBox, second: BBox, *, share: float = 0.6) -> bool:
    """Whether two boxes overlap by this fraction of the smaller height and have similar heights."""
    low, high = sorted((_height(first), _height(second)))
    shared = min(first[3], second[3]) - max(first[1], second[1])
    return low > 0 and shared >= share * low and high <= 1.8 * low


def _spans(text: str, reading: RecognisedText) -> list[tuple[str, int, int]]:
    """(token, first, last) of each word: indexes of its outer characters in `reading.places`.

    Words end at recognised spaces, and at some gaps in the ink that are as wide as a space.
    """
    spans: list[tuple[str, int, int]] = []
    used = 0
    for match in re.finditer(r"\S+", text):
        last = min(used + len(match.group()), len(reading.places)) - 1
        if last < used:
            break
        spans.append((match.group(), used, last))
        used = last + 1
    space, pitch = _space_width(spans, reading), _pitch(reading)
    return [part for span in spans for part in _split_span(span, reading, space, pitch)]


def _space_width(spans: Sequence[tuple[str, int, int]], reading: RecognisedText) -> float:
    """The usual width of this line's spaces, in fractions of the crop's width."""
    pitch = _pitch(reading)
    widths = []
    for (_, _, last), (_, first, _) in itertools.pairwise(spans):
        start, end = _blank(
            reading.gaps, reading.places[last], reading.places[first], pitch, (0.0, 0.0)
        )
        if end > start:
            widths.append(end - start)
    usual = sorted(widths)[len(widths) // 2] if widths else 0.0
    return max(usual, _MIN_SPACE / max(reading.aspect, 0.1))


def _split_span(
    span: tuple[str, int, int], reading: RecognisedText, space: float, pitch: float
) -> list[tuple[str, int, int]]:
    """Split a word at gaps in its ink that are as wide as a space, and after a checkbox."""
    token, first, last = span
    places = reading.places
    if len(token) != last - first + 1 or len(token) < 2:
        return [span]
    cuts = {i for i in range(1, len(token)) if token[i - 1] in _TICK_BOXES}
    for start, end in reading.gaps:
        middle = (start + end) / 2
        if not places[first] < middle < places[last]:
            continue
        after = next(i for i in range(1, len(token)) if places[first + i] >= middle)
        # A gap near the word's outer characters may be the space outside it, a column too early.
        if min(middle - places[first], places[last] - middle) < 0.4 * pitch:
            continue
        if end - start >= _PARTING_SPACE * space and _may_part(token[after - 1], token[after]):
            cuts.add(after)
    edges = [0, *sorted(cuts), len(token)]
    return [
        (token[begin:end], first + begin, first + end - 1)
        for begin, end in itertools.pairwise(edges)
    ]


def _may_part(left: str, right: str) -> bool:
    """Whether the recogniser may have lost a space between these two characters.

    True only beside a colon or a bracket, and between digits and letters. In a trial between
    letters, or between any marks, gaps in wide type split more words than lost spaces were found.
    """
    if left in ":;)" or right == "(":
        return True
    return (left.isdigit() and right.isalpha()) or (left.isalpha() and right.isdigit())


def _blank(
    gaps: Sequence[tuple[float, float]],
    low: float,
    high: float,
    pitch: float,
    default: tuple[float, float],
) -> tuple[float, float]:
    """The widest blank between two positions, with a tolerance of half a character each way."""
    best = default
    for start, end in gaps:
        middle = (start + end) / 2
        near = low - pitch / 2 < middle < high + pitch / 2
        if near and end - start > best[1] - best[0]:
            best = (start, end)
    return best


def _ends(reading: RecognisedText) -> tuple[float, float]:
    """Start and end of a line's ink, with a small margin, in fractions of its crop's width."""
    start, end, gaps = 0.0, 1.0, reading.gaps
    if gaps and gaps[0][0] <= 0.0:
        start = gaps[0][1]
    if gaps and gaps[-1][1] >= 1.0:
        end = gaps[-1][0]
    room = _ROOM / max(reading.aspect, 0.1)
    return (max(0.0, start - room), min(1.0, end + room)) if start < end else (0.0, 1.0)


def _pitch(reading: RecognisedText) -> float:
    """The usual distance between neighbouring characters, as a fraction of the crop's width."""
    places = reading.places
    steps = sorted(b - a for a, b in itertools.pairwise(places))
    return steps[len(steps) // 2] if steps else 0.4 / max(reading.aspect, 0.4)


def slice_quad(quad: NDArray[np.float32], start: float, end: float) -> BBox:
    """The bounding box of the part of a quad from `start` to `end`, fractions of its width."""
    corners = [
        quad[0] + (quad[1] - quad[0]) * start,
        quad[0] + (quad[1] - quad[0]) * end,
        quad[3] + (quad[2] - quad[3]) * start,
        quad[3] + (quad[2] - quad[3]) * end,
    ]
    xs = [float(corner[0]) for corner in corners]
    ys = [float(corner[1]) for corner in corners]
    return (min(xs), min(ys), max(xs), max(ys))


def _height(bbox: BBox) -> float:
    return bbox[3] - bbox[1]
