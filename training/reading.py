"""Fit and measure the ranker of `lite`'s answers on sets of `python -m synthetic`.

    make fit                                              draws the sets, then fits
    python -m training.reading fit --train DIR...         writes ranker.safetensors beside lite
    python -m training.reading score --set DIR            ANLS, exact, evidence, refusals
    python -m training.reading ablate --train DIR --set DIR  the same without each group of features

Input: indexes from the drawn truth with imitated noise, or with --ocr from `SET/index/*.pkl`. The
fit takes both if both exist. Output: engine/families/lite/ranker.safetensors (or --out). Seeds: 0
for noise, choice of questions and blurring; 0, 1 and 2 for the three averaged networks.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.families.lite.features import FEATURES
from engine.families.lite.ranking import RANKER_FILE, Ranker, ranker, signs_of, store
from training.reading_data import ocr_indexes, read_examples, truth_indexes
from training.reading_fit import Judged, fit, fit_all, judge

# Groups of features to leave out: a name, and the prefixes of the features.
GROUPS: dict[str, tuple[str, ...]] = {
    "type of answer": ("type", "value_unwanted", "value_missing", "digits_in_name", "exact_best"),
    "label before (same cell)": ("prefix",),
    "label left": ("left",),
    "label above": ("above",),
    "label under": ("under",),
    "best label": ("label", "type*label"),
    "label's own type": ("label_unlike", "label_unwanted"),
    "row": ("row", "grid"),
    "column": ("column", "row_and_column", "row_x_column", "type*row_x_column", "grid"),
    "largest, smallest": ("extreme",),
    "heading": ("heading",),
    "region so far": ("region",),
    "sentence": ("sentence", "near", "type*near", "next_word"),
    "neighbouring cells": ("cell_before", "cell_after"),
    "all context together": ("context", "type*context"),
    "overlap with the question": ("own_",),
    "layout category": ("category.",),
    "place on the page": ("top", "middle_y", "bottom", "first_cell", "height", "prose"),
    "extent": (
        "whole_cell",
        "cell_start",
        "cell_end",
        "clause_end",
        "share_of_cell",
        "words",
        "lines",
        "inside_",
        "holds_value",
        "small_ends",
    ),
    "look": ("lower_start", "ends_in_mark", "shout", "has_digit", "is_value", "labels"),
}

Row = tuple[float, float, float, float]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.reading", description=__doc__)
    parser.add_argument("what", choices=("fit", "score", "ablate"))
    parser.add_argument("--train", type=Path, nargs="+")
    parser.add_argument("--set", type=Path)
    parser.add_argument("--out", type=Path, default=RANKER_FILE, help="where fit writes")
    parser.add_argument("--ocr", action="store_true", help="read SET/index/*.pkl")
    parser.add_argument("--questions", type=int, default=4000, help="at most this many a set")
    options = parser.parse_args(arguments)
    if options.what == "fit":
        judged = _to_fit(options)
        fitted = fit_all(judged)
        store(fitted, options.out)
        _print("train", measure(judged, fitted))
    elif options.what == "score":
        _print(str(options.set), measure(_judged(options.set, options), ranker()))
    else:
        _ablate(_to_fit(options), _judged(options.set, options))
    return 0


def _to_fit(options: argparse.Namespace) -> list[Judged]:
    judged: list[Judged] = []
    for folder in options.train:
        for ocr in (False, True):
            one = argparse.Namespace(**{**vars(options), "ocr": ocr})
            judged += _judged(folder, one, blur=True)
    return judged


def _judged(folder: Path, options: argparse.Namespace, *, blur: bool = False) -> list[Judged]:
    indexes = ocr_indexes(folder) if options.ocr else truth_indexes(folder)
    examples = [example for example in read_examples(folder) if example.file in indexes]
    random.Random(0).shuffle(examples)
    return judge(examples[: options.questions], indexes, blur=blur)


def measure(judged: Sequence[Judged], model: Ranker) -> dict[str, Row]:
    """group -> mean ANLS, exact, evidence hit, and the share of refusals.

    Groups are languages, languages with kinds of questions, and "unanswerable" (where only the
    share of refusals has a meaning).
    """
    rows: dict[str, list[Row]] = defaultdict(list)
    for question in judged:
        if question.example.answers and not question.answerable:
            continue
        if not question.texts:
            rows[f"{question.example.language} unanswerable"].append((0.0, 0.0, 0.0, 1.0))
            continue
        features = question.features.astype(np.float32)
        scores = model.scores(features)
        best = int(scores.argmax())
        signs = signs_of(scores, features, question.texts, question.known)
        refused = model.confidence(signs) < model.threshold
        language = question.example.language
        if not question.example.answers:
            rows[f"{language} unanswerable"].append((0.0, 0.0, 0.0, float(refused)))
            continue
        kept = 0.0 if refused else 1.0
        row = (
            kept * float(question.anls[best]),
            kept * float(question.exact[best]),
            kept * float(question.hit[best]),
            float(refused),
        )
        for group in (language, f"{language} {question.example.kind}"):
            rows[group].append(row)
    means = {group: np.mean(values, axis=0) for group, values in sorted(rows.items())}
    return {
        group: (float(m[0]), float(m[1]), float(m[2]), float(m[3])) for group, m in means.items()
    }


def _print(title: str, figures: dict[str, Row]) -> None:
    sys.stdout.write(f"{title:<28} ANLS   exact  evid.  refused\n")
    for group, values in figures.items():
        sys.stdout.write(f"{group:<28} " + "  ".join(f"{v:.3f}" for v in values) + "\n")


def _ablate(train: list[Judged], test: list[Judged]) -> None:
    """Print a Markdown table: ANLS and evidence without each group, with no refusals."""
    everything = measure(test, fit(train))
    sys.stdout.write(
        "| without | en ANLS | en evidence | ru ANLS | ru evidence |\n|---|---|---|---|---|\n"
    )
    _row("(nothing)", everything, None)
    for name, beginnings in GROUPS.items():
        mask = np.array(
            [not any(feature.startswith(b) for b in beginnings) for feature in FEATURES], np.float32
        )
        _row(name, measure(test, fit(train, mask)), everything)


def _row(name: str, figures: dict[str, Row], base: dict[str, Row] | None) -> None:
    cells = []
    for language in ("en", "ru"):
        for place in (0, 2):
            value = figures[language][place]
            change = "" if base is None else f" ({value - base[language][place]:+.3f})"
            cells.append(f"{value:.3f}{change}")
    sys.stdout.write(f"| {name} | " + " | ".join(cells) + " |\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
