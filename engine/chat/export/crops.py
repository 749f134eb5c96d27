"""Pictures of the places of answers: part of the page, with the lines marked.

The total size is bounded: a conversation of any length makes a file that fits into an e-mail.
"""

import io
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, TypeAlias

from PIL import Image

from engine.chat.export.sections import CitedPlace
from engine.core.errors import EngineError
from engine.core.schema import BBox, Document, Evidence, Page
from engine.layout.overlay import draw_evidence

logger = logging.getLogger(__name__)

CropKey: TypeAlias = tuple[str, int, tuple[BBox, ...]]

# In heights of the place's own lines; wide enough aside to include most values' labels.
_MARGIN_UP: Final = 1.5
_MARGIN_ASIDE: Final = 10.0
_LEAST_LINE_PIXELS: Final = 8.0
_MOST_WIDTH: Final = 900
_MOST_HEIGHT: Final = 600
_JPEG_QUALITY: Final = 80
# Later places of a very long conversation have no picture.
_MOST_CROPS: Final = 300


@dataclass(frozen=True, slots=True)
class CropImage:
    """A JPEG. width, height: pixels."""

    jpeg: bytes
    width: int
    height: int


def key_of(place: CitedPlace) -> CropKey:
    return place.document_id, place.page_index, place.boxes


def crops_of(
    places: Iterable[CitedPlace], documents: Sequence[Document]
) -> dict[CropKey, CropImage]:
    """The pictures of places, each once, except of pages that cannot be loaded any more."""
    pages = {
        (page.document_id, page.page_index): page
        for document in documents
        for page in document.pages
    }
    wanted: dict[tuple[str, int], list[CropKey]] = {}
    # A dict as an ordered set: the first places have their pictures.
    for key in list(dict.fromkeys(key_of(place) for place in places))[:_MOST_CROPS]:
        if key[:2] in pages:
            wanted.setdefault(key[:2], []).append(key)
    crops: dict[CropKey, CropImage] = {}
    for page_key, keys in wanted.items():
        # One page at a time: a hundred decoded pages would not fit into memory.
        image = _image(pages[page_key])
        for key in keys if image is not None else ():
            crop = _crop(image, key[2])
            if crop is not None:
                crops[key] = crop
    return crops


def _image(page: Page) -> Image.Image | None:
    try:
        return page.load_image().convert("RGB")
    except (EngineError, OSError) as error:
        logger.warning("page %s cannot be shown in the export: %s", page.page_index, error)
        return None


def _crop(image: Image.Image | None, boxes: Sequence[BBox]) -> CropImage | None:
    """The part of a page around boxes; None if they lie off the page."""
    if image is None or not boxes:
        return None
    line = max(_LEAST_LINE_PIXELS, median(bottom - top for _, top, _, bottom in boxes))
    left = max(0, round(min(box[0] for box in boxes) - _MARGIN_ASIDE * line))
    top = max(0, round(min(box[1] for box in boxes) - _MARGIN_UP * line))
    right = min(image.width, round(max(box[2] for box in boxes) + _MARGIN_ASIDE * line))
    bottom = min(image.height, round(max(box[3] for box in boxes) + _MARGIN_UP * line))
    if right <= left or bottom <= top:
        return None
    marked = draw_evidence(
        image.crop((left, top, right, bottom)),
        (
            Evidence("", 0, (box[0] - left, box[1] - top, box[2] - left, box[3] - top), "", 1.0)
            for box in boxes
        ),
    )
    marked.thumbnail((_MOST_WIDTH, _MOST_HEIGHT), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    marked.save(buffer, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return CropImage(buffer.getvalue(), marked.width, marked.height)
