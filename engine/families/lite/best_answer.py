"""The best answer to a question of all methods: a field of the document, a cell of a table, a span.

A cell that a question names by row and column comes first; of the others the surer one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.core.geometry import union
from engine.core.schema import CertaintyJudged, Evidence
from engine.families.lite.asked_values import asks_to_compute, asks_yes_or_no, may_answer
from engine.families.lite.field_answers import FormCache
from engine.families.lite.question import analyse, follows
from engine.families.lite.reader import BestAnswer, Method, ReadPage, rank
from engine.families.lite.table_answers import answer_from_tables

if TYPE_CHECKING:
    from engine.index.page_index import PageIndex
    from engine.index.spans import Candidate

# Answers of less confidence are unsure (docs/lite.md has the figures).
SURE: Final[Mapping[Method, float]] = {"reader": 0.8, "form": 0.9, "table": 0.8}
_SUGGESTIONS: Final = 2


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """The best answer, if there is one, and other places, the likeliest first.

    is_printed: what is asked for is printed somewhere. A sum of two documents or a yes is not, so
        that no words of the page answer for sure.
    """

    best: BestAnswer | None
    others: tuple[Candidate, ...]
    is_printed: bool

    def judged(self) -> CertaintyJudged:
        """How sure the answer is, with other places to look at unless it is sure."""
        if self.best is None:
            return CertaintyJudged("refused", _places(self.others))
        if not self.is_printed or self.best.score < SURE[self.best.method]:
            return CertaintyJudged("unsure", _places(self.others))
        return CertaintyJudged("sure")


def best_answer(
    question: str,
    indexes: Sequence[PageIndex],
    forms: FormCache | None,
    prepare: Callable[[Sequence[PageIndex]], Sequence[ReadPage]],
    history: Sequence[str] = (),
) -> FoundAnswer:
    """Take the better answer of forms and reader, and the reader's next best places.

    Args:
        indexes: the pages, grouped by file.
        forms: None for parts of pages.
        prepare: prepares pages for the reader.
        history: the user's earlier questions, oldest first.
    """
    parsed, formed = analyse(question, history), None
    is_printed = not (asks_yes_or_no(parsed) or asks_to_compute(parsed))
    if forms is not None:
        goes_on = bool(history) and follows(question)
        formed = forms.answer(question, indexes, follows=goes_on)
        if formed is not None and not may_answer(parsed, formed.candidate):
            formed = None
        indexes = forms.named(question, indexes)
    pages = prepare(indexes)
    if (cell := answer_from_tables(parsed, pages)) is not None:
        return FoundAnswer(cell, (), is_printed)
    ranking = rank(question, pages, history=history)
    read = ranking.best if ranking is not None and ranking.is_answer else None
    known = [one for one in (formed, read) if one is not None]
    best = max(known, key=lambda one: one.score, default=None)
    spans = () if ranking is None else (ranking.best.candidate, *ranking.others)
    others = tuple(one for one in spans if best is None or best.is_apart(one))
    return FoundAnswer(best, others, is_printed)


def evidence_of(found: BestAnswer) -> tuple[Evidence, ...]:
    """Return one Evidence for each line of an answer."""
    return tuple(
        Evidence(piece.view.index.document_id, piece.view.index.page_index, box, text, found.score)
        for piece in (found.candidate, *found.more)
        for box, text in zip(piece.boxes(), piece.lines, strict=True)
    )


def _places(candidates: Sequence[Candidate]) -> tuple[Evidence, ...]:
    """Return the first two candidates as places, each with one box around its lines.

    The score is 0: nothing was computed for them alone.
    """
    return tuple(
        Evidence(
            one.view.index.document_id, one.view.index.page_index, union(one.boxes()), one.text, 0.0
        )
        for one in candidates[:_SUGGESTIONS]
    )
