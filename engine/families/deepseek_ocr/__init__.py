"""DeepSeek-OCR v1 and v2 on transformers' own classes, without the code beside the checkpoints.

v1 (deepseek-ai/DeepSeek-OCR) has the architecture of transformers' UnlimitedOcr classes, so this
package has no modelling code: it translates the published config, reads the published tensor
names, cuts pages into views and bans repeated n-grams. After `import
engine.families.deepseek_ocr`, AutoConfig, AutoProcessor and AutoModelForImageTextToText load v1
from its published files. v2 (deepseek-community/DeepSeek-OCR-2) is native in transformers and
needs only its adapter (engine/families/deepseek.py).

Sources: tests/fixtures/parity/deepseek_ocr (ARCHITECTURE.md, PREPROCESSING.md), and
https://github.com/deepseek-ai/DeepSeek-OCR for the prompts and the n-gram processor.
"""

from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor
from transformers.conversion_mapping import (
    get_checkpoint_conversion_mapping,
    register_checkpoint_conversion_mapping,
)

from engine.families.deepseek_ocr.configuration import DeepseekOcrConfig
from engine.families.deepseek_ocr.guard import NGramLogitsProcessor
from engine.families.deepseek_ocr.loading import DeepseekOcrForConditionalGeneration, load_model
from engine.families.deepseek_ocr.processing import DeepseekVLV2Processor

# The published tensor names are those of UnlimitedOcr; transformers has their renaming table.
register_checkpoint_conversion_mapping(
    DeepseekOcrConfig.model_type,
    get_checkpoint_conversion_mapping("unlimited_ocr"),  # type: ignore[no-untyped-call]
    overwrite=True,
)
AutoConfig.register(DeepseekOcrConfig.model_type, DeepseekOcrConfig, exist_ok=True)
AutoModelForImageTextToText.register(
    DeepseekOcrConfig, DeepseekOcrForConditionalGeneration, exist_ok=True
)
AutoProcessor.register(  # type: ignore[no-untyped-call]
    DeepseekOcrConfig, DeepseekVLV2Processor, exist_ok=True
)

__all__ = [
    "DeepseekOcrConfig",
    "DeepseekOcrForConditionalGeneration",
    "DeepseekVLV2Processor",
    "NGramLogitsProcessor",
    "load_model",
]
