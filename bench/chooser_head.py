"""A linear head on frozen states, mixed with the ranker's score.

The head learns from the target alone: fitted together with the ranker's scores it learns by heart
the few questions that the ranker gets wrong (docs/lite.md has the figures). How much it counts
beside the ranker is chosen afterwards, on templates it has not seen.

The loss is a softmax over the candidates of each question (listwise), so that what all candidates
of a question have in common cannot pay, and neither can a prior for short answers that does not
help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.chooser_data import Shortlist
from bench.chooser_states import Seen
from bench.reading_fit import FOLDS

# How much a second opinion may count beside the ranker.
WEIGHTS = (0.0, 0.1, 0.25, 0.5, 1.0)
_STEPS = 40


@dataclass(frozen=True)
class HeadShape:
    """What a head sees.

    Attributes:
        depth: which of the readouts; None for the ranker's own features, without any model.
        penalty: on the squared weights.
    """

    depth: int | None
    penalty: float = 0.3


@dataclass(frozen=True)
class Head:
    """Weights over the inputs of `inputs_of`, and their scale."""

    shape: HeadShape
    weight: Tensor
    spread: Tensor

    def scores(self, seen: Sequence[Seen]) -> list[Tensor]:
        """(k,) for each question, without the ranker's."""
        return [inputs_of(one, self.shape) / self.spread @ self.weight for one in seen]


def inputs_of(seen: Seen, shape: HeadShape) -> Tensor:
    """(k, inputs): without what they are on average over the candidates of the question."""
    whole = (
        torch.from_numpy(seen.shortlist.features[: len(seen.readouts)])
        if shape.depth is None
        else seen.readouts[:, shape.depth]
    )
    return whole - whole.mean(0)


def listwise(scores: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy between the softmax of a question's scores and its target."""
    return -(target * torch.log_softmax(scores, -1)).sum(-1)


def fit_head(seen: Sequence[Seen], shape: HeadShape) -> Head:
    """Questions without a right candidate among those seen teach nothing and are left out."""
    rows = []
    for one in seen:
        target = torch.from_numpy(one.shortlist.target[: len(one.readouts)])
        if target.sum() > 0:
            rows.append((inputs_of(one, shape), target / target.sum()))
    spread = torch.cat([inputs for inputs, _ in rows]).std(0) + 1e-3
    count = max(len(target) for _, target in rows)
    inputs = torch.zeros(len(rows), count, len(spread))
    nothing = torch.full((len(rows), count), -1e4)  # where a question has fewer candidates
    wanted = torch.zeros(len(rows), count)
    for number, (own, target) in enumerate(rows):
        inputs[number, : len(own)] = own / spread
        nothing[number, : len(own)] = 0
        wanted[number, : len(own)] = target
    weight = torch.zeros(len(spread), requires_grad=True)
    optimiser = torch.optim.LBFGS([weight], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = listwise(inputs @ weight + nothing, wanted).mean()
        value = value + shape.penalty * (weight**2).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return Head(shape, weight.detach(), spread)


def crossfitted_scores(seen: Sequence[Seen], shape: HeadShape) -> list[Tensor]:
    """The scores of each question by a head that has not seen its template."""
    found: list[Tensor] = [torch.zeros(0)] * len(seen)
    for fold in range(FOLDS):
        own = [at for at, one in enumerate(seen) if one.shortlist.fold == fold]
        others = [one for one in seen if one.shortlist.fold != fold]
        if own and others:
            scores = fit_head(others, shape).scores([seen[at] for at in own])
            for at, each in zip(own, scores, strict=True):
                found[at] = each
    return found


def mixed(lists: Sequence[Shortlist], scores: Sequence[Tensor], weight: float) -> list[Tensor]:
    """(k,) for each question: the ranker's scores and `weight` times the others."""
    return [
        torch.from_numpy(one.scores[: len(own)]) + weight * own
        for one, own in zip(lists, scores, strict=True)
    ]


def best_weight(lists: Sequence[Shortlist], scores: Sequence[Tensor]) -> float:
    """The one of WEIGHTS with the highest mean ANLS; the smallest of equals."""

    def worth(weight: float) -> float:
        both = zip(lists, mixed(lists, scores, weight), strict=True)
        return sum(float(one.anls[int(own.argmax())]) for one, own in both)

    return max(WEIGHTS, key=worth)
