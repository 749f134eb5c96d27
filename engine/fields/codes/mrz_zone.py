"""Locates the machine-readable zone on a page and the positions of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.fields.codes.mrz import Mrz, clean_line, looks_like, parse_mrz
from engine.index.spans import Candidate, piece

if TYPE_CHECKING:
    from engine.index.view import PageView


@dataclass(frozen=True, slots=True)
class MrzZone:
    """An MRZ on a page. rows: its rows in the view; piece: the whole zone as a span of the page."""

    mrz: Mrz
    rows: tuple[int, ...]
    piece: Candidate
    view: PageView

    @property
    def cells(self) -> frozenset[int]:
        return frozenset(cell for row in self.rows for cell in self.view.rows[row])

    def part(self, name: str) -> Candidate | None:
        """Return a part (surname, birth_date, ...) as a span; None if OCR misread it."""
        printed = self.mrz.printed.get(name)
        if not printed:
            return None
        for row in self.rows:
            for number in self.view.rows[row]:
                cell = self.view.cells[number]
                text = self.view.text(cell.first, cell.last)
                at = text.find(printed)
                if at >= 0:
                    found = piece(self.view, cell.first, cell.last, at, at + len(printed), "mrz")
                    if found is not None and found.text == printed:
                        return found
        return None


def find_zone(view: PageView) -> MrzZone | None:
    """Return the page's MRZ; of several interpretations the one with most valid check digits."""
    texts = [
        " ".join(view.text(view.cells[cell].first, view.cells[cell].last) for cell in row)
        for row in view.rows
    ]
    possible = [bool(clean_line(text)) and len(clean_line(text)) >= 22 for text in texts]
    best: tuple[float, MrzZone] | None = None
    for start in range(len(texts)):
        for count in (3, 2):
            rows = tuple(range(start, start + count))
            if rows[-1] >= len(texts) or not all(possible[row] for row in rows):
                continue
            if not looks_like(texts[start]) and not looks_like(texts[rows[-1]]):
                continue
            mrz = parse_mrz([texts[row] for row in rows])
            if mrz is None:
                continue
            agreeing = sum(mrz.checks.values()) - 0.5 * (len(mrz.checks) - sum(mrz.checks.values()))
            if best is None or agreeing > best[0]:
                best = (agreeing, MrzZone(mrz, rows, _whole(view, rows), view))
    return best[1] if best else None


def _whole(view: PageView, rows: tuple[int, ...]) -> Candidate:
    ranges = tuple(
        (view.cells[cell].first, view.cells[cell].last) for row in rows for cell in view.rows[row]
    )
    return Candidate(view, ranges, 0, None, frozenset(), "mrz")
