"""GLM-OCR: layout, text, tables and formulas. It does not chat.

The checkpoint was trained on one image and one of three prompts (prompts/*.toml). The authors' own
pipeline applies these prompts to blocks of a page: zai-org/GLM-OCR, glmocr/config.yaml at commit
1c6bb76acc8205699bf338de2cdc58dd58f7831d. So a page is read region by region (region_reading); the
regions give the boxes that the model does not write. The model can also fill a JSON form given in
the prompt, which is not offered here. transformers has the model; its processor is GLM-4.6V's.

At run time the checkpoint's own chat template renders the prompt. The template was not available
when this was written; the sources that quote its output are in tests/families/test_glm_ocr.py.
"""

from __future__ import annotations

from typing import ClassVar

from engine.families.base import Capabilities
from engine.families.paddleocr_vl import PaddleOCRVLFamily


class GlmOcrFamily(PaddleOCRVLFamily):
    """zai-org/GLM-OCR. Like PaddleOCR-VL: Qwen's multimodal positions, one page at a time."""

    unquantised: ClassVar[tuple[str, ...]] = ("model.visual",)
    capabilities: ClassVar[Capabilities] = Capabilities(
        tasks=frozenset({"layout", "ocr", "markdown", "table", "formula"}),
        chat=False,
        multiple_pages=False,
        boxes=True,
    )

    def limits(self, most: int | None) -> dict[str, int]:
        """See PaddleOCRVLFamily.limits. This processor counts a still image as
        `temporal_patch_size` (two) equal frames, and its limits cover all of them."""
        frames = int(self.processor.image_processor.temporal_patch_size)
        return super().limits(None if most is None else most * frames)
