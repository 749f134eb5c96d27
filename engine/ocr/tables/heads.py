"""Head rows of a table, and which columns each of their texts stands over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

_MOST_ROWS: Final = 4
# A row of values: this share of its texts right of the first column are values.
_VALUES: Final = 0.5
_VALUE: Final = re.compile(r"[-–—+(]?[^\w\s]?[\d\s.,'’%:/()–—-]*\d[\d\s.,'’%)–—-]*[^\w\s]?|[-–—.]+")
_YEAR: Final = re.compile(r"(?:19|20)\d\d(?:[-–/]\d\d(?:\d\d)?)?")


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of one cell: the place, the spans, the text and its left and right ends (flat u)."""

    row: int
    column: int
    rows: int
    columns: int
    text: str
    left: float
    right: float
    words: tuple[int, ...]

    @property
    def last_column(self) -> int:
        return self.column + self.columns - 1


def is_value(text: str) -> bool:
    """Whether a text is a number, an amount, a share, or a dash in its place."""
    return _VALUE.fullmatch(text.strip()) is not None


def count_heads(pieces: Sequence[Piece], rows: int, columns: int) -> int:
    """How many rows at the top are heads: those before the first row of values."""
    filled = 0
    for row in range(min(rows - 1, _MOST_ROWS)):
        own = [piece for piece in pieces if piece.row == row]
        rest = [piece.text for piece in own if piece.column > 0]
        years = sum(_YEAR.fullmatch(text.strip(" .г")) is not None for text in rest)
        values = sum(is_value(text) for text in rest) - years
        if rest and values >= _VALUES * len(rest):
            break
        if rest and years == len(rest) and row and _has_years_above(pieces, row):
            break
        covered = sum(piece.columns for piece in own)
        if len(own) == 1 and own[0].column == 0 and filled:
            # A title of a group below the head.
            break
        if covered >= 0.5 * columns or not own or len(own) > 1:
            filled = row + 1
    else:
        # No row of values: only the first row is a head.
        filled = min(filled, 1)
    return filled


def _has_years_above(pieces: Sequence[Piece], row: int) -> bool:
    """Whether a row above has years in most of its columns too: then years are values."""
    above = [one.text.strip(" .г") for one in pieces if one.row == row - 1 and one.column > 0]
    return (
        len(above) > 1
        and all(_YEAR.fullmatch(text) is not None for text in above)
        and len(above) >= len([one for one in pieces if one.row == row and one.column > 0])
    )


def spanned(pieces: Sequence[Piece], heads: int, edges: Sequence[float]) -> list[Piece]:
    """Let heads of several rows cover their columns and rows where no rules tell.

    A head without another one in its columns covers all head rows. The others of an upper row share
    the columns below between them, so that each stands over the middle, or the left, of its own.

    Args:
        edges: left edge of each column, and the right edge of the last one.
    """
    done = [piece for piece in pieces if piece.row >= heads]
    top = [piece for piece in pieces if piece.row < heads]
    count = len(edges) - 1
    tall = [
        piece
        for piece in top
        if not any(
            other.row != piece.row
            and other.column <= piece.last_column
            and piece.column <= other.last_column
            for other in top
        )
    ]
    for row in range(heads - 1):
        own = sorted((p for p in top if p.row == row and p not in tall), key=lambda p: p.column)
        below = {c for p in top if p.row > row for c in range(p.column, p.last_column + 1)}
        taken = {c for p in tall if p.row <= row for c in range(p.column, p.last_column + 1)}
        for first, last in _runs([c for c in range(count) if c in below and c not in taken]):
            group = [p for p in own if first <= p.column and p.last_column <= last]
            if group:
                done += _shared(group, first, last, edges)
        placed = {p.words for p in done}
        done += [p for p in own if p.words not in placed]
    done += [p for p in top if p.row == heads - 1 and p not in tall]
    done += [replace(piece, row=0, rows=heads) for piece in _lowered(tall, done, heads)]
    return done


def _lowered(tall: Sequence[Piece], done: Sequence[Piece], heads: int) -> list[Piece]:
    """Tall heads; one below a spread head keeps its row."""
    kept = []
    for piece in tall:
        over = any(
            other.row < piece.row < heads and other.column <= piece.column <= other.last_column
            for other in done
        )
        if not over:
            kept.append(piece)
    return kept


def _runs(columns: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for column in columns:
        if runs and runs[-1][1] == column - 1:
            runs[-1] = (runs[-1][0], column)
        else:
            runs.append((column, column))
    return runs


def _shared(group: Sequence[Piece], first: int, last: int, edges: Sequence[float]) -> list[Piece]:
    """Share columns first..last between heads so that each is over the middle of its own."""
    choices = [_cuts(group, first, last, edges, at) for at in (0.5, 0.0)]
    distance, cuts = min(choices, key=lambda choice: choice[0])
    if distance == float("inf"):
        return list(group)
    starts = [first, *cuts]
    ends = [*(cut - 1 for cut in cuts), last]
    return [
        replace(piece, column=start, columns=end - start + 1)
        for piece, start, end in zip(group, starts, ends, strict=True)
    ]


def _cuts(
    group: Sequence[Piece], first: int, last: int, edges: Sequence[float], share: float
) -> tuple[float, list[int]]:
    """The first column of each head after the first one, with the least total distance.

    Args:
        share: the place of a head in its columns that is compared: 0.5 the middle, 0 the left.
    """

    def distance(piece: Piece, start: int, end: int) -> float:
        own = piece.left + share * (piece.right - piece.left)
        return abs(edges[start] + share * (edges[end + 1] - edges[start]) - own)

    # best: first column of the next head -> (distance so far, cuts)
    best: dict[int, tuple[float, list[int]]] = {first: (0.0, [])}
    for piece, after in pairwise([*group, None]):
        assert piece is not None
        found: dict[int, tuple[float, list[int]]] = {}
        ends = range(piece.last_column, after.column) if after else [last]
        for start, (so_far, cuts) in best.items():
            if start > piece.column:
                continue
            for end in ends:
                total = so_far + distance(piece, start, end)
                if end + 1 not in found or total < found[end + 1][0]:
                    found[end + 1] = (total, [*cuts, end + 1] if after else cuts)
        best = found
    return min(best.values(), key=lambda choice: choice[0], default=(float("inf"), []))
