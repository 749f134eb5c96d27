"""A box that the user drew, as a page of its own, for models that process whole images.

The crop maps results back: boxes from the model are in the crop's pixels and are converted to page
pixels before anyone receives them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from engine.core.geometry import clip
from engine.core.schema import (
    BBox,
    CertaintyJudged,
    Discarded,
    Document,
    Evidence,
    EvidenceFound,
    Line,
    Notice,
    Page,
    RegionAdded,
    StreamEvent,
)
from engine.families.base import ModelRequest
from engine.index.crop import crop_index
from engine.index.page_index import PageIndex

# A small margin around the box helps a model to read what is at its edge.
_MARGIN_PIXELS: Final = 8.0


class PageCrop:
    """One drawn box of one page.

    Args:
        page: the page the box is drawn on.
        bbox: page pixels.
    Attributes:
        whole: the page that was passed in.
        page: the crop as a page; its origin is the crop's upper left corner.
    """

    def __init__(self, page: Page, bbox: BBox) -> None:
        left, top, right, bottom = bbox
        wide = (
            left - _MARGIN_PIXELS,
            top - _MARGIN_PIXELS,
            right + _MARGIN_PIXELS,
            bottom + _MARGIN_PIXELS,
        )
        edges = clip(wide, page_size=page.size)
        self._box = tuple(round(edge) for edge in edges)
        self.whole = page
        x0, y0, x1, y1 = self._box
        self.page = Page(
            # A different page for everything that caches by page.
            document_id=f"{page.document_id}#{x0},{y0},{x1},{y1}",
            page_index=page.page_index,
            width=max(1, x1 - x0),
            height=max(1, y1 - y0),
            load_image=lambda: page.load_image().crop((x0, y0, max(x1, x0 + 1), max(y1, y0 + 1))),
        )

    def request(self, whole: ModelRequest) -> ModelRequest:
        """The request about the crop instead of the page."""
        part = Document(self.page.document_id, "", (self.page,))
        documents = (*whole.documents, part)
        return replace(whole, pages=(self.page,), documents=documents, bbox=None, is_part=True)

    def index(self, whole: PageIndex) -> PageIndex:
        """The part of the page's index that lies in the crop, in the crop's pixels."""
        left, top, right, bottom = self._box
        part = crop_index(whole, (left, top, right, bottom))
        return replace(
            part,
            document_id=self.page.document_id,
            width=self.page.width,
            height=self.page.height,
            lines=tuple(
                Line(
                    tuple(replace(word, bbox=self._shifted(word.bbox)) for word in line.words),
                    self._shifted(line.bbox),
                )
                for line in part.lines
            ),
            regions=tuple(
                replace(region, bbox=self._shifted(region.bbox)) for region in part.regions
            ),
        )

    def back(self, event: StreamEvent) -> StreamEvent:
        """The event about the page instead of the crop: its boxes, and its document id."""
        match event:
            case EvidenceFound(found):
                return EvidenceFound(self._of_page(found))
            case CertaintyJudged(certainty, suggestions):
                return CertaintyJudged(certainty, tuple(map(self._of_page, suggestions)))
            case RegionAdded(document_id, page_index, region) if (
                document_id == self.page.document_id
            ):
                region = replace(region, bbox=self._moved(region.bbox))
                return RegionAdded(self.whole.document_id, page_index, region)
            case Notice(values=values) | Discarded(values=values) if (
                values.get("document_id") == self.page.document_id
            ):
                return replace(event, values={**values, "document_id": self.whole.document_id})
        return event

    def _of_page(self, found: Evidence) -> Evidence:
        if found.document_id != self.page.document_id:
            return found
        document_id = self.whole.document_id
        return replace(found, document_id=document_id, bbox=self._moved(found.bbox))

    def _shifted(self, bbox: BBox) -> BBox:
        x, y = self._box[0], self._box[1]
        return (bbox[0] - x, bbox[1] - y, bbox[2] - x, bbox[3] - y)

    def _moved(self, bbox: BBox) -> BBox:
        x, y = self._box[0], self._box[1]
        return (bbox[0] + x, bbox[1] + y, bbox[2] + x, bbox[3] + y)
