"""Preprocessed images of a conversation, with a cache of their sizes.

A page whose size is cached is preprocessed again only if its pixels are needed. torch is imported
when a model is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from engine.core.errors import RunCancelled
from engine.core.schema import ImagePart, Message, Page, Size, Step
from engine.families.base import Preparation

if TYPE_CHECKING:
    import torch

# Maximum of pages whose sizes are cached; evicted ones are computed again.
_MOST: Final = 2000


@dataclass(frozen=True, slots=True)
class SeenImage:
    """A preprocessed image.

    Attributes:
        size: (width, height) in pixels after the only resize; boxes may refer to it.
        tokens: number of its token positions.
        grid: (1, 3) patches in time, height and width; None for families without such a grid.
        tensors: returns the arguments of the model's forward, on the CPU. For a cached page it
            computes them when called: an image whose keys and values are cached needs none.
    """

    size: Size
    tokens: int
    grid: torch.Tensor | None
    tensors: Callable[[], Mapping[str, torch.Tensor]]


def shrunk(image: Image.Image, most: int | None, pixel_share: float) -> Image.Image:
    """Shrink an image to a share of the pixels that the model would get; unchanged for 1.

    Args:
        most: maximum pixels of the image; None for no limit.
        pixel_share: above 0, 1 at most.
    """
    if pixel_share == 1.0:
        return image
    pixels = image.width * image.height
    scale = (min(pixels, most or pixels) * pixel_share / pixels) ** 0.5
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


class SeenImages:
    """Preprocesses pages and caches sizes and token counts, without pixels.

    Args:
        see: resizes and normalises one page image.
        see_smaller: the same with a share of the pixels.
        see_to_read: (image, share) -> image for OCR and layout; None if `see` does that as well.
    """

    def __init__(
        self,
        see: Callable[[Image.Image], SeenImage],
        see_smaller: Callable[[Image.Image, float], SeenImage],
        see_to_read: Callable[[Image.Image, float], SeenImage] | None = None,
    ) -> None:
        self._see = see
        self._see_smaller = see_smaller
        self._see_to_read = see_to_read
        # (document_id, page_index, share, reading) -> the image without its tensors
        self.known: dict[tuple[Any, ...], SeenImage] = {}

    def all_of(
        self,
        messages: tuple[Message, ...],
        pages: Mapping[tuple[str, int], Page],
        preparation: Preparation,
        share: float,
        *,
        reading: bool,
    ) -> dict[tuple[Any, ...], SeenImage]:
        """Return every image of a conversation, by (document_id, page_index).

        Args:
            reading: the task is OCR or layout, not a question.
        Raises:
            RunCancelled: the user pressed Stop.
        """
        wanted = [
            (part.document_id, part.page_index)
            for message in messages
            for part in message.parts
            if isinstance(part, ImagePart) and (part.document_id, part.page_index) in pages
        ]
        seen: dict[tuple[Any, ...], SeenImage] = {}
        for number, key in enumerate(wanted, start=1):
            if preparation.stop.is_set():
                raise RunCancelled
            values = {"page": number, "pages": len(wanted)}
            preparation.emit(Step("step.preparing", values, key[1]))
            seen[key] = self._seen(pages[key], share, reading)
        return seen

    def of_size(self, size: Size, share: float, *, reading: bool) -> SeenImage:
        """Return size and tokens of a page of (width, height) pixels, without its image."""
        key = ("", size, share, reading)
        if key not in self.known:
            blank = Page("", 0, *size, load_image=lambda: Image.new("RGB", size, "white"))
            self._keep(key, self._look(blank, share, reading))
        return self.known[key]

    def _look(self, page: Page, share: float, reading: bool) -> SeenImage:
        image = page.load_image()
        if reading and self._see_to_read is not None:
            return self._see_to_read(image, share)
        return self._see(image) if share == 1.0 else self._see_smaller(image, share)

    def _keep(self, key: tuple[Any, ...], image: SeenImage) -> None:
        while len(self.known) >= _MOST:
            self.known.pop(next(iter(self.known)))
        # Without its tensors: the pixels of all pages would fill the memory.
        self.known[key] = replace(image, tensors=dict)

    def _seen(self, page: Page, share: float, reading: bool) -> SeenImage:
        """Return a preprocessed page; a cached page computes its pixels only on demand."""
        key = (page.document_id, page.page_index, share, reading)

        known = self.known.get(key)
        if known is not None:
            return replace(known, tensors=lambda: self._look(page, share, reading).tensors())
        image = self._look(page, share, reading)
        self._keep(key, image)
        return image
