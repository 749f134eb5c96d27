"""Structured view of a PageIndex: words, cells, rows, columns, sentences, headings.

A cell is a run of words without a wide gap. A row is a sequence of cells side by side. All boxes
are in page pixels. Word positions count through all lines of the page. The view does not depend on
the question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.geometry import union
from engine.core.schema import BBox
from engine.text.language import normal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.index.page_index import PageIndex

# In line heights: a wider gap separates two cells; a label is no further above its value.
_CELL_GAP: Final = 1.4
LABEL_GAP: Final = 1.8
# A region with this many words per cell on average is prose.
_PROSE_WORDS: Final = 5.0
_SENTENCE_END: Final = re.compile(r"[.!?…][\"'»”)]*$")
_ABBREVIATION: Final = re.compile(
    r"^(?:[^\W\d_]{1,3}|[^\W\d_]\.[^\W\d_]|\d{1,2}|prof|etc|approx|корп|тыс|руб|коп|стр|тел|обл)\.$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LineCell:
    """words[first:last] side by side. line: its index in the page's lines; region: index or -1."""

    first: int
    last: int
    bbox: BBox
    line: int
    region: int
    row: int = -1


@dataclass(frozen=True, slots=True)
class PageView:
    """The view of one page. See the module's docstring.

    Attributes:
        words, plain, boxes: the page's words as printed, in normal form, and their boxes.
        cell_of, sentence_of: (words,) the cell and the sentence of each word.
        cells, rows: rows contain cells from left to right; rows run from top to bottom.
        left: for each cell its left neighbour in the row, or -1.
        above: for each cell the cells above that share columns with it, nearest first.
        below: for each cell the nearest cell below that shares columns with it, or -1.
        sentences: (first, last) word ranges; a cell outside prose is a separate sentence.
        headings: for each cell, the cells of its heading.
        prose: regions of running text.
        line_height: median height of a cell, pixels.
    """

    index: PageIndex
    words: tuple[str, ...]
    plain: tuple[str, ...]
    boxes: tuple[BBox, ...]
    cells: tuple[LineCell, ...]
    rows: tuple[tuple[int, ...], ...]
    left: tuple[int, ...]
    above: tuple[tuple[int, ...], ...]
    below: tuple[int, ...]
    cell_of: tuple[int, ...]
    sentences: tuple[tuple[int, int], ...]
    sentence_of: tuple[int, ...]
    headings: tuple[tuple[int, ...], ...]
    prose: frozenset[int]
    line_height: float

    def text(self, first: int, last: int) -> str:
        """Join words[first:last] with spaces."""
        return " ".join(self.words[first:last])

    def category(self, cell: int) -> str:
        """Return the layout category of a cell's region, "Text" for a cell without one."""
        region = self.cells[cell].region
        return self.index.regions[region].category if region >= 0 else "Text"


def view_page(index: PageIndex) -> PageView:
    """Compute the view of a page."""
    words = index.words
    texts = tuple(word.text for word in words)
    boxes = tuple(word.bbox for word in words)
    cells = _cells(index)
    rows, left = _rows(cells)
    row_of = {cell: number for number, row in enumerate(rows) for cell in row}
    cells = [
        LineCell(cell.first, cell.last, cell.bbox, cell.line, cell.region, row_of[number])
        for number, cell in enumerate(cells)
    ]
    heights = [cell.bbox[3] - cell.bbox[1] for cell in cells]
    height = float(np.median(heights)) if heights else 1.0
    above, below = _columns(cells)
    prose = _prose(index, cells)
    sentences = _sentences(texts, cells, prose)
    return PageView(
        index=index,
        words=texts,
        plain=tuple(normal(text) for text in texts),
        boxes=boxes,
        cells=tuple(cells),
        rows=rows,
        left=left,
        above=above,
        below=below,
        cell_of=tuple(
            number for number, cell in enumerate(cells) for _ in range(cell.first, cell.last)
        ),
        sentences=sentences,
        sentence_of=tuple(
            number for number, (first, last) in enumerate(sentences) for _ in range(first, last)
        ),
        headings=_headings(index, cells),
        prose=prose,
        line_height=max(1.0, height),
    )


def _cells(index: PageIndex) -> list[LineCell]:
    region_of = {line: number for number, lines in enumerate(index.region_lines) for line in lines}
    cells, at = [], 0
    for number, line in enumerate(index.lines):
        start = at
        for place, word in enumerate(line.words):
            if place:
                before = line.words[place - 1].bbox
                tall = max(before[3] - before[1], word.bbox[3] - word.bbox[1])
                if word.bbox[0] - before[2] > _CELL_GAP * tall:
                    cells.append((start, at, number))
                    start = at
            at += 1
        if at > start:
            cells.append((start, at, number))
    words = index.words
    return [
        LineCell(
            first,
            last,
            union(word.bbox for word in words[first:last]),
            number,
            region_of.get(number, -1),
        )
        for first, last, number in cells
    ]


def _edges(cells: Sequence[LineCell]) -> NDArray[np.float64]:
    """(cells, 4) boxes."""
    return np.array([cell.bbox for cell in cells], dtype=np.float64).reshape(-1, 4)


def _rows(cells: Sequence[LineCell]) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """Build rows by linking left neighbours; this also works on pages photographed at a slant."""
    count = len(cells)
    if not count:
        return (), ()
    box = _edges(cells)
    tall = box[:, 3] - box[:, 1]
    shared = np.minimum(box[:, None, 3], box[None, :, 3]) - np.maximum(
        box[:, None, 1], box[None, :, 1]
    )
    same = shared >= 0.5 * np.minimum(tall[:, None], tall[None, :])
    gap = box[:, None, 0] - box[None, :, 2]  # from cell i to a cell j on its left
    reach = np.where(
        same & (gap > -0.5 * tall[:, None]) & (box[:, None, 0] > box[None, :, 0]), gap, np.inf
    )
    np.fill_diagonal(reach, np.inf)
    nearest = np.argmin(reach, axis=1)
    left = [int(near) if np.isfinite(reach[at, near]) else -1 for at, near in enumerate(nearest)]
    chains: dict[int, list[int]] = {}
    for at in np.argsort(box[:, 0], kind="stable"):
        number = int(at)
        root, seen = number, {number}
        while left[root] >= 0 and left[root] not in seen:
            root = left[root]
            seen.add(root)
        chains.setdefault(root, []).append(number)
    ordered = sorted(chains.values(), key=lambda row: float(np.mean(box[row, 1] + box[row, 3])))
    return tuple(tuple(row) for row in ordered), tuple(left)


def _columns(cells: Sequence[LineCell]) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """Return per cell the 24 nearest cells above in its columns, and the nearest one below."""
    if not cells:
        return (), ()
    box = _edges(cells)
    wide = np.minimum(box[:, None, 2], box[None, :, 2]) - np.maximum(
        box[:, None, 0], box[None, :, 0]
    )
    tall = box[:, 3] - box[:, 1]
    drop = box[:, None, 1] - box[None, :, 3]  # from the bottom of j to the top of i
    over = (wide > 0) & (drop > -0.4 * np.minimum(tall[:, None], tall[None, :]))
    over &= (box[:, None, 1] + box[:, None, 3]) > (box[None, :, 1] + box[None, :, 3])
    np.fill_diagonal(over, False)
    above, below = [], []
    for number in range(len(cells)):
        upper = np.flatnonzero(over[number])
        above.append(
            tuple(int(at) for at in upper[np.argsort(drop[number, upper], kind="stable")][:24])
        )
        lower = np.flatnonzero(over[:, number])
        below.append(int(lower[np.argmin(drop[lower, number])]) if lower.size else -1)
    return tuple(above), tuple(below)


def _prose(index: PageIndex, cells: Sequence[LineCell]) -> frozenset[int]:
    """Find the regions of running text."""
    sizes: dict[int, list[int]] = {}
    for cell in cells:
        sizes.setdefault(cell.region, []).append(cell.last - cell.first)
    return frozenset(
        region
        for region, counts in sizes.items()
        if region >= 0
        and index.regions[region].category not in ("Table", "Picture")
        and float(np.mean(counts)) >= _PROSE_WORDS
    )


def _sentences(
    words: Sequence[str], cells: Sequence[LineCell], prose: frozenset[int]
) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    start, region = 0, -1
    for cell in cells:
        flows = cell.region in prose and cell.region == region
        if not flows and cell.first > start:
            found.append((start, cell.first))
            start = cell.first
        region = cell.region
        for at in range(cell.first, cell.last - 1):
            word, after = words[at], words[at + 1]
            ends = _SENTENCE_END.search(word) and not _ABBREVIATION.match(word)
            if cell.region in prose and ends and not after[:1].islower():
                found.append((start, at + 1))
                start = at + 1
        last = words[cell.last - 1]
        if _SENTENCE_END.search(last) and not _ABBREVIATION.match(last) and cell.last > start:
            found.append((start, cell.last))
            start = cell.last
    if len(words) > start:
        found.append((start, len(words)))
    return tuple(found)


def _headings(index: PageIndex, cells: Sequence[LineCell]) -> tuple[tuple[int, ...], ...]:
    """Find for each cell the last heading or caption before it in reading order."""
    of_region: dict[int, list[int]] = {}
    for number, cell in enumerate(cells):
        of_region.setdefault(cell.region, []).append(number)
    current: tuple[int, ...] = ()
    known: dict[int, tuple[int, ...]] = {}
    for region in range(len(index.regions)):
        known[region] = current
        if index.regions[region].category in ("Title", "Section-header", "Caption"):
            current = tuple(of_region.get(region, ()))
    return tuple(known.get(cell.region, ()) for cell in cells)
