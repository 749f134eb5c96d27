"""A question and the indexes of pages -> ranked answers with their places. The whole of reading.

Try it: `python -m bench.reading --help` measures it; tests/families/lite shows it on small pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.families.lite.candidates import (
    Candidate,
    page_candidates,
    sentence_candidates,
    without,
)
from engine.families.lite.features import FEATURES, feature_table
from engine.families.lite.matching import match_pages
from engine.families.lite.question import Question, analyse
from engine.families.lite.ranking import ranker
from engine.families.lite.shape import kind_table, shape_table
from engine.families.lite.view import PageView, view_page

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.index import PageIndex

_SENTENCES: Final = 4


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page made ready for questions: its view and the candidates that need no question."""

    view: PageView
    candidates: tuple[Candidate, ...]
    kinds: NDArray[np.float32]
    shape: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pool:
    """Everything that could answer a question: candidates of all pages and their features."""

    question: Question
    candidates: tuple[Candidate, ...]
    features: NDArray[np.float32]  # (candidates, FEATURES)


def gather(question: Question, pages: Sequence[ReadPage]) -> Pool:
    """Candidates of all pages with their features, unranked."""
    matches = match_pages(question, [page.view for page in pages])
    candidates: list[Candidate] = []
    tables = []
    for page, match in zip(pages, matches, strict=True):
        starts = [first for first, _ in page.view.sentences]
        if not starts:
            continue
        cover = np.maximum.reduceat(match.word, starts, axis=0) @ match.weight
        best = [int(at) for at in np.argsort(-cover, kind="stable")[:_SENTENCES] if cover[at] > 0]
        chunks = without(sentence_candidates(page.view, best), page.candidates)
        found = [*page.candidates, *chunks]
        candidates += found
        kinds = np.concatenate([page.kinds, kind_table(chunks)])
        shape = np.concatenate([page.shape, shape_table(page.view, chunks, page.candidates)])
        tables.append(feature_table(question, page.view, match, found, kinds, shape))
    features = np.concatenate(tables) if tables else np.zeros((0, len(FEATURES)), np.float32)
    return Pool(question, tuple(candidates), features)


def read_page(index: PageIndex) -> ReadPage:
    """Prepare a page for any number of questions."""
    view = view_page(index)
    candidates = tuple(page_candidates(view))
    return ReadPage(
        view, candidates, kind_table(candidates), shape_table(view, candidates, candidates)
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """The best answer. score: how likely it is right, 0 to 1."""

    candidate: Candidate
    score: float

    @property
    def text(self) -> str:
        """As printed; lines joined by spaces."""
        return self.candidate.text


def answer(
    text: str, indexes: Sequence[PageIndex], *, history: Sequence[str] = ()
) -> Answer | None:
    """The best piece of the pages for a question; None when nothing on them answers it.

    Args:
        text: the user's words.
        indexes: the pages to look at.
        history: the user's earlier questions, oldest first.
    """
    question = analyse(text, history)
    pool = gather(question, [read_page(index) for index in indexes])
    if not pool.candidates:
        return None
    scores = ranker().scores(pool.features)
    best = int(np.argmax(scores))
    shares = np.exp(scores - scores[best])
    return Answer(pool.candidates[best], float(1 / shares.sum()))
