"""Matches the terms of a question with the words of a page: one similarity for each pair.

A term matches a word that is equal, has the same stem, is similar under OCR noise, or belongs to
the same synonym group. Terms that are rare on the pages have more weight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.text.language import groups_in, lexicon, likeness, stem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.families.lite.question import ParsedQuestion
    from engine.index.view import PageView

_SYNONYM: Final = 0.75
_ACRONYM: Final = 0.8
_HIT: Final = 0.7
_LITERAL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Match:
    """Similarities of the terms of a question and the words of a page.

    Attributes:
        word: (words, terms) similarity of each page word and each term, 0 to 1.
        cell: (cells, terms) maximum over the cell's words.
        weight: (terms,) sums to 1, or to 0 if the question has no terms.
        content: (words,) whether the word is a content word (no stop word, no punctuation).
    """

    word: NDArray[np.float32]
    cell: NDArray[np.float32]
    weight: NDArray[np.float32]
    content: NDArray[np.bool_]

    def covered(self, row: NDArray[np.float32]) -> float:
        """Return the weighted share of the question that a row of similarities covers, 0 to 1."""
        return float(row @ self.weight)

    def of_words(self, first: int, last: int) -> NDArray[np.float32]:
        """Return (terms,) the best similarities in words[first:last]; zeros for an empty range."""
        if last <= first:
            return np.zeros(self.word.shape[1], np.float32)
        best: NDArray[np.float32] = self.word[first:last].max(axis=0)
        return best

    def explained(self, first: int, last: int) -> float:
        """Return the share of content words in words[first:last] that some term matches."""
        content = self.content[first:last]
        if not content.any():
            return 0.0
        hits = self.word[first:last].max(axis=1, initial=0.0) >= _HIT
        return float((hits & content).sum() / content.sum())

    def repeats(self, ranges: Sequence[tuple[int, int]]) -> bool:
        """Whether all content words of the word ranges occur literally in the question."""
        said = False
        for first, last in ranges:
            content = self.content[first:last]
            literal = self.word[first:last].max(axis=1, initial=0.0) >= _LITERAL
            if (content & ~literal).any():
                return False
            said = said or bool(content.any())
        return said


def match_pages(question: ParsedQuestion, views: Sequence[PageView]) -> list[Match]:
    """Match a question with pages. The weights of its terms are the same for all pages."""
    tables = [_likenesses(question, view) for view in views]
    total = sum(len(view.words) for view in views)
    weight = np.zeros(len(question.terms), np.float32)
    for number, term in enumerate(question.terms):
        hits = sum(int((table[:, number] >= _HIT).sum()) for table in tables)
        rarity = math.log(1 + total / (1 + hits))
        # A term without a match says little about the place of the answer.
        weight[number] = term.weight * rarity * (0.5 if hits == 0 else 1.0)
    if weight.sum() > 0:
        weight /= weight.sum()
    stop = lexicon().stop
    found = []
    for view, table in zip(views, tables, strict=True):
        starts = [cell.first for cell in view.cells]
        cells = (
            np.maximum.reduceat(table, starts, axis=0)
            if starts
            else np.zeros((0, table.shape[1]), np.float32)
        )
        content = np.array([bool(word) and stem(word) not in stop for word in view.plain], np.bool_)
        found.append(Match(table, cells, weight, content))
    return found


def _likenesses(question: ParsedQuestion, view: PageView) -> NDArray[np.float32]:
    table = np.zeros((len(view.words), len(question.terms)), np.float32)
    known: dict[str, list[float]] = {}
    for place, word in enumerate(view.plain):
        if not word:
            continue
        if word not in known:
            parts = [word, *word.split("-")] if "-" in word else [word]
            known[word] = [
                max(likeness(term.word, part) for part in parts) for term in question.terms
            ]
        table[place] = known[word]
    for place, raw in enumerate(view.words):
        for first, last in _spelled(raw, question):
            table[place, first:last] = np.maximum(table[place, first:last], _ACRONYM)
    wanted = [term.groups for term in question.terms]
    if any(wanted):
        for cell in view.cells:
            groups = groups_in(view.plain[cell.first : cell.last])
            for place, own in enumerate(groups, start=cell.first):
                if own:
                    for number, groups_of_term in enumerate(wanted):
                        if own & groups_of_term:
                            table[place, number] = max(table[place, number], _SYNONYM)
    return table


def _spelled(raw: str, question: ParsedQuestion) -> list[tuple[int, int]]:
    """Return ranges of terms whose initials form the printed acronym: "OR" for "odds ratio"."""
    letters = raw.strip(".,:;()*")
    if not (2 <= len(letters) <= 5 and letters.isalpha() and letters.isupper()):
        return []
    initials = "".join(term.word[:1] for term in question.terms).upper()
    count = len(letters)
    return [
        (at, at + count)
        for at in range(len(initials) - count + 1)
        if initials[at : at + count] == letters
    ]


@dataclass(frozen=True, slots=True)
class QuestionCoverage:
    """Share of a question's terms that occur on some page, 0 to 1; 1 if there are no such terms.

    Attributes:
        terms: share of all terms.
        exact: share of numbers and codes: a page without 1951 cannot answer a question about 1951.
    """

    terms: float
    exact: float


def known_of(question: ParsedQuestion, matches: Sequence[Match]) -> QuestionCoverage:
    """Return how much of a question occurs on the pages."""
    hits = np.zeros(len(question.terms), np.bool_)
    for match in matches:
        hits |= match.cell.max(axis=0, initial=0.0) >= _HIT
    exact = np.array([sum(map(str.isdigit, t.word)) > 1 for t in question.terms], np.bool_)
    every = np.ones(len(hits), np.bool_)
    terms, numbers = (float(hits[own].mean()) if own.any() else 1.0 for own in (every, exact))
    return QuestionCoverage(terms, numbers)
