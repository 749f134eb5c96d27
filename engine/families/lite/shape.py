"""Features of a candidate that do not depend on a question: its shape and its place on the page.

They are computed once per page. SHAPE names the columns; every feature is of order 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.text.answer_types import ANSWER_TYPES
from engine.text.language import groups_in, lexicon, stem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.families.lite.candidates import Candidate
    from engine.index.view import PageView

_CATEGORIES: Final = ("Title", "Section-header", "Table", "Page-header", "Page-footer")
_WHOLE_VALUES: Final = frozenset(
    ("date", "amount", "phone", "email", "url", "iban", "percent", "time")
)

SHAPE: Final = (
    *(f"category.{category}" for category in _CATEGORIES),
    "whole_cell",
    "cell_start",
    "cell_end",
    "clause_end",
    "share_of_cell",
    "words",
    "words_squared",
    "lines",
    "inside_value",
    "inside_name",
    "inside_quotes",
    "holds_value",
    "top",
    "middle_y",
    "bottom",
    "first_cell",
    "height",
    "lower_start",
    "ends_in_mark",
    "prose",
    "shout",
    "has_digit",
    "is_value",
    "labels",
    "small_ends",
)


def kind_table(candidates: Sequence[Candidate]) -> NDArray[np.float32]:
    """Return the likeness of candidates to answer types, (candidates, ANSWER_TYPES), 0 to 1."""
    rows = [[candidate.kinds[kind] for kind in ANSWER_TYPES] for candidate in candidates]
    return np.array(rows, np.float32).reshape(-1, len(ANSWER_TYPES))


def shape_table(
    view: PageView, candidates: Sequence[Candidate], of_page: Sequence[Candidate]
) -> NDArray[np.float32]:
    """Return the shape features of candidates, (candidates, SHAPE).

    Args:
        of_page: all candidates of the page that do not depend on the question, for comparison.
    """
    labelled = _labelled(view)
    # "Director Oliver Lorimer" is a label and a name, not a longer name.
    names = _holders(
        [
            candidate
            for candidate in of_page
            if candidate.source == "name" and not any(labelled[slice(*candidate.ranges[0])])
        ]
    )
    values = _holders([candidate for candidate in of_page if candidate.values & _WHOLE_VALUES])
    rows = [_row(view, candidate, names, values, labelled) for candidate in candidates]
    return np.array(rows, np.float32).reshape(-1, len(SHAPE))


_Spans = dict[int, list[tuple[int, int]]]


def _holders(candidates: Sequence[Candidate]) -> _Spans:
    """Return word -> word ranges of the one-line candidates that contain it."""
    found: _Spans = {}
    for candidate in candidates:
        if len(candidate.ranges) == 1:
            span = candidate.ranges[0]
            for word in range(*span):
                found.setdefault(word, []).append(span)
    return found


def _labelled(view: PageView) -> list[bool]:
    """Return (words,) whether a word is part of a typical label of documents."""
    found: list[bool] = []
    for cell in view.cells:
        found += [bool(groups) for groups in groups_in(view.plain[cell.first : cell.last])]
    return found


def _row(
    view: PageView, candidate: Candidate, names: _Spans, values: _Spans, labelled: list[bool]
) -> list[float]:
    first, last = candidate.ranges[0][0], candidate.ranges[-1][1]
    number = view.cell_of[first]
    cell = view.cells[number]
    text = candidate.text
    size = sum(b - a for a, b in candidate.ranges)
    y = (cell.bbox[1] + cell.bbox[3]) / 2 / max(1, view.index.height)
    category = view.category(number)
    letters = [character for character in text if character.isalpha()]
    span = (first, last)
    before = view.words[first - 1] if first > cell.first else ""
    stop = lexicon().stop
    ends = (view.plain[first], view.plain[last - 1])
    whole = not candidate.skip and candidate.keep is None
    return [
        *(float(category == name) for name in _CATEGORIES),
        float(first == cell.first and last == cell.last and whole),
        float(first == cell.first and not candidate.skip),
        float(last == cell.last),
        float(
            last == cell.last or view.words[last - 1][-1:] in ",;.:)" or candidate.keep is not None
        ),
        min(1.0, size / max(1, cell.last - cell.first)),
        min(size, 12) / 12,
        (min(size, 12) / 12) ** 2,
        (len(candidate.ranges) - 1) / 4,
        float(_inside(values.get(first, ()), span)),
        float(_inside(names.get(first, ()), span)),
        float(bool(before) and before[:1] in '«“"' and not text.startswith(("«", "“", '"'))),
        float(
            any(a >= first and b <= last and (a, b) != span for a, b in _all(values, first, last))
        ),
        max(0.0, 1 - 5 * y),
        y,
        max(0.0, 5 * y - 4),
        float(number == 0),
        float(np.log(max(0.2, (cell.bbox[3] - cell.bbox[1]) / view.line_height))),
        float(text[:1].islower()),
        float(text[-1:] in ".,:;-"),
        float(cell.region in view.prose),
        float(len(letters) > 3 and all(character.isupper() for character in letters)),
        float(any(character.isdigit() for character in text)),
        float(bool(candidate.values)),
        sum(labelled[word] for a, b in candidate.ranges for word in range(a, b)) / size,
        float(any(stem(end) in stop for end in ends)),
    ]


def _inside(holders: Sequence[tuple[int, int]], span: tuple[int, int]) -> bool:
    return any(a <= span[0] and span[1] <= b and (a, b) != span for a, b in holders)


def _all(spans: _Spans, first: int, last: int) -> list[tuple[int, int]]:
    return [span for word in range(first, last) for span in spans.get(word, ())]
