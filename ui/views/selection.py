"""The region that a question is about: a selected region or a drawn box, as the browser sends it.

Values from a browser are not trusted: this module checks them, and the engine clips the box to its
page.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import Document

BBox = tuple[float, float, float, float]  # page pixels


@dataclass(frozen=True, slots=True)
class Selection:
    """A box on one page. bbox: (x_min, y_min, x_max, y_max) in page pixels, origin top left."""

    document_id: str
    page_index: int
    bbox: BBox

    def number(self, documents: Sequence[Document]) -> int | None:
        """The page's 1-based number among all pages; None if it is not one of them."""
        pages = [(page.document_id, page.page_index) for item in documents for page in item.pages]
        key = (self.document_id, self.page_index)
        return pages.index(key) + 1 if key in pages else None


def read_area(value: Any) -> Selection | None:
    """The area in a component's value: {"document", "page", "bbox"}; None for anything else."""
    if not isinstance(value, Mapping):
        return None
    document, page, bbox = value.get("document"), value.get("page"), value.get("bbox")
    if not isinstance(document, str) or not isinstance(page, int) or isinstance(page, bool):
        return None
    if not isinstance(bbox, list | tuple) or len(bbox) != 4 or not all(map(_is_number, bbox)):
        return None
    left, top, right, bottom = (float(edge) for edge in bbox)
    return Selection(document, page, (left, top, right, bottom))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
