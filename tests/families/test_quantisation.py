"""int8 and int4 leave vision towers alone, and how much smaller they make a model is true."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from transformers.quantizers.quantizers_utils import should_convert_module

from bench import gpu_models
from bench.real_configs import LANGUAGE_MODELS, REAL
from engine import Engine, load_settings
from engine.core.settings import ModelSettings
from engine.families import family_class
from tests.families.conftest import TINY
from tests.families.driving import loaded_family

LAYERS = {"int8": "Linear8bitLt", "int4": "Linear4bit"}
# How transformers names what sees, and what joins it to the language model.
SEEING = ("visual", "vision", "projector", "connector")
QUANTISED = [(name, kind) for name, model in TINY.items() for kind in model.quantizations]
MODELS = {id_: one for id_, one in load_settings().models.items() if one.parameters}
# What the settings call otherwise than bench.gpu, or what has the sizes of another model.
BUILT_AS = {"qwen_vl_2b": "qwen2_vl_2b", "dots_mocr": "dots_ocr"}


@pytest.mark.parametrize(("name", "kind"), QUANTISED)
def test_the_language_model_is_quantised_and_what_sees_is_not(
    tiny_engine: Callable[..., Engine], name: str, kind: str
) -> None:
    model = loaded_family(tiny_engine(name, quantization=kind)).model
    small = {part for part, one in model.named_modules() if type(one).__name__ == LAYERS[kind]}
    seeing = {part for part in small if any(word in part for word in SEEING)}
    assert not seeing
    assert small
    # The names that a family leaves out are names of its model.
    for left_out in TINY[name].adapter.unquantised:
        assert isinstance(model.get_submodule(left_out), torch.nn.Module)


def quantised(model: torch.nn.Module, left_out: tuple[str, ...]) -> int:
    """Weights that transformers hands to bitsandbytes: linear layers that are not left out."""
    return sum(
        layer.weight.numel()
        for name, layer in model.named_modules()
        if type(layer) is torch.nn.Linear and should_convert_module(name, [*left_out, "lm_head"])
    )


def built(model_id: str) -> tuple[Any, tuple[str, ...]]:
    """A model without memory for its weights, and what its family leaves out."""
    name = BUILT_AS.get(model_id, model_id)
    family = MODELS[model_id].family
    if name in REAL:
        model = gpu_models.build(
            name, tiny=False, dtype=torch.bfloat16, attention="sdpa", device="meta"
        )
        return model, family_class(family, model_id=model_id).unquantised
    # Of these the language model alone; nothing else is quantised, as the test above shows.
    path, sizes = LANGUAGE_MODELS[name]
    text = gpu_models.resolve(path)
    with torch.device("meta"):
        return text._from_config(text.config_class(**sizes)), ()


@pytest.mark.parametrize("model_id", MODELS)
def test_the_settings_say_how_many_weights_become_smaller(model_id: str) -> None:
    model: ModelSettings = MODELS[model_id]
    assert model.quantised_parameters is not None
    assert quantised(*built(model_id)) == pytest.approx(model.quantised_parameters, rel=0.04)
