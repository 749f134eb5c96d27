"""Crops the regions of a page, each with the task that it is transcribed by.

The crops follow the pipelines of the models' authors. Both published pipelines work as follows:

- PaddlePaddle/PaddleX, paddlex/inference/pipelines/paddleocr_vl/pipeline.py at commit
  01c1d80d787ecb8f2fdbdc2adea51416d9081c0d: tables get the table prompt, formulas (not their
  numbers) the formula prompt, everything else the text prompt, including titles, captions, headers
  and footers. Pictures, charts and seals are skipped unless `use_ocr_for_image_block`,
  `use_chart_recognition` or `use_seal_recognition` is set. Of two boxes that overlap by more than
  0.7 of the smaller one, one is removed (uilts.py, filter_overlap_boxes). The Markdown leaves out
  configured categories (configs/pipelines/PaddleOCR-VL.yaml: number, footnote, header, footer,
  aside_text).
- zai-org/GLM-OCR, glmocr/config.yaml at commit 1c6bb76acc8205699bf338de2cdc58dd58f7831d:
  label_task_mapping has text, table and formula, skips images and charts, and drops headers,
  footers, footnotes, page numbers and margin notes.
- Both crop the detected box unchanged (layout_unclip_ratio 1.0), without a margin.

The differences here: text boxes are those of the lines themselves, tighter than a detector's, so
crops get a small margin. Headers, footers and footnotes are transcribed; the task "markdown" leaves
out headers and footers. A picture in which OCR found text is transcribed, so no line is lost; a
picture without text is a region without text. The index resolves overlaps (engine/ocr/regions.py):
it assigns every line of the page to exactly one region. PaddleX merges pieces of one paragraph into
one crop; here a paragraph is one region already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from engine.core.errors import GeometryError
from engine.core.geometry import clip
from engine.core.schema import BBox, Page, Region
from engine.index.page_index import PageIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Margin around a region, as a share of the page's longer side: 9 pixels at 200 dpi.
_MARGIN: Final = 0.004
# Longer side, in pixels, of the copy in which ink is searched.
_LOOKED_AT: Final = 1000
# A stroke is at least this much darker than its surroundings (of 255), and at most this wide.
_DARKER: Final = 40
_STROKE_PIXELS: Final = 9
_TASK_OF: Final = {"Table": "table", "Formula": "formula"}
# Quarter turns counter-clockwise -> what PIL calls them.
_TURN: Final = {
    1: Image.Transpose.ROTATE_90,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_270,
}


@dataclass(frozen=True, slots=True)
class RegionCrop:
    """The crop of one region.

    Attributes:
        region: from the index, box in page pixels, without text; order counts from 0.
        page: the crop as a page of its own, rotated so that its lines are horizontal.
        task: id of the task whose prompt it gets; None for a region that is not transcribed.
    """

    region: Region
    page: Page
    task: str | None


def crops_of(page: Page, index: PageIndex, image: Image.Image) -> tuple[RegionCrop, ...]:
    """Crop the regions of a page, in reading order.

    Args:
        index: index of this page.
        image: the whole page, in the frame of the index's boxes.
    """
    margin, turns = _MARGIN * max(page.size), index.quarter_turns
    crops: list[RegionCrop] = []
    for region, lines in zip(index.regions, index.region_lines, strict=True):
        x0, y0, x1, y1 = region.bbox
        try:
            bbox = clip(region.bbox, page_size=page.size)
            wide = clip((x0 - margin, y0 - margin, x1 + margin, y1 + margin), page_size=page.size)
        except GeometryError:
            continue
        printed = region.category != "Picture" or bool(lines)
        task = _TASK_OF.get(region.category, "ocr") if printed else None
        own = Region(bbox, region.category, "", len(crops), region.confidence)
        crops.append(RegionCrop(own, _part(page, image, wide, own.order, turns), task))
    return tuple(crops)


def whole_page(page: Page, image: Image.Image) -> RegionCrop:
    """Return a whole page as one text region."""
    bbox = (0.0, 0.0, float(page.width), float(page.height))
    return RegionCrop(Region(bbox, "Text", "", 0), _part(page, image, bbox, 0, 0), "ocr")


def ink_outside(image: Image.Image, boxes: Sequence[BBox]) -> float:
    """Return the share of a page's ink outside all boxes, 0 to 1; 0 for a blank page.

    Ink is dark and thin; the edge of a sheet on a table is not ink.

    Args:
        image: the page.
        boxes: in its pixels.
    """
    ink, scale = _ink(image)
    total = int(ink.sum())
    room = _MARGIN * max(image.size)
    for x0, y0, x1, y1 in boxes:
        left, top = (max(0, int((edge - room) * scale)) for edge in (x0, y0))
        right, bottom = (int((edge + room) * scale) + 1 for edge in (x1, y1))
        ink[top:bottom, left:right] = False
    return int(ink.sum()) / total if total else 0.0


def _ink(image: Image.Image) -> tuple[NDArray[np.bool_], float]:
    """Return the ink of a smaller copy of the page, (height, width) bool, and the copy's scale."""
    import cv2

    scale = min(1.0, _LOOKED_AT / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    grey = np.asarray(image.convert("L").resize(size, Image.Resampling.BOX))
    kernel = np.ones((_STROKE_PIXELS, _STROKE_PIXELS), np.uint8)
    return cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel) > _DARKER, scale


def _part(page: Page, image: Image.Image, bbox: BBox, order: int, quarter_turns: int) -> Page:
    x0, y0, x1, y1 = (round(edge) for edge in bbox)
    x0, y0 = min(x0, page.width - 1), min(y0, page.height - 1)
    part = image.crop((x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)))
    turn = _TURN.get(quarter_turns % 4)
    if turn is not None:
        part = part.transpose(turn)
    return Page(
        # Its own id, so that caches by page do not confuse it with the whole page.
        document_id=f"{page.document_id}#{order}:{x0},{y0},{x1},{y1}",
        page_index=page.page_index,
        width=part.width,
        height=part.height,
        load_image=lambda: part,
    )
