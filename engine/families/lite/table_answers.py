"""Answers from tables by their structure: the cell in the row and the column that a question names.

A row is named by its label, with the title of its group; a column by its head, with the heads over
it. On dense pages the features of the reader are alike for hundreds of cells; here the words of a
label and of a head must be in the question, and the rest of the question must be accounted for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from engine.families.lite.asked_values import asks_to_compute, asks_yes_or_no, may_answer
from engine.families.lite.reader import BestAnswer
from engine.index.continued import TablePart, document_tables
from engine.index.spans import Candidate
from engine.text.language import lexicon, likeness, stem, tokens

if TYPE_CHECKING:
    from engine.families.lite.question import ParsedQuestion
    from engine.families.lite.reader import ReadPage
    from engine.index.page_index import IndexedCell, PageIndex

_LEAST_COLUMNS: Final = 3
_LEAST_ROWS: Final = 3
_ALIKE: Final = 0.8
# Two words are read as one if they are alike by this much and longer than this.
_JOINED: Final = 0.95
_LEAST_JOINED: Final = 4
_LEAST_NAME: Final = 4
_LONGEST_ENDING: Final = 2
# Weights of a word of the question that a label explains: any, and a stop word ("in", "may").
_WORD, _STOP_WORD = 1.0, 0.1
# A label whose words follow each other in the question; a word of a label that is not asked for.
_PHRASE: Final = 0.25
_UNASKED: Final = 0.3
# A label needs this share of its words in the question.
_NAMED: Final = 0.5
# Share of the question's words that may be unexplained, and at least one.
_UNEXPLAINED: Final = 0.25
# The best cell has this lead on any other one.
_LEAD: Final = 0.05
# Of the cells that were found on drawn and public tables, as many were right (docs/lite.md).
_RIGHT: Final = 0.97
# Words about tables as such.
_GENERAL: Final = frozenset(
    stem(word)
    for word in tokens(
        "value values column row table cell figure entry number amount shown given listed printed"
        " stated line item"
        " значение столбец столбце графа графе строка строке таблица таблице ячейка показатель"
        " указано указана указан стоит записано число цифра"
    )
)
# A row or a column is asked for, or a reason.
_OTHER: Final = re.compile(
    r"\b(?:why|who|which|most|least|how many \w+ (?:have|are|were)|почему|кто|у как(?:ого|ой|их)"
    r"|в как(?:ом|ой|их))\b"
)


@dataclass(frozen=True, slots=True)
class _Named:
    """How a label is named. at: positions of the question's words that it explains."""

    at: frozenset[int]
    score: float


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as words, and whether each carries meaning."""

    words: tuple[str, ...]
    content: tuple[bool, ...]

    def weight(self, at: frozenset[int]) -> float:
        return sum(_WORD if self.content[i] else _STOP_WORD for i in at)

    def explained(self, label: str) -> _Named | None:
        """How a label is named in the question; None if it is not."""
        own = tokens(label)
        stop = lexicon().stop
        carrying = [word for word in own if stem(word) not in stop] or own
        found = {word: self._places(word) for word in own}
        named = [word for word in carrying if found[word]]
        if not own or not named or len(named) < _NAMED * len(carrying):
            return None
        at = frozenset().union(*found.values())
        score = -_UNASKED * (len(carrying) - len(named))
        if any(
            all(start + k in found[word] for k, word in enumerate(own))
            for start in range(len(self.words) - len(own) + 1)
        ):
            score += _PHRASE * len(own)
        return _Named(at, score)

    def mentioned(self, label: str) -> frozenset[int]:
        """Positions of the question's words that occur in a text."""
        return frozenset().union(*(self._places(word) for word in tokens(label)))

    def _places(self, word: str) -> frozenset[int]:
        found = {
            i
            for i, own in enumerate(self.words)
            if likeness(word, own) >= _ALIKE or _is_declined(word, own)
        }
        # The space between two printed words may not have been seen.
        for i, (own, after) in enumerate(pairwise(self.words)):
            if len(own) + len(after) > _LEAST_JOINED and likeness(word, own + after) >= _JOINED:
                found |= {i, i + 1}
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Found:
    score: float
    page: int
    cell: IndexedCell
    explained: frozenset[int]


def answer_from_tables(question: ParsedQuestion, pages: Sequence[ReadPage]) -> BestAnswer | None:
    """Return the cell that a question names by row and column; None for any other question."""
    plain = question.text.casefold().replace("ё", "е")
    if question.counts or asks_yes_or_no(question) or asks_to_compute(question):
        return None
    if _OTHER.search(plain):
        return None
    words = tuple(tokens(question.text))
    stop = lexicon().stop
    asked = _Asked(
        words, tuple(stem(word) not in stop and stem(word) not in _GENERAL for word in words)
    )
    indexes = [page.view.index for page in pages]
    found = sorted(
        (
            one
            for parts in document_tables(indexes)
            for part in parts
            for one in _cells_of(asked, part, indexes)
        ),
        key=lambda one: -one.score,
    )
    if not found or not _is_explained(asked, found[0], indexes):
        return None
    best = found[0]
    text = _text(best.cell, indexes[best.page])
    rivals = [one for one in found[1:] if one.score > best.score - _LEAD]
    if any(_text(one.cell, indexes[one.page]) != text for one in rivals):
        return None
    candidate = _candidate(best.cell, pages[best.page])
    if not may_answer(question, candidate):
        return None
    # The right cell may be misread.
    index = indexes[best.page]
    read = min(word.confidence for line in best.cell.lines for word in index.lines[line].words)
    return BestAnswer(candidate, _RIGHT * read, method="table")


def _cells_of(asked: _Asked, part: TablePart, indexes: Sequence[PageIndex]) -> Iterator[_Found]:
    """Yield the cells of a table whose row and column the question names."""
    index = indexes[part.page]
    body = [cell for cell in part.table.cells if not cell.is_header]
    width = max((cell.column + cell.columns for cell in part.table.cells), default=0)
    if width < _LEAST_COLUMNS or len({cell.row for cell in body}) < _LEAST_ROWS or not part.heads:
        return
    columns = {
        column: named
        for column in range(width)
        if (named := _column(asked, column, part, indexes[part.head_page])) is not None
    }
    rows: dict[int, list[IndexedCell]] = {}
    for cell in body:
        rows.setdefault(cell.row, []).append(cell)
    title: IndexedCell | None = None
    for row, own in sorted(rows.items()):
        if len(own) == 1 and own[0].columns == width:
            title = own[0]
            continue
        over = [c for c in body if c.row < row < c.row + c.rows] + ([title] if title else [])
        group = frozenset[int]().union(*(asked.mentioned(_text(cell, index)) for cell in over))
        for label in own:
            if label.column and not _is_words(_text(label, index)):
                continue
            named = asked.explained(_text(label, index))
            if named is None:
                continue
            for cell in own:
                column = columns.get(cell.column)
                if cell is label or column is None or cell.columns > 1:
                    continue
                if not (named.at - column.at) or not (column.at - named.at):
                    continue
                at = named.at | column.at | group
                yield _Found(asked.weight(at) + named.score + column.score, part.page, cell, at)


def _column(asked: _Asked, column: int, part: TablePart, index: PageIndex) -> _Named | None:
    """How the question names a column: by its lowest head, and more by the heads over it."""
    heads = [c for c in part.heads if c.column <= column < c.column + c.columns]
    if not heads:
        return None
    *upper, lowest = sorted(heads, key=lambda cell: cell.row)
    named = asked.explained(_text(lowest, index))
    if named is None:
        return None
    over = frozenset[int]().union(*(asked.mentioned(_text(cell, index)) for cell in upper))
    return _Named(named.at | over, named.score)


def _is_explained(asked: _Asked, best: _Found, indexes: Sequence[PageIndex]) -> bool:
    """Whether nothing in the question speaks of something else than the found cell."""
    content = [i for i, carries in enumerate(asked.content) if carries]
    rest = [i for i in content if i not in best.explained]
    if any(any(map(str.isdigit, asked.words[i])) for i in rest):
        return False
    index = indexes[best.page]
    inside = {line for table in index.tables for line in index.region_lines[table.region]}
    around = frozenset[int]().union(
        *(asked.mentioned(line.text) for at, line in enumerate(index.lines) if at not in inside)
    )
    unexplained = [i for i in rest if i not in around]
    return len(unexplained) <= max(1.0, _UNEXPLAINED * len(content))


def _text(cell: IndexedCell, index: PageIndex) -> str:
    return " ".join(index.lines[line].text for line in cell.lines)


def _is_words(text: str) -> bool:
    return sum(map(str.isalpha, text)) > sum(map(str.isdigit, text))


def _is_declined(word: str, other: str) -> bool:
    """Whether one word is the other one with an ending: names that the stemmer cuts too short."""
    short, long = sorted((word, other), key=len)
    return (
        len(short) >= _LEAST_NAME
        and short.isalpha()
        and long.startswith(short)
        and len(long) - len(short) <= _LONGEST_ENDING
    )


def _candidate(cell: IndexedCell, page: ReadPage) -> Candidate:
    """The words of a cell as an answer."""
    starts = [0]
    for line in page.view.index.lines:
        starts.append(starts[-1] + len(line.words))
    ranges = tuple((starts[line], starts[line + 1]) for line in cell.lines)
    return Candidate(page.view, ranges, 0, None, frozenset(), "table")
