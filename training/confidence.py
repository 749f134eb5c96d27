"""How often answers of `lite` are right by their confidence, on documents that no fit has seen.

    python -m training.confidence --set DIR... --xquad FILE... --wtq DIR

Prints, for each source and language, the answers by confidence: how many, and the share that is
right (ANLS of at least 0.5). engine.families.lite refuses below one limit and says "not sure" below
another; both were read off this table (docs/lite.md).

Input: sets of `python -m synthetic` (words as drawn), XQuAD's JSON files, and the folder of
WikiTableQuestions (training.tsv, csv/). Paragraphs and tables are laid out as pages; a question
about another paragraph or table is one that the page does not answer. Seeds: 0 and 1.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from engine.core.geometry import union
from engine.core.schema import Line, Region, Word
from engine.evaluation.answers import anls
from engine.families.lite.family import best_answer
from engine.families.lite.field_answers import FormCache
from engine.families.lite.reader import ReadPage, read_page
from engine.index.page_index import PageIndex
from training.reading_data import read_examples, truth_indexes

BANDS: Final = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
# Pages of text and tables: width of a letter and height of a line, pixels.
_LETTER, _LINE = 11, 34
_LINE_LETTERS: Final = 95
_MOST_ROWS, _MOST_COLUMNS = 25, 8

Row = Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Asked:
    """A question of a source about a page. answers: empty if the page does not answer it."""

    source: str
    question: str
    answers: tuple[str, ...]
    index: PageIndex


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.confidence", description=__doc__)
    parser.add_argument("--set", type=Path, nargs="*", default=[])
    parser.add_argument("--xquad", type=Path, nargs="*", default=[])
    parser.add_argument("--wtq", type=Path)
    parser.add_argument("--questions", type=int, default=1000, help="at most this many a source")
    options = parser.parse_args(arguments)
    asked: list[Asked] = []
    for folder in options.set:
        asked += drawn(folder)[: options.questions]
    for file in options.xquad:
        asked += paragraphs(file)[: options.questions]
    if options.wtq:
        asked += tables(options.wtq)[: options.questions]
    for source, rows in bands(asked).items():
        sys.stdout.write(f"{source}\n")
        for low, high, number, right in rows:
            sys.stdout.write(f"  {low:.1f} to {high:.1f}  {number:5d} answers  right {right:.2f}\n")
    return 0


def drawn(folder: Path) -> list[Asked]:
    """The questions of a synthetic set in random order."""
    indexes = truth_indexes(folder)
    asked = [
        Asked(f"{folder.name} {one.language}", one.question, one.answers, indexes[one.file])
        for one in read_examples(folder)
        if one.file in indexes
    ]
    random.Random(0).shuffle(asked)
    return asked


def paragraphs(file: Path) -> list[Asked]:
    """Questions of XQuAD about their paragraph, and one of another paragraph for each."""
    articles = json.loads(file.read_text("utf-8"))["data"]
    found = [one for article in articles for one in article["paragraphs"]]
    asked = []
    for at, paragraph in enumerate(found):
        rows = [((80.0, line),) for line in _wrapped(paragraph["context"])]
        index = page_of(f"{file.stem}-{at}", "Text", rows, file.suffixes[0][1:])
        own = [
            (one["question"], tuple(answer["text"] for answer in one["answers"]))
            for one in paragraph["qas"][:3]
        ]
        strange = found[(at + len(found) // 3) % len(found)]["qas"][0]["question"]
        asked += [Asked(file.stem, *one, index) for one in (*own, (strange, ()))]
    return asked


def tables(folder: Path) -> list[Asked]:
    """Questions of WikiTableQuestions that one cell answers, and as many about another table."""
    lines = (folder / "training.tsv").read_text("utf-8").splitlines()[1:]
    random.Random(1).shuffle(lines)
    own = [asked for line in lines if (asked := _about_table(folder, line)) is not None]
    strange = [
        Asked(one.source, other.question, (), one.index)
        for one, other in pairwise(own)
        if one.index.text != other.index.text
    ]
    return [one for pair in zip(own, strange, strict=False) for one in pair]


def _about_table(folder: Path, line: str) -> Asked | None:
    name, question, path, target = line.split("\t")
    try:
        with (folder / path).open(encoding="utf-8", newline="") as file:
            rows = [[" ".join(cell.split()) for cell in row] for row in csv.reader(file)]
    except OSError:
        return None
    if not rows or len(rows) > _MOST_ROWS or len(rows[0]) > _MOST_COLUMNS:
        return None
    if not any(target in row for row in rows):
        return None
    columns = range(min(map(len, rows)))
    widths = [_LETTER * max(len(row[at]) for row in rows) + 40 for at in columns]
    lefts = [60.0 + sum(widths[:at]) for at in columns]
    laid = [tuple(zip(lefts, row, strict=False)) for row in rows]
    return Asked("wtq", question, (target,), page_of(name, "Table", laid, "en"))


def page_of(name: str, category: str, rows: Sequence[Row], language: str) -> PageIndex:
    """A page of one region. rows: the (left edge, text) of each cell."""
    lines = []
    for number, row in enumerate(rows):
        words = []
        top = 60.0 + _LINE * number
        for left, text in row:
            for word in text.split():
                words.append(Word(word, (left, top, left + _LETTER * len(word), top + 24)))
                left += _LETTER * len(word) + 9
        if words:
            lines.append(Line(tuple(words), union(word.bbox for word in words)))
    box = union(line.bbox for line in lines)
    region = Region(box, category, "\n".join(line.text for line in lines), 0)
    size = (round(box[2]) + 60, round(box[3]) + 60)
    script = "cyrillic" if language == "ru" else "latin"
    members = tuple(range(len(lines)))
    return PageIndex(name, 0, *size, tuple(lines), (region,), (members,), script=script)  # type: ignore[arg-type]


def _wrapped(text: str) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and len(line) + len(word) + 1 > _LINE_LETTERS:
            yield line
            line = ""
        line = f"{line} {word}".strip()
    yield line


def _alone(page: ReadPage, _: Sequence[PageIndex]) -> list[ReadPage]:
    return [page]


def bands(asked: Sequence[Asked]) -> dict[str, list[tuple[float, float, int, float]]]:
    """source -> (from, to, answers, share that is right) for each band of confidence with answers.

    Refused questions are in no band.
    """
    found: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    pages: dict[str, tuple[FormCache, ReadPage]] = {}
    for one in asked:
        key = one.index.document_id
        forms, page = pages.setdefault(key, (FormCache(), read_page(one.index)))
        best = best_answer(one.question, [one.index], forms, partial(_alone, page)).best
        if best is not None:
            right = bool(one.answers) and anls(best.text, one.answers) >= 0.5
            found[one.source].append((best.score, right))
    result = {}
    for source, rows in found.items():
        scores, rights = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
        result[source] = [
            (low, high, int(own.sum()), float(rights[own].mean()))
            for low, high in pairwise(BANDS)
            if (own := (scores >= low) & ((scores < high) | (high == BANDS[-1]))).any()
        ]
    return result


if __name__ == "__main__":
    sys.exit(main())
