"""Similarity of a question and the cells around a cell: labels, row, column, heading, extremes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.families.lite.cells import cell_number, is_total, is_year
from engine.index.view import LABEL_GAP
from engine.text.language import groups_in, lexicon

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.families.lite.matching import Match
    from engine.families.lite.question import ParsedQuestion
    from engine.index.view import PageView

    Table = NDArray[np.float32]

_HEADER_WORDS: Final = 12
_HEADER_ROWS: Final = 4
_GRID_COLUMNS: Final = 3


class CellMatch:
    """Features of each cell of a page for one question.

    Attributes:
        left, above, under, row_key: (cells, 2) for the label left of the cell, above it, below it,
            and at the head of its row: how much of the question the label covers, and how much of
            the label the question covers.
        region: (cells, terms) similarity of the earlier cells of its region.
        label_types, own_types: the answer types that the cell's label, or the cell itself as a
            label, implies.
        row, column, heading: (cells, terms) similarity of the other cells of the row, of the
            column's headers, and of the heading above the cell.
        row_lead, row_key_lead: (cells,) difference to the best row of the page, 0 or less.
        column_rest: (cells,) what the headers cover of the terms that the row does not cover.
        column_lead: (cells,) its difference to the best cell of the row, 0 or less.
        grid: (cells,) whether the cell is in a table of three columns or more.
        grid_joint, grid_lead: (cells,) for those, what row and headers cover together, and its
            difference to the best cell of the page.
        product: (cells,) 1 in the best row's best column.
        extreme_here, extreme_row: (cells,) for "the largest": the cell, or another one of its row,
            holds its column's largest (or smallest) number.
    """

    def __init__(self, view: PageView, match: Match, question: ParsedQuestion) -> None:
        self._view, self._match = view, match
        count, terms = match.cell.shape
        self.numbers = [cell_number(view, cell) for cell in range(count)]
        self.left = self._labels([(left,) if left >= 0 else () for left in view.left])
        self.above = self._labels([self._label_above(cell) for cell in range(count)])
        self.grid = self._gridded()
        self.under = self._labels([self._label_below(cell) for cell in range(count)])
        self.region = self._earlier_in_region()
        self.label_types = self._label_types(count)
        self.row_key = self._labels([self._keys_of_row(cell) for cell in range(count)])
        self.row = np.zeros((count, terms), np.float32)
        for row in view.rows:
            for cell in row:
                others = [other for other in row if other != cell]
                if others:
                    self.row[cell] = match.cell[others].max(axis=0)
        self.column = np.array(
            [self._best(self._headers(cell), match) for cell in range(count)], np.float32
        ).reshape(count, terms)
        self.heading = np.array(
            [self._best(heading, match) for heading in view.headings], np.float32
        ).reshape(count, terms)
        weight = match.weight
        row_cover = self.row @ weight
        self.row_lead = row_cover - (row_cover.max() if count else 0.0)
        key_cover = self.row_key[:, 0]
        self.row_key_lead = key_cover - (key_cover.max() if count else 0.0)
        open_terms = np.maximum(0.0, self.column - self.row)
        self.column_rest = open_terms @ weight
        self.column_lead = np.zeros(count, np.float32)
        for row in view.rows:
            rest = self.column_rest[list(row)]
            self.column_lead[list(row)] = rest - rest.max()
        both = np.maximum(self.row, self.column) @ weight * self.grid
        self.grid_joint = both
        self.grid_lead = both - (both.max() if count else 0.0)
        self.product = _share(key_cover) * (1 + 4 * self.column_lead).clip(0) * (both > 0)
        self.extreme_here = np.zeros(count, np.float32)
        self.extreme_row = np.zeros(count, np.float32)
        self._extremes(question)

    def _best(self, cells: Sequence[int], match: Match) -> Table:
        if not cells:
            return np.zeros(match.cell.shape[1], np.float32)
        best: Table = match.cell[list(cells)].max(axis=0)
        return best

    def _labels(self, labels: Sequence[Sequence[int]]) -> Table:
        """Return (cells, 2) cover and exactness of the best of each cell's labels."""
        table = np.zeros((len(labels), 2), np.float32)
        for number, own in enumerate(labels):
            for label in own:
                cell = self._view.cells[label]
                cover = self._match.covered(self._match.cell[label])
                if cover > table[number, 0]:
                    table[number] = cover, self._match.explained(cell.first, cell.last)
        return table

    def _label_above(self, number: int) -> tuple[int, ...]:
        view = self._view
        own = view.cells[number]
        return tuple(
            above
            for above in view.above[number][:2]
            if own.bbox[1] - view.cells[above].bbox[3] <= LABEL_GAP * view.line_height
        )

    def _label_below(self, number: int) -> tuple[int, ...]:
        """Return the label below a cell: some forms print labels under the line."""
        view = self._view
        below = view.below[number]
        if below < 0:
            return ()
        gap = view.cells[below].bbox[1] - view.cells[number].bbox[3]
        return (below,) if gap <= LABEL_GAP * view.line_height else ()

    def _earlier_in_region(self) -> Table:
        """Return (cells, terms) similarity of the earlier cells of the same region."""
        view, match = self._view, self._match
        table = np.zeros_like(match.cell)
        for number in range(1, len(view.cells)):
            if view.cells[number].region == view.cells[number - 1].region >= 0:
                table[number] = np.maximum(table[number - 1], match.cell[number - 1])
        return table

    def _label_types(self, count: int) -> list[frozenset[str]]:
        """Return for each cell the answer types that the label left of it or above it implies."""
        view = self._view
        implied = lexicon().implied
        own: list[frozenset[str]] = []
        for cell in view.cells:
            words = view.plain[cell.first : min(cell.last, cell.first + 5)]
            groups = frozenset().union(*groups_in(words))
            own.append(frozenset().union(*(implied[group] for group in groups)))
        found = []
        for number in range(count):
            left = view.left[number]
            types = own[left] if left >= 0 and not self.grid[number] else frozenset()
            if not types and not self.grid[number]:
                for above in self._label_above(number)[:1]:
                    types = own[above]
            found.append(types)
        self.own_types = own
        return found

    def _gridded(self) -> NDArray[np.bool_]:
        """Return (cells,) whether a cell is in a table of three columns or more.

        Two consecutive wide rows belong to a table if most cells of the lower one lie under cells
        of the upper one and a quarter of the cells are numbers. Forms have columns too, but few
        numbers.
        """
        view = self._view
        found = np.zeros(len(view.cells), np.bool_)
        wide = [row for row in view.rows if len(row) >= _GRID_COLUMNS]
        for upper, lower in pairwise(wide):
            under = {above for cell in lower for above in view.above[cell][:2]} & set(upper)
            numbers = sum(self.numbers[cell] is not None for cell in (*upper, *lower))
            enough = max(_GRID_COLUMNS, 0.6 * min(len(upper), len(lower)))
            if len(under) >= enough and numbers >= 0.25 * (len(upper) + len(lower)):
                found[list(upper)] = found[list(lower)] = True
        return found

    def _keys_of_row(self, number: int) -> tuple[int, ...]:
        """Return the cells that may name the row: all others in a table, else text cells before."""
        row = self._view.rows[self._view.cells[number].row]
        if self.grid[number]:
            return tuple(cell for cell in row if cell != number)
        return tuple(cell for cell in row[: row.index(number)] if self.numbers[cell] is None)[:2]

    def _headers(self, number: int) -> list[int]:
        """Return the headers of a cell's column, and the heading row of its part of a table."""
        view = self._view
        region = view.cells[number].region
        found: list[int] = []
        for place, above in enumerate(view.above[number]):
            other = view.cells[above]
            if other.last - other.first > _HEADER_WORDS:
                continue
            if place and region >= 0 and other.region != region:
                continue
            if self._is_wordy(above):
                found.append(above)
            elif found and self.grid[number]:
                break  # values above the header belong to another part of the table
        if region >= 0 and view.category(number) == "Table":
            found += self._group_headers(number)
        return found

    def _group_headers(self, number: int) -> list[int]:
        """Return headers by nearest centre: those over several columns touch only the middle ones.

        A row of one text cell names the part of the table below it. A row of text cells below
        values starts new columns.
        """
        view = self._view
        cell = view.cells[number]
        middle = (cell.bbox[0] + cell.bbox[2]) / 2
        heads: list[int] = []
        part: list[int] = []
        values = False
        for row in view.rows[: cell.row]:
            own = [other for other in row if view.cells[other].region == cell.region]
            if not own:
                continue
            wordy = [other for other in own if self._is_wordy(other)]
            if len(own) == 1 and wordy:
                part = [own[0]]
            elif len(wordy) >= 0.7 * len(own) and len(own) > 1:
                if values:
                    heads, values = [], False
                nearest = min(wordy, key=lambda at: abs(_middle(view.cells[at].bbox) - middle))
                heads = [*heads, nearest][-_HEADER_ROWS:]
            else:
                values = True
        return heads + part

    def _is_wordy(self, number: int) -> bool:
        """Whether a cell is text or a year: years are column headers, too."""
        cell = self._view.cells[number]
        return self.numbers[number] is None or is_year(self._view.text(cell.first, cell.last))

    def _extremes(self, question: ParsedQuestion) -> None:
        groups = {group for term in question.terms for group in term.groups}
        if not groups & {"maximum", "minimum"}:
            return
        view, match = self._view, self._match
        sign = -1 if "minimum" in groups and "maximum" not in groups else 1
        below: dict[int, list[int]] = {}
        for number, above in enumerate(view.above):
            for other in above:
                below.setdefault(other, []).append(number)
        covers = {
            number: match.covered(self.column[number])
            for number, value in enumerate(self.numbers)
            if value is not None
        }
        best = max(covers.values(), default=0.0) or 1.0
        for number, value in enumerate(self.numbers):
            if value is None:
                continue
            region = view.cells[number].region
            column = [
                other
                for other in (*view.above[number], *below.get(number, ()))
                if self.numbers[other] is not None and view.cells[other].region == region
            ]
            if len(column) < 2 or is_total(view, number):
                continue
            rivals = [self.numbers[other] for other in column if not is_total(view, other)]
            if all(rival is None or sign * value >= sign * rival for rival in rivals):
                score = max(0.1, covers[number] / best) ** 2
                self.extreme_here[number] = score
                for other in view.rows[view.cells[number].row]:
                    if other != number:
                        self.extreme_row[other] = max(self.extreme_row[other], score)


def _share(values: Table) -> Table:
    """Divide values by the largest of them."""
    top = values.max() if values.size else 0.0
    share: Table = values / top if top > 0 else values
    return share


def _middle(bbox: tuple[float, float, float, float]) -> float:
    return (bbox[0] + bbox[2]) / 2
