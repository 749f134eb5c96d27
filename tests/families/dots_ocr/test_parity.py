"""dots.ocr against the reference's numbers, step by step; the first failing step names the fault.

The folder is $SCANCHAT_PARITY_DIR/dots_ocr (default tests/fixtures/parity/dots_ocr); any checkpoint
with vectors in the same form can be put there. What the tensors are: the folder's README.
"""

import json
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from engine.families.dots_ocr import DotsImageProcessor, DotsOCRConfig, DotsOCRForCausalLM
from tests.families.dots_ocr.conftest import OWN, PARITY, load

VECTORS = load_file(PARITY / "vectors.safetensors")
CASES = sorted({key.split(".", 1)[0] for key in VECTORS})


def cases_with(*names: str) -> list[str]:
    return [case for case in CASES if all(f"{case}.{name}" in VECTORS for name in names)]


def images_of(case: str) -> list[Image.Image]:
    images = []
    while (key := f"{case}.image_{len(images)}") in VECTORS:
        images.append(Image.fromarray(VECTORS[key].numpy()))
    return images


def model_inputs(case: str) -> dict[str, Tensor]:
    """The reference's own ids and pixels, so that a resize cannot blur the model's test."""
    inputs = {"input_ids": VECTORS[f"{case}.input_ids"]}
    if f"{case}.pixel_values" in VECTORS:
        inputs["pixel_values"] = VECTORS[f"{case}.pixel_values"]
        inputs["image_grid_thw"] = VECTORS[f"{case}.grid_thw"]
    return inputs


@pytest.fixture(scope="module", params=["eager", "sdpa"])
def parity_model(request: pytest.FixtureRequest) -> DotsOCRForCausalLM:
    return load(PARITY, request.param)


def test_parity_vectors_are_there() -> None:
    meta = json.loads((PARITY / "META.json").read_text(encoding="utf-8"))
    assert set(meta["cases"]) <= set(CASES)
    assert cases_with("image_embeds")
    assert cases_with("logits", "greedy_ids")


def test_parity_of_the_tensor_names() -> None:
    """Every published name is used and none is invented, with its shape."""
    with safe_open(PARITY / "model.safetensors", "pt") as file:
        published = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
    model, info = DotsOCRForCausalLM.from_pretrained(PARITY, output_loading_info=True)
    assert not any(info.values()), info
    assert {name: list(part.shape) for name, part in model.state_dict().items()} == published


def test_parity_of_the_published_configuration() -> None:
    """Our defaults are the published sizes; what the file says is what the model reads."""
    published = json.loads((OWN / "published_config.json").read_text(encoding="utf-8"))
    vision = published.pop("vision_config")
    read = DotsOCRConfig(**published, vision_config=dict(vision))
    assert read.architectures == ["DotsOCRForCausalLM"]
    assert read.rope_parameters == {"rope_type": "default", "rope_theta": 1_000_000}
    assert read.vision_config._attn_implementation is None  # flash_attention_2 is not forced
    defaults = DotsOCRConfig()
    own = {"architectures", "auto_map", "torch_dtype", "transformers_version"}
    renamed = {"rope_theta", "rope_scaling", "attention_bias", "model_type"}
    for key in published.keys() - own - renamed:
        assert getattr(defaults, key) == getattr(read, key), key
    for key, value in vision.items():
        if key != "attn_implementation":
            assert getattr(defaults.vision_config, key) == value, key
            assert getattr(read.vision_config, key) == value, key


def resize_rows() -> list[Any]:
    return json.loads((OWN / "resize_table.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", resize_rows(), ids=lambda row: f"{row['h']}x{row['w']}")
def test_parity_of_the_resize_table(row: dict[str, Any]) -> None:
    processor = DotsImageProcessor()
    size = (row["w"], row["h"])
    if "ratio" in row.get("error", ""):
        with pytest.raises(ValueError, match="200"):
            processor.resized_size(size)
    elif "error" in row:  # a side below 28: 4.51.3 refused it, the authors' own helper does not
        width, height = processor.resized_size(size)
        assert width % 28 == height % 28 == 0
        assert width * height >= 3136
    else:
        assert processor.resized_size(size) == (row["resized_w"], row["resized_h"])
        assert row["image_tokens"] == row["resized_w"] * row["resized_h"] // 28**2


@pytest.mark.parametrize("case", cases_with("image_0", "pixel_values"))
def test_parity_of_the_pixels(case: str) -> None:
    got = DotsImageProcessor()(images=images_of(case), return_tensors="pt")
    assert torch.equal(got["image_grid_thw"], VECTORS[f"{case}.grid_thw"])
    torch.testing.assert_close(
        got["pixel_values"], VECTORS[f"{case}.pixel_values"], atol=1e-5, rtol=0
    )


INTERMEDIATE = {
    "patch_embed_out": "patch_embed",
    "vision_block0_out": "blocks.0",
    "post_trunk_norm_out": "post_trunk_norm",
}


@pytest.mark.parametrize("case", cases_with("pixel_values"))
@torch.no_grad()
def test_parity_inside_the_tower(parity_model: DotsOCRForCausalLM, case: str) -> None:
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        return lambda _module, _inputs, output: seen.__setitem__(name, output)

    handles = [
        parity_model.vision_tower.get_submodule(path).register_forward_hook(keep(name))
        for name, path in INTERMEDIATE.items()
    ]
    try:
        inputs = model_inputs(case)
        embeds = parity_model.get_image_features(inputs["pixel_values"], inputs["image_grid_thw"])
    finally:
        for handle in handles:
            handle.remove()
    for name in INTERMEDIATE:
        if f"{case}.{name}" in VECTORS:
            torch.testing.assert_close(
                seen[name], VECTORS[f"{case}.{name}"], atol=1e-4, rtol=0, msg=f"{case}: {name}"
            )
    torch.testing.assert_close(embeds, VECTORS[f"{case}.image_embeds"], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("case", cases_with("logits"))
@torch.no_grad()
def test_parity_of_the_logits(parity_model: DotsOCRForCausalLM, case: str) -> None:
    logits = parity_model(**model_inputs(case)).logits[0]
    torch.testing.assert_close(logits, VECTORS[f"{case}.logits"], atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("case", cases_with("greedy_ids"))
def test_parity_of_greedy_decoding(parity_model: DotsOCRForCausalLM, case: str) -> None:
    expected = VECTORS[f"{case}.greedy_ids"]
    inputs = model_inputs(case)
    got = parity_model.generate(
        **inputs,
        attention_mask=torch.ones_like(inputs["input_ids"]),
        do_sample=False,
        max_new_tokens=len(expected),
        min_new_tokens=len(expected),
        eos_token_id=None,
        pad_token_id=0,
    )
    assert got[0, inputs["input_ids"].shape[1] :].tolist() == expected.tolist()


def test_parity_constant_that_no_vector_can_catch(parity_model: DotsOCRForCausalLM) -> None:
    """The merger's LayerNorm has eps 1e-6 beside a tower of 1e-5 (ARCHITECTURE.md)."""
    assert parity_model.vision_tower.merger.ln_q.eps == 1e-6
    assert parity_model.vision_tower.blocks[0].norm1.eps == 1e-5
