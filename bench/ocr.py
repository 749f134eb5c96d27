"""OCR of drawn pages: words at their place, and our recogniser beside RapidOCR's on the same crops.

The pages are of test templates, which no model was fitted to. RapidOCR's recogniser knows no
Cyrillic; its row for Russian pages shows only its speed. Runs on the CPU, a few seconds a page.

    python -m bench.ocr [--kinds invoice letter ...] [--seeds N]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.core.geometry import area, intersection_area
from engine.core.schema import BBox
from engine.evaluation.reading import word_f1
from engine.ocr import rapid, recogniser
from engine.ocr.reader import read_picture
from engine.ocr.recognised_text import RecognisedText
from synthetic import draw_document
from synthetic.documents import kinds
from synthetic.truth import SyntheticDocument

Recogniser = Callable[[Sequence[Any]], list[RecognisedText]]

RECOGNISERS: dict[str, Recogniser] = {"ours": recogniser.recognise, "RapidOCR": rapid.recognise}
# Part of a word's true box that the box found for it covers.
_COVERED = 0.5
_MARKS = ".,:;()«»\"'"


@dataclass
class Scores:
    """Figures of the pages of one language and quality, one entry a page."""

    recall: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    f1: dict[str, list[float]] = field(default_factory=dict)
    line_seconds: dict[str, list[float]] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.ocr", description=__doc__)
    parser.add_argument("--kinds", nargs="+", default=list(kinds()))
    parser.add_argument("--seeds", type=int, default=1, help="documents of each kind and quality")
    options = parser.parse_args(arguments)
    table: dict[tuple[str, str], Scores] = {}
    for language, quality, document in drawn(options.kinds, options.seeds):
        add_page(table.setdefault((language, quality), Scores()), document)
    sys.stdout.write(as_table(table))
    return 0


def drawn(names: Sequence[str], seeds: int) -> Iterator[tuple[str, str, SyntheticDocument]]:
    """Documents of test templates in both languages and three qualities."""
    for language in ("en", "ru"):
        for quality in ("clean", "scan", "photo"):
            for kind in names:
                for seed in range(seeds):
                    try:
                        document = draw_document(
                            kind, language, seed=700 + seed, degradation=quality, split="test"
                        )
                    except ValueError:  # this kind has no test template in this language
                        continue
                    yield language, quality, document


def add_page(scores: Scores, document: SyntheticDocument) -> None:
    """Read a page as the app does, and its crops with each recogniser."""
    picture = np.asarray(document.image.convert("RGB"))
    started = time.process_time()
    read = read_picture(picture)
    scores.seconds.append(time.process_time() - started)
    found = [
        (word.text.strip(_MARKS), read.to_picture(word.bbox))
        for line in read.lines
        for word in line.words
    ]
    true = [(word.text.strip(_MARKS), as_bbox(word.box)) for word in document.words]
    scores.recall.append(sum(is_found(word, found) for word in true) / max(1, len(true)))
    crops = [rapid.crop(picture, quad) for quad in rapid.detect(picture)]
    text = " ".join(word.text for word in document.words)
    for name, recognise in RECOGNISERS.items():
        started = time.process_time()
        lines = recognise(crops)
        seconds = time.process_time() - started
        scores.line_seconds.setdefault(name, []).append(seconds / max(1, len(crops)))
        scores.f1.setdefault(name, []).append(word_f1(" ".join(one.text for one in lines), text))


def as_bbox(box: Sequence[float]) -> BBox:
    x0, y0, x1, y1 = box
    return (float(x0), float(y0), float(x1), float(y1))


def is_found(word: tuple[str, BBox], found: Sequence[tuple[str, BBox]]) -> bool:
    """Whether a word was read at its place. A page turned by the reader finds nothing."""
    text, bbox = word
    return any(
        other == text and intersection_area(bbox, box) > _COVERED * area(bbox)
        for other, box in found
    )


def interval(values: Sequence[float]) -> str:
    """The mean and its 95% bootstrap interval over pages."""
    rng = np.random.default_rng(0)
    sample = np.asarray(values)
    means = rng.choice(sample, (2000, len(sample))).mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return f"{sample.mean():.3f} [{low:.3f}, {high:.3f}]"


def as_table(table: dict[tuple[str, str], Scores]) -> str:
    rows = [
        "| pages | n | word recall at its place | word F1, ours | word F1, RapidOCR |"
        " time a line, ours / RapidOCR | processor seconds a page |",
        "|---|---|---|---|---|---|---|",
    ]
    for (language, quality), one in table.items():
        ratio = np.sum(one.line_seconds["ours"]) / max(1e-9, np.sum(one.line_seconds["RapidOCR"]))
        rows.append(
            f"| {language}, {quality} | {len(one.recall)} | {interval(one.recall)} |"
            f" {interval(one.f1['ours'])} | {interval(one.f1['RapidOCR'])} |"
            f" {ratio:.2f} | {np.mean(one.seconds):.2f} |"
        )
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
