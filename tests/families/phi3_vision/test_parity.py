"""The reference's numbers, step by step; the first failing step tells where the fault is.

The folder comes from SCANCHAT_PARITY_DIR, so that the same tests run on other checkpoints of the
same format. Model tests are fed the stored pixels and ids.
"""

import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForImageTextToText, PreTrainedTokenizerFast

from engine.families.phi3_vision.processing import (
    Phi3VImageProcessor,
    Phi3VProcessor,
    hd_transform,
)
from engine.families.phi3_vision.vision import image_token_count
from tests.families.phi3_vision.published import ADDED, PARITY, write_tokenizer
from tests.missing import missing

META: dict[str, Any] = (
    json.loads((PARITY / "META.json").read_text()) if PARITY.is_dir() else {"cases": {}}
)
CASES = META["cases"]
pytestmark = pytest.mark.skipif(not CASES, reason=missing(f"the parity folder {PARITY}"))
STORED = load_file(PARITY / "vectors.safetensors") if CASES else {}


def having(tensor: str) -> Any:
    return pytest.mark.parametrize("case", [c for c in CASES if f"{c}.{tensor}" in STORED])


ATTENTION = pytest.mark.parametrize("attention", ["eager", "sdpa"])


def images_of(case: str) -> list[Image.Image]:
    """The stored images, or the one that META.json gives by a formula."""
    stored = [key for key in STORED if re.fullmatch(rf"{re.escape(case)}\.image_\d+", key)]
    if stored:
        return [Image.fromarray(STORED[f"{case}.image_{i}"].numpy()) for i in range(len(stored))]
    pattern = r"H=(\d+) W=(\d+).*\((\d+)\*y \+ (\d+)\*x \+ (\d+)\*c \+ \(x\*y\)//(\d+)\) mod (\d+)"
    found = re.search(pattern, CASES[case]["image"])
    assert found, CASES[case]["image"]
    height, width, a, b, c, d, modulus = map(int, found.groups())
    y, x, channel = np.ogrid[:height, :width, :3]
    values = (a * y + b * x + c * channel + (x * y) // d) % modulus
    return [Image.fromarray(values.astype(np.uint8))]


def stored_pixels(case: str) -> dict[str, torch.Tensor]:
    """pixel_values as the reference had them, rebuilt from the stored HD images (README)."""
    if f"{case}.image_sizes" not in STORED:
        return {}
    mean = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(3, 1, 1)
    std = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(3, 1, 1)
    slots = STORED[f"{case}.pixel_values_stride12"].shape[1]
    pages = []
    for number in range(len(STORED[f"{case}.image_sizes"])):
        page = STORED[f"{case}.hd_image_{number}"].permute(2, 0, 1) / 255
        page = (page - mean) / std
        whole = torch.nn.functional.interpolate(page[None], (336, 336), mode="bicubic")
        tiles = [t for row in page.split(336, 1) for t in row.split(336, 2)]
        filled = torch.cat([whole, torch.stack(tiles)])
        pages.append(torch.cat([filled, torch.zeros(slots - len(filled), 3, 336, 336)]))
    return {"pixel_values": torch.stack(pages), "image_sizes": STORED[f"{case}.image_sizes"]}


def test_parity_published_names_load_strictly():
    names = {line.split("\t")[0] for line in (PARITY / "NAMES.txt").read_text().splitlines()}
    model, info = AutoModelForImageTextToText.from_pretrained(PARITY, output_loading_info=True)
    assert type(model).__name__ == model.config.architectures[0]
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["error_msgs"]
    assert set(model.state_dict()) == names
    weights = load_file(PARITY / "model.safetensors")
    assert not any(model.load_state_dict(weights, strict=True))


def test_parity_published_config_gives_the_published_model():
    config = AutoConfig.from_pretrained(PARITY / "published_config.json")
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config)
    kinds = {re.sub(r"\.\d+\.", ".N.", name) for name in model.state_dict()}
    stored = load_file(PARITY / "model.safetensors")
    assert kinds == {re.sub(r"\.\d+\.", ".N.", name) for name in stored}
    assert len(model.model.layers) == 32
    tower = model.model.vision_embed_tokens.img_processor.vision_model
    assert len(tower.encoder.layers) == 24
    assert tower.config.hidden_act == "quick_gelu" and tower.config.num_attention_heads == 16
    assert tower.embeddings.position_embedding.weight.shape == (577, 1024)
    assert config._attn_implementation == "sdpa"  # flash_attention_2 in the file binds nobody
    # Two shards of 4.94 and 3.35 GB in bfloat16 on the hub.
    assert sum(p.numel() for p in model.parameters()) * 2 == pytest.approx(8.29e9, abs=1e7)


@having("pixel_values_stride12")
def test_parity_pixels(case):
    crops = CASES[case]["num_crops_setting"]
    images = images_of(case)
    for number, image in enumerate(images):
        stored = STORED.get(f"{case}.hd_image_{number}")
        if stored is not None:
            assert np.array_equal(np.array(hd_transform(image, crops)), stored.numpy())
    out = Phi3VImageProcessor(num_crops=crops)(images)
    assert torch.equal(out["image_sizes"], STORED[f"{case}.image_sizes"])
    assert out["num_img_tokens"] == STORED[f"{case}.num_img_tokens"].tolist()
    pixels = out["pixel_values"]
    close = {"atol": 1e-5, "rtol": 0}
    torch.testing.assert_close(
        pixels[..., ::12, ::12], STORED[f"{case}.pixel_values_stride12"], **close
    )
    mean = STORED[f"{case}.pixel_values_crop_mean"]
    torch.testing.assert_close(pixels.mean((-1, -2)), mean, **close)
    absmean = STORED[f"{case}.pixel_values_crop_absmean"]
    torch.testing.assert_close(pixels.abs().mean((-1, -2)), absmean, **close)


def test_parity_resize_table():
    for row in json.loads((PARITY / "resize_table.json").read_text()):
        page = hd_transform(Image.new("RGB", (row["w"], row["h"])), row["num_crops"])
        assert (page.height, page.width) == (row["hd_h"], row["hd_w"]), row
        tiles = page.height // 336, page.width // 336
        assert tiles[0] * tiles[1] == row["crops"]
        assert image_token_count(*tiles) == row["image_tokens"]


@having("input_ids")
def test_parity_ids(case, tmp_path):
    """The stored ids, written back as text, come out of the processor again."""
    ids = STORED[f"{case}.input_ids"][0].tolist()
    known = META["special_token_remap"]["tiny"]
    start, newline, first_added = known["bos"], known["nl"], known["endoftext"]
    if ids[1] != known["user"]:
        pytest.skip("not a chat: nobody can type these ids")
    space = ids[2]  # the piece that opens every text, between `<|user|>` and the newline
    # A character for every id below the added tokens.
    letters = {index: chr(0x4E00 + index) for index in range(3, first_added)}
    letters |= {0: "<unk>", start: "<s>", 2: "</s>", newline: "<0x0A>", space: "▁"}
    write_tokenizer(tmp_path, {piece: index for index, piece in letters.items()}, first_added)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(tmp_path / "tokenizer.json"), bos_token="<s>", pad_token="<|endoftext|>"
    )
    names = {first_added + offset: name for offset, name in ADDED.items()}
    typed = letters | {newline: "\n", space: " ", start: ""} | names
    text, last = "", start
    for index in ids:
        opens = last in names or last == start
        if index < 0:
            text += "" if index == last else f"<|image_{-index}|>"
        elif index != space or not opens:
            text += typed[index]
        last = index
    processor = Phi3VProcessor(
        Phi3VImageProcessor(num_crops=CASES[case]["num_crops_setting"]), tokenizer
    )
    images = images_of(case) if CASES[case]["images_hw"] else None
    made = processor(text=text, images=images, return_tensors="pt")
    assert made["input_ids"].tolist() == [ids]


@ATTENTION
@having("clip_features_stride16")
@torch.no_grad()
def test_parity_clip_features(case, attention, load):
    tower = load(attention, PARITY).model.vision_embed_tokens.img_processor
    features = tower(stored_pixels(case)["pixel_values"].flatten(0, 1))
    stored = STORED[f"{case}.clip_features_stride16"]
    torch.testing.assert_close(features[:, ::16], stored, atol=1e-4, rtol=0)


@ATTENTION
@having("image_embeds")
@torch.no_grad()
def test_parity_image_embeds(case, attention, load):
    embeds = load(attention, PARITY).model.vision_embed_tokens(**stored_pixels(case))
    torch.testing.assert_close(embeds, STORED[f"{case}.image_embeds"], atol=1e-4, rtol=1e-4)


@ATTENTION
@having("logits")
@torch.no_grad()
def test_parity_logits(case, attention, load):
    scores = load(attention, PARITY)(STORED[f"{case}.input_ids"], **stored_pixels(case)).logits[0]
    torch.testing.assert_close(scores, STORED[f"{case}.logits"], atol=1e-3, rtol=1e-4)


@ATTENTION
@pytest.mark.parametrize("cache", ["dynamic", "static"])
@having("greedy_ids")
def test_parity_greedy_ids(case, attention, cache, load):
    ids, wanted = STORED[f"{case}.input_ids"], STORED[f"{case}.greedy_ids"]
    chosen = load(attention, PARITY).generate(
        ids,
        **stored_pixels(case),
        max_new_tokens=len(wanted),
        do_sample=False,
        cache_implementation=cache,
    )
    assert chosen[0, ids.shape[1] :].tolist() == wanted.tolist()
