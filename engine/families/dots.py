"""Adapter of dots.ocr and dots.mocr: layout, text and boxes, by the published prompts.

The models were trained on one page and one published prompt at a time, so pages are read one by
one. A user's question is sent unchanged, after the conversation before it. Boxes are in pixels of
the resized image. torch and transformers are imported when a model is loaded.
"""

from __future__ import annotations

from typing import Any, ClassVar

from PIL import Image

from engine.core.settings import ModelSettings, Settings
from engine.families.base import Capabilities
from engine.families.prompts.images import SeenImage
from engine.families.transformers_chat import TransformersChatFamily
from engine.layout.cells import CellParser
from engine.layout.dots_json import DotsJsonParser
from engine.layout.scene_text import SceneTextParser


class DotsOcrFamily(TransformersChatFamily):
    """rednote-hilab/dots.ocr and its successor dots.mocr."""

    has_static_cache: ClassVar[bool] = True
    # The two published prompt forms (dots_ocr.processing); the first one is the default.
    modes: ClassVar[tuple[str, ...]] = ("serving", "readme")
    unquantised: ClassVar[tuple[str, ...]] = ("vision_tower",)
    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset(
            {
                "question",
                "ocr",
                "layout",
                "layout_only",
                "grounding_ocr",
                "web_parsing",
                "scene_spotting",
                "svg",
            }
        ),
        chat=True,
        multiple_pages=True,
        boxes=True,
    )

    @classmethod
    def processor_of(cls, model_id: str, model: ModelSettings, *, local: bool = False) -> Any:
        from engine.families.dots_ocr.processing import CHAT_TEMPLATES, DEFAULT_CHAT_TEMPLATE

        processor = super().processor_of(model_id, model, local=local)
        form = model.mode or DEFAULT_CHAT_TEMPLATE
        processor.chat_template = {**CHAT_TEMPLATES, "default": CHAT_TEMPLATES[form]}
        return processor

    @classmethod
    def load(cls, model_id: str, settings: Settings) -> TransformersChatFamily:
        family = super().load(model_id, settings)
        # Answers end with <|endofassistant|> as well, whatever generation_config.json says.
        published = family.model.generation_config
        published.eos_token_id = family.processor.stop_token_ids
        # The settings limit an answer. A second limit makes transformers warn in every run.
        published.max_length = None
        return family

    def cell_parser(self, task: str) -> CellParser:
        return SceneTextParser() if task == "scene_spotting" else DotsJsonParser()

    def see(self, image: Image.Image) -> SeenImage:
        images = self.processor.image_processor
        limits = dict(images.size)
        if self.settings.max_pixels is not None:
            limits["longest_edge"] = self.settings.max_pixels
        outputs = images(images=[image], size=limits, return_tensors="pt")
        grid = outputs["image_grid_thw"]  # (1, 3)
        _, rows, columns = grid[0].tolist()
        tokens = int(grid.prod()) // images.merge_size**2
        tensors = {"pixel_values": outputs["pixel_values"], "image_grid_thw": grid}
        size = (columns * images.patch_size, rows * images.patch_size)
        return SeenImage(size, tokens, grid, lambda: tensors)
