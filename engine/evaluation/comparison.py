"""Comparison of two runs over the same set: paired differences, and the answers that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.errors import SettingsError
from engine.evaluation.bootstrap import Difference, difference
from engine.evaluation.report import Report, groups_of, metrics_of
from engine.evaluation.scoring import LOWER_IS_BETTER, Item

_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Change:
    """An item that the two runs answered with different scores."""

    first: Item
    second: Item
    is_better: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Second against first, over the items that both have.

    Attributes:
        differences: group -> metric -> second minus first.
        changes: items whose scores differ, those that became worse first.
        reworded: keys of questions whose answers differ while their scores do not.
        unpaired: number of items that only one of the runs has.
    """

    first: Report
    second: Report
    differences: dict[str, dict[str, Difference]]
    changes: tuple[Change, ...]
    reworded: tuple[str, ...]
    pairs: int
    unpaired: int

    def labels(self) -> tuple[str, str]:
        """Return the names of the two runs, distinguished if the models are the same."""
        one, two = self.first.label, self.second.label
        return (one, two) if one != two else (f"{one} (first)", f"{two} (second)")

    def verdict(self, metric: str) -> str:
        """Say in one sentence whether the difference over all items is larger than chance."""
        found = self.differences["all"][metric]
        one, two = self.labels()
        if found.low is None or found.high is None:
            return f"{metric}: one item says nothing about chance."
        level = f"{self.second.resampling.level:.0%} interval {_span(found)}"
        if not found.beyond_chance:
            return f"{metric}: no difference larger than chance ({found.value:+.3f}, {level})."
        better = (found.value > 0) != (metric in LOWER_IS_BETTER)
        ahead, behind = (two, one) if better else (one, two)
        return (
            f"{metric}: {ahead} is better than {behind} by {abs(found.value):.3f}, "
            f"more than chance ({level})."
        )

    def to_json(self) -> dict[str, Any]:
        one, two = self.labels()
        return {
            "first": one,
            "second": two,
            "pairs": self.pairs,
            "unpaired": self.unpaired,
            "differences": {
                group: {metric: _difference_json(found) for metric, found in row.items()}
                for group, row in self.differences.items()
            },
            "verdicts": [self.verdict(metric) for metric in self.differences["all"]],
            "better": [change.second.key for change in self.changes if change.is_better],
            "reworded": list(self.reworded),
            "worse": [change.second.key for change in self.changes if not change.is_better],
        }


def compare(first: Report, second: Report) -> Comparison:
    """Compare second with first. Intervals use the resampling of the second.

    Raises:
        SettingsError: the reports are of different tasks, or share no item.
    """
    if first.task != second.task:
        raise SettingsError("eval.other_task", first=first.task, second=second.task)
    by_key = {item.key: item for item in first.items}
    pairs = [
        (by_key[item.key], item)
        for item in second.items
        # An item with the same key and another truth is another question.
        if item.key in by_key and dict(by_key[item.key].truth) == dict(item.truth)
    ]
    if not pairs:
        raise SettingsError("eval.nothing_to_compare", first=first.set_name or "-")
    changes = [
        Change(one, two, two.merit(second.task) > one.merit(second.task))
        for one, two in pairs
        if abs(two.merit(second.task) - one.merit(second.task)) > _SAME
    ]
    changes.sort(key=lambda change: change.is_better)
    groups = groups_of([item for _, item in pairs])
    return Comparison(
        first=first,
        second=second,
        differences={
            group: _differences([pair for pair in pairs if group in pair[1].groups], second)
            for group in groups
        },
        changes=tuple(changes),
        reworded=tuple(
            two.key
            for one, two in pairs
            if abs(two.merit(second.task) - one.merit(second.task)) <= _SAME
            and one.prediction.get("answer") != two.prediction.get("answer")
        ),
        pairs=len(pairs),
        unpaired=len(first.items) + len(second.items) - 2 * len(pairs),
    )


def _differences(pairs: Sequence[tuple[Item, Item]], report: Report) -> dict[str, Difference]:
    resampling = report.resampling
    clusters = resampling.clusters([two for _, two in pairs])
    found: dict[str, Difference] = {}
    for metric in metrics_of([item for pair in pairs for item in pair]):
        one = difference(
            [first.scores.get(metric, (0.0, 0.0)) for first, _ in pairs],
            [second.scores.get(metric, (0.0, 0.0)) for _, second in pairs],
            clusters=clusters,
            seed=resampling.seed,
            rounds=resampling.rounds,
            level=resampling.level,
        )
        if one is not None:
            found[metric] = one
    return found


def _span(found: Difference) -> str:
    return f"{found.low:+.3f} to {found.high:+.3f}"


def _difference_json(found: Difference) -> dict[str, Any]:
    low, high = (None if bound is None else round(bound, 4) for bound in (found.low, found.high))
    return {
        "value": round(found.value, 4),
        "low": low,
        "high": high,
        "count": found.count,
        "beyond_chance": found.beyond_chance,
    }
