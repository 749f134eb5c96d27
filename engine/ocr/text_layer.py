"""Plausibility checks of a PDF page's text layer, and its grouping into lines.

A text layer is rejected if it has too few words, many characters without a Unicode mapping, or
sideways words, or if it has no words where the layout model finds text. The page then needs OCR.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.geometry import area, intersection_area
from engine.core.schema import Line, Size, Word
from engine.ocr.layout_model import DetectedRegion
from engine.ocr.words import join_neighbours, line_from

_MIN_WORDS = 5
_MIN_PRINTABLE = 0.95
# Maximum fraction of the text area found by the layout model that may be without words.
_MAX_BLANK = 0.4
_TEXTUAL = frozenset({"Text", "Section-header", "Table", "List-item"})
# A gap between words of one row wider than this many word heights starts a new line.
_CELL_GAP = 1.3


def is_plausible(words: Sequence[Word], *, page_size: Size) -> bool:
    """Whether the words look like readable text on an upright page."""
    seen = [word for word in words if area(word.bbox) > 0]
    if len(seen) < _MIN_WORDS:
        return False
    text = "".join(word.text for word in seen)
    printable = sum(char.isprintable() and not _is_private(char) for char in text)
    letters = sum(char.isalnum() for char in text)
    if printable < _MIN_PRINTABLE * len(text) or letters < 0.4 * len(text):
        return False
    long = [word for word in seen if len(word.text) >= 4]
    tall = sum(word.bbox[3] - word.bbox[1] > word.bbox[2] - word.bbox[0] for word in long)
    return tall <= 0.5 * len(long)


def covers(words: Sequence[Word], found: Sequence[DetectedRegion]) -> bool:
    """Whether the text layer has words in most of the layout model's text regions.

    It returns False for a scan whose layer holds only a stamped header or page numbers.
    """
    total = blank = 0.0
    for region in found:
        if region.category not in _TEXTUAL:
            continue
        size = area(region.bbox)
        total += size
        if not any(
            intersection_area(word.bbox, region.bbox) > 0.5 * area(word.bbox) for word in words
        ):
            blank += size
    return blank <= _MAX_BLANK * total


def lines_of(words: Sequence[Word]) -> list[Line]:
    """Group words, given in the file's order, into lines.

    A word continues a line if it directly follows the line's last word on the same row. The file's
    order separates columns even if the gutter is narrower than a gap between words.
    """
    runs: list[list[Word]] = []
    for word in words:
        if area(word.bbox) <= 0:
            continue
        if runs and _follows(runs[-1][-1], word):
            runs[-1].append(word)
        else:
            runs.append([word])
    return join_neighbours([line_from(run) for run in runs])


def _follows(last: Word, word: Word) -> bool:
    height = max(last.bbox[3] - last.bbox[1], word.bbox[3] - word.bbox[1])
    shared = min(last.bbox[3], word.bbox[3]) - max(last.bbox[1], word.bbox[1])
    lower = min(last.bbox[3] - last.bbox[1], word.bbox[3] - word.bbox[1])
    gap = word.bbox[0] - last.bbox[2]
    return shared >= 0.4 * lower and -0.5 * height <= gap <= _CELL_GAP * height


def _is_private(char: str) -> bool:
    return char == "\ufffd" or "\ue000" <= char <= "\uf8ff"
