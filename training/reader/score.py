"""Figures of a choice: ANLS beside today's ranker with paired intervals, and what refusing costs.

All by document (cluster). Questions that the page answers give ANLS of the first choice, nothing
refused. For refusals all questions are ordered by their confidence: `risk` is the area under the
curve of risk (share of answered questions that are wrong) over coverage, lower is better; `refused`
the share of unanswerable questions refused where 0.10 of the answerable ones are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.evaluation import difference
from training.reader.questions import ReadQuestion

_ROUNDS: Final = 1000
_MAY_REFUSE: Final = 0.10
_RIGHT: Final = 0.5  # ANLS from which an answer counts as right for the risk

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Judgement:
    """A question with the scores of its candidates and, last, of none: with the ranker, alone."""

    question: ReadQuestion
    both: Floats
    alone: Floats


# A way to answer: judgement -> (the candidate's index, the confidence that it is right).
Way = Callable[[Judgement], tuple[int, float]]


def _today(one: Judgement) -> tuple[int, float]:
    return 0, one.question.confidence


def _chosen(scores: Floats, count: int) -> tuple[int, float]:
    best = int(scores[:count].argmax())
    shares = np.exp(scores - scores.max())
    return best, float(shares[best] / shares.sum())


def _alone(one: Judgement) -> tuple[int, float]:
    return _chosen(one.alone, len(one.question.scores))


def _both(one: Judgement) -> tuple[int, float]:
    return _chosen(one.both, len(one.question.scores))


WAYS: Final[dict[str, Way]] = {"ranker": _today, "encoder": _alone, "both": _both}


def figures(judged: Sequence[Judgement], rounds: int = _ROUNDS) -> dict[str, Any]:
    """Return group -> way -> figures, groups being all and the languages."""
    languages = sorted({one.question.language for one in judged})
    groups = {"all": list(judged)}
    groups |= {name: [o for o in judged if o.question.language == name] for name in languages}
    return {name: _group(own, rounds) for name, own in groups.items()}


def _group(judged: Sequence[Judgement], rounds: int) -> dict[str, Any]:
    answerable = [one for one in judged if one.question.answerable]
    clusters = [one.question.cluster for one in answerable]
    base = [(float(one.question.anls[0]), 1.0) for one in answerable]
    best = [float(one.question.anls.max()) for one in answerable]
    told: dict[str, Any] = {
        "questions": len(answerable),
        "unanswerable": len(judged) - len(answerable),
    }
    told["best_candidate"] = _mean(best)
    for name, way in WAYS.items():
        picks = [way(one)[0] for one in answerable]
        pairs = list(zip(answerable, picks, strict=True))
        anls = [(float(one.question.anls[at]), 1.0) for one, at in pairs]
        own: dict[str, Any] = {
            "anls": _mean([value for value, _ in anls]),
            "evidence": _mean([float(one.question.hit[at]) for one, at in pairs]),
            **refusals(judged, way),
        }
        if name != "ranker" and anls:
            change = difference(base, anls, clusters=clusters, rounds=rounds)
            if change is not None:
                bounds = (change.value, change.low, change.high)
                own["change"] = [None if one is None else round(one, 4) for one in bounds]
        told[name] = own
    return told


def refusals(judged: Sequence[Judgement], way: Way) -> dict[str, float]:
    """Return `risk` and `refused` of a way; see the module's docstring."""
    found = [way(one) for one in judged]
    sure = np.array([confidence for _, confidence in found])
    wrong = np.array(
        [
            not one.question.answerable or float(one.question.anls[at]) < _RIGHT
            for one, (at, _) in zip(judged, found, strict=True)
        ]
    )
    can = np.array([one.question.answerable for one in judged])
    if not can.any() or can.all():
        return {}
    order = np.argsort(-sure, kind="stable")
    risk = (np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)).mean()
    threshold = np.quantile(sure[can], _MAY_REFUSE)
    return {"risk": round(float(risk), 4), "refused": _mean((sure[~can] < threshold).tolist())}


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4) if len(values) else 0.0
