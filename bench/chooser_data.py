"""What a second opinion chooses between: a question with the ranker's best candidates.

A shortlist holds the k best candidates of different texts, each with the words around it, and how
right each is. On templates that the ranker was fitted to it is surer than it may be, so shortlists
to learn from are made by rankers that have not seen the template (cross-fitted).
"""

from __future__ import annotations

import pickle
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.reading_data import ocr_indexes, read_examples, truth_indexes
from bench.reading_fit import FOLDS, Judged, fit, fold_of, judge
from engine.families.lite.pieces import Candidate
from engine.families.lite.ranking import Ranker, signs_of
from engine.index import PageIndex

Floats = NDArray[np.float32]

# Characters of the parts around a candidate; what is nearest says most.
_HEADING, _ABOVE, _LEFT, _BEFORE, _AFTER = 30, 40, 60, 70, 30
_LONGEST = 90


@dataclass(frozen=True)
class Shortlist:
    """A question and its best candidates, best first.

    Attributes:
        file, language, template: of the document; template is "kind name".
        fold: of the template, see bench.reading_fit.fold_of.
        before, texts, after: of each candidate: the words that lead to it, itself, what follows.
        scores: (k,) the ranker's, the best one's 0.
        features: (k, FEATURES) as the ranker sees them.
        anls, exact, hit: (k,).
        answerable: the page answers the question, by whichever candidate.
        refused: the ranker would say that the page does not.
    """

    question: str
    file: str
    language: str
    template: str
    fold: int
    before: tuple[str, ...]
    texts: tuple[str, ...]
    after: tuple[str, ...]
    scores: Floats
    features: Floats
    anls: Floats
    exact: Floats
    hit: Floats
    answerable: bool
    refused: bool

    @property
    def target(self) -> Floats:
        """(k,) how the right candidates share what is wanted; zeros where none is right."""
        worth = self.anls * (0.8 + 0.2 * self.exact) * (0.4 + 0.6 * self.hit)
        share = np.where(worth >= 0.35, (worth / max(worth.max(), 1e-6)) ** 10, 0.0)
        return np.asarray(share / max(share.sum(), 1e-6), np.float32)


def around(candidate: Candidate) -> tuple[str, str]:
    """What a reader sees on the way to a candidate, and right behind it.

    In running text that is its sentence; elsewhere its heading, the cell above it, the cells left
    of it and its own cell.
    """
    view = candidate.view
    first, last = candidate.ranges[0][0], candidate.ranges[-1][1]
    number = view.cell_of[first]
    cell = view.cells[number]
    if cell.region in view.prose:
        start, end = view.sentences[view.sentence_of[first]]
        start, end = min(start, first), max(end, last)
        return view.text(start, first)[-_LEFT - _BEFORE :], view.text(last, end)[: 2 * _AFTER]

    def texts(cells: Sequence[int]) -> str:
        return " ".join(view.text(view.cells[at].first, view.cells[at].last) for at in cells)

    row = view.rows[cell.row]
    parts = (
        texts(view.headings[number])[:_HEADING],
        texts(view.above[number][:1])[-_ABOVE:],
        texts(row[: row.index(number)])[-_LEFT:],
        view.text(cell.first, first)[-_BEFORE:],
    )
    after = view.text(last, cell.last)[:_AFTER] if cell.first <= last <= cell.last else ""
    return " | ".join(part for part in parts if part), after


def shortlist(judged: Judged, ranker: Ranker, k: int) -> Shortlist | None:
    """The k best candidates of different texts; None where the page has no candidate.

    Args:
        judged: with its candidates.
    """
    if not judged.texts:
        return None
    features = judged.features.astype(np.float32)
    scores = ranker.scores(features)
    kept: list[int] = []
    for at in np.argsort(-scores, kind="stable"):
        if judged.texts[at] not in {judged.texts[other] for other in kept}:
            kept.append(int(at))
        if len(kept) == k:
            break
    signs = signs_of(scores, features, judged.texts, judged.known)
    surroundings = [around(judged.candidates[at]) for at in kept]
    example = judged.example
    return Shortlist(
        question=example.question,
        file=example.file,
        language=example.language,
        template=f"{example.document_kind} {example.template}",
        fold=fold_of(example),
        before=tuple(before for before, _ in surroundings),
        texts=tuple(judged.texts[at][:_LONGEST] for at in kept),
        after=tuple(after for _, after in surroundings),
        scores=scores[kept] - scores[kept[0]],
        features=features[kept],
        anls=judged.anls[kept],
        exact=judged.exact[kept],
        hit=judged.hit[kept],
        answerable=judged.answerable,
        refused=ranker.confidence(signs) < ranker.threshold,
    )


def examples_of(folder: Path) -> list[Judged]:
    """Judged questions of the pages of a set that OCR has read, with their candidates.

    Questions that have an answer but not in print are left out: nobody can score them.
    """
    return _judged(folder, ocr_indexes(folder), None)


def unread_examples_of(folder: Path, limit: int) -> list[Judged]:
    """The same of pages that OCR has not read, whose noise is imitated; at most `limit`."""
    read = ocr_indexes(folder)
    drawn = {file: index for file, index in truth_indexes(folder).items() if file not in read}
    return _judged(folder, drawn, limit)


def _judged(folder: Path, indexes: dict[str, PageIndex], limit: int | None) -> list[Judged]:
    examples = [
        example
        for example in read_examples(folder)
        if example.file in indexes and (not example.answers or (example.printed and example.boxes))
    ]
    random.Random(0).shuffle(examples)
    return judge(examples[:limit], indexes, with_candidates=True)


def crossfitted(judged: Sequence[Judged], k: int, *, networks: int = 1) -> list[Shortlist]:
    """Shortlists of every question by a ranker that was not fitted to its template."""
    found: list[Shortlist | None] = []
    for fold in range(FOLDS):
        ranker = fit([q for q in judged if fold_of(q.example) != fold], networks=networks)
        found += [shortlist(q, ranker, k) for q in judged if fold_of(q.example) == fold]
    lists = [one for one in found if one is not None]
    random.Random(1).shuffle(lists)
    return lists


def store(lists: Sequence[Shortlist], path: Path) -> None:
    """Keep shortlists; `load` reads them. A file of this machine's own, never a stranger's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(list(lists)))


def load(path: Path) -> list[Shortlist]:
    """What `store` wrote."""
    lists: list[Shortlist] = pickle.loads(path.read_bytes())
    return lists
