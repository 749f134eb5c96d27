"""Fit of the ranker of `lite`: a listwise softmax over candidates, then a logistic confidence.

Input: judged questions (`judge`). Output: a Ranker, which training.reading stores. Seeds: 0 to
networks - 1 for the networks; 0 for blurring.

The network is small and has strong dropout, as it must serve templates that it was not fitted on.
The target of a question is spread over the candidates by how right they are (ANLS, and whether they
stand at the true place). A right text at a wrong place therefore counts less.
"""

from __future__ import annotations

import random
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from engine.evaluation import anls, evidence_hit, exact, normalise
from engine.families.lite.candidates import Candidate
from engine.families.lite.features import FEATURES
from engine.families.lite.matching import QuestionCoverage
from engine.families.lite.question import ParsedQuestion, analyse
from engine.families.lite.ranking import SIGNS, Ranker, signs_of
from engine.families.lite.reader import ReadPage, gather, read_page
from engine.index.page_index import PageIndex
from engine.text.answer_types import ANSWER_TYPES
from training.reading_data import Example

_NETWORKS, _UNITS, _DROPPED_IN, _DROPPED = 3, 48, 0.1, 0.3
_EPOCHS, _BATCH, _RATE, _DECAY = 8, 32, 0.004, 0.03
# Confidence is cross-fitted over this many groups of templates.
FOLDS = 3
# A candidate with a lower score is no answer.
_RIGHT = 0.35
# The share of rightly answered questions that may be refused.
_MAY_REFUSE = 0.05

# The share of the fitting questions that are parsed worse than possible.
_BLURRED = 0.6

Floats = NDArray[np.float32]


@dataclass
class Judged:
    """A question with all its candidates and how right each is.

    Attributes:
        features: (candidates, FEATURES), float16.
        anls, exact, hit: (candidates,).
        candidates: the pieces of the page themselves; empty unless `judge` was asked for them.
    """

    example: Example
    features: NDArray[np.float16]
    texts: list[str]
    known: QuestionCoverage
    anls: Floats
    exact: Floats
    hit: Floats
    candidates: tuple[Candidate, ...] = ()

    @property
    def answerable(self) -> bool:
        return bool(self.example.answers) and self.example.printed and bool(self.example.boxes)


def judge(
    examples: Sequence[Example],
    indexes: dict[str, PageIndex],
    *,
    blur: bool = False,
    with_candidates: bool = False,
) -> list[Judged]:
    """Candidates and truth of every question whose page has an index.

    Args:
        blur: for fitting: parse 60% of the questions worse than possible, like users' wordings that
            the lexicon does not know. The ranker then trusts no feature blindly.
        with_candidates: include the candidates, with the whole view of their page.
    """
    rng = random.Random(0)
    judged: list[Judged] = []
    page: tuple[str, ReadPage] | None = None
    for example in sorted(examples, key=lambda example: example.file):
        if example.file not in indexes:
            continue
        if page is None or page[0] != example.file:
            page = example.file, read_page(indexes[example.file])
        question = analyse(example.question)
        if blur and rng.random() < _BLURRED:
            question = blurred(question, rng)
        pool = gather(question, [page[1]])
        texts = [candidate.text for candidate in pool.candidates]
        right = {text: _right(text, example) for text in set(texts)}
        close = np.array([right[text][0] for text in texts], np.float32)
        size = (page[1].view.index.width, page[1].view.index.height)
        hit = [
            bool(example.boxes)
            and value > 0
            and evidence_hit(
                candidate.boxes(),
                example.boxes,
                boxes_size=size,
                truths_size=example.page_size,
            )
            for candidate, value in zip(pool.candidates, close, strict=True)
        ]
        judged.append(
            Judged(
                example,
                pool.features.astype(np.float16),
                texts,
                pool.known,
                close,
                np.array([right[text][1] for text in texts], np.float32),
                np.array(hit, np.float32),
                pool.candidates if with_candidates else (),
            )
        )
        if len(judged) % 500 == 0:
            sys.stderr.write(f"{len(judged)} questions\n")
    return judged


def blurred(question: ParsedQuestion, rng: random.Random) -> ParsedQuestion:
    """The question with some words unknown, and sometimes without its type of answer."""
    terms = []
    for term in question.terms:
        chance = rng.random()
        if chance < 0.15 and not any(character.isdigit() for character in term.word):
            terms.append(replace(term, word="\u2205", groups=frozenset()))
        elif chance < 0.45:
            terms.append(replace(term, groups=frozenset()))
        else:
            terms.append(term)
    wants = dict(question.wants)
    if rng.random() < 0.35:
        wants = {kind: max(0.5 * wants.get(kind, 0.0), 0.35) for kind in ANSWER_TYPES}
    return replace(question, terms=tuple(terms), wants=wants)


def _right(text: str, example: Example) -> tuple[float, float]:
    said = len(normalise(text))
    near = [a for a in example.answers if 0.45 * said <= len(normalise(a)) <= 2.2 * said]
    return (anls(text, near), float(exact(text, near))) if near else (0.0, 0.0)


def fit(judged: Sequence[Judged], mask: Floats | None = None, *, networks: int = 1) -> Ranker:
    """Fit the scoring network. The confidence is not fitted yet, and accepts every candidate.

    Args:
        mask: 0 for features left out.
        networks: how many networks of different seeds are averaged, which equals one as much wider.
    """
    lists = _lists(judged)
    parts = [_fit_one(lists, mask, seed) for seed in range(networks)]
    return Ranker(
        hidden=np.concatenate([hidden for hidden, _, _ in parts], axis=1),
        hidden_bias=np.concatenate([bias for _, bias, _ in parts]),
        output=np.asarray(np.concatenate([out for _, _, out in parts]) / networks, np.float32),
        sign_weight=np.zeros(len(SIGNS), np.float32),
        sign_bias=0.0,
        threshold=0.0,
    )


def _lists(judged: Sequence[Judged]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Features of the candidates of each question, and the target's distribution over them."""
    lists = []
    for question in judged:
        worth = question.anls * (0.8 + 0.2 * question.exact) * (0.4 + 0.6 * question.hit)
        if question.answerable and worth.max(initial=0.0) >= _RIGHT:
            share = np.where(worth >= _RIGHT, (worth / worth.max()) ** 10, 0)
            wanted = torch.tensor(share / share.sum(), dtype=torch.float32)
            lists.append((torch.from_numpy(question.features), wanted))
    return lists


def _fit_one(
    lists: Sequence[tuple[torch.Tensor, torch.Tensor]], mask: Floats | None, seed: int
) -> tuple[Floats, Floats, Floats]:
    """Weights and biases of the hidden layer, and the weights of the output."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    kept = torch.ones(len(FEATURES)) if mask is None else torch.from_numpy(mask)
    # All candidates in one table, so that a batch is one look-up.
    features = torch.cat([features for features, _ in lists])
    shares = torch.cat([share for _, share in lists])
    sizes = np.array([len(share) for _, share in lists])
    ends = np.cumsum(sizes)
    network = torch.nn.Sequential(
        torch.nn.Dropout(_DROPPED_IN),
        torch.nn.Linear(len(FEATURES), _UNITS),
        torch.nn.ReLU(),
        torch.nn.Dropout(_DROPPED),
        torch.nn.Linear(_UNITS, 1, bias=False),
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY)
    steps = _EPOCHS * -(-len(lists) // _BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    order = np.arange(len(lists))
    for _ in range(_EPOCHS):
        rng.shuffle(order)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            rows = [np.arange(ends[one] - sizes[one], ends[one]) for one in batch]
            at = torch.from_numpy(np.concatenate(rows))
            question = torch.from_numpy(np.repeat(np.arange(len(batch)), sizes[batch]))
            scores = network(features[at].float() * kept).squeeze(-1)
            loss = (shares[at] * (_log_sums(scores, question) - scores)).sum() / len(batch)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    hidden, output = network[1], network[4]
    assert isinstance(hidden, torch.nn.Linear) and isinstance(output, torch.nn.Linear)
    return (
        hidden.weight.detach().numpy().T * kept.numpy()[:, None],
        hidden.bias.detach().numpy(),
        output.weight.detach().numpy()[0],
    )


def _log_sums(scores: torch.Tensor, question: torch.Tensor) -> torch.Tensor:
    """(candidates,) the logarithm of the sum of exp(scores) over each candidate's question."""
    count = int(question[-1]) + 1
    top = torch.full((count,), -torch.inf).scatter_reduce(0, question, scores.detach(), "amax")
    sums = torch.zeros(count).index_add(0, question, torch.exp(scores - top[question]))
    whole: torch.Tensor = (sums.log() + top)[question]
    return whole


def fit_all(judged: Sequence[Judged]) -> Ranker:
    """Fit the whole ranker, network and confidence.

    The confidence is fitted on templates that the scoring network was not fitted on. On its own
    templates a network is overconfident.
    """
    folds = [fold_of(question.example) for question in judged]
    rows: list[Floats] = []
    right: list[float] = []
    for fold in range(FOLDS):
        others = [one for one, at in zip(judged, folds, strict=True) if at != fold]
        own = [one for one, at in zip(judged, folds, strict=True) if at == fold]
        network = fit(others, networks=_NETWORKS)
        for question in own:
            if not question.texts or (question.example.answers and not question.answerable):
                continue
            features = question.features.astype(np.float32)
            scores = network.scores(features)
            rows.append(signs_of(scores, features, question.texts, question.known))
            right.append(float(question.anls[int(scores.argmax())] >= 0.5))
    weight, bias, threshold = _confidence(np.array(rows), np.array(right))
    return replace(
        fit(judged, networks=_NETWORKS), sign_weight=weight, sign_bias=bias, threshold=threshold
    )


def fold_of(example: Example) -> int:
    """0 to FOLDS - 1; questions about documents of one template share it."""
    return zlib.crc32(f"{example.document_kind} {example.template}".encode()) % FOLDS


def _confidence(rows: Floats, right: Floats) -> tuple[Floats, float, float]:
    """Weights over SIGNS, their bias, and the threshold below which `lite` refuses to answer."""
    signs, wanted = torch.tensor(rows), torch.tensor(right, dtype=torch.float32)
    coefficients = torch.zeros(len(SIGNS) + 1, requires_grad=True)
    optimiser = torch.optim.LBFGS([coefficients], max_iter=200)

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        logits = signs @ coefficients[:-1] + coefficients[-1]
        value = torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted)
        value = value + 1e-3 * (coefficients[:-1] ** 2).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    found = coefficients.detach().numpy()
    chance = 1 / (1 + np.exp(-(rows @ found[:-1] + found[-1])))
    threshold = float(np.quantile(chance[right > 0], _MAY_REFUSE))
    return found[:-1], float(found[-1]), threshold
