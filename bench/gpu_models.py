"""Models for bench.gpu: built on the device with random weights, and a page in each one's format.

Nothing here is timed. A page's pixels are random: time and memory do not depend on them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from bench.real_configs import REAL, TINY
from engine.core.settings_file import load_settings
from engine.families import family_class
from engine.families.weights.hub import quantization_config

# Text around the page, in tokens: system turn, question, start of the answer.
BEFORE, AFTER = 24, 24


@dataclass(frozen=True, slots=True)
class PageInput:
    """A prompt with one page.

    Attributes:
        ids: (1, n), image tokens in place.
        image: arguments of forward besides the ids.
        positions: (3, 1, n) or (1, n).
        next_position: the position of the first new token, on every axis.
    """

    ids: Tensor
    image: Mapping[str, Tensor]
    positions: Tensor
    next_position: int


@dataclass(frozen=True, slots=True)
class BenchModel:
    """How a model is built and fed.

    Attributes:
        model_class, config_class: "module:Class".
        page: (model, page size) -> PageInput.
        encode: runs the vision tower alone on a PageInput's image.
        attention_parts: sub-configs that support SDPA, if not all do.
    """

    model_class: str
    config_class: str
    page: Callable[[Any, tuple[int, int]], PageInput]
    encode: Callable[[Any, Mapping[str, Tensor]], Any]
    attention_parts: tuple[str, ...] = ()


def resolve(path: str) -> Any:
    """The class of "module:Class". Raises ImportError if this machine does not have it."""
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except AttributeError as error:
        raise ImportError(f"{module} has no {name}") from error


def build(name: str, *, tiny: bool, dtype: torch.dtype, attention: str, device: str) -> Any:
    """A model in eval mode with random weights, created on the device itself.

    Raises:
        ImportError: this machine's transformers or engine does not have it.
    """
    one = MODELS[name]
    config_class, model_class = resolve(one.config_class), resolve(one.model_class)
    sizes = (TINY if tiny else REAL)[name]
    published = "architectures" in sizes
    config = config_class.from_dict(sizes) if published else config_class(**sizes)
    implementation = attention_of(name, attention)
    with torch.device(device):
        model = model_class._from_config(config, dtype=dtype, attn_implementation=implementation)
    if tiny:
        _spread(model)
    return model.eval().requires_grad_(False)


def attention_of(name: str, implementation: str) -> Any:
    """attn_implementation for from_pretrained: of the model, or of the parts that support it."""
    parts = MODELS[name].attention_parts
    return dict.fromkeys(parts, implementation) if parts else implementation


def quantization(name: str, precision: str) -> dict[str, Any]:
    """Arguments of from_pretrained for a precision, as the engine passes them."""
    if not precision.startswith("int"):
        return {}
    family = load_settings().model("qwen_vl_2b" if name == "qwen2_vl_2b" else name).family
    unquantised = family_class(family, model_id=name).unquantised
    return {"quantization_config": quantization_config(precision, torch.bfloat16, unquantised)}


def _spread(model: Any) -> None:
    """Widen the weights so that tokens depend on earlier ones, and decoders can be compared."""
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(0, 1.5 / weight[0].numel() ** 0.5)


def _ids(model: Any, image_token: int, tokens: int, vocabulary: int) -> Tensor:
    """(1, n): text, the image's tokens, text; no id has another role."""
    generator = torch.Generator().manual_seed(0)
    text = torch.randint(3, min(400, vocabulary), (BEFORE + AFTER,), generator=generator)
    image = torch.full((tokens,), image_token)
    return torch.cat([text[:BEFORE], image, text[BEFORE:]])[None].to(model.device)


def _plain(ids: Tensor, image: Mapping[str, Tensor]) -> PageInput:
    length = ids.shape[1]
    return PageInput(ids, image, torch.arange(length, device=ids.device)[None], length)


def _qwen_page(model: Any, size: tuple[int, int]) -> PageInput:
    from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

    vision = model.config.vision_config
    side, merge = vision.patch_size, vision.spatial_merge_size
    height, width = smart_resize(
        size[1], size[0], side * merge, min_pixels=4 * (side * merge) ** 2, max_pixels=1_605_632
    )
    rows, columns = height // side, width // side
    grid = torch.tensor([[1, rows, columns]], device=model.device)
    pixels = torch.rand(rows * columns, 3 * 2 * side * side, device=model.device)
    tokens = rows * columns // merge**2
    text = model.config.get_text_config()
    ids = _ids(model, model.config.image_token_id, tokens, text.vocab_size)
    kinds = (ids == model.config.image_token_id).int()
    positions, _ = model.model.get_rope_index(ids, mm_token_type_ids=kinds, image_grid_thw=grid)
    image = {"pixel_values": pixels.to(model.dtype), "image_grid_thw": grid}
    return PageInput(ids, image, positions.to(model.device), int(positions.max()) + 1)


def _dots_page(model: Any, size: tuple[int, int]) -> PageInput:
    # dots.ocr takes pages of up to 11,289,600 pixels at full size, rounded to 28.
    rows, columns = 2 * round(size[1] / 28), 2 * round(size[0] / 28)
    grid = torch.tensor([[1, rows, columns]], device=model.device)
    pixels = torch.rand(rows * columns, 588, device=model.device, dtype=model.dtype)
    ids = _ids(model, model.config.image_token_id, rows * columns // 4, model.config.vocab_size)
    return _plain(ids, {"pixel_values": pixels, "image_grid_thw": grid})


def _got_page(model: Any, size: tuple[int, int]) -> PageInput:
    pixels = torch.rand(1, 3, 1024, 1024, device=model.device, dtype=model.dtype)
    token = model.config.image_token_id
    vocabulary = model.config.get_text_config().vocab_size
    return _plain(_ids(model, token, 256, vocabulary), {"pixel_values": pixels})


def _phi3_page(model: Any, size: tuple[int, int]) -> PageInput:
    from engine.families.phi3_vision import Phi3VImageProcessor

    seen = Phi3VImageProcessor(num_crops=16)(Image.new("RGB", size, "white"))
    image = {
        "pixel_values": seen["pixel_values"].to(model.device, model.dtype),
        "image_sizes": seen["image_sizes"].to(model.device),
    }
    # Its image tokens are negative: -1 for the first image.
    return _plain(_ids(model, -1, seen["num_img_tokens"][0], model.config.vocab_size), image)


def _deepseek_page(model: Any, size: tuple[int, int]) -> PageInput:
    from engine.families.deepseek_ocr.processing import see

    views = see(Image.new("RGB", size, "white"), "gundam")
    image = {name: value.to(model.device) for name, value in views.tensors().items()}
    for name in ("pixel_values", "pixel_values_local"):
        if name in image:
            image[name] = image[name].to(model.dtype)
    vocabulary = model.config.get_text_config().vocab_size
    return _plain(_ids(model, model.config.image_token_id, views.tokens, vocabulary), image)


def _features(model: Any, image: Mapping[str, Tensor]) -> Any:
    return model.get_image_features(**image)


def _inner_features(model: Any, image: Mapping[str, Tensor]) -> Any:
    return model.model.get_image_features(**image)


def _phi3_features(model: Any, image: Mapping[str, Tensor]) -> Any:
    return model.model.vision_embed_tokens(image["pixel_values"], image["image_sizes"])


MODELS: dict[str, BenchModel] = {
    "qwen2_vl_2b": BenchModel(
        "transformers:Qwen2VLForConditionalGeneration",
        "transformers:Qwen2VLConfig",
        _qwen_page,
        _inner_features,
    ),
    "qwen3_vl_2b": BenchModel(
        "transformers:Qwen3VLForConditionalGeneration",
        "transformers:Qwen3VLConfig",
        _qwen_page,
        _inner_features,
    ),
    "got_ocr_hf": BenchModel(
        "transformers:GotOcr2ForConditionalGeneration",
        "transformers:GotOcr2Config",
        _got_page,
        _inner_features,
        # Its vision encoder supports eager attention only.
        attention_parts=("text_config",),
    ),
    "dots_ocr": BenchModel(
        "engine.families.dots_ocr:DotsOCRForCausalLM",
        "engine.families.dots_ocr:DotsOCRConfig",
        _dots_page,
        _features,
    ),
    "phi3_vision": BenchModel(
        "engine.families.phi3_vision:Phi3VForCausalLM",
        "engine.families.phi3_vision:Phi3VConfig",
        _phi3_page,
        _phi3_features,
    ),
    "deepseek_ocr": BenchModel(
        "engine.families.deepseek_ocr:DeepseekOcrForConditionalGeneration",
        "engine.families.deepseek_ocr:DeepseekOcrConfig",
        _deepseek_page,
        _inner_features,
    ),
}
