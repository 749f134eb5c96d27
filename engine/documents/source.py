"""What the pages of one opened file share, and the few decoded pages kept in memory."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from PIL import Image

from engine.core.errors import DocumentError
from engine.core.schema import Size
from engine.core.settings import LimitSettings

# About sixteen A4 pages at 200 dpi, or five photos of 12 megapixels.
CACHE_BYTES: Final = 192 * 1024 * 1024
_BYTES_PER_PIXEL: Final = 3


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Source:
    """An opened file. name: as shown. kind: as a user knows it. read: the whole file again."""

    document_id: str
    name: str
    kind: str
    limits: LimitSettings = field(repr=False)
    read: Callable[[], bytes] = field(repr=False)

    def check_pixels(self, size: Size, page_index: int) -> None:
        """Refuse a page by its size, before anything is decoded.

        Args:
            size: (width, height) in pixels, as the file's header states it.
        Raises:
            DocumentError: more than `limits.max_page_megapixels`.
        """
        # Pillow itself refuses to decode more than this, whatever our setting says.
        ceiling = 2 * Image.MAX_IMAGE_PIXELS / 1e6 if Image.MAX_IMAGE_PIXELS else float("inf")
        limit = min(self.limits.max_page_megapixels, ceiling)
        width, height = size
        if width * height > limit * 1e6:
            raise DocumentError(
                "document.too_many_pixels",
                name=self.name,
                page=page_index + 1,
                width=width,
                height=height,
                limit=f"{limit:g}",
            )

    def broken_page(self, page_index: int) -> DocumentError:
        """The error for a page that turns out to be broken when it is loaded."""
        return DocumentError(
            "document.broken_page", name=self.name, kind=self.kind, page=page_index + 1
        )


class DecodedPages:
    """The least recently used decoded pages of all open files, under one byte budget.

    Pages of a file are forgotten when the file's Source dies, so a deleted scan does not stay in
    memory. Safe for threads; two threads may decode the same page at once, which only costs time.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._pages: OrderedDict[tuple[int, int], Image.Image] = OrderedDict()
        # Re-entrant: a Source may be collected, and forgotten, while this thread holds the lock.
        self._lock = threading.RLock()

    def get(self, source: Source, page_index: int) -> Image.Image | None:
        """A copy that the caller may change, or None."""
        with self._lock:
            image = self._pages.get((id(source), page_index))
            if image is None:
                return None
            self._pages.move_to_end((id(source), page_index))
        return image.copy()

    def put(self, source: Source, page_index: int, image: Image.Image) -> None:
        """Keep a copy of an RGB page, unless it alone is over the budget."""
        if _weight(image) > self._max_bytes:
            return
        kept = image.copy()
        key = id(source)
        with self._lock:
            if not any(owner == key for owner, _ in self._pages):
                weakref.finalize(source, self._forget, key)
            self._drop((key, page_index))
            self._pages[(key, page_index)] = kept
            self._bytes += _weight(kept)
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._pages)))

    def _forget(self, owner: int) -> None:
        with self._lock:
            for key in [key for key in self._pages if key[0] == owner]:
                self._drop(key)

    def _drop(self, key: tuple[int, int]) -> None:
        image = self._pages.pop(key, None)
        if image is not None:
            self._bytes -= _weight(image)


def _weight(image: Image.Image) -> int:
    return image.width * image.height * _BYTES_PER_PIXEL


DECODED_PAGES: Final = DecodedPages(CACHE_BYTES)
