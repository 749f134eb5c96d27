"""Published files through the Auto classes: no remote code, any device map, any precision."""

import builtins
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
    BitsAndBytesConfig,
)

from engine.families.dots_ocr import (
    DotsImageProcessor,
    DotsOCRConfig,
    DotsOCRForCausalLM,
    DotsVLProcessor,
)
from tests.families.dots_ocr.conftest import OWN, publish
from tests.missing import missing

CONVERSATION = [
    {
        "role": "user",
        "content": [{"type": "image"}, {"type": "text", "text": "What is the total?"}],
    }
]


@pytest.fixture(autouse=True)
def no_question_to_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """transformers would ask "run custom code? [y/N]" here."""

    def refuse(*_: Any) -> str:
        raise AssertionError("transformers asked to run remote code")

    monkeypatch.setattr(builtins, "input", refuse)


def page() -> Image.Image:
    return Image.linear_gradient("L").resize((84, 112)).convert("RGB")


def ask(folder: Path, **options: Any) -> tuple[DotsOCRForCausalLM, torch.Tensor]:
    """Load as the engine does, ask about a page, return the model and the new ids."""
    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForImageTextToText.from_pretrained(folder, **options)
    prompt = processor.apply_chat_template(CONVERSATION)
    inputs = processor(images=[page()], text=prompt, return_tensors="pt")
    out = model.generate(
        **inputs, do_sample=False, max_new_tokens=6, eos_token_id=None, pad_token_id=0
    )
    return model, out[0, inputs["input_ids"].shape[1] :]


def test_the_auto_classes_find_our_code(published_folder: Path) -> None:
    config = AutoConfig.from_pretrained(published_folder)
    assert type(config) is DotsOCRConfig
    assert "auto_map" in json.loads((published_folder / "config.json").read_text())
    processor = AutoProcessor.from_pretrained(published_folder)
    assert type(processor) is DotsVLProcessor
    assert type(processor.image_processor) is DotsImageProcessor
    assert type(AutoModelForCausalLM.from_pretrained(published_folder)) is DotsOCRForCausalLM
    model, answer = ask(published_folder, dtype=torch.float32)
    assert type(model) is DotsOCRForCausalLM
    assert len(answer) == 6
    # The published vision_config names flash_attention_2; without the package it must not count.
    assert model.vision_tower.config._attn_implementation == "sdpa"


def test_the_stop_tokens_are_the_published_ones(published_folder: Path) -> None:
    processor = AutoProcessor.from_pretrained(published_folder)
    model = AutoModelForImageTextToText.from_pretrained(published_folder)
    assert sorted(processor.stop_token_ids) == sorted(model.generation_config.eos_token_id)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_runs_and_pixels_follow_the_tower(
    published_folder: Path, dtype: torch.dtype
) -> None:
    model, answer = ask(published_folder, dtype=dtype)
    assert {part.dtype for part in model.parameters()} == {dtype}
    processor = AutoProcessor.from_pretrained(published_folder)
    pixels = processor.image_processor(images=[page()], return_tensors="pt")
    assert pixels["pixel_values"].dtype == torch.float32
    with torch.no_grad():
        features = model.get_image_features(pixels["pixel_values"], pixels["image_grid_thw"])
        model.float()
        precise = model.get_image_features(pixels["pixel_values"], pixels["image_grid_thw"])
    assert features.dtype == dtype
    assert torch.cosine_similarity(features.float(), precise, dim=-1).min() > 0.99
    assert len(answer) == 6


@pytest.mark.parametrize("split", [False, True], ids=["auto", "tower on disk"])
def test_device_maps_give_the_same_answer(
    published_folder: Path, tmp_path: Path, split: bool
) -> None:
    _, plain = ask(published_folder, dtype=torch.float32)
    by_hand = {"vision_tower": "disk", "model": "cpu", "lm_head": "cpu"}
    model, mapped = ask(
        published_folder,
        dtype=torch.float32,
        device_map=by_hand if split else "auto",
        offload_folder=str(tmp_path),
    )
    if split:
        assert model.vision_tower.merger.mlp[0].weight.device.type == "meta"
    if split or not torch.cuda.is_available():  # a GPU's kernels may differ in the last digit
        assert mapped.tolist() == plain.tolist()


@pytest.fixture(scope="module")
def wider_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint with random weights and a tower of 64: on CPUs with AVX512-BF16 the int4
    kernel of bitsandbytes wants multiples of 64 in and 32 out, as all published layers have."""
    narrow, wide = (tmp_path_factory.mktemp(name) for name in ("narrow", "wide"))
    config = DotsOCRConfig.from_pretrained(OWN)
    config.vision_config.embed_dim = 64
    config.vision_config.intermediate_size = 128
    config.intermediate_size = 128
    torch.manual_seed(0)
    DotsOCRForCausalLM(config).save_pretrained(narrow)
    publish(wide, narrow)
    return wide


@pytest.mark.parametrize(
    "quantization",
    [
        BitsAndBytesConfig(load_in_8bit=True),
        BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=torch.float32),
    ],
    ids=["int8", "int4"],
)
def test_quantised_weights_load_and_generate(
    wider_folder: Path, quantization: BitsAndBytesConfig
) -> None:
    pytest.importorskip("bitsandbytes", reason=missing("bitsandbytes"))
    model, answer = ask(
        wider_folder,
        dtype=torch.float32,
        quantization_config=quantization,
        device_map={"": "cpu"},
    )
    assert len(answer) == 6
    kind = "Linear8bitLt" if quantization.load_in_8bit else "Linear4bit"
    for path in ("vision_tower.blocks.0.attn.qkv", "model.layers.0.mlp.up_proj"):
        assert type(model.get_submodule(path)).__name__ == kind
    assert type(model.lm_head) is torch.nn.Linear
    pixels = AutoProcessor.from_pretrained(wider_folder).image_processor(
        images=[page()], return_tensors="pt"
    )
    precise = AutoModelForImageTextToText.from_pretrained(wider_folder, dtype=torch.float32)
    with torch.no_grad():
        features = model.get_image_features(**pixels).float()
        similarity = torch.cosine_similarity(features, precise.get_image_features(**pixels), dim=-1)
    assert similarity.min() > (0.999 if quantization.load_in_8bit else 0.95)


def test_save_and_load_again(published_folder: Path, tmp_path: Path) -> None:
    model, answer = ask(published_folder, dtype=torch.float32)
    model.save_pretrained(tmp_path)
    AutoProcessor.from_pretrained(published_folder).save_pretrained(tmp_path)
    again, same = ask(tmp_path, dtype=torch.float32)
    assert same.tolist() == answer.tolist()
    assert again.config.vision_config.to_dict() == model.config.vision_config.to_dict()
    assert type(AutoProcessor.from_pretrained(tmp_path)) is DotsVLProcessor
