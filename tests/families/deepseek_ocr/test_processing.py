"""Grids, modes, prompts and tokens of DeepSeek-OCR v1."""

import json

import pytest
import torch
from PIL import Image

from engine.families.deepseek_ocr import DeepseekVLV2Processor
from engine.families.deepseek_ocr.processing import (
    _GRIDS,
    MODES,
    TagKeepingTokenizer,
    choose_grid,
    mode_for,
    see,
    token_count,
)
from tests.families.tiny_deepseek_ocr import FOLDER, tokenizer

TABLE = json.loads((FOLDER / "resize_table.json").read_text(encoding="utf-8"))


def test_grids_are_compared_in_the_order_of_the_reference() -> None:
    assert [list(grid) for grid in _GRIDS] == TABLE["candidate_grids_in_reference_order_w_h"]


@pytest.mark.parametrize("row", TABLE["table"], ids=lambda row: f"{row['w']}x{row['h']}")
def test_every_row_of_the_resize_table(row: dict[str, int]) -> None:
    grid = choose_grid(row["w"], row["h"])
    assert grid == (row["crops_wide"], row["crops_high"])
    assert token_count(1024, grid) == row["image_tokens_gundam"]


def test_fewer_tiles_when_told_so() -> None:
    assert choose_grid(2000, 2000) == (3, 3)
    assert choose_grid(2000, 2000, max_tiles=6) == (2, 2)


@pytest.mark.parametrize(
    ("mode", "tokens"), [("tiny", 73), ("small", 111), ("base", 273), ("large", 421)]
)
def test_square_modes_have_the_published_token_counts(mode: str, tokens: int) -> None:
    views = see(Image.new("RGB", (900, 1300), "white"), mode)
    assert views.tokens == tokens
    assert views.tiles is None
    assert views.page.shape == (1, 3, MODES[mode].view_size, MODES[mode].view_size)


def test_padding_is_grey_and_the_page_is_centred() -> None:
    page = see(Image.new("RGB", (500, 1000), "white"), "base").page[0]
    grey = (127 / 255 - 0.5) / 0.5
    assert torch.allclose(page[:, :, 0], torch.tensor(grey))
    assert torch.equal(page[:, :, 512], torch.ones(3, 1024))


def test_gundam_cuts_tiles_row_by_row() -> None:
    page = Image.new("RGB", (1280, 1280))
    for place, colour in (((0, 0), "red"), ((640, 0), "lime"), ((0, 640), "blue")):
        page.paste(Image.new("RGB", (640, 640), colour), place)
    views = see(page)
    assert views.grid == (2, 2)
    assert views.tiles is not None
    middles = views.tiles[:, :, 320, 320].tolist()
    assert middles == [[1, -1, -1], [-1, 1, -1], [-1, -1, 1], [-1, -1, -1]]


def test_exif_orientation_is_applied() -> None:
    page = Image.new("RGB", (1300, 700))
    exif = page.getexif()
    exif[0x0112] = 6
    import io

    file = io.BytesIO()
    page.save(file, "JPEG", exif=exif)
    assert see(Image.open(file)).grid == choose_grid(700, 1300)


@pytest.mark.parametrize(
    ("max_pixels", "mode"),
    [(None, "gundam"), (512 * 512, "tiny"), (1024 * 1024, "base"), (10**7, "large"), (9, "tiny")],
)
def test_settings_choose_the_mode(max_pixels: int | None, mode: str) -> None:
    assert mode_for(max_pixels) == mode


def test_a_prompt_is_begin_text_image_text() -> None:
    processor = DeepseekVLV2Processor(tokenizer())
    ids = processor.prompt_ids("<image>\n<|grounding|>Convert the document to markdown. ", 3)
    word = tokenizer().convert_tokens_to_ids
    assert ids[:5] == [word("<｜begin▁of▁sentence｜>"), *[processor.image_token_id] * 3, word("\n")]
    assert ids[5] == word("<|grounding|>")
    assert ids[-1] == word(".")


def test_a_prompt_without_a_placeholder_follows_the_image() -> None:
    processor = DeepseekVLV2Processor(tokenizer())
    assert processor.prompt_ids("Free OCR.", 2) == processor.prompt_ids("<image>\nFree OCR.", 2)


def test_a_second_image_in_a_users_words_is_dropped() -> None:
    processor = DeepseekVLV2Processor(tokenizer())
    ids = processor.prompt_ids("<image>\nWhat is <image>here?", 2)
    assert ids.count(processor.image_token_id) == 2
    assert processor.prompt_ids("a<image>b", 0).count(processor.image_token_id) == 0


def test_inputs_hold_everything_that_generate_takes() -> None:
    inputs = DeepseekVLV2Processor(tokenizer())(Image.new("RGB", (700, 1300)), "<image>\nFree OCR.")
    assert inputs["input_ids"].shape == inputs["attention_mask"].shape
    assert inputs["pixel_values"].shape == (1, 3, 1024, 1024)
    assert inputs["pixel_values_local"].shape == (2, 3, 640, 640)
    assert inputs["patches_grid"].tolist() == [[1, 2]]


def test_layout_tags_are_part_of_the_answer() -> None:
    words = tokenizer()
    text = "<|ref|>title<|/ref|><|det|>[[1, 2, 3, 4]]<|/det|><td>a</td>"
    ids = [words.bos_token_id, *words(text)["input_ids"], words.eos_token_id]
    assert TagKeepingTokenizer(words).decode(ids, skip_special_tokens=True) == text
    assert TagKeepingTokenizer(words).decode(torch.tensor(ids)) == text
