"""The source file that the pages of a document share, and an LRU cache of decoded pages."""

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

# One MB as file managers and Gradio define it.
BYTES_PER_MB: Final = 1024 * 1024
# About sixteen A4 pages at 200 dpi, or five photos of 12 megapixels.
CACHE_BYTES: Final = 192 * 1024 * 1024
_BYTES_PER_PIXEL: Final = 3


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Source:
    """An opened file.

    name: as displayed. kind: "JPEG", ..., "PDF". read: returns all its bytes. password: of an
    encrypted PDF; held in memory only.
    """

    document_id: str
    name: str
    kind: str
    limits: LimitSettings = field(repr=False)
    read: Callable[[], bytes] = field(repr=False)
    password: str = field(default="", repr=False)

    @property
    def max_pixels(self) -> float:
        """Most pixels of a page: our limit, or Pillow's, which no setting raises."""
        ceiling = 2 * Image.MAX_IMAGE_PIXELS if Image.MAX_IMAGE_PIXELS else float("inf")
        return min(self.limits.max_page_megapixels * 1e6, ceiling)

    def check_pixels(self, size: Size, page_index: int) -> None:
        """Reject a page that is too large, before anything is decoded.

        Args:
            size: (width, height) in pixels, from the file's header.
        Raises:
            DocumentError: more than `limits.max_page_megapixels`.
        """
        width, height = size
        if width * height > self.max_pixels:
            raise DocumentError(
                "document.too_many_pixels",
                name=self.name,
                page=page_index + 1,
                width=width,
                height=height,
                limit=f"{self.max_pixels / 1e6:g}",
            )

    def broken_page(self, page_index: int) -> DocumentError:
        """The error for a page that turns out to be corrupt when it is loaded."""
        return DocumentError(
            "document.broken_page", name=self.name, kind=self.kind, page=page_index + 1
        )


class DecodedPages:
    """LRU cache of decoded pages of all open files, with one byte budget.

    When a file's Source is garbage-collected, its pages are evicted, so a deleted scan does not
    remain in memory. Thread-safe. Two threads may decode the same page at once, which only costs
    time.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._pages: OrderedDict[tuple[int, int], Image.Image] = OrderedDict()
        # Re-entrant: garbage collection may finalize a Source while this thread holds the lock.
        self._lock = threading.RLock()

    def get(self, source: Source, page_index: int) -> Image.Image | None:
        """A copy of the cached page, which the caller may modify, or None."""
        with self._lock:
            image = self._pages.get((id(source), page_index))
            if image is None:
                return None
            self._pages.move_to_end((id(source), page_index))
        return image.copy()

    def put(self, source: Source, page_index: int, image: Image.Image) -> None:
        """Cache a copy of an RGB page, unless it alone exceeds the budget."""
        if _weight(image) > self._max_bytes:
            return
        copy = image.copy()
        key = id(source)
        with self._lock:
            if not any(owner == key for owner, _ in self._pages):
                weakref.finalize(source, self._forget, key)
            self._drop((key, page_index))
            self._pages[(key, page_index)] = copy
            self._bytes += _weight(copy)
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
