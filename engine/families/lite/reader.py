"""Extractive question answering: a question and page indexes -> the best answer with its place.

Try it: `python -m training.reading --help` measures it; tests/families/lite shows it on small
pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from engine.families.lite.answer_formats import of_format
from engine.families.lite.asked_values import of_value
from engine.families.lite.candidates import (
    Candidate,
    page_candidates,
    sentence_candidates,
    without,
    without_counters,
)
from engine.families.lite.features import FEATURES, feature_table
from engine.families.lite.matching import QuestionCoverage, known_of, match_pages
from engine.families.lite.question import ParsedQuestion, analyse
from engine.families.lite.ranking import ranker, signs_of
from engine.families.lite.shape import kind_table, shape_table
from engine.families.lite.signature import in_their_place
from engine.index.page_numbers import PageNumbers, counters_of
from engine.index.view import PageView, view_page

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.index.page_index import PageIndex

# Sentences per page that chunks are cut from, those that share most with the question.
_SENTENCES: Final = 4
# Places beside the best one that are shown, and how many candidates they are looked for among.
_OTHERS: Final = 2
_RIVALS: Final = 40


Method: TypeAlias = Literal["reader", "form", "table"]


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page prepared for questions.

    Attributes:
        view: words, cells and rows of the page.
        candidates: those that do not depend on the question.
        kinds: kind_table of the candidates.
        shape: shape_table of the candidates.
        counters: the words that are page numbers or page counts.
    """

    view: PageView
    candidates: tuple[Candidate, ...]
    kinds: NDArray[np.float32]
    shape: NDArray[np.float32]
    counters: PageNumbers


@dataclass(frozen=True, slots=True)
class CandidatePool:
    """Candidates of all pages for a question, with their features."""

    question: ParsedQuestion
    candidates: tuple[Candidate, ...]
    features: NDArray[np.float32]  # (candidates, FEATURES)
    known: QuestionCoverage  # how much of the question occurs on the pages


@dataclass(frozen=True, slots=True)
class BestAnswer:
    """The best answer.

    Attributes:
        candidate: its span, or its first one.
        score: probability that it is correct, 0 to 1.
        more: further spans of the answer.
        method: what found it: "reader", "form" (a field of the document) or "table" (a cell).
    """

    candidate: Candidate
    score: float
    more: tuple[Candidate, ...] = ()
    method: Method = "reader"

    @property
    def text(self) -> str:
        """The text as printed, lines joined by spaces."""
        return " ".join(piece.text for piece in (self.candidate, *self.more))

    def is_apart(self, other: Candidate) -> bool:
        """Whether a span has another text than the answer and shares no word of a page with it."""
        pieces = (self.candidate, *self.more)
        return other.text != self.text and not any(_share_words(one, other) for one in pieces)


def read_page(index: PageIndex) -> ReadPage:
    """Prepare a page for any number of questions."""
    view = view_page(index)
    candidates = tuple(page_candidates(view))
    shape = shape_table(view, candidates, candidates)
    return ReadPage(view, candidates, kind_table(candidates), shape, counters_of(view))


def gather(question: ParsedQuestion, pages: Sequence[ReadPage]) -> CandidatePool:
    """Return the candidates of all pages with their features, unranked."""
    matches = match_pages(question, [page.view for page in pages])
    candidates: list[Candidate] = []
    tables = [np.zeros((0, len(FEATURES)), np.float32)]
    for page, match in zip(pages, matches, strict=True):
        starts = [first for first, _ in page.view.sentences]
        if not starts:
            continue
        cover = np.maximum.reduceat(match.word, starts, axis=0) @ match.weight
        best = [int(at) for at in np.argsort(-cover, kind="stable")[:_SENTENCES] if cover[at] > 0]
        chunks = without(sentence_candidates(page.view, best), page.candidates)
        found = [*page.candidates, *chunks]
        kinds = np.concatenate([page.kinds, kind_table(chunks)])
        shape = np.concatenate([page.shape, shape_table(page.view, chunks, page.candidates)])
        if not question.offers:
            # Words of the question do not answer it, unless it offers a choice.
            kept = [at for at, one in enumerate(found) if not match.repeats(one.ranges)]
            found, kinds, shape = [found[at] for at in kept], kinds[kept], shape[kept]
        placed = frozenset(in_their_place(question, page.view, found, kinds))
        kept = without_counters(question, found, page.counters)
        formed = frozenset(of_format(question, found, kinds))
        valued = frozenset(of_value(question, page.view, found, kinds))
        kept = [at for at in kept if at in placed and at in formed and at in valued]
        found, kinds, shape = [found[at] for at in kept], kinds[kept], shape[kept]
        candidates += found
        tables.append(feature_table(question, page.view, match, found, kinds, shape))
    return CandidatePool(
        question, tuple(candidates), np.concatenate(tables), known_of(question, matches)
    )


@dataclass(frozen=True, slots=True)
class Ranking:
    """What the pages offer for a question.

    Attributes:
        best: the best span, with the probability that it is correct.
        is_answer: whether that is enough for an answer.
        others: the next best spans with other words, the better one first; at most two.
    """

    best: BestAnswer
    is_answer: bool
    others: tuple[Candidate, ...]


def rank(text: str, pages: Sequence[ReadPage], *, history: Sequence[str] = ()) -> Ranking | None:
    """Rank the spans of the pages for a question; None if there are none.

    Args:
        text: the user's words.
        pages: the pages to search.
        history: the user's earlier questions, oldest first.
    """
    pool = gather(analyse(text, history), pages)
    if not pool.candidates:
        return None
    model = ranker()
    scores = model.scores(pool.features)
    texts = [candidate.text for candidate in pool.candidates]
    confidence = model.confidence(signs_of(scores, pool.features, texts, pool.known))
    order = [pool.candidates[at] for at in np.argsort(-scores, kind="stable")[:_RIVALS]]
    return Ranking(
        BestAnswer(pool.candidates[int(np.argmax(scores))], confidence),
        confidence >= model.threshold,
        _apart(order),
    )


def answer(
    text: str, pages: Sequence[ReadPage], *, history: Sequence[str] = ()
) -> BestAnswer | None:
    """Return the best span of the pages for a question; None if nothing on them answers it.

    Args: as `rank`.
    """
    found = rank(text, pages, history=history)
    return found.best if found is not None and found.is_answer else None


def _apart(ordered: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The best two after the first that share no word of the page with a better one, or its text.

    Most candidates are parts of one another: "5,250", "5,250 USD", "Total 5,250".
    """
    taken = [ordered[0]]
    for one in ordered[1:]:
        if not any(one.text == other.text or _share_words(one, other) for other in taken):
            taken.append(one)
        if len(taken) == _OTHERS + 1:
            break
    return tuple(taken[1:])


def _share_words(one: Candidate, other: Candidate) -> bool:
    return one.view is other.view and any(
        first < stop and start < last for first, last in one.ranges for start, stop in other.ranges
    )
