"""Crop of a page index to a box that the user drew.

A word belongs to the box if its centre does. A box drawn slightly too tight or too wide therefore
selects the intended words. Boxes stay in page pixels, and the reading order stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.core.geometry import union
from engine.core.schema import Line, Region
from engine.index.table_cells import table_cells, texts_of_table

if TYPE_CHECKING:
    from engine.core.schema import BBox
    from engine.index.page_index import PageIndex


def crop_index(index: PageIndex, bbox: BBox) -> PageIndex:
    """Return the index of the words, lines, regions and marks whose centres lie in a box.

    A line retains its words inside the box, and a region its lines. The box of a line or region
    that loses words shrinks to the remaining ones. A region without text, like a picture, stays if
    its own centre lies in the box.

    Args:
        bbox: (x_min, y_min, x_max, y_max) in page pixels.
    """
    lines: list[Line] = []
    moved: dict[int, int] = {}  # old position of a line -> new position
    for position, line in enumerate(index.lines):
        words = tuple(word for word in line.words if _has_centre_of(bbox, word.bbox))
        if words:
            moved[position] = len(lines)
            whole = len(words) == len(line.words)
            lines.append(line if whole else Line(words, union(word.bbox for word in words)))
    regions: list[Region] = []
    region_lines: list[tuple[int, ...]] = []
    for region, positions in zip(index.regions, index.region_lines, strict=True):
        remaining = tuple(moved[position] for position in positions if position in moved)
        whole = all(
            position in moved and lines[moved[position]] is index.lines[position]
            for position in positions
        )
        if not remaining and (positions or not _has_centre_of(bbox, region.bbox)):
            continue
        cut = region if whole else _cut(region, [lines[position] for position in remaining])
        regions.append(replace(cut, order=len(regions)))
        region_lines.append(remaining)
    return index.with_lines(
        lines,
        regions,
        region_lines,
        marks=tuple(mark for mark in index.marks if _has_centre_of(bbox, mark.bbox)),
    )


def without_stamps(index: PageIndex) -> PageIndex:
    """Return the index of what is printed on the page: without the text of its stamps.

    The regions of stamps are those of engine.index.builder: pictures with the box of a stamp. The
    same index is returned for a page without stamps.
    """
    boxes = [mark.bbox for mark in index.marks if mark.kind == "stamp"]
    stamped = {
        line
        for region, lines in zip(index.regions, index.region_lines, strict=True)
        if region.category == "Picture" and region.bbox in boxes
        for line in lines
    }
    if not stamped:
        return index
    # They are the last regions of the page, so no other line moves.
    count = min(stamped)
    kept = [at for at, lines in enumerate(index.region_lines) if not stamped & set(lines)]
    return replace(
        index,
        lines=index.lines[:count],
        regions=tuple(index.regions[at] for at in kept),
        region_lines=tuple(index.region_lines[at] for at in kept),
        tables=tuple(
            replace(table, region=kept.index(table.region))
            for table in index.tables
            if table.region in kept
        ),
    )


def _cut(region: Region, lines: list[Line]) -> Region:
    bbox = union(line.bbox for line in lines)
    if region.category == "Table":
        own, cells = table_cells(lines, None)
        text, html = texts_of_table(cells, own, 0)
        return replace(region, text=text, html=html, bbox=bbox)
    return replace(region, text="\n".join(line.text for line in lines), bbox=bbox)


def _has_centre_of(bbox: BBox, other: BBox) -> bool:
    """Whether the centre of `other` lies in `bbox`; a centre on the right or lower edge does not.

    So of two boxes side by side only one has a word on their common edge.
    """
    x, y = (other[0] + other[2]) / 2, (other[1] + other[3]) / 2
    return bbox[0] <= x < bbox[2] and bbox[1] <= y < bbox[3]
