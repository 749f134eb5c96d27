"""Qwen2-VL, Qwen2.5-VL and Qwen3-VL: chat over several images, boxes in thousandths.

qwen_vl_utils does the only resize of a page; the processor's own resize is switched off. So the
recorded size is the size that boxes refer to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from PIL import Image

from engine.core.errors import ModelError
from engine.core.schema import Page, Size
from engine.families.base import Capabilities
from engine.families.prompts.images import SeenImage, shrunk
from engine.families.prompts.token_ids import PromptIds
from engine.families.transformers_chat import Positions, TransformersChatFamily
from engine.layout.cells import CellParser
from engine.layout.qwen_boxes import QwenBoxParser
from engine.layout.qwen_html import QwenHtmlParser

if TYPE_CHECKING:
    from engine.core.settings import ModelSettings, Settings
    from engine.families.decoding.generate import DecodingInputs

THOUSANDTHS: Final = 1000
# The mode that asks for a layout by the prompt of Qwen3-VL's cookbook (document_parsing.ipynb).
HTML: Final = "qwenvl_html"


class QwenVLFamily(TransformersChatFamily):
    """One adapter for the three generations; the checkpoint's config tells them apart."""

    modes: ClassVar[tuple[str, ...]] = (HTML,)
    has_static_cache: ClassVar[bool] = True
    unquantised: ClassVar[tuple[str, ...]] = ("model.visual",)
    has_reading_pixels: ClassVar[bool] = True
    # Sampling parameters of the model cards of Qwen2-VL and Qwen3-VL; greedy decoding would repeat
    # the same loop. The seed makes a run reproducible.
    retry_generation: ClassVar[Mapping[str, bool | int | float]] = {
        "do_sample": True,
        "temperature": 0.7,
        "top_p": 0.8,
        "top_k": 20,
        "seed": 0,
    }
    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset(
            {
                "question",
                "ocr",
                "layout",
                "markdown",
                "table",
                "formula",
                "describe",
                "document_type",
            }
        ),
        chat=True,
        multiple_pages=True,
        boxes=True,
    )

    def __init__(
        self, model_id: str, settings: Settings, model: Any, processor: Any, attention: Any
    ) -> None:
        super().__init__(model_id, settings, model, processor, attention)
        # Qwen2-VL is older than this output format. Qwen2.5-VL's cookbook asks for it with a system
        # turn, which prompts/*.toml do not have; without one the 7B model writes prose (output in
        # yinnhao/Qwen2.5-VL's copy, commit dc8750b8248e43b3fb54cc2e5c26c32b5600ba3a).
        if self.settings.mode == HTML and model.config.model_type != "qwen3_vl":
            family = f"{self.settings.family} ({model.config.model_type})"
            raise ModelError(
                "model.unknown_mode", model_id=model_id, mode=HTML, family=family, known="-"
            )

    @classmethod
    def prompts_of(cls, model: ModelSettings) -> str:
        return HTML if model.mode == HTML else model.family

    def cell_parser(self, task: str) -> CellParser:
        return (
            QwenHtmlParser() if (self.settings.mode, task) == (HTML, "layout") else QwenBoxParser()
        )

    def frame(self, inputs: DecodingInputs, page: Page) -> Size:
        """Return the frame of boxes: resized pixels for Qwen2.5-VL, thousandths for the others."""
        if self.model.config.model_type == "qwen2_5_vl":
            return super().frame(inputs, page)
        return (THOUSANDTHS, THOUSANDTHS)

    def see(self, image: Image.Image) -> SeenImage:
        return self._seen(image, self.settings.max_pixels)

    def see_to_read(self, image: Image.Image, pixel_share: float) -> SeenImage:
        most = self.settings.most_pixels(reading=True)
        return self._seen(shrunk(image, most, pixel_share), most)

    def _seen(self, image: Image.Image, most: int | None) -> SeenImage:
        """Encode a page of at most `most` pixels; None means the checkpoint's own limit."""
        from qwen_vl_utils import process_vision_info

        images = self.processor.image_processor
        # qwen_vl_utils has its own minimum size, which differs from the checkpoint's.
        smallest = int(images.size["shortest_edge"])
        if most is not None:
            smallest = min(smallest, most)
        element: dict[str, object] = {"type": "image", "image": image, "min_pixels": smallest}
        if most is not None:
            element["max_pixels"] = most
        resized, _ = process_vision_info(
            [{"role": "user", "content": [element]}], image_patch_size=images.patch_size
        )
        outputs = images(images=resized, do_resize=False, return_tensors="pt")
        grid = outputs["image_grid_thw"]
        tokens = int(grid.prod()) // images.merge_size**2
        tensors = {"pixel_values": outputs["pixel_values"], "image_grid_thw": grid}
        return SeenImage(resized[0].size, tokens, grid, lambda: tensors)

    def positions(self, prompt: PromptIds, images: list[SeenImage]) -> Positions:
        """Return (3, 1, n) multimodal rotary positions (Qwen2-VL report, section 2.1, M-RoPE).

        transformers stores their offset on the module, where it would leak into the next
        conversation, so every run sets it again. Without an image the three axes are equal.
        """
        import torch

        core = self.model.model
        ids = torch.tensor([prompt.ids])
        grids = [image.grid for image in images if image.grid is not None]
        if grids:
            kinds = (ids == self.image_token_id).int()
            positions, deltas = core.get_rope_index(
                ids, mm_token_type_ids=kinds, image_grid_thw=torch.cat(grids)
            )
        else:
            positions = torch.arange(ids.shape[1]).expand(3, 1, -1)
            deltas = torch.zeros(1, 1, dtype=torch.long)

        def on_start() -> None:
            core.rope_deltas = deltas.to(self.model.device)

        return Positions(positions.to(self.model.device), on_start)
