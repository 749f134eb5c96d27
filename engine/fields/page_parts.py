"""Divides a page into documents: two receipts may lie side by side on one scan.

A page is cut along a blank strip, down or across it, if each part is a document of its own: it is
classified as one of KINDS and has that kind's key field. Other pages have one part.

    from engine.fields.page_parts import parts_of
    parts_of(index)        # (index,), or an index for each part
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.geometry import union
from engine.fields.document_type import classify
from engine.fields.page_extractor import read_fields
from engine.fields.templates import load_templates

if TYPE_CHECKING:
    from engine.core.schema import Region
    from engine.fields.templates import DocumentTemplate
    from engine.index.page_index import PageIndex

# Documents that are smaller than a sheet of paper, and the field without which there is none.
KINDS: Final[Mapping[str, str]] = {"receipt": "total"}
# The strip's width in median heights of a line, and the fewest lines of a part.
_STRIP: Final = 2.5
_LEAST_LINES: Final = 4


def parts_of(index: PageIndex, folder: Path | None = None) -> tuple[PageIndex, ...]:
    """Return the documents of a page, each as an index of its lines; one for most pages.

    Boxes stay in pixels of the page. Parts run from left to right, or from top to bottom.

    Args:
        folder: folder of the user's own templates.
    """
    templates = load_templates(folder)
    for axis in (0, 1):
        for own in _halves(index, axis):
            halves = [_part(index, lines) for lines in own]
            if all(_is_document(half, templates) for half in halves):
                return tuple(part for half in halves for part in parts_of(half, folder))
    return (index,)


def _halves(index: PageIndex, axis: int) -> list[tuple[list[int], list[int]]]:
    """The lines on either side of each blank strip, the widest strip first. axis: 0 is x."""
    boxes = [line.bbox for line in index.lines]
    if len(boxes) < 2 * _LEAST_LINES:
        return []
    least = _STRIP * float(np.median([box[3] - box[1] for box in boxes]))
    order = sorted(range(len(boxes)), key=lambda i: boxes[i][axis])
    found = []
    end = boxes[order[0]][axis + 2]
    for place, i in enumerate(order):
        gap = boxes[i][axis] - end
        if gap >= least and _LEAST_LINES <= place <= len(order) - _LEAST_LINES:
            found.append((gap, sorted(order[:place]), sorted(order[place:])))
        end = max(end, boxes[i][axis + 2])
    found.sort(key=lambda one: -one[0])
    return [(before, after) for _, before, after in found]


def _part(index: PageIndex, lines: Sequence[int]) -> PageIndex:
    """The index with these lines alone."""
    place = {line: number for number, line in enumerate(lines)}
    regions: list[Region] = []
    members: list[tuple[int, ...]] = []
    for region, own in zip(index.regions, index.region_lines, strict=True):
        kept = [line for line in own if line in place]
        if kept:
            box = region.bbox if len(kept) == len(own) else union(index.lines[i].bbox for i in kept)
            text = (
                region.text
                if len(kept) == len(own)
                else "\n".join(index.lines[i].text for i in kept)
            )
            regions.append(replace(region, bbox=box, text=text, order=len(regions)))
            members.append(tuple(place[line] for line in kept))
    return index.with_lines([index.lines[i] for i in lines], regions, members)


def _is_document(part: PageIndex, templates: Mapping[str, DocumentTemplate]) -> bool:
    guesses = classify([part])
    if not guesses or guesses[0].document_type not in KINDS:
        return False
    name = guesses[0].document_type
    return name in templates and KINDS[name] in read_fields([part], templates[name])
