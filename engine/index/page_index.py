"""The page index: every word, line and region of a page with its box.

Grounding, verbatim decoding, field extraction and `lite` read it. `engine.index.builder` builds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from engine.core.schema import BBox, Line, Mark, Notice, Region, Word


@dataclass(frozen=True, slots=True)
class IndexedCell:
    """A cell of a table of the page.

    Attributes:
        row, column: 0-based upper left corner. rows, columns: its spans.
        lines: positions of its lines in the page's lines, from top to bottom.
        is_header: it belongs to the head rows.
    """

    row: int
    column: int
    rows: int
    columns: int
    lines: tuple[int, ...]
    is_header: bool = False


@dataclass(frozen=True, slots=True)
class IndexedTable:
    """The structure of a table. region: its position in the page's regions.

    The cells have text, do not overlap, and are sorted by row and column.
    """

    region: int
    cells: tuple[IndexedCell, ...]


@dataclass(frozen=True, slots=True)
class PageIndex:
    """The printed content of one page with its boxes.

    Attributes:
        page_index: 0-based.
        width, height: pixels of the upright page image, the frame of every box.
        lines: in reading order; the words of a line run from left to right.
        regions: in reading order (order == position); together they contain every line.
        region_lines: for each region, the positions of its lines in `lines`.
        script: the script of most letters of the page.
        source: the reader that produced the index.
        quarter_turns: counter-clockwise quarter turns that made the page readable; boxes are
            already mapped back.
        marks: check boxes, radio buttons, signature lines, stamps and codes, in no order.
        notices: messages for the user about the result, e.g. how well it can be read.
        tables: the structure of regions of the category Table, in reading order.
    """

    document_id: str
    page_index: int
    width: int
    height: int
    lines: tuple[Line, ...]
    regions: tuple[Region, ...] = ()
    region_lines: tuple[tuple[int, ...], ...] = ()
    script: Literal["latin", "cyrillic", "other"] = "latin"
    source: Literal["ocr", "pdf", "model"] = "ocr"
    quarter_turns: int = 0
    notices: tuple[Notice, ...] = ()
    marks: tuple[Mark, ...] = ()
    tables: tuple[IndexedTable, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        """All words, line by line."""
        return tuple(word for line in self.lines for word in line.words)

    @property
    def text(self) -> str:
        """The page as plain text, one line of text per line of the page."""
        return "\n".join(line.text for line in self.lines)

    def with_lines(
        self,
        lines: Sequence[Line],
        regions: Sequence[Region],
        region_lines: Sequence[tuple[int, ...]],
        *,
        tables: Sequence[IndexedTable] = (),
        **changes: Any,
    ) -> PageIndex:
        """Return the page with other lines and regions.

        Tables name lines and regions by their position, so those of this page are left out.

        Args:
            lines, regions, region_lines, tables: see the attributes.
            changes: further attributes.
        """
        return replace(
            self,
            lines=tuple(lines),
            regions=tuple(regions),
            region_lines=tuple(region_lines),
            tables=tuple(tables),
            **changes,
        )

    def text_in(self, bbox: BBox) -> str:
        """Return the words whose centres lie in a box (page pixels), one line per printed line."""
        left, top, right, bottom = bbox
        found = []
        for line in self.lines:
            words = []
            for word in line.words:
                x, y = (word.bbox[0] + word.bbox[2]) / 2, (word.bbox[1] + word.bbox[3]) / 2
                if left <= x < right and top <= y < bottom:
                    words.append(word.text)
            if words:
                found.append(" ".join(words))
        return "\n".join(found)
