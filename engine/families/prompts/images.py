"""The images of a conversation as a model sees them; known pages are not decoded again.

torch is imported when a model is loaded.
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

# Answers whose ids, and pages whose sizes, are remembered; older ones are worked out again.
REMEMBERED: Final = 2000


@dataclass(frozen=True, slots=True)
class SeenImage:
    """An image as the model sees it.

    Attributes:
        size: (width, height) in pixels after the one resize; boxes may refer to it.
        tokens: how many token positions it takes.
        grid: (1, 3) patches in time, height and width; None where a family has no such thing.
        tensors: what the model's forward takes for it; on the CPU. Made when first called: an
            image whose keys and values are cached is never decoded again.
    """

    size: Size
    tokens: int
    grid: torch.Tensor | None
    tensors: Callable[[], Mapping[str, torch.Tensor]]


class SeenImages:
    """Makes images of pages, and remembers what it needs to know of them without their pixels.

    Args:
        see: resizes and normalises one page image.
        see_smaller: the same with a share of the pixels.
        see_to_read: (image, share) -> a page that is read; None where it is seen as any other.
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
        """Every image of a conversation, by (document_id, page_index).

        Args:
            reading: the page is read, and not asked about.
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
        """A page of (width, height) pixels without its picture: how many tokens it takes."""
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
        while len(self.known) >= REMEMBERED:
            self.known.pop(next(iter(self.known)))
        # Without its tensors: pixels of every page ever seen would fill the memory.
        self.known[key] = replace(image, tensors=dict)

    def _seen(self, page: Page, share: float, reading: bool) -> SeenImage:
        """A page as the model sees it; a known page gives its pixels only when asked."""
        key = (page.document_id, page.page_index, share, reading)

        known = self.known.get(key)
        if known is not None:
            return replace(known, tensors=lambda: self._look(page, share, reading).tensors())
        image = self._look(page, share, reading)
        self._keep(key, image)
        return image
