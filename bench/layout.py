"""Quality of the page regions of `lite`: precision, recall and F1 at IoU 0.5, per category.

Each set is a folder written by `python -m synthetic`. Its pages are indexed as in the app, several
seconds of processor time each.

    python -m bench.layout --set DIR [DIR ...] [--pages N] [--confused]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import load_settings
from engine.core.geometry import area, intersection_area, iou
from engine.core.schema import CATEGORIES, BBox, Region
from engine.documents import open_document
from engine.evaluation import Counts, match_regions
from engine.index.builder import build_index

THRESHOLD = 0.5

# The counts of found and drawn regions of a page.
Scored = tuple[Sequence[Region], Sequence[tuple[BBox, str]]]


@dataclass(frozen=True, slots=True)
class Truth:
    """A drawn page and its regions as (bbox, category) in its pixels."""

    path: Path
    regions: tuple[tuple[BBox, str], ...]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.layout", description=__doc__)
    parser.add_argument("--set", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--pages", type=int, help="at most this many of each set")
    parser.add_argument(
        "--confused", action="store_true", help="also what was found where a region was missed"
    )
    options = parser.parse_args(arguments)
    pages = [
        (find_regions(truth.path), truth.regions)
        for folder in options.set
        for truth in read_truths(folder)[: options.pages]
    ]
    counts = total(match_regions(found, true, threshold=THRESHOLD) for found, true in pages)
    sys.stdout.write(f"{len(pages)} pages\n\n{as_table(counts)}\n")
    if options.confused:
        for words, times in confusions(pages).most_common():
            sys.stdout.write(f"{times:5} {words}\n")
    return 0


def read_truths(folder: Path) -> list[Truth]:
    """The pages of a set, in the order in which they were drawn."""
    rows: list[dict[str, Any]] = [
        json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()
    ]
    return [
        Truth(
            folder / row["file"],
            tuple((tuple(region["box"]), region["category"]) for region in row["regions"]),
        )
        for row in rows
    ]


def find_regions(path: Path) -> tuple[Region, ...]:
    """The regions that `lite` shows for a picture."""
    settings = load_settings()
    (page,) = open_document(path, name=path.name, limits=settings.limits).pages
    return build_index(page, settings).regions


def total(pages: Iterable[dict[str, Counts]]) -> dict[str, Counts]:
    """The counts of many pages, and of all categories together as "micro"."""
    sums: dict[str, Counts] = {}
    for page in pages:
        for category, counts in page.items():
            for name in (category, "micro"):
                sums[name] = _plus(sums.get(name, Counts(0, 0, 0)), counts)
    order = [*CATEGORIES, "micro"]
    return {name: sums[name] for name in order if name in sums}


def as_table(counts: dict[str, Counts]) -> str:
    """The figures as the Markdown table of docs/ocr.md."""
    lines = ["| category | drawn | found | precision | recall | F1 |", "|---|---|---|---|---|---|"]
    for name, count in counts.items():
        precision = count.matched / count.predicted if count.predicted else 0.0
        recall = count.matched / count.true if count.true else 0.0
        lines.append(
            f"| {name} | {count.true} | {count.predicted} "
            f"| {precision:.2f} | {recall:.2f} | {count.f1:.2f} |"
        )
    return "\n".join(lines)


def confusions(pages: Iterable[Scored]) -> Counter[str]:
    """What was found at the place of missed regions, most frequent first."""
    found: Counter[str] = Counter()
    for regions, true in pages:
        for bbox, category in true:
            same = [region for region in regions if iou(region.bbox, bbox) >= THRESHOLD]
            if any(region.category == category for region in same):
                continue
            found[f"{category}: {_instead(bbox, regions, same)}"] += 1
    return found


def _instead(bbox: BBox, regions: Sequence[Region], same: Sequence[Region]) -> str:
    if same:
        return f"called {same[0].category}"
    inside = [r for r in regions if intersection_area(r.bbox, bbox) >= 0.5 * area(r.bbox)]
    around = [r for r in regions if intersection_area(r.bbox, bbox) >= 0.5 * area(bbox)]
    for how, those in (("in pieces of", inside), ("part of", around)):
        if those:
            return f"{how} {', '.join(sorted({region.category for region in those}))}"
    return "not found"


def _plus(first: Counts, second: Counts) -> Counts:
    return Counts(
        first.matched + second.matched,
        first.predicted + second.predicted,
        first.true + second.true,
    )


if __name__ == "__main__":
    raise SystemExit(main())
