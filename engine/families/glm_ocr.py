"""GLM-OCR: layout, text, tables and formulas. It does not chat.

The checkpoint was trained on one image and one of three prompts (prompts/*.toml), which its
makers' own pipeline puts to blocks of a page: zai-org/GLM-OCR, glmocr/config.yaml at commit
1c6bb76acc8205699bf338de2cdc58dd58f7831d. So a page is read region by region (region_reading),
which gives the places that the model itself does not say. It can
also fill a JSON form that stands in the prompt; that is not offered here. transformers carries the
model; its processor is that of GLM-4.6V.

At run time the checkpoint's own chat template renders the prompt. Its text was not at hand when
this was written; what it renders is quoted by others, named in tests/families/test_glm_ocr.py.
"""

from __future__ import annotations

from typing import ClassVar

from engine.families.base import Capabilities
from engine.families.paddleocr_vl import PaddleOCRVLFamily


class GlmOcrFamily(PaddleOCRVLFamily):
    """zai-org/GLM-OCR. Like PaddleOCR-VL: Qwen's multimodal positions, a page at a time."""

    unquantised: ClassVar[tuple[str, ...]] = ("model.visual",)
    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"layout", "ocr", "markdown", "table", "formula"}),
        chat=False,
        multiple_pages=False,
        boxes=True,
    )

    def limits(self, most: int | None) -> dict[str, int]:
        """A still picture is two equal frames to this processor; its limits are of both."""
        frames = int(self.processor.image_processor.temporal_patch_size)
        return super().limits(None if most is None else most * frames)
