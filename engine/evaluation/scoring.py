"""Scores predictions against their truths: one Item per question or page, scores as ratios.

It works on lines, so predictions of other programs can be scored too (docs/evaluation.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.core.schema import BBox, Region, Size
from engine.evaluation.answers import anls, exact
from engine.evaluation.bootstrap import Score
from engine.evaluation.field_values import same_field
from engine.evaluation.places import evidence_hit, scaled
from engine.evaluation.reading import character_edits, word_edits, word_f1
from engine.evaluation.regions import fold_to_publaynet, match_regions
from engine.evaluation.truths import ABOUT_FIELDS, Row, TaskName

# Metrics of a prediction's quality, for ranking the worst ones.
MERITS: Final[Mapping[TaskName, tuple[str, ...]]] = {
    "qa": ("anls", "exact", "evidence"),
    "receipts": ("mean",),
    "text": ("cer",),
    "layout": ("f1",),
}
LOWER_IS_BETTER: Final = frozenset(("cer", "wer"))
# The counted item, which is also the unit of resampling.
UNITS: Final[Mapping[TaskName, str]] = {
    "qa": "questions",
    "receipts": "documents",
    "text": "pages",
    "layout": "pages",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One truth, its prediction, and the scores.

    Attributes:
        key: identical in every run over the set.
        groups: "all", the language and the kind, as far as the set has them.
        scores: metric -> (earned, possible); metrics that do not apply are absent.
    """

    key: str
    groups: tuple[str, ...]
    scores: Mapping[str, Score]
    truth: Row
    prediction: Row

    def merit(self, task: TaskName) -> float:
        """Quality of the prediction: higher is better, comparable within one task."""
        total = 0.0
        for metric in MERITS[task]:
            earned, possible = self.scores.get(metric, (0.0, 0.0))
            share = earned / possible if possible else 0.0
            total += -share if metric in LOWER_IS_BETTER else share
        return total


def score(task: TaskName, truths: Sequence[Row], predictions: Sequence[Row]) -> list[Item]:
    """Score truths with their predictions. Truths without one, or left out, give no item.

    Predictions are matched by "id", else by file, page and question.
    """
    by_key = {_key(task, row): row for row in predictions}
    by_place = {_place(task, row): row for row in predictions}
    scores_of = {
        "qa": question_scores,
        "receipts": field_scores,
        "text": text_scores,
        "layout": layout_scores,
    }[task]
    items = []
    for truth in truths:
        prediction = by_key.get(_key(task, truth)) or by_place.get(_place(task, truth))
        if prediction is None or "left_out" in prediction:
            continue
        groups = ("all", *(str(truth[name]) for name in ("lang", "kind") if truth.get(name)))
        scores = scores_of(truth, prediction)
        items.append(
            Item(_key(task, truth), tuple(dict.fromkeys(groups)), scores, truth, prediction)
        )
    return items


def question_scores(truth: Row, prediction: Row) -> dict[str, Score]:
    """Return ANLS, exact and, if applicable, evidence, grounded, verbatim, answered, refused.

    evidence and grounded: the truth has a place. verbatim: the answer is not empty and the page
    could be read. answered: the question has an answer. refused: it has none.
    """
    answers: Sequence[str] = truth["answers"]
    answer = str(prediction.get("answer") or "")
    right = exact(answer, answers)
    scores: dict[str, Score] = {"anls": (anls(answer, answers), 1), "exact": (float(right), 1)}
    places = true_boxes(truth)
    if places:
        size: Size = _size(truth)
        hit = evidence_hit(
            [_box(box) for box in prediction.get("boxes") or ()],
            places,
            boxes_size=_size(prediction, size),
            truths_size=size,
        )
        scores["evidence"] = (float(hit), 1)
        scores["grounded"] = (float(hit and right), 1)
    if answer and prediction.get("on_page") is not None:
        scores["verbatim"] = (float(prediction["on_page"]), 1)
    if answers:
        scores["answered"] = (float(bool(answer)), 1)
    else:
        scores["refused"] = (float(not answer), 1)
    return scores


def field_scores(truth: Row, prediction: Row) -> dict[str, Score]:
    """Return the score of each field by name, their mean, and whether all of them are right.

    A field whose truth is "" is right if the prediction is empty too.
    """
    fields = {name: str(value) for name, value in truth.items() if name not in ABOUT_FIELDS}
    right: dict[str, float] = {}
    for name, value in fields.items():
        predicted = prediction.get(name)
        good = (
            same_field(name, predicted, value)
            if value.strip()
            else not str(predicted or "").strip()
        )
        right[name] = float(good)
    return {
        **{name: (good, 1) for name, good in right.items()},
        "mean": (sum(right.values()), len(right)),
        "all fields": (float(all(right.values())), 1),
    }


def text_scores(truth: Row, prediction: Row) -> dict[str, Score]:
    """Return CER and WER as edits and lengths, so long pages weigh more; F1 of words per page."""
    text = str(prediction.get("text") or "")
    edits, characters = character_edits(text, truth["text"])
    word_changes, words = word_edits(text, truth["text"])
    return {
        "cer": (edits, max(characters, 1)),
        "wer": (word_changes, max(words, 1)),
        "word f1": (word_f1(text, truth["text"]), 1),
    }


def layout_scores(truth: Row, prediction: Row) -> dict[str, Score]:
    """Return F1, precision and recall over all categories (micro), and F1 of each category."""
    size = _size(truth)
    own = _size(prediction, size)
    found = [
        Region(scaled(_box(row["bbox"]), from_size=own, to_size=size), row["category"], "", order)
        for order, row in enumerate(prediction.get("regions") or ())
    ]
    wanted = [(_box(row["bbox"]), str(row["category"])) for row in truth["regions"]]
    if truth.get("scheme") == "publaynet":
        found = fold_to_publaynet(found, wanted)
    counts = match_regions(found, wanted)
    matched = sum(one.matched for one in counts.values())
    return {
        "f1": (2 * matched, len(found) + len(wanted)),
        "precision": (matched, len(found)),
        "recall": (matched, len(wanted)),
        **{
            f"f1 {name}": (2 * one.matched, one.predicted + one.true)
            for name, one in counts.items()
        },
    }


def true_boxes(truth: Row) -> list[BBox]:
    """Return the places of a question's answer, pixels of the truth's page_size."""
    boxes = [truth.get("evidence_box"), *(truth.get("evidence_alts") or ())]
    return [_box(box) for box in boxes if box]


def _key(task: TaskName, row: Row) -> str:
    return str(row["id"]) if row.get("id") else " | ".join(map(str, _place(task, row)))


def _place(task: TaskName, row: Row) -> tuple[Any, ...]:
    if task == "qa":
        return (row.get("file"), row.get("page", 1), row.get("question"))
    page = row.get("page", 1)
    return (row.get("file"), page) if page != 1 else (row.get("file"),)


def _box(values: Sequence[float]) -> BBox:
    x0, y0, x1, y1 = values
    return (x0, y0, x1, y1)


def _size(row: Row, otherwise: Size | None = None) -> Size:
    size = row.get("page_size") or otherwise
    width, height = size if size else (1, 1)
    return (width, height)
