"""Features of candidates for a question, the input of the ranker.

FEATURES names the columns: how the candidate's type fits the expected type; what the labels, row,
column, sentence and heading around it share with the question; and its shape. No feature depends
on particular words of a document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.families.lite.places import CellMatch
from engine.families.lite.shape import SHAPE
from engine.text.answer_types import ANSWER_TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.families.lite.candidates import Candidate
    from engine.families.lite.matching import Match
    from engine.families.lite.question import ParsedQuestion
    from engine.index.view import PageView

    Table = NDArray[np.float32]

# A word of a sentence this many words away counts half.
_NEAR: Final = 5.0
# Share of the page's height for running headers, and the same for footers.
_MARGIN: Final = 0.1
_VALUE_TYPES: Final = (
    "date",
    "year",
    "time",
    "amount",
    "number",
    "percent",
    "quantity",
    "id",
    "phone",
)
_NAME_TYPES: Final = ("person", "org", "place", "address")

_CONTEXT: Final = (
    "prefix",
    "prefix_both",
    "left",
    "left_both",
    "above",
    "above_both",
    "under",
    "under_both",
    "label",
    "label_unlike",
    "label_unwanted",
    "region",
    "grid",
    "grid_joint",
    "grid_lead",
    "row_key",
    "row_key_both",
    "row_key_lead",
    "row",
    "row_lead",
    "column",
    "column_rest",
    "column_lead",
    "row_and_column",
    "row_x_column",
    "extreme_here",
    "extreme_row",
    "heading",
    "sentence",
    "near",
    "next_word",
    "cell_before",
    "cell_after",
    "context",
    "own_overlap",
    "own_share",
)
FEATURES: Final = (
    "type",
    "type_gap",
    *(f"type.{kind}" for kind in ANSWER_TYPES),
    "value_unwanted",
    "value_missing",
    "digits_in_name",
    "exact_best_type",
    *_CONTEXT,
    "type*label",
    "type*row_x_column",
    "type*near",
    "type*context",
    "page_number",
    *SHAPE,
)


def feature_table(
    question: ParsedQuestion,
    view: PageView,
    match: Match,
    candidates: Sequence[Candidate],
    kinds: Table,
    shape: Table,
) -> Table:
    """Return the features of candidates, (candidates, FEATURES).

    Args:
        match: similarities of the question's terms and the page's words.
        kinds, shape: kind_table and shape_table of the same candidates.
    """
    if not candidates:
        return np.zeros((0, len(FEATURES)), np.float32)
    wants = np.array([question.wants.get(kind, 0.0) for kind in ANSWER_TYPES], np.float32)
    # "March" inside a date is not a name.
    part = shape[:, SHAPE.index("inside_value")] * (1 - shape[:, SHAPE.index("is_value")])
    kinds = kinds * (1 - 0.8 * part)[:, None]
    typed = kinds * wants
    best = typed.max(axis=1)
    strongest = float(wants.max()) if wants.size else 0.0
    values = [ANSWER_TYPES.index(kind) for kind in _VALUE_TYPES]
    names = [ANSWER_TYPES.index(kind) for kind in _NAME_TYPES]
    wants_value = float(wants[values].max())
    wants_name = float(wants[names].max())
    is_value = shape[:, SHAPE.index("is_value")]
    digits = shape[:, SHAPE.index("has_digit")]
    wants_address = float(wants[ANSWER_TYPES.index("address")])
    types = np.stack(
        [
            best,
            strongest - best,
            *typed.T,
            is_value * (best < 0.3),
            wants_value * (kinds[:, values].max(axis=1) < 0.3),
            digits * wants_name * (1 - wants_address) * (wants_value < 0.9),
            (best >= 0.9 * strongest).astype(np.float32) * (strongest >= 0.9),
        ],
        axis=1,
    )
    context = _context(view, match, candidates, question)
    label, product, near, around = (
        context[:, _CONTEXT.index(name)] for name in ("label", "row_x_column", "near", "context")
    )
    crossed = np.stack(
        [best * label, best * product, best * near, best * around, _page_number(question, shape)],
        axis=1,
    )
    return np.concatenate([types, context, crossed, shape], axis=1, dtype=np.float32)


def _page_number(question: ParsedQuestion, shape: Table) -> Table:
    """Return (candidates,): for "what is the page number", 1 for a lone number in a margin."""
    groups = {group for term in question.terms for group in term.groups}
    if not groups >= {"page", "number"} or len(question.terms) > 3:
        return np.zeros(len(shape), np.float32)
    get = {name: shape[:, SHAPE.index(name)] for name in ("whole_cell", "is_value", "middle_y")}
    edge = (get["middle_y"] < _MARGIN) | (get["middle_y"] > 1 - _MARGIN)
    found: Table = get["whole_cell"] * get["is_value"] * edge
    return found


def _context(
    view: PageView, match: Match, candidates: Sequence[Candidate], question: ParsedQuestion
) -> Table:
    """Return the context features, (candidates, _CONTEXT)."""
    cells = CellMatch(view, match, question)
    rows = [_context_row(view, match, cells, candidate, question.wants) for candidate in candidates]
    return np.array(rows, np.float32)


def _context_row(
    view: PageView,
    match: Match,
    cells: CellMatch,
    candidate: Candidate,
    wants: Mapping[str, float],
) -> list[float]:
    first, last = candidate.ranges[0][0], candidate.ranges[-1][1]
    number = view.cell_of[first]
    cell = view.cells[number]
    prefix = match.of_words(max(cell.first, first - 7), first)
    prefix_cover = match.covered(prefix)
    prefix_exact = match.explained(max(cell.first, first - 7), first) if prefix_cover else 0.0
    fade = 1.0 if first == cell.first else 0.5
    # In a table the cells beside and above are other values; row and column features count there.
    alone = 0.0 if cells.grid[number] else 1.0
    left, left_exact = cells.left[number] * fade * alone
    above, above_exact = cells.above[number] * alone
    under, under_exact = cells.under[number] * alone
    row_key, row_key_exact = cells.row_key[number] * fade
    # A label implies a type: the value of "Date" is not a name, whatever the question is.
    types = cells.own_types[number] if first > cell.first else frozenset()
    types = types or cells.label_types[number]
    unlike = float(bool(types) and max(candidate.kinds[kind] for kind in types) < 0.3)
    unwanted = float(bool(types) and max(wants.get(kind, 0.0) for kind in types) < 0.25)
    label = max(
        _both(prefix_cover, prefix_exact), _both(left, left_exact), _both(above, above_exact)
    )
    sentence, near = _sentence(view, match, first, last)
    row = np.maximum(cells.row[number], prefix)
    column = cells.column[number]
    before = match.cell[number - 1] if number else np.zeros_like(prefix)
    behind = view.cell_of[last - 1] + 1
    after = match.cell[behind] if behind < len(view.cells) else np.zeros_like(prefix)
    context = np.maximum.reduce([row, column, 0.8 * cells.heading[number], near, 0.5 * before])
    own = prefix * 0
    shared = 0.0
    for span in candidate.ranges:
        own = np.maximum(own, match.of_words(*span))
        shared += match.explained(*span) / len(candidate.ranges)
    return [
        prefix_cover,
        _both(prefix_cover, prefix_exact),
        left,
        _both(left, left_exact),
        above,
        _both(above, above_exact),
        under,
        _both(under, under_exact),
        label,
        unlike,
        unwanted,
        match.covered(cells.region[number]),
        float(cells.grid[number]),
        cells.grid_joint[number],
        cells.grid_lead[number],
        row_key,
        _both(row_key, row_key_exact),
        cells.row_key_lead[number],
        match.covered(row),
        cells.row_lead[number],
        match.covered(column),
        cells.column_rest[number],
        cells.column_lead[number],
        match.covered(np.maximum(row, column)),
        cells.product[number],
        cells.extreme_here[number],
        cells.extreme_row[number],
        match.covered(cells.heading[number]),
        match.covered(sentence),
        match.covered(near),
        match.covered(match.of_words(last, min(last + 1, len(view.words)))),
        match.covered(before),
        match.covered(after),
        match.covered(context),
        match.covered(own),
        shared,
    ]


def _sentence(view: PageView, match: Match, first: int, last: int) -> tuple[Table, Table]:
    """Return (terms,) similarities of the rest of the candidate's sentence, plain and faded with
    the distance to the candidate."""
    start, end = view.sentences[view.sentence_of[first]]
    end = max(end, last)
    table = match.word
    whole = np.zeros(table.shape[1], np.float32)
    near = whole.copy()
    for begin, stop, backwards in ((start, first, True), (last, end, False)):
        if stop <= begin:
            continue
        part = table[begin:stop]
        distance = np.arange(stop - begin, 0, -1) if backwards else np.arange(1, stop - begin + 1)
        fade = (_NEAR / (_NEAR + distance - 1)).astype(np.float32)
        whole = np.maximum(whole, part.max(axis=0))
        near = np.maximum(near, (part * fade[:, None]).max(axis=0))
    return whole, near


def _both(cover: float, exact: float) -> float:
    """Return the harmonic mean of a label's cover of the question and the question's of it."""
    return 2 * cover * exact / (cover + exact) if cover + exact > 0 else 0.0
