"""dots.ocr without flash-attn and without remote code.

Importing this package registers model_type "dots_ocr" with transformers' Auto classes. The
published checkpoints then load through `AutoModelForImageTextToText` and `AutoProcessor`.
"""

from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
)

from engine.families.dots_ocr.configuration import DotsOCRConfig, DotsVisionConfig
from engine.families.dots_ocr.modeling import DotsOCRForCausalLM
from engine.families.dots_ocr.processing import (
    CHAT_TEMPLATES,
    DotsImageProcessor,
    DotsVLProcessor,
)
from engine.families.dots_ocr.vision import DotsVisionTower

__all__ = [
    "CHAT_TEMPLATES",
    "DotsImageProcessor",
    "DotsOCRConfig",
    "DotsOCRForCausalLM",
    "DotsVLProcessor",
    "DotsVisionConfig",
    "DotsVisionTower",
]

AutoConfig.register("dots_ocr", DotsOCRConfig, exist_ok=True)
AutoImageProcessor.register(
    DotsOCRConfig, image_processor_classes={"pil": DotsImageProcessor}, exist_ok=True
)
AutoProcessor.register(DotsOCRConfig, DotsVLProcessor, exist_ok=True)  # type: ignore[no-untyped-call]
AutoModelForImageTextToText.register(DotsOCRConfig, DotsOCRForCausalLM, exist_ok=True)
# The published auto_map names this Auto class.
AutoModelForCausalLM.register(DotsOCRConfig, DotsOCRForCausalLM, exist_ok=True)
