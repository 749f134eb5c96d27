"""The grid of a table: every word in a cell, every cell with its row, column and spans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.schema import BBox
from engine.ocr.tables.columns import Columns, find_columns, lines_of, usual_space
from engine.ocr.tables.flat import flat_frame
from engine.ocr.tables.heads import Piece, count_heads, is_value, spanned
from engine.ocr.tables.rows import PrintedLine, Rows, find_rows
from engine.ocr.tables.rules import Rules, find_rules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Picture = NDArray[np.uint8]

# Margin around the words in which rules are looked for, in heights of a word.
_MARGIN: Final = 2.0
# An edge between two cells has ink on this share of its length, if the table is ruled there; with
# less than the other share it is surely none.
_EDGE: Final = 0.4
_NO_EDGE: Final = 0.15


@dataclass(frozen=True, slots=True)
class PlacedCell:
    """A cell of a table.

    Attributes:
        row, column: 0-based upper left corner. rows, columns: its spans.
        words: for each of its printed lines the words from left to right, indexes into the words
            of the table.
        is_header: it belongs to the head rows.
    """

    row: int
    column: int
    rows: int
    columns: int
    words: tuple[tuple[int, ...], ...]
    is_header: bool


def structure_of(
    boxes: Sequence[BBox], texts: Sequence[str], picture: Picture | None
) -> list[PlacedCell]:
    """Find the cells of a table, row by row.

    Args:
        boxes, texts: of its words, in pixels of the picture, in any order.
        picture: (height, width, 3), uint8, RGB; None if only the words are known.
    Returns:
        Cells with text that do not overlap; together they have every word once.
    """
    if not boxes:
        return []
    own = np.array(boxes, np.float64)
    frame = flat_frame(own)
    flat = frame.flat_boxes(own)
    height = float(np.median(flat[:, 3] - flat[:, 1]))
    margin = _MARGIN * height
    area = (
        int(flat[:, 0].min() - margin), int(flat[:, 1].min() - margin),
        int(flat[:, 2].max() + margin), int(flat[:, 3].max() + margin),
    )  # fmt: skip
    if picture is None:
        grey = np.full((1, 1), 255, np.uint8)
    else:
        grey = np.asarray(picture.mean(axis=2), np.uint8)
    rules = find_rules(frame.flat_picture(grey, area), (area[0], area[1]), height)
    lines = lines_of(flat, height)
    numbers = [is_value(text) for text in texts]
    columns = find_columns(lines, flat, numbers, rules, height)
    space = usual_space(lines, flat, height)
    pieces = [_pieces(line, flat, texts, columns, space) for line in lines]
    printed = [
        PrintedLine(
            float(np.median((flat[line, 1] + flat[line, 3]) / 2)), len({p.column for p in own})
        )
        for line, own in zip(lines, pieces, strict=True)
    ]
    rows = find_rows(printed, rules, float(flat[:, 1].min()), float(flat[:, 3].max()), height)
    return _cells(pieces, rows, columns, rules, flat, height)


def _pieces(
    line: Sequence[int], boxes: Array, texts: Sequence[str], columns: Columns, space: float
) -> list[Piece]:
    """Split a printed line into texts of one cell each. Their row is set later."""
    groups: list[list[int]] = []
    for word in line:
        if groups and not _parted(groups[-1][-1], word, boxes, columns, space):
            groups[-1].append(word)
        else:
            groups.append([word])
    found = []
    for group in groups:
        left, right = float(boxes[group, 0].min()), float(boxes[group, 2].max())
        if columns.ruled:
            first, last = columns.span_of(*(_middle(boxes[at]) for at in (group[0], group[-1])))
        else:
            first, last = columns.span_of(left, right)
        text = " ".join(texts[word] for word in group)
        middle = float(np.median(boxes[list(line), 1] + boxes[list(line), 3])) / 2
        columns_over = last - first + 1
        found.append(Piece(0, first, 1, columns_over, middle, text, left, right, tuple(group)))
    return found


def _middle(box: Array) -> float:
    return float(box[0] + box[2]) / 2


def _parted(word: int, after: int, boxes: Array, columns: Columns, space: float) -> bool:
    if columns.ruled:
        one, other = (_middle(boxes[at]) for at in (word, after))
        if columns.span_of(one, one) == columns.span_of(other, other):
            return False
        return any(one < a < other for a, _ in columns.gaps)
    return columns.part(float(boxes[word, 2]), float(boxes[after, 0]), space)


def _cells(
    pieces: Sequence[Sequence[Piece]],
    rows: Rows,
    columns: Columns,
    rules: Rules,
    boxes: Array,
    height: float,
) -> list[PlacedCell]:
    gathered: dict[tuple[int, int], list[Piece]] = defaultdict(list)
    for own, row in zip(pieces, rows.of_line, strict=True):
        for piece in own:
            gathered[row, piece.column].append(replace(piece, row=row))
    stacked = [_stacked(group) for _, group in sorted(gathered.items())]
    merged = [piece for piece, _ in stacked]
    lines = {piece.words: own for piece, own in stacked}
    heads = count_heads(merged, rows.count, columns.count)
    if rows.ruled and columns.ruled:
        merged = _by_edges(merged, rows, columns, rules, height)
    elif columns.ruled:
        merged = _by_edges(merged, rows, columns, rules, height, rows_too=False)
        merged = _tall_heads(merged, heads)
    elif heads > 1:
        merged = spanned(merged, heads, columns.edges)
    merged = [_widened(piece, merged, heads, columns.count) for piece in merged]
    return _without_overlap(merged, lines, heads)


def _stacked(group: Sequence[Piece]) -> tuple[Piece, tuple[tuple[int, ...], ...]]:
    """Join the lines of one cell."""
    words = tuple(word for piece in group for word in piece.words)
    joined = replace(
        group[0],
        columns=max(piece.columns for piece in group),
        text=" ".join(piece.text for piece in group),
        left=min(piece.left for piece in group),
        right=max(piece.right for piece in group),
        words=words,
    )
    return joined, tuple(piece.words for piece in group)


def _tall_heads(pieces: Sequence[Piece], heads: int) -> list[Piece]:
    """Let a head without another one in its columns cover all head rows."""
    top = [piece for piece in pieces if piece.row < heads]
    done = []
    for piece in pieces:
        alone = piece.row < heads and not any(
            other.row != piece.row
            and other.column <= piece.last_column
            and piece.column <= other.last_column
            for other in top
        )
        done.append(replace(piece, row=0, rows=heads) if alone else piece)
    return done


def _by_edges(
    pieces: Sequence[Piece],
    rows: Rows,
    columns: Columns,
    rules: Rules,
    height: float,
    *,
    rows_too: bool = True,
) -> list[Piece]:
    """Let cells cover their neighbours to which no rule is printed."""
    edges, tops = columns.edges, rows.edges
    slack = max(2.0, 0.25 * height)
    filled = {
        (piece.row, column): piece
        for piece in pieces
        for column in range(piece.column, piece.last_column + 1)
    }

    def right_ink(row: int, column: int) -> float:
        room = 0.2 * (tops[row + 1] - tops[row])
        return rules.column_ink(edges[column + 1], tops[row] + room, tops[row + 1] - room, slack)

    def lower_ink(row: int, column: int) -> float:
        room = 0.15 * (edges[column + 1] - edges[column])
        return rules.row_ink(tops[row + 1], edges[column] + room, edges[column + 1] - room, slack)

    def limit(one: tuple[int, int], other: tuple[int, int]) -> float:
        both = filled.get(one) is not None and filled.get(other) is not None
        same = both and filled[one] is filled[other]
        return 1.1 if same else _NO_EDGE if both else _EDGE

    done = []
    used: set[tuple[int, int]] = set()
    for piece in sorted(pieces, key=lambda one: (one.row, one.column)):
        if (piece.row, piece.column) in used:
            continue
        first_row, last_row = piece.row, piece.row
        first, last = piece.column, piece.last_column

        def free(
            row: int, column: int, piece: Piece = piece, used: set[tuple[int, int]] = used
        ) -> bool:
            inside = 0 <= row < rows.count and 0 <= column < columns.count
            other = filled.get((row, column))
            return inside and (row, column) not in used and other in (None, piece)

        while free(piece.row, last + 1) and right_ink(piece.row, last) < limit(
            (piece.row, last), (piece.row, last + 1)
        ):
            last += 1
        while free(piece.row, first - 1) and right_ink(piece.row, first - 1) < limit(
            (piece.row, first - 1), (piece.row, first)
        ):
            first -= 1
        across = range(first, last + 1)
        while (
            rows_too
            and all(free(last_row + 1, c) for c in across)
            and all(lower_ink(last_row, c) < _EDGE for c in across)
        ):
            last_row += 1
        while (
            rows_too
            and all(free(first_row - 1, c) for c in across)
            and all(lower_ink(first_row - 1, c) < _EDGE for c in across)
        ):
            first_row -= 1
        used.update((r, c) for r in range(first_row, last_row + 1) for c in across)
        done.append(
            replace(
                piece,
                row=first_row,
                column=first,
                rows=last_row - first_row + 1,
                columns=last - first + 1,
            )
        )
    return done


def _widened(piece: Piece, pieces: Sequence[Piece], heads: int, count: int) -> Piece:
    """Let the only text of a row, at its left, cover the row: the title of a group of rows."""
    if piece.row < heads or piece.column or piece.rows > 1 or count < 3:
        return piece
    alone = not any(
        other is not piece and other.row <= piece.row < other.row + other.rows for other in pieces
    )
    return replace(piece, columns=count) if alone else piece


def _without_overlap(
    pieces: Sequence[Piece], lines: dict[tuple[int, ...], tuple[tuple[int, ...], ...]], heads: int
) -> list[PlacedCell]:
    """Number the rows without gaps and shrink cells that would cover others."""
    starts = {(piece.row, piece.column) for piece in pieces}
    taken: set[tuple[int, int]] = set()
    done = []
    for piece in sorted(pieces, key=lambda one: (one.row, one.column)):
        columns, rows = 1, 1
        while columns < piece.columns and not {(piece.row, piece.column + columns)} & (
            taken | starts
        ):
            columns += 1
        while rows < piece.rows and not {
            (piece.row + rows, piece.column + c) for c in range(columns)
        } & (taken | starts):
            rows += 1
        taken |= {(piece.row + r, piece.column + c) for r in range(rows) for c in range(columns)}
        done.append(
            PlacedCell(
                piece.row, piece.column, rows, columns, lines[piece.words], piece.row < heads
            )
        )
    return done
