"""Fit and measure the classifier of document types on sets of `python -m synthetic.papers`.

    make fit                                                   draws the sets, then fits
    python -m synthetic.papers draw --out TEST --count 260 --split test --seed 7 --ocr
    python -m training.document_types fit --train TRAIN        writes classifier.safetensors
    python -m training.document_types score --set TEST --ocr   accuracy, interval, confusion matrix
    python -m training.document_types ablate --train TRAIN [--set TEST --ocr]

Input: the folders TRAIN, twice with the drawn truth and imitated OCR noise (2% and 15% of the words
misread), and the pages in TRAIN/index that OCR has read. Output: engine/fields/document_type/
classifier.safetensors (or --out). Seed: 5, for the noise and the fit.

`ablate` leaves out groups of features. Without --set it is cross-validated over the templates of
TRAIN; each fold lacks one third of the templates of every type and language. The strength of the
penalty was chosen in the same way.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.fields.document_type import DOCUMENT_TYPES, classify
from engine.fields.document_type.features import BLOCK, KINDS, LAYOUT, SIZE, features
from engine.fields.document_type.model import WEIGHTS_FILE, Classifier, store
from engine.index.page_index import PageIndex
from training.document_types_fit import fit, fit_temperature
from training.reading_data import ocr_indexes, truth_indexes

SEED = 5
# Shares of misread words in the two copies of each drawn page.
_NOISE = (0.02, 0.15)
_FOLDS = 3
_RESAMPLES = 2000
_ANCHORS = len(KINDS) * BLOCK
_LAYOUT = _ANCHORS + 2 * len(DOCUMENT_TYPES)
_SIGNS = ("mrz", "iban", "long_numbers")

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Pages:
    """Pages of a set: (pages, SIZE) features, (pages,) types, and their origin."""

    x: Floats
    y: NDArray[np.int64]
    language: list[str]
    template: list[str]
    quality: list[str]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.document_types", description=__doc__)
    parser.add_argument("what", choices=("fit", "score", "ablate"))
    parser.add_argument("--train", type=Path, nargs="+", help="folders of specimens")
    parser.add_argument("--set", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS_FILE, help="where fit writes")
    parser.add_argument("--ocr", action="store_true", help="of SET, read index/*.pkl")
    options = parser.parse_args(arguments)
    if options.what == "fit":
        fitted, told = fitted_on(to_fit(options.train))
        store(fitted, options.out, told=told)
        sys.stdout.write(f"{options.out}: {options.out.stat().st_size} bytes, {told}\n")
    elif options.what == "score":
        sys.stdout.write(report(options.set, ocr=options.ocr))
    else:
        _ablate(
            to_fit(options.train), None if options.set is None else read(options.set, options.ocr)
        )
    return 0


def indexes_of(
    folder: Path, ocr: bool, noise: float = 0.02, seed: int = SEED
) -> dict[str, PageIndex]:
    return ocr_indexes(folder) if ocr else truth_indexes(folder, noise=noise, seed=seed)


def rows_of(folder: Path) -> dict[str, dict[str, str]]:
    """file -> its line of truth.jsonl."""
    lines = (folder / "truth.jsonl").read_text("utf-8").splitlines()
    return {row["file"]: row for row in map(json.loads, lines)}


def pages_of(folder: Path, indexes: dict[str, PageIndex]) -> Pages:
    """The features of the pages that have an index."""
    rows = rows_of(folder)
    known = [name for name in rows if name in indexes]
    table = [features(indexes[name]) for name in known]
    return Pages(
        np.stack(table) if table else np.zeros((0, SIZE), np.float32),
        np.array([DOCUMENT_TYPES.index(rows[n]["document_type"]) for n in known], np.int64),
        [rows[name]["lang"] for name in known],
        [rows[name]["template"] for name in known],
        [rows[name]["quality"] for name in known],
    )


def read(folder: Path, ocr: bool) -> Pages:
    """The pages of one set, from OCR or from the drawn truth."""
    return pages_of(folder, indexes_of(folder, ocr))


def to_fit(folders: Sequence[Path]) -> Pages:
    """The drawn pages with two levels of imitated noise, and those that OCR has read."""
    parts = [
        pages_of(folder, indexes_of(folder, False, noise, SEED + number))
        for folder in folders
        for number, noise in enumerate(_NOISE)
    ]
    parts += [read(folder, True) for folder in folders]
    return Pages(
        np.concatenate([part.x for part in parts]),
        np.concatenate([part.y for part in parts]),
        [one for part in parts for one in part.language],
        [one for part in parts for one in part.template],
        [one for part in parts for one in part.quality],
    )


def folds_of(pages: Pages) -> NDArray[np.int64]:
    """(pages,) the fold of each: the templates of a type and language take turns."""
    keys = list(zip(pages.y.tolist(), pages.language, pages.template, strict=True))
    dealt: dict[tuple[int, str, str], int] = {}
    for document_type, language, template in sorted(set(keys)):
        before = sum(
            1 for kind, written, _ in dealt if (kind, written) == (document_type, language)
        )
        dealt[document_type, language, template] = before % _FOLDS
    return np.array([dealt[key] for key in keys], np.int64)


def crossed(pages: Pages, kept: Bools) -> Floats:
    """(pages, types) logits of each page from a classifier that was fitted without its template."""
    folds, out = folds_of(pages), np.zeros((len(pages.y), len(DOCUMENT_TYPES)), np.float32)
    for fold in range(_FOLDS):
        rest = folds != fold
        weight, bias = fit(pages.x[rest] * kept, pages.y[rest], len(DOCUMENT_TYPES), seed=SEED)
        out[~rest] = pages.x[~rest] * kept @ weight + bias
    return out


def fitted_on(pages: Pages) -> tuple[Classifier, dict[str, object]]:
    """The classifier fitted on all pages; its temperature from pages of unseen templates."""
    everything = np.ones(SIZE, np.bool_)
    logits = crossed(pages, everything)
    accuracy = float((logits.argmax(axis=1) == pages.y).mean())
    weight, bias = fit(pages.x, pages.y, len(DOCUMENT_TYPES), seed=SEED)
    told: dict[str, object] = {
        "pages": len(pages.y),
        "seed": SEED,
        "cross_validated": round(accuracy, 4),
    }
    return Classifier(weight, bias, fit_temperature(logits, pages.y)), told


def groups() -> dict[str, Bools]:
    """Groups of features to leave out: name -> (SIZE,) True where a feature belongs to it."""
    out: dict[str, Bools] = {}

    def group(name: str, *spans: tuple[int, int]) -> None:
        out[name] = np.zeros(SIZE, np.bool_)
        for first, last in spans:
            out[name][first:last] = True

    group("pairs of words", (BLOCK, 2 * BLOCK))
    group("all words", (0, 2 * BLOCK), (3 * BLOCK, 4 * BLOCK))
    group("all pieces", (2 * BLOCK, 3 * BLOCK), (4 * BLOCK, 5 * BLOCK))
    group("titles", (3 * BLOCK, 5 * BLOCK))
    group("all hashed", (0, _ANCHORS))
    group("anchors", (_ANCHORS, _LAYOUT))
    group("layout and signs", (_LAYOUT, SIZE))
    for sign in _SIGNS:
        places = [_LAYOUT + at for at, name in enumerate(LAYOUT) if name.startswith(sign)]
        group(f"sign: {sign}", *((at, at + 1) for at in places))
    return out


def _ablate(train: Pages, test: Pages | None) -> None:
    """Print a Markdown table of accuracies without each group."""
    sys.stdout.write("| without | unseen train templates | test set |\n|---|---|---|\n")
    for name, left_out in {"(nothing)": np.zeros(SIZE, np.bool_), **groups()}.items():
        own = float((crossed(train, ~left_out).argmax(axis=1) == train.y).mean())
        cell = ""
        if test is not None:
            weight, bias = fit(train.x * ~left_out, train.y, len(DOCUMENT_TYPES), seed=SEED)
            guessed = (test.x * ~left_out @ weight + bias).argmax(axis=1)
            cell = f"{float((guessed == test.y).mean()):.3f}"
        sys.stdout.write(f"| {name} | {own:.3f} | {cell} |\n")
        sys.stdout.flush()


def report(folder: Path, *, ocr: bool) -> str:
    """Score the shipped classifier on a set, as Markdown.

    Returns:
        Accuracy with a bootstrap interval, by language and quality; the calibration of the
        confidences; the confusion matrix; the misclassified pages.
    """
    indexes, rows = indexes_of(folder, ocr), rows_of(folder)
    names = [name for name in rows if name in indexes]
    truth = [rows[name]["document_type"] for name in names]
    guesses = [classify([indexes[name]]) for name in names]
    said = [guess[0].document_type for guess in guesses]
    right = np.array([a == b for a, b in zip(truth, said, strict=True)], np.float64)
    sure = np.array([guess[0].confidence for guess in guesses])
    second = np.mean(
        [
            kind in (g[0].document_type, g[1].document_type)
            for kind, g in zip(truth, guesses, strict=True)
        ]
    )
    low, high = _interval(right)
    out = [
        f"{len(names)} pages of {folder.name}: accuracy {right.mean():.3f} "
        f"[{low:.3f}, {high:.3f}], among the first two {second:.3f}, "
        f"mean confidence {sure.mean():.3f}\n"
    ]
    for key in ("lang", "quality"):
        for value in sorted({rows[name][key] for name in names}):
            own = np.array([rows[name][key] == value for name in names])
            out.append(f"- {value}: {right[own].mean():.3f} ({own.sum()} pages)")
    edges = np.array([0.0, 0.5, 0.7, 0.9, 1.01])
    for first, last in pairwise(edges):
        own = (sure >= first) & (sure < last)
        if own.any():
            out.append(
                f"- confidence {first:.1f} to {min(last, 1):.1f}: right {right[own].mean():.3f} "
                f"({own.sum()} pages)"
            )
    out += ["", "| drawn \\ said | " + " | ".join(DOCUMENT_TYPES) + " |"]
    out.append("|---" * (len(DOCUMENT_TYPES) + 1) + "|")
    for kind in DOCUMENT_TYPES:
        counts = [
            sum(a == kind and b == other for a, b in zip(truth, said, strict=True))
            for other in DOCUMENT_TYPES
        ]
        out.append(f"| {kind} | " + " | ".join(str(count or "") for count in counts) + " |")
    wrong = [(n, a, b) for n, a, b in zip(names, truth, said, strict=True) if a != b]
    out += [
        "",
        *(f"wrong: {n} ({rows[n]['template']}, {rows[n]['quality']}): {b}" for n, _, b in wrong),
    ]
    return "\n".join(out) + "\n"


def _interval(right: NDArray[np.float64]) -> tuple[float, float]:
    """The 95% bootstrap interval of the mean."""
    rng = np.random.default_rng(0)
    means = right[rng.integers(0, len(right), (_RESAMPLES, len(right)))].mean(axis=1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


if __name__ == "__main__":
    raise SystemExit(main())
