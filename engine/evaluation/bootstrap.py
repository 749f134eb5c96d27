"""Figures with their uncertainty: percentile bootstrap over questions, pages or documents.

Every figure is a ratio of sums. Means (the second of each pair is 1), character error rates (edits,
characters) and F1 (2 x matches, predictions + truths) thus share one method. Two runs over the same
questions are compared by the paired bootstrap, which resamples the questions once for both (Efron
and Tibshirani, "An Introduction to the Bootstrap", 1993).

An interval shows how much a figure varies over other questions of the same kind. It says nothing
about kinds that are not in the set. If all scores are equal, its width is zero.

Try it: `python -c "from engine.evaluation import estimate; print(estimate([(1, 1), (0, 1)]))"`
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Score: TypeAlias = tuple[float, float]  # earned, possible; possible 0: not applicable

SEED: Final = 20
ROUNDS: Final = 4000
LEVEL: Final = 0.95
# Rounds resampled at once: limits the memory for large sets.
_BATCH: Final = 250

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its confidence interval.

    Attributes:
        value: sum of earned / sum of possible.
        low, high: bounds of the interval; None for fewer than two units.
        count: number of scores.
    """

    value: float
    low: float | None
    high: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Second minus first of two runs over the same units, with its paired interval."""

    value: float
    low: float | None
    high: float | None
    count: int

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def estimate(
    scores: Sequence[Score],
    *,
    clusters: Sequence[Hashable] | None = None,
    seed: int = SEED,
    rounds: int = ROUNDS,
    level: float = LEVEL,
) -> Estimate | None:
    """Estimate a figure with its bootstrap interval; None if no score applies.

    Args:
        scores: one per question or page.
        clusters: the group of each score, such as its document. Whole groups are resampled.
        level: fraction of the resampled figures inside the interval, 0 to 1.
    """
    table, count = _table(scores), sum(possible > 0 for _, possible in scores)
    if count == 0:
        return None
    units = _units(table, clusters)
    low, high = _interval(_resampled(units, seed, rounds), level, units)
    return Estimate(_ratio(table.sum(axis=0)), low, high, count)


def difference(
    first: Sequence[Score],
    second: Sequence[Score],
    *,
    clusters: Sequence[Hashable] | None = None,
    seed: int = SEED,
    rounds: int = ROUNDS,
    level: float = LEVEL,
) -> Difference | None:
    """Estimate second minus first, paired: first[i] and second[i] belong to the same question.

    None if no score applies in one of the runs.

    Raises:
        ValueError: the sequences differ in length.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} scores cannot be paired")
    one, two = _table(first), _table(second)
    if not (one[:, 1].any() and two[:, 1].any()):
        return None
    units = _units(np.hstack([one, two]), clusters)
    resampled = _resampled(units[:, 2:], seed, rounds) - _resampled(units[:, :2], seed, rounds)
    low, high = _interval(resampled, level, units)
    value = _ratio(two.sum(axis=0)) - _ratio(one.sum(axis=0))
    count = int(np.count_nonzero(one[:, 1] + two[:, 1]))
    return Difference(value, low, high, count)


def _table(scores: Sequence[Score]) -> Floats:
    """(scores, 2)"""
    return np.asarray(scores, dtype=np.float64).reshape(-1, 2)


def _ratio(sums: Floats) -> float:
    return float(sums[0] / sums[1])


def _units(table: Floats, clusters: Sequence[Hashable] | None) -> Floats:
    """Return the resampling units: the rows, or their sums by cluster. Shape (units, columns)."""
    if clusters is None:
        return table
    order = {cluster: number for number, cluster in enumerate(dict.fromkeys(clusters))}
    summed = np.zeros((len(order), table.shape[1]))
    np.add.at(summed, [order[cluster] for cluster in clusters], table)
    return summed


def _resampled(units: Floats, seed: int, rounds: int) -> Floats:
    """Return the ratio of each round; NaN if no drawn score applies. Shape (rounds,)."""
    generator = np.random.default_rng(seed)
    chances = np.full(len(units), 1 / len(units))
    ratios = []
    for start in range(0, rounds, _BATCH):
        # Count of each unit in a sample drawn with replacement.
        drawn = generator.multinomial(len(units), chances, size=min(_BATCH, rounds - start))
        sums = drawn @ units
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios.append(np.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], np.nan))
    return np.concatenate(ratios)


def _interval(
    resampled: Floats, level: float, units: Floats
) -> tuple[float, float] | tuple[None, None]:
    applies = np.count_nonzero(units[:, 1::2].any(axis=1))
    if applies < 2 or np.isnan(resampled).all():
        return None, None
    low, high = np.nanquantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
