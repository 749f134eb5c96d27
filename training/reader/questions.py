"""Questions of a page with today's best candidates, as token ids.

A page is serialised cell by cell in reading order. For a question, only the cells around its
CANDIDATES best candidates are kept (own cell, left neighbour, the cells above and the heading,
sentence), best candidates first, up to TOKENS tokens.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.families.lite.candidates import Candidate
from engine.families.lite.ranking import ranker, signs_of
from engine.index.page_index import PageIndex
from engine.index.view import PageView, view_page
from training.reader.tokenizer import END, START, PieceTokenizer
from training.reading_data import Example
from training.reading_fit import Judged, judge

# Of natural questions the ranker has the right one among 12 in half of the cases (docs/lite.md).
CANDIDATES: Final = 60
TOKENS: Final = 320
QUESTION_TOKENS: Final = 48
_ABOVE: Final = 2  # nearest cells above that are kept, besides the topmost
# How two cells relate, beside "not".
SAME_CELL: Final = 1
SAME_ROW: Final = 2
SAME_COLUMN: Final = 3
RELATIONS: Final = 4
# As in training.reading_fit: a candidate with a lower worth is no answer.
_RIGHT: Final = 0.35

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class ReadQuestion:
    """A question about a page.

    Attributes:
        page: index in the shard.
        ids: of the question, with "query:" in front.
        tokens: (T,) kept positions in the page's ids.
        cells: (T,) the kept cell of each, an index of relations.
        relations: (cells, cells) 0 to RELATIONS - 1.
        spans: for each candidate the indices in `tokens` that it covers; empty if cut off.
        scores: (C,) of today's ranker, best first.
        shares: (C,) the target: a distribution, or zeros where no candidate is right.
        anls, hit: (C,) how right each is.
        confidence: today's, in the first candidate.
        answerable: the page answers it.
        language, cluster: for the figures; a cluster is a document.
    """

    page: int
    ids: Ints
    tokens: Ints
    cells: Ints
    relations: NDArray[np.int8]
    spans: tuple[Ints, ...]
    scores: NDArray[np.float32]
    shares: NDArray[np.float32]
    anls: NDArray[np.float32]
    hit: NDArray[np.float32]
    confidence: float
    answerable: bool
    language: str
    cluster: str


@dataclass(frozen=True)
class Shard:
    """Pages as ids (without START and END), and questions about them."""

    pages: tuple[Ints, ...]
    questions: tuple[ReadQuestion, ...]


@dataclass(frozen=True)
class PageTokens:
    """A page's ids in the order of its words; word w has ids[starts[w]:starts[w + 1]]."""

    ids: Ints
    starts: Ints


def page_tokens(view: PageView, tokenizer: PieceTokenizer) -> PageTokens:
    """Serialise a page."""
    words = [tokenizer.word(word) for word in view.words]
    starts = np.cumsum([0, *(len(word) for word in words)])
    return PageTokens(
        np.array([one for word in words for one in word], np.int32), starts.astype(np.int32)
    )


def question_ids(text: str, tokenizer: PieceTokenizer) -> Ints:
    """Return the ids of a question as multilingual-e5 expects it."""
    found = tokenizer.text(f"query: {text}")[: QUESTION_TOKENS - 2]
    return np.array([START, *found, END], np.int32)


def cells_around(view: PageView, candidate: Candidate) -> list[int]:
    """Return the cells that tell what a candidate is, the most important first."""
    own = sorted({view.cell_of[word] for span in candidate.ranges for word in range(*span)})
    found = list(own)
    for cell in own[:2]:
        if view.left[cell] >= 0:
            found.append(view.left[cell])
        found += [*view.above[cell][:_ABOVE], *view.above[cell][-1:], *view.headings[cell]]
        row = view.rows[view.cells[cell].row] if view.cells[cell].row >= 0 else ()
        found += row[:1]
    for span in candidate.ranges[:1]:
        first, last = view.sentences[view.sentence_of[span[0]]]
        found += sorted({view.cell_of[word] for word in range(first, last)})
    return list(dict.fromkeys(found))


def relation(view: PageView, first: int, second: int) -> int:
    """How two cells relate."""
    if first == second:
        return SAME_CELL
    if view.cells[first].row == view.cells[second].row >= 0:
        return SAME_ROW
    if second in view.above[first] or first in view.above[second]:
        return SAME_COLUMN
    return 0


def read_question(
    judged: Judged, view: PageView, tokens: PageTokens, ids: Ints, page: int
) -> ReadQuestion | None:
    """Prepare a judged question; None if it has no candidates or an answer that is not printed."""
    if not judged.texts or (judged.example.answers and not judged.answerable):
        return None
    features = judged.features.astype(np.float32)
    scores = ranker().scores(features)
    order = np.argsort(-scores, kind="stable")[:CANDIDATES]
    signs = signs_of(scores, features, judged.texts, judged.known)
    chosen = [judged.candidates[at] for at in order]
    kept = _kept_cells(view, tokens, chosen)
    place_of = {cell: place for place, cell in enumerate(kept)}
    positions: list[int] = []
    cells: list[int] = []
    index_of: dict[int, int] = {}
    for cell in sorted(kept):
        first, last = view.cells[cell].first, view.cells[cell].last
        for position in range(tokens.starts[first], tokens.starts[last]):
            if len(positions) == TOKENS:
                break
            index_of[position] = len(positions)
            positions.append(position)
            cells.append(place_of[cell])
    spans = tuple(
        np.array(
            [
                index_of[position]
                for first, last in one.ranges
                for position in range(tokens.starts[first], tokens.starts[last])
                if position in index_of
            ],
            np.int32,
        )
        for one in chosen
    )
    worth = judged.anls * (0.8 + 0.2 * judged.exact) * (0.4 + 0.6 * judged.hit)
    worth = worth[order] if judged.answerable else np.zeros(len(order), np.float32)
    best = float(worth.max(initial=0.0))
    shares = np.where(worth >= _RIGHT, (worth / max(best, 1e-6)) ** 10, 0.0)
    related = [[relation(view, one, other) for other in kept] for one in kept]
    return ReadQuestion(
        page=page,
        ids=ids,
        tokens=np.array(positions, np.int32),
        cells=np.array(cells, np.int32),
        relations=np.array(related, np.int8),
        spans=spans,
        scores=scores[order],
        shares=(shares / max(float(shares.sum()), 1e-6)).astype(np.float32),
        anls=judged.anls[order],
        hit=judged.hit[order],
        confidence=ranker().confidence(signs),
        answerable=judged.answerable,
        language=judged.example.language,
        cluster=judged.example.file,
    )


def _kept_cells(view: PageView, tokens: PageTokens, chosen: Sequence[Candidate]) -> list[int]:
    """The cells to keep within TOKENS, all candidates' own cells first."""
    around = [cells_around(view, one) for one in chosen]
    longest = max((len(one) for one in around), default=0)
    wanted = [one[depth] for depth in range(longest) for one in around if depth < len(one)]
    kept: list[int] = []
    used = 0
    for cell in dict.fromkeys(wanted):
        size = int(tokens.starts[view.cells[cell].last] - tokens.starts[view.cells[cell].first])
        if not kept or used + size <= TOKENS:
            kept.append(cell)
            used += size
    return kept


def build_shard(
    examples: Sequence[Example], indexes: dict[str, PageIndex], tokenizer: PieceTokenizer
) -> Shard:
    """Prepare all questions about some pages."""
    pages: list[Ints] = []
    known: dict[str, tuple[int, PageView, PageTokens]] = {}
    questions = []
    for judged in judge(examples, indexes, with_candidates=True):
        name = judged.example.file
        if name not in known:
            view = view_page(indexes[name])
            known[name] = len(pages), view, page_tokens(view, tokenizer)
            pages.append(known[name][2].ids)
        number, view, tokens = known[name]
        ids = question_ids(judged.example.question, tokenizer)
        one = read_question(judged, view, tokens, ids, number)
        if one is not None:
            questions.append(one)
    return Shard(tuple(pages), tuple(questions))


def read_shards(folder: Path) -> list[Shard]:
    """All shards of a folder that are complete, in order. Only our own files: pickle runs code."""
    return [pickle.loads(path.read_bytes()) for path in sorted(folder.glob("*.pkl"))]
