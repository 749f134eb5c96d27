"""Edits of page indexes that imitate how documents differ.

A page is cut into several, given a repeated heading, renumbered, or put on A4.
training.splits_data builds documents of several pages with them. Boxes stay true to their words.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from engine.core.geometry import union
from engine.core.schema import BBox, Line, Region, Word
from engine.index.page_index import PageIndex

# Share of the drawn titles; about as many as OCR's layout model misses on specimens.
_MISSED: Final = 0.4
_A4: Final = 2**0.5
_DIGITS: Final = re.compile(r"\d")


def cut(index: PageIndex, parts: int, rng: random.Random) -> list[PageIndex]:
    """Cut a page between lines into pages with the proportions of A4: gaps grow, lines do not."""
    middles = sorted((line.bbox[1] + line.bbox[3]) / 2 for line in index.lines)
    if len(middles) < 6 * parts:
        return [index]
    at = [0.0]
    for part in range(1, parts):
        near = round(len(middles) * (part / parts + rng.uniform(-0.1, 0.15)))
        near = min(max(near, 3), len(middles) - 3)
        at.append((middles[near - 1] + middles[near]) / 2)
    at.append(float(index.height))
    pages = []
    tallest = max(below - above for above, below in pairwise(at))
    stretch = max(1.0, _A4 * index.width / tallest * 0.92)
    for above, below in pairwise(at):
        page = _slice(index, above, below, stretch, _A4 * index.width)
        if page.lines:
            pages.append(page)
    return pages


def _slice(
    index: PageIndex, above: float, below: float, stretch: float, height: float
) -> PageIndex:
    top = 0.04 * height

    def moved(box: BBox) -> BBox:
        middle = (box[1] + box[3]) / 2
        down = top + (middle - above) * stretch - middle
        return (box[0], box[1] + down, box[2], box[3] + down)

    kept: list[Line] = []
    regions: list[Region] = []
    places: list[tuple[int, ...]] = []
    for region, own in zip(index.regions, index.region_lines, strict=True):
        inside = [
            index.lines[number]
            for number in own
            if above <= (index.lines[number].bbox[1] + index.lines[number].bbox[3]) / 2 < below
        ]
        if not inside:
            continue
        lines = [
            Line(
                tuple(replace(word, bbox=moved(word.bbox)) for word in line.words),
                moved(line.bbox),
            )
            for line in inside
        ]
        text = "\n".join(line.text for line in lines)
        box = union(line.bbox for line in lines)
        regions.append(Region(box, region.category, text, len(regions)))
        places.append(tuple(range(len(kept), len(kept) + len(lines))))
        kept += lines
    return index.with_lines(kept, regions, places, height=round(height))


def with_head(page: PageIndex, first: PageIndex, rows: int) -> PageIndex:
    """The page with the first lines of the document's first page above its own.

    Bills and statements repeat them so.
    """
    lines = sorted(first.lines, key=lambda line: line.bbox[3])[:rows]
    scale = page.width / first.width
    top = 0.03 * page.height
    start = min(line.bbox[1] for line in lines)
    down = (max(line.bbox[3] for line in lines) - start) * scale + top

    def moved(box: BBox, factor: float, lift: float) -> BBox:
        return (box[0] * factor, box[1] * factor + lift, box[2] * factor, box[3] * factor + lift)

    def all_moved(own: Sequence[Line], factor: float, lift: float) -> list[Line]:
        return [
            Line(
                tuple(replace(word, bbox=moved(word.bbox, factor, lift)) for word in line.words),
                moved(line.bbox, factor, lift),
            )
            for line in own
        ]

    above = all_moved(lines, scale, top - start * scale)
    below = all_moved(page.lines, 1.0, down)
    head = [Region(line.bbox, "Text", line.text, number) for number, line in enumerate(above)]
    rest = [
        replace(region, bbox=moved(region.bbox, 1.0, down), order=len(head) + number)
        for number, region in enumerate(page.regions)
    ]
    return page.with_lines(
        (*above, *below),
        (*head, *rest),
        (
            *((number,) for number in range(len(head))),
            *(tuple(at + len(head) for at in own) for own in page.region_lines),
        ),
        height=round(page.height + down),
    )


def with_line(page: PageIndex, text: str, left: float, *, top: bool) -> PageIndex:
    """The page with one more line in its margin."""
    tall = 0.011 * max(page.height, page.width)
    y = 0.012 * page.height if top else 0.97 * page.height
    x = left * page.width
    words = []
    for word in text.split():
        words.append(Word(word, (x, y, x + 0.55 * tall * len(word), y + tall)))
        x = words[-1].bbox[2] + 0.4 * tall
    line = Line(tuple(words), union(word.bbox for word in words))
    category = "Page-header" if top else "Page-footer"
    region = Region(line.bbox, category, text, len(page.regions))
    return replace(
        page,
        lines=(*page.lines, line),
        regions=(*page.regions, region),
        region_lines=(*page.region_lines, (len(page.lines),)),
    )


def emptied(page: PageIndex, rng: random.Random) -> PageIndex:
    """The empty back of a sheet, with at most one speck that OCR takes for letters."""
    empty = page.with_lines((), (), ())
    return (
        empty
        if rng.random() < 0.6
        else with_line(empty, rng.choice((".", "-", "i l")), 0.5, top=True)
    )


def on_a4(page: PageIndex) -> PageIndex:
    """The page in the upper left corner of a scanner's bed with the proportions of A4."""
    width = max(page.width, round(page.height / _A4))
    return replace(page, width=width, height=round(width * _A4))


def laid_out_again(page: PageIndex, rng: random.Random) -> PageIndex:
    """The page with some of its titles and headings missed, as a layout model misses them."""
    regions = tuple(
        replace(region, category="Text")
        if region.category in ("Title", "Section-header") and rng.random() < _MISSED
        else region
        for region in page.regions
    )
    return replace(page, regions=regions)


def renumbered(index: PageIndex, rng: random.Random) -> PageIndex:
    """The same document with other numbers: half of the words with digits get new ones."""
    lines = []
    for line in index.lines:
        words = [
            replace(word, text=_DIGITS.sub(lambda _: str(rng.randint(0, 9)), word.text))
            if rng.random() < 0.5
            else word
            for word in line.words
        ]
        lines.append(replace(line, words=tuple(words)))
    return replace(index, lines=tuple(lines))
