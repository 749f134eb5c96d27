"""Alignment of a model's text with OCR: a PageIndex with the model's words and OCR's boxes.

A model like GOT-OCR 2 writes text without boxes. Each line of it takes the box of the most similar
OCR line, and its words divide that box. A line without a similar OCR line gets the free area
between its placed neighbours; its box is no more exact than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from engine.core.geometry import contains_centre, union
from engine.core.schema import BBox, Line, Region, Word
from engine.index.page_index import PageIndex

# Least similarity of two lines that are the same print (SequenceMatcher ratio).
_ALIKE: Final = 0.5
# Confidence of a word whose place is only approximate.
_ROUGH: Final = 0.2
# Least height of a box, pixels.
_THIN: Final = 2.0


def index_of_text(text: str, own: PageIndex) -> PageIndex:
    """Build an index with the words of a model that gives no boxes.

    Args:
        text: text of the whole page; tabs separate the cells of a table.
        own: the page's OCR index, which supplies the boxes.
    """
    lines = _placed(_lines_of(text), own.lines, (0.0, 0.0, float(own.width), float(own.height)))
    return _index(own, [("Text", lines)] if lines else [])


def index_of_regions(regions: Sequence[Region], own: PageIndex) -> PageIndex:
    """Build an index with the words and regions of a model that gives boxes of regions."""
    groups = []
    for region in sorted(regions, key=lambda one: one.order):
        inside = [line for line in own.lines if contains_centre(region.bbox, line.bbox)]
        lines = _placed(_lines_of(region.text), inside, region.bbox)
        if lines:
            groups.append((region.category, lines))
    return _index(own, groups)


def _index(own: PageIndex, groups: Sequence[tuple[str, list[Line]]]) -> PageIndex:
    lines: list[Line] = []
    regions: list[Region] = []
    members: list[tuple[int, ...]] = []
    for category, held in groups:
        box = union(line.bbox for line in held)
        text = "\n".join(line.text for line in held)
        regions.append(Region(box, category, text, len(regions)))
        members.append(tuple(range(len(lines), len(lines) + len(held))))
        lines += held
    return own.with_lines(lines, regions, members, source="model", notices=())


def _lines_of(text: str) -> list[list[str]]:
    """Split a text into lines of words. Each cell of a table row is a separate line."""
    cells = [cell.split() for row in text.splitlines() for cell in row.split("\t")]
    return [cell for cell in cells if cell]


def _placed(texts: Sequence[list[str]], known: Sequence[Line], area: BBox) -> list[Line]:
    """Place each text as a line; texts without any known line divide the area evenly."""
    partners = _partners([" ".join(words) for words in texts], [line.text for line in known])
    placed: list[Line] = []
    for at, words in enumerate(texts):
        partner = partners[at]
        if partner is not None:
            placed.append(_line(words, known[partner].bbox, 1.0))
        else:
            placed.append(_line(words, _between(at, partners, known, area), _ROUGH))
    return placed


def _partners(texts: Sequence[str], known: Sequence[str]) -> list[int | None]:
    """Assign to each text the most similar known line; each known line is used once."""
    likeness = [
        (SequenceMatcher(None, text, other, autojunk=False).ratio(), i, j)
        for i, text in enumerate(texts)
        for j, other in enumerate(known)
        if min(len(text), len(other)) * 3 >= max(len(text), len(other))
    ]
    partners: list[int | None] = [None] * len(texts)
    taken: set[int] = set()
    for score, i, j in sorted(likeness, key=lambda one: (-one[0], abs(one[1] - one[2]))):
        if score < _ALIKE:
            break
        if partners[i] is None and j not in taken:
            partners[i] = j
            taken.add(j)
    return partners


def _between(at: int, partners: Sequence[int | None], known: Sequence[Line], area: BBox) -> BBox:
    """Return the box of a text without a partner, between its nearest placed neighbours.

    Texts between the same two neighbours divide the free area evenly.
    """
    first, last = at, at + 1
    while first > 0 and partners[first - 1] is None:
        first -= 1
    while last < len(partners) and partners[last] is None:
        last += 1
    before = _box_of(partners[first - 1], known) if first > 0 else None
    after = _box_of(partners[last], known) if last < len(partners) else None
    if before and after and _on_one_row(before, after) and before[2] < after[0]:
        left, right = _share(before[2], after[0], at - first, last - first)
        return (left, min(before[1], after[1]), right, max(before[3], after[3]))
    left, right = area[0], area[2]
    top, foot = before[3] if before else area[1], after[1] if after else area[3]
    if before and after and after[3] <= before[1]:
        # The next line begins another column: this text stands below the line before it.
        left, _, right, _ = before
        foot = area[3]
    if foot - top < _THIN:
        # No room is left: use a thin strip where the two neighbours meet.
        middle = min(max((top + foot) / 2, area[1]), area[3])
        top, foot = max(middle - _THIN / 2, area[1]), min(middle + _THIN / 2, area[3])
    top, foot = _share(top, foot, at - first, last - first)
    return (left, top, right, foot)


def _box_of(partner: int | None, known: Sequence[Line]) -> BBox | None:
    return None if partner is None else known[partner].bbox


def _on_one_row(first: BBox, second: BBox) -> bool:
    shared = min(first[3], second[3]) - max(first[1], second[1])
    return shared > 0.5 * min(first[3] - first[1], second[3] - second[1])


def _share(start: float, end: float, number: int, count: int) -> tuple[float, float]:
    """Return part `number` of `count` equal parts of an interval."""
    step = (end - start) / count
    return start + number * step, start + (number + 1) * step


def _line(words: Sequence[str], box: BBox, confidence: float) -> Line:
    """Build a line of words side by side in a box, each as wide as its characters."""
    total = sum(len(word) + 1 for word in words) - 1
    step = (box[2] - box[0]) / total
    placed, x = [], box[0]
    for word in words:
        placed.append(Word(word, (x, box[1], x + step * len(word), box[3]), confidence))
        x += step * (len(word) + 1)
    return Line(tuple(placed), box)
