"""SmolVLM 256M and 500M: chat over several pages, small enough for a laptop's CPU.

Both are Idefics3 in transformers. A page becomes tiles of 512 pixels and one view of the whole
page. Each tile is a run of image tokens between its own tags, so the span of an image in the ids
covers all its tiles and their tags. `max_pixels` of the settings chooses how many tiles a side may
have. torch and transformers are imported when a model is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any, ClassVar, Final

from PIL import Image

from engine.core.schema import Message
from engine.families.base import Capabilities
from engine.families.pages.margins import with_margin
from engine.families.prompts.images import SeenImage
from engine.families.prompts.templates import ANSWER
from engine.families.transformers_chat import TransformersChatFamily

# A retry with more than this share of the pixels keeps its number of tiles.
_SAME_TILES: Final = 0.75


class SmolVLMFamily(TransformersChatFamily):
    """HuggingFaceTB/SmolVLM-256M-Instruct and SmolVLM-500M-Instruct."""

    has_static_cache: ClassVar[bool] = True
    unquantised: ClassVar[tuple[str, ...]] = ("model.vision_model", "model.connector")
    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"question", "ocr", "describe", "document_type"}),
        chat=True,
        multiple_pages=True,
        boxes=False,
    )

    def see(self, image: Image.Image) -> SeenImage:
        return self._tiled(image, self._tiles())

    def see_smaller(self, image: Image.Image, pixel_share: float) -> SeenImage:
        """Encode a page with fewer tiles, or shrunk inside the same tiles for a share near 1."""
        if pixel_share <= _SAME_TILES:
            return self._tiled(image, max(1, int(self._tiles() * pixel_share**0.5)))
        return self.see(with_margin(image, pixel_share))

    def image_ids(self, image: SeenImage) -> list[int]:
        """Return tags and image tokens of every tile, row by row, then of the whole page."""
        if image.grid is None:
            return super().image_ids(image)
        _, rows, columns = image.grid[0].tolist()
        tagged = self.processor.replace_image_token({"rows": [[rows]], "cols": [[columns]]}, 0)
        return list(self.tokenizer(tagged, add_special_tokens=False)["input_ids"])

    def render(
        self, messages: tuple[Message, ...], seen: Mapping[tuple[Any, ...], SeenImage]
    ) -> str:
        # The prompt ends with "Assistant:", so the space before an answer belongs to the answer.
        return super().render(messages, seen).replace(f": {ANSWER}", f":{ANSWER}")

    def _answer_ids(self, text: str) -> list[int]:
        is_generated = self.answers.get(text.strip()) is not None
        return super()._answer_ids(text if is_generated else f" {text.strip()}")

    def _tiles(self) -> int:
        """Return the maximum number of tiles along a side of the page."""
        images = self.processor.image_processor
        pixels = self.settings.max_pixels
        side = images.size["longest_edge"] if pixels is None else isqrt(pixels)
        return max(1, int(side // images.max_image_size["longest_edge"]))

    def _tiled(self, image: Image.Image, tiles: int) -> SeenImage:
        import torch

        images = self.processor.image_processor
        side = tiles * images.max_image_size["longest_edge"]
        outputs = images(
            images=[image.convert("RGB")],
            size={"longest_edge": side},
            return_row_col_info=True,
            return_tensors="pt",
        )
        rows, columns = int(outputs.pop("rows")[0][0]), int(outputs.pop("cols")[0][0])
        grid = torch.tensor([[1, rows, columns]])  # zeros: one view, not cut
        tile = images.max_image_size["longest_edge"]
        size = (max(1, columns) * tile, max(1, rows) * tile)
        seen = SeenImage(size, 0, grid, lambda: dict(outputs))
        return SeenImage(size, len(self.image_ids(seen)), grid, seen.tensors)
