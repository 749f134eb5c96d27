"""How often answers of `lite` are right by their confidence, on documents that no fit has seen.

    python -m training.reader.public_pages --qa DIR --out OUT
    python -m training.confidence --set DIR OUT/xquad_held OUT/wtq_held ...

Prints, for each set, language and method that answered, the answers by confidence: how many, and
the share that is right (ANLS of at least 0.5). Below one of these confidences engine.families.lite
says that it is not sure (docs/lite.md).

Input: sets in the format of `python -m synthetic`. Words are as drawn; tables get the structure
that the index would give them. In a set without questions that their page does not answer, every
question is also asked of a page of another document. (Not in other sets: "What is the date?" has an
answer on most pages.) Seed: 0, for the choice of questions and of those pages.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from engine.core.schema import Line
from engine.evaluation.answers import anls
from engine.families.lite.best_answer import best_answer
from engine.families.lite.field_answers import FormCache
from engine.families.lite.reader import ReadPage, read_page
from engine.index.page_index import IndexedTable, PageIndex
from engine.index.table_cells import table_cells, texts_of_table
from training.reading_data import read_examples, truth_indexes

BANDS: Final = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_RIGHT: Final = 0.5


@dataclass(frozen=True)
class Asked:
    """A question about a page. answers: empty if the page does not answer it."""

    source: str
    question: str
    answers: tuple[str, ...]
    index: PageIndex


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.confidence")
    parser.add_argument("--set", type=Path, nargs="+", required=True)
    parser.add_argument("--questions", type=int, default=600, help="at most this many a set")
    options = parser.parse_args(arguments)
    asked = [one for folder in options.set for one in questions(folder)[: options.questions]]
    for source, rows in bands(asked).items():
        sys.stdout.write(f"{source}\n")
        for low, high, number, right in rows:
            sys.stdout.write(f"  {low:.1f} to {high:.1f}  {number:5d} answers  right {right:.2f}\n")
    return 0


def questions(folder: Path) -> list[Asked]:
    """The questions of a set in random order, some of which their page does not answer."""
    indexes = {file: with_tables(index) for file, index in truth_indexes(folder).items()}
    rng = random.Random(0)
    asked = []
    examples = read_examples(folder)
    is_complete = any(not one.answers for one in examples)
    for one in examples:
        source = f"{folder.name} {one.language}"
        others = [file for file in indexes if file != one.file]
        asked.append([Asked(source, one.question, one.answers, indexes[one.file])])
        if others and not is_complete:
            asked[-1].append(Asked(source, one.question, (), indexes[rng.choice(others)]))
    rng.shuffle(asked)
    return [one for pair in asked for one in pair]


def with_tables(index: PageIndex) -> PageIndex:
    """The page with the lines of its tables cell by cell, and their structure."""
    lines: list[Line] = []
    regions, members, tables = [], [], []
    for number, (region, own) in enumerate(zip(index.regions, index.region_lines, strict=True)):
        inside, first = [index.lines[at] for at in own], len(lines)
        if region.category == "Table" and inside:
            inside, cells = table_cells(inside, None, first=first)
            text, html = texts_of_table(cells, inside, first)
            region = replace(region, text=text, html=html)
            tables.append(IndexedTable(number, tuple(cells)))
        lines += inside
        regions.append(region)
        members.append(tuple(range(first, len(lines))))
    return index.with_lines(lines, regions, members, tables=tables)


def bands(asked: Sequence[Asked]) -> dict[str, list[tuple[float, float, int, float]]]:
    """ "source, method" -> (from, to, answers, share that is right) by band of confidence.

    Refused questions are in no band. Methods: "table", "form" and "reader".
    """
    found: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    pages: dict[int, tuple[FormCache, ReadPage]] = {}
    for one in asked:
        if id(one.index) not in pages:
            pages[id(one.index)] = (FormCache(), read_page(one.index))
        forms, page = pages[id(one.index)]
        best = best_answer(one.question, [one.index], forms, partial(_alone, page)).best
        if best is not None:
            right = bool(one.answers) and anls(best.text, one.answers) >= _RIGHT
            found[f"{one.source}, {best.method}"].append((best.score, right))
    result = {}
    for source, rows in sorted(found.items()):
        scores, rights = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
        result[source] = [
            (low, high, int(own.sum()), float(rights[own].mean()))
            for low, high in pairwise(BANDS)
            if (own := (scores >= low) & ((scores < high) | (high == BANDS[-1]))).any()
        ]
    return result


def _alone(page: ReadPage, _: Sequence[PageIndex]) -> list[ReadPage]:
    return [page]


if __name__ == "__main__":
    sys.exit(main())
