"""DeepSeek-OCR v1 against the reference's numbers, stage by stage (README.md of the vectors)."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.families.deepseek_ocr import DeepseekVLV2Processor
from engine.families.deepseek_ocr.processing import Mode, PageViews, see, token_count
from tests.families.deepseek_ocr.conftest import NO_TOKEN, vectors
from tests.families.tiny_deepseek_ocr import meta, tokenizer

CASES = list(meta()["cases"])
PAGES = [name for name in CASES if f"{name}.global_stride16" in vectors()]
IMAGES = [name for name in CASES if f"{name}.image_embeds" in vectors()]
PROMPTS = [name for name in CASES if f"{name}.input_ids" in vectors()]
ModelWith = Callable[[str], Any]
_ENCODED: dict[tuple[str, str], dict[str, Any]] = {}


def stored(case: str, name: str) -> torch.Tensor:
    return vectors()[f"{case}.{name}"]


def page_of(case: str) -> Image.Image:
    if f"{case}.image_0" in vectors():
        return Image.fromarray(stored(case, "image_0").numpy())
    height, width = map(int, re.search(r"H=(\d+) W=(\d+)", meta()["cases"][case]["image"]).groups())
    y, x, c = np.ogrid[:height, :width, :3]
    return Image.fromarray(((7 * y + 13 * x + 29 * c + (x * y) // 5) % 256).astype(np.uint8))


def views_of(case: str) -> PageViews:
    facts = meta()["cases"][case]
    return see(page_of(case), Mode(facts["base_size"], facts["image_size"], facts["crop_mode"]))


def encoded(model: Any, attention: str, case: str) -> dict[str, Any]:
    """Features of a case and of the stages before, computed once per attention."""
    if (attention, case) not in _ENCODED:
        found: dict[str, Any] = {"sam": [], "clip": []}
        tower = model.model.vision_tower
        hooks = [
            stage.register_forward_hook(
                lambda _module, _args, output, name=name: found[name].append(
                    output.last_hidden_state
                )
            )
            for name, stage in (("sam", tower.sam_encoder), ("clip", tower.vision_encoder))
        ]
        views = views_of(case)
        page = views.page
        if f"{case}.global_u8" in vectors():
            page = (stored(case, "global_u8").float() / 255 - 0.5) / 0.5
        counts = None if views.tiles is None else [len(views.tiles)]
        with torch.inference_mode():
            found["image"] = model.get_image_features(page, views.tiles, counts, [list(views.grid)])
        for hook in hooks:
            hook.remove()
        _ENCODED[attention, case] = found
    return _ENCODED[attention, case]


def inputs_of(model: Any, attention: str, case: str) -> dict[str, Any]:
    images = {}
    if case in IMAGES:
        images = {"mm_encoder_outputs": {"image": encoded(model, attention, case)["image"]}}
    return {"input_ids": stored(case, "input_ids"), **images}


def close(mine: torch.Tensor, theirs: torch.Tensor, atol: float) -> None:
    torch.testing.assert_close(mine, theirs, atol=atol, rtol=1e-4)


@pytest.mark.parametrize("case", PAGES)
def test_parity_of_pixels(case: str) -> None:
    views = views_of(case)
    assert list(views.grid) == stored(case, "images_spatial_crop")[0].tolist()
    assert views.tokens == meta()["cases"][case]["image_tokens"]
    for name, pixels in (("global", views.page), ("crops", views.tiles)):
        if f"{case}.{name}_stride16" not in vectors():
            assert pixels is None
            continue
        assert pixels is not None
        close(pixels[..., ::16, ::16], stored(case, f"{name}_stride16"), 1e-5)
        close(pixels.mean((-1, -2)), stored(case, f"{name}_mean"), 1e-5)
        close(pixels.abs().mean((-1, -2)), stored(case, f"{name}_absmean"), 1e-5)


@pytest.mark.parametrize("case", IMAGES)
def test_parity_of_the_image_positions_in_the_prompt(case: str) -> None:
    ids = stored(case, "input_ids")[0].tolist()
    processor = DeepseekVLV2Processor(tokenizer())
    tokens = token_count(views_of(case).page.shape[-1], views_of(case).grid)
    mine = processor.prompt_ids("<image>", tokens)
    assert mine == ids[: len(mine)]
    assert ids.count(processor.image_token_id) == tokens


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("case", IMAGES)
def test_parity_of_sam_clip_and_image_embeds(
    model_with: ModelWith, attention: str, case: str
) -> None:
    found = encoded(model_with(attention), attention, case)
    for stage in ("sam", "clip"):
        close(found[stage][0], stored(case, f"{stage}_global"), 1e-4)
        if f"{case}.{stage}_crop0" in vectors():
            close(found[stage][1][:1], stored(case, f"{stage}_crop0"), 1e-4)
    close(found["image"].pooler_output[0], stored(case, "image_embeds"), 1e-4)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("case", PROMPTS)
def test_parity_of_logits_and_greedy_ids(model_with: ModelWith, attention: str, case: str) -> None:
    model = model_with(attention)
    with torch.inference_mode():
        prefilled = model(**inputs_of(model, attention, case), use_cache=True)
        close(prefilled.logits[0], stored(case, "logits"), 1e-3)
        cache = prefilled.past_key_values
        cache.crop(-1)
        ids = stored(case, "input_ids")
        wanted = stored(case, "greedy_ids").tolist()
        said = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            past_key_values=cache,
            max_new_tokens=len(wanted),
            do_sample=False,
            eos_token_id=NO_TOKEN,
        )
    assert said[0, ids.shape[1] :].tolist() == wanted


@pytest.mark.parametrize("case", IMAGES[:1])
def test_parity_of_generate_from_pixels(model_with: ModelWith, case: str) -> None:
    """The tensors that the processor hands out are those that `generate` takes."""
    model = model_with("sdpa")
    wanted = stored(case, "greedy_ids").tolist()[:4]
    ids = stored(case, "input_ids")
    said = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=len(wanted),
        do_sample=False,
        eos_token_id=NO_TOKEN,
        **views_of(case).tensors(),
    )
    assert said[0, ids.shape[1] :].tolist() == wanted
