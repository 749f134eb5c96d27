"""Head rows of a table, and which columns each of their texts stands over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, TypeAlias

_MOST_ROWS: Final = 4
# A row of values: this share of its texts right of the first column are values.
_VALUES: Final = 0.5
_VALUE: Final = re.compile(r"[-–—+(]?[^\w\s]?[\d\s.,'’%:/()–—-]*\d[\d\s.,'’%)–—-]*[^\w\s]?|[-–—.]+")
_Ends: TypeAlias = Sequence[tuple[float, float]]
# A head is set between two rows if it is this share of their distance away from its row.
_BETWEEN: Final = 0.2
# What an uncovered column costs, in widths of a column.
_UNCOVERED: Final = 0.3
_YEAR: Final = re.compile(r"(?:19|20)\d\d(?:[-–/]\d\d(?:\d\d)?)?")


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of one cell, its place and its spans.

    middle: of its (first) line, flat v. left, right: ends of its text, flat u.
    """

    row: int
    column: int
    rows: int
    columns: int
    middle: float
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
    # Heads of single columns are set as the heads over them are, so they are what is compared.
    ends = list(pairwise(edges))
    for piece in sorted(top, key=lambda one: one.row):
        if piece.columns == 1:
            ends[piece.column] = (piece.left, piece.right)
    middles = [
        sorted(piece.middle for piece in top if piece.row == row) or [0.0] for row in range(heads)
    ]
    usual = [values[len(values) // 2] for values in middles]
    step = min((b - a for a, b in pairwise(usual)), default=0.0)
    # A head that is set halfway between two rows, or has no text below it.
    tall = [
        piece
        for piece in top
        if not _others(piece, top)
        and (abs(piece.middle - usual[piece.row]) > _BETWEEN * step or piece.row < heads - 1)
        and not _is_over_columns(piece, top, ends)
    ]
    spread: list[Piece] = []
    for row in range(heads - 1):
        own = sorted((p for p in top if p.row == row and p not in tall), key=lambda p: p.column)
        below = {c for p in top if p.row > row for c in range(p.column, p.last_column + 1)}
        taken = {c for p in tall for c in range(p.column, p.last_column + 1)}
        for first, last in _runs([c for c in range(count) if c in below and c not in taken]):
            group = [p for p in own if first <= p.column and p.last_column <= last]
            if group:
                spread += _shared(group, first, last, ends)
    placed = {piece.words for piece in (*spread, *tall)}
    spread += [piece for piece in top if piece.words not in placed]
    done += [
        replace(piece, row=0, rows=heads)
        if piece in tall or (piece.row and not _others(piece, spread))
        else piece
        for piece in (*spread, *tall)
    ]
    return done


def _others(piece: Piece, pieces: Sequence[Piece]) -> bool:
    """Whether another piece of another row stands in the same columns."""
    return any(
        other.row != piece.row
        and other.column <= piece.last_column
        and piece.column <= other.last_column
        for other in pieces
    )


def _is_over_columns(piece: Piece, top: Sequence[Piece], ends: _Ends) -> bool:
    """Whether a head stands over several columns between those of its row, each with a head."""
    if any(other.row > piece.row and other.column == piece.column for other in top):
        return True
    lower = {other.column for other in top if other.row > piece.row}
    near = {piece.column - 1, piece.last_column + 1} & lower
    middle = (piece.left + piece.right) / 2
    own = range(piece.column, piece.last_column + 1)
    inside = any(ends[c][0] <= middle <= ends[c][1] for c in own)
    return bool(near) and not inside and piece.columns == 1


def _runs(columns: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for column in columns:
        if runs and runs[-1][1] == column - 1:
            runs[-1] = (runs[-1][0], column)
        else:
            runs.append((column, column))
    return runs


def _shared(group: Sequence[Piece], first: int, last: int, ends: _Ends) -> list[Piece]:
    """Share columns first..last between heads so that each is over the middle of its own."""
    choices = [_cuts(group, first, last, ends, at) for at in (0.5, 0.0)]
    distance, starts = min(choices, key=lambda choice: choice[0])
    if distance == float("inf"):
        return list(group)
    return [
        replace(piece, column=start, columns=after - start)
        for piece, (start, after) in zip(group, pairwise(starts), strict=True)
    ]


def _cuts(
    group: Sequence[Piece], first: int, last: int, ends: _Ends, share: float
) -> tuple[float, list[int]]:
    """The least total distance, the first column of each head, and the column after the last one.

    Columns at both ends may stay uncovered.

    Args:
        share: the place of a head in its columns that is compared: 0.5 the middle, 0 the left.
    """

    def distance(piece: Piece, start: int, end: int) -> float:
        own = piece.left + share * (piece.right - piece.left)
        places = [ends[at][0] + share * (ends[at][1] - ends[at][0]) for at in (start, end)]
        return abs((sum(places) / 2 if share else places[0]) - own)

    width = (ends[last][1] + ends[last][0] - ends[first][1] - ends[first][0]) / 2
    uncovered = _UNCOVERED * width / max(1, last - first)
    # best: first column of the next head -> (distance so far, first columns)
    best: dict[int, tuple[float, list[int]]] = {
        start: ((start - first) * uncovered, [start]) for start in range(first, group[0].column + 1)
    }
    for piece, after in pairwise([*group, None]):
        assert piece is not None
        found: dict[int, tuple[float, list[int]]] = {}
        until = after.column if after else last + 1
        for start, (so_far, starts) in best.items():
            if start > piece.column:
                continue
            for end in range(piece.last_column, until):
                total = so_far + distance(piece, start, end)
                total += 0.0 if after else (last - end) * uncovered
                if end + 1 not in found or total < found[end + 1][0]:
                    found[end + 1] = (total, [*starts, end + 1])
        best = found
    return min(best.values(), key=lambda choice: choice[0], default=(float("inf"), []))
