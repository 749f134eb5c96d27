"""Cells of a table as lines of the page index, and their text for a region."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from engine.core.errors import GeometryError
from engine.core.geometry import union
from engine.core.schema import BBox, Line, Word
from engine.index.page_index import IndexedCell
from engine.layout.grid import Table, TableCell
from engine.ocr.tables import structure_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ToPage: TypeAlias = Callable[[BBox], BBox]


def table_cells(
    lines: Sequence[Line],
    picture: NDArray[np.uint8] | None,
    back: ToPage = lambda bbox: bbox,
    first: int = 0,
) -> tuple[list[Line], list[IndexedCell]]:
    """Return the lines of a table cell by cell, in page pixels, and its cells.

    A line of the result is a printed line of one cell.

    Args:
        lines: of the table, boxes in pixels of the picture.
        picture: (height, width, 3), uint8, RGB; None if only the words are known.
        back: maps a box from the picture to the page; raises GeometryError for a box outside.
        first: position of the first of the lines in the page's lines.
    """
    words = [word for line in lines for word in line.words]
    placed = structure_of([word.bbox for word in words], [word.text for word in words], picture)
    done: list[Line] = []
    cells = []
    for cell in placed:
        own = []
        for printed in cell.words:
            line = line_back(_line([words[at] for at in printed]), back)
            if line is not None:
                own.append(first + len(done))
                done.append(line)
        if own:
            cells.append(
                IndexedCell(
                    cell.row, cell.column, cell.rows, cell.columns, tuple(own), cell.is_header
                )
            )
    return done, cells


def texts_of_table(
    cells: Sequence[IndexedCell], lines: Sequence[Line], first: int
) -> tuple[str, str]:
    """Return a table as text (rows by newline, cells by tab) and, with spans, as HTML.

    Args:
        lines: the lines of the table.
        first: position of the first of them in the page's lines.
    """
    table = Table(
        tuple(
            TableCell(
                cell.row,
                cell.column,
                " ".join(lines[at - first].text for at in cell.lines),
                cell.rows,
                cell.columns,
                cell.is_header,
            )
            for cell in cells
        )
    )
    text = "\n".join("\t".join(row).rstrip("\t") for row in table.rows())
    return text, table.spanned_html()


def line_back(line: Line, back: ToPage) -> Line | None:
    """Map a line to page pixels; None for a line off the page (on a deskewed margin)."""
    words = []
    for word in line.words:
        try:
            words.append(replace(word, bbox=back(word.bbox)))
        except GeometryError:
            continue
    return Line(tuple(words), union(word.bbox for word in words)) if words else None


def _line(words: Sequence[Word]) -> Line:
    return Line(tuple(words), union(word.bbox for word in words))
