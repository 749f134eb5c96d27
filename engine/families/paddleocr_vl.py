"""PaddleOCR-VL: layout, text, tables, formulas and charts in many languages. It does not chat.

The checkpoint was trained on one block and one of four prompts at a time (prompts/*.toml). So a
page is read region by region (region_reading); the regions give the boxes that the model does not
write. The tasks "table", "formula" and "figure" send the whole page in one prompt. Positions are
Qwen's multimodal rotary ones. The model's own processor does the only resize.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from PIL import Image

from engine.core.schema import Page, Size
from engine.core.settings import ModelSettings
from engine.families.base import Capabilities
from engine.families.prompts.images import SeenImage
from engine.families.qwen_vl import QwenVLFamily
from engine.families.region_reading import RegionReadingFamily
from engine.families.transformers_chat import TransformersChatFamily
from engine.families.weights.hub import configuration
from engine.layout.cells import CellParser

if TYPE_CHECKING:
    from engine.families.decoding.generate import DecodingInputs


class PaddleOCRVLFamily(RegionReadingFamily, QwenVLFamily):
    """PaddlePaddle/PaddleOCR-VL."""

    modes: ClassVar[tuple[str, ...]] = ()
    unquantised: ClassVar[tuple[str, ...]] = ("model.visual", "model.projector")
    # Its own processor resizes pages, and it answers no questions.
    has_reading_pixels: ClassVar[bool] = False
    retry_generation: ClassVar[Mapping[str, bool | int | float]] = {}
    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"layout", "ocr", "markdown", "table", "formula", "figure"}),
        chat=False,
        multiple_pages=False,
        boxes=True,
    )

    @classmethod
    def processor_of(cls, model_id: str, model: ModelSettings, *, local: bool = False) -> Any:
        from transformers import PaddleOCRTextConfig

        # Other models with multimodal rotary positions set this too. Without it transformers 5.23
        # warns about a key that it does use, every time it reads the config.
        PaddleOCRTextConfig.ignore_keys_at_rope_validation = {"mrope_section"}
        return super().processor_of(model_id, model, local=local)

    @classmethod
    def config_of(cls, model_id: str, model: ModelSettings) -> Any:
        """Return the config with an untied output head, as published.

        The published config.json is flat. transformers 5.23 applies its `tie_word_embeddings:
        false` to the whole model and not to the text model. The text model's default, true, then
        counts for both; transformers finds two different tensors, warns and does not tie them.
        """
        from transformers import AutoConfig, PreTrainedConfig

        published = configuration(model_id, model, PreTrainedConfig.get_config_dict)[0]
        config = configuration(model_id, model, AutoConfig.from_pretrained)
        if published.get("tie_word_embeddings") is False and "text_config" not in published:
            config.tie_word_embeddings = config.text_config.tie_word_embeddings = False
        return config

    def cell_parser(self, task: str) -> CellParser | None:  # type: ignore[override]
        return None

    def frame(self, inputs: DecodingInputs, page: Page) -> Size:
        return TransformersChatFamily.frame(self, inputs, page)

    def see(self, image: Image.Image) -> SeenImage:
        images = self.processor.image_processor
        limits = self.limits(self.settings.max_pixels)
        outputs = images(images=[image.convert("RGB")], size=limits, return_tensors="pt")
        grid = outputs["image_grid_thw"]  # (1, 3)
        _, rows, columns = grid[0].tolist()
        tokens = int(grid.prod()) // images.merge_size**2
        tensors = {"pixel_values": outputs["pixel_values"], "image_grid_thw": grid}
        size = (columns * images.patch_size, rows * images.patch_size)
        return SeenImage(size, tokens, grid, lambda: tensors)

    def limits(self, most: int | None) -> dict[str, int]:
        """Return the minimum and maximum pixels of a page, under the processor's names for them.

        Args:
            most: the settings' limit; None for the checkpoint's own.
        """
        size = self.processor.image_processor.size
        limits = {name: int(size[name]) for name in ("shortest_edge", "longest_edge")}
        if most is not None:
            limits = {"shortest_edge": min(limits["shortest_edge"], most), "longest_edge": most}
        return limits
