"""Phi-3.5-vision without remote code: importing this package registers it with transformers.

After `import engine.families.phi3_vision`, AutoConfig, AutoProcessor and
AutoModelForImageTextToText load microsoft/Phi-3.5-vision-instruct from its published files without
running the code beside them. The parts that transformers lacks are implemented here, after the
descriptions and reference values in tests/fixtures/parity/phi3_v.
"""

from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
)

from engine.families.phi3_vision.configuration import Phi3VConfig
from engine.families.phi3_vision.modeling import Phi3VForCausalLM
from engine.families.phi3_vision.processing import Phi3VImageProcessor, Phi3VProcessor

# AutoModelForCausalLM is the name in the published auto_map.
AutoConfig.register(Phi3VConfig.model_type, Phi3VConfig, exist_ok=True)
AutoModelForImageTextToText.register(Phi3VConfig, Phi3VForCausalLM, exist_ok=True)
AutoModelForCausalLM.register(Phi3VConfig, Phi3VForCausalLM, exist_ok=True)
# One implementation for every requested backend: its pixels equal the reference's.
AutoImageProcessor.register(
    Phi3VConfig,
    image_processor_classes={"pil": Phi3VImageProcessor, "torchvision": Phi3VImageProcessor},
    exist_ok=True,
)
AutoProcessor.register(Phi3VConfig, Phi3VProcessor, exist_ok=True)  # type: ignore[no-untyped-call]

__all__ = ["Phi3VConfig", "Phi3VForCausalLM", "Phi3VImageProcessor", "Phi3VProcessor"]
