"""Structure of dense drawn tables (TEDS) and questions about them, by ruling and quality.

Pages of 18 to 20 columns with heads of two lines, spans, groups, cells of two lines and totals
(synthetic/dense_tables.py). The templates of "test" are not those on which limits were chosen.
Runs on the CPU, about ten seconds a page.

    python -m bench.tables [--split test] [--pages N] [--questions]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from engine import Engine, load_settings
from engine.core.geometry import area
from engine.core.schema import Page, Region
from engine.evaluation.tables import teds
from engine.index.builder import build_index
from engine.layout.grid import Table
from engine.layout.reading import table_of
from synthetic.degrade import degrade
from synthetic.dense_tables import RULES, SPLITS, TablePage, draw_page

QUALITIES = ("clean", "scan", "photo")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.tables", description=__doc__)
    parser.add_argument("--split", choices=SPLITS, default="test")
    parser.add_argument("--pages", type=int, default=4, help="pages of each ruling and quality")
    parser.add_argument("--qualities", nargs="+", choices=QUALITIES, default=QUALITIES)
    parser.add_argument("--questions", action="store_true", help="also ask `lite`")
    options = parser.parse_args(arguments)
    sys.stdout.write("| ruling | quality | pages | TEDS | TEDS-Struct | lowest | questions |\n")
    sys.stdout.write("|---|---|---|---|---|---|---|\n")
    for rules in RULES:
        for quality in options.qualities:
            scores = defaultdict(list)
            right = asked = 0
            for seed in range(options.pages):
                language = ("en", "ru")[seed // 2 % 2]
                page = draw_page(seed, split=options.split, rules=rules, language=language)
                image, _ = degrade(page.image, quality, seed)
                found = find_table(image)
                scores["text"].append(teds(found, page.table))
                scores["structure"].append(teds(found, page.table, structure_only=True))
                if options.questions:
                    right += questions_right(image, page)
                    asked += len(page.asked)
            mean, structure = (sum(scores[key]) / len(scores[key]) for key in ("text", "structure"))
            sys.stdout.write(
                f"| {rules} | {quality} | {options.pages} | {mean:.3f} | {structure:.3f} "
                f"| {min(scores['text']):.3f} | {right}/{asked} |\n"
            )
            sys.stdout.flush()
    return 0


def find_table(image: Image.Image) -> Table:
    """The largest table that the index has of a picture; empty if there is none."""
    page = Page("bench", 0, image.width, image.height, lambda: image)
    index = build_index(page, load_settings())
    tables = [region for region in index.regions if region.category == "Table"]
    largest: Region | None = max(tables, key=lambda region: area(region.bbox), default=None)
    return Table(()) if largest is None else table_of(largest)


def questions_right(image: Image.Image, page: TablePage) -> int:
    """How many of a page's questions `lite` answers with the text of the cell."""
    with tempfile.TemporaryDirectory() as folder, Engine() as engine:
        path = Path(folder) / "page.png"
        image.save(path)
        session = engine.create_session()
        engine.add_document(session, path, name=path.name)
        answers = [engine.ask(session, one.question).answer().text for one in page.asked]
    return sum(answer == one.answer for answer, one in zip(answers, page.asked, strict=True))


if __name__ == "__main__":
    raise SystemExit(main())
