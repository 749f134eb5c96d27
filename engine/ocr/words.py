"""From recognised characters to words and lines with boxes; nothing here reads a picture.

All boxes are in pixels of the picture that was read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.geometry import union
from engine.schema import BBox, Line, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.ocr.rapid import Reading

# Two words of a row further apart than this many line heights are two cells, not one phrase.
CELL_GAP = 1.6
# Lines of one row closer than this many line heights are one printed line that was detected twice.
JOIN_GAP = 0.7


def line_of(reading: Reading, quad: NDArray[np.float32]) -> Line | None:
    """The words of one recognised line.

    Args:
        reading: what was read in the quad.
        quad: (4, 2) corners, clockwise from the top left of the text.
    Returns:
        The line, or None when nothing but spaces was read.
    """
    text = ascii_punctuation(reading.text)
    tokens = [(match.start(), match.group()) for match in re.finditer(r"\S+", text)]
    if not tokens:
        return None
    places = list(reading.places)
    pitch = _pitch(places)
    words = []
    used = 0
    for _, token in tokens:
        own = places[used : used + len(token)]
        before = places[used - 1] if used else None
        used += len(token)
        if not own:
            break
        after = places[used] if used < len(places) else None
        # From the blank before the first character to the blank after the last one; where there is
        # none, half a character beyond their centres, but never into the neighbour.
        start = max(own[0] - pitch / 2, 0.0 if before is None else (before + own[0]) / 2)
        end = min(own[-1] + pitch / 2, 1.0 if after is None else (own[-1] + after) / 2)
        start = _widest(reading.gaps, own[0] - 1.5 * pitch if before is None else before, own[0], start)[1]
        end = _widest(reading.gaps, own[-1], own[-1] + 1.5 * pitch if after is None else after, end)[0]
        words.append(Word(token, slice_quad(quad, start, end), reading.score))
    return line_from(words) if words else None


def line_from(words: Sequence[Word]) -> Line:
    """A line around words that are already from left to right."""
    return Line(tuple(words), union(word.bbox for word in words))


def ascii_punctuation(text: str) -> str:
    """Full-width forms as ASCII (`（` to `(`), unless the line is written in ideographs."""
    if any("\u3040" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3" for char in text):
        return text
    marks = {"。": ".", "、": ",", "【": "[", "】": "]", "「": '"', "」": '"'}
    return "".join(
        marks.get(char)
        or (unicodedata.normalize("NFKC", char) if "\uff01" <= char <= "\uff5e" else char)
        for char in text
    )


def split_at_gaps(words: Sequence[Word], *, gap: float = CELL_GAP) -> list[Line]:
    """Words of one row, from left to right, as one line for each visually contiguous run."""
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
    """Lines that stand side by side on one row with no more than a space between, joined."""
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
    """Whether two boxes share this much of the lower one's height, and are of like height."""
    low, high = sorted((_height(first), _height(second)))
    shared = min(first[3], second[3]) - max(first[1], second[1])
    return low > 0 and shared >= share * low and high <= 1.8 * low


def _widest(
    gaps: Sequence[tuple[float, float]], low: float, high: float, default: float
) -> tuple[float, float]:
    """The widest blank that reaches between two places, or (default, default)."""
    best = (default, default)
    for start, end in gaps:
        if start < high and end > low and end - start > best[1] - best[0]:
            best = (start, end)
    return best


def _pitch(places: Sequence[float]) -> float:
    """The usual distance between neighbouring characters, as a share of the crop."""
    steps = sorted(b - a for a, b in zip(places, places[1:], strict=False))
    return steps[len(steps) // 2] if steps else 1.0


def slice_quad(quad: NDArray[np.float32], start: float, end: float) -> BBox:
    """The box around the part of a quad from `start` to `end` of its width."""
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
