"""The text that a model read from a page -> a PageIndex, with places from the page's own index.

A model like GOT-OCR 2 gives text without boxes. A line of it takes the place of the OCR line it is
most like, and its words take their share of that place. What no line is like lies somewhere
between its placed neighbours, and its box says no more than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Final

from engine.geometry import union
from engine.index import PageIndex
from engine.schema import BBox, Line, Region, Word

# Of two lines: as different as this, they are not the same print.
_ALIKE: Final = 0.5
# The confidence of a word whose place is only known roughly.
_ROUGH: Final = 0.2


def index_of_text(text: str, own: PageIndex) -> PageIndex:
    """An index with the model's words.

    Args:
        text: of the whole page; cells of a table are separated by tabs.
        own: the page's index by OCR, which gives the places.
    """
    lines = _placed(_lines_of(text), own.lines, (0.0, 0.0, float(own.width), float(own.height)))
    return _index(own, [("Text", lines)] if lines else [])


def index_of_regions(regions: Sequence[Region], own: PageIndex) -> PageIndex:
    """An index with the words and regions of a model that says where they stand."""
    groups = []
    for region in sorted(regions, key=lambda one: one.order):
        inside = [line for line in own.lines if _holds(region.bbox, line.bbox)]
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
    return replace(
        own,
        lines=tuple(lines),
        regions=tuple(regions),
        region_lines=tuple(members),
        source="model",
        notices=(),
    )


def _lines_of(text: str) -> list[list[str]]:
    """Cells of a row are lines of their own: on the page they stand apart."""
    cells = [cell.split() for row in text.splitlines() for cell in row.split("\t")]
    return [cell for cell in cells if cell]


def _holds(outer: BBox, inner: BBox) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def _placed(texts: Sequence[list[str]], known: Sequence[Line], area: BBox) -> list[Line]:
    """Lines for the texts, each at its place; without any known line they share the area evenly."""
    partners = _partners([" ".join(words) for words in texts], [line.text for line in known])
    placed: list[Line] = []
    for at, words in enumerate(texts):
        partner = partners[at]
        if partner is not None:
            placed.append(_line(words, known[partner].bbox, 1.0))
        else:
            placed.append(_line(words, _between(at, partners, known, area, len(texts)), _ROUGH))
    return placed


def _partners(texts: Sequence[str], known: Sequence[str]) -> list[int | None]:
    """For each text the known line it is most like, each known line used once."""
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


def _between(
    at: int, partners: Sequence[int | None], known: Sequence[Line], area: BBox, count: int
) -> BBox:
    """Where a text without a partner must stand: below the one before, above the one after."""
    before = next((known[p].bbox for p in reversed(partners[:at]) if p is not None), None)
    after = next((known[p].bbox for p in partners[at + 1 :] if p is not None), None)
    if before is None and after is None:
        height = (area[3] - area[1]) / count
        return (area[0], area[1] + at * height, area[2], area[1] + (at + 1) * height)
    top = before[1] if before else area[1]
    bottom = after[3] if after else area[3]
    return (area[0], min(top, bottom), area[2], max(top, bottom))


def _line(words: Sequence[str], box: BBox, confidence: float) -> Line:
    """Words side by side in a box, each as wide as its characters."""
    total = sum(len(word) + 1 for word in words) - 1
    step = (box[2] - box[0]) / total
    placed, x = [], box[0]
    for word in words:
        placed.append(Word(word, (x, box[1], x + step * len(word), box[3]), confidence))
        x += step * (len(word) + 1)
    return Line(tuple(placed), box)
