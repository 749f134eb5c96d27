"""Ids and images as the published processor makes them, through AutoProcessor."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoProcessor

from engine.families.phi3_vision import Phi3VImageProcessor, Phi3VProcessor
from engine.families.phi3_vision.processing import hd_transform
from tests.families.phi3_vision.published import (
    PUBLISHED,
    TEMPLATE,
    write_folder,
    write_tokenizer,
)

SQUARE = Image.new("RGB", (40, 40), "navy")  # 757 tokens with 4 crops, 313 with 1
WIDE = Image.new("RGB", (90, 30), "olive")


@pytest.fixture(scope="module")
def processor(published_folder: Path) -> Phi3VProcessor:
    return AutoProcessor.from_pretrained(published_folder)


@pytest.fixture(scope="module")
def published_ids(tmp_path_factory: pytest.TempPathFactory) -> Phi3VProcessor:
    """A processor whose tokenizer has the ids of the published vocabulary."""
    folder = write_folder(tmp_path_factory.mktemp("published_ids"))
    write_tokenizer(folder, PUBLISHED, 32000)
    return AutoProcessor.from_pretrained(folder)


def test_published_files_load_our_classes_and_run_no_code(processor):
    assert type(processor) is Phi3VProcessor
    assert type(processor.image_processor) is Phi3VImageProcessor
    assert processor.image_processor.num_crops == 4


def test_settings_can_be_given_at_loading(published_folder):
    assert AutoProcessor.from_pretrained(published_folder, num_crops=16).image_processor.num_crops
    images = AutoImageProcessor.from_pretrained(published_folder, num_crops=16)
    assert images.num_crops == 16


def test_saved_processor_loads_again(processor, tmp_path):
    processor.save_pretrained(tmp_path)
    again = AutoProcessor.from_pretrained(tmp_path)
    text = "<|user|>\n<|image_1|>\nhow?<|end|>\n<|assistant|>\n"
    before, after = (p(text=text, images=SQUARE, return_tensors="pt") for p in (processor, again))
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_one_image_gives_the_published_ids(published_ids):
    text = "<|user|>\n<|image_1|>\nWhat is shown?<|end|>\n<|assistant|>\n"
    ids = published_ids(text=text, images=SQUARE)["input_ids"][0]
    before, after = [1, 32010, 29871, 13], [1, 29871, 13, 5618, 338, 4318, 29973]
    assert ids == before + [-1] * 757 + after + [32007, 29871, 13, 32001]


def test_two_images_and_no_image_give_the_published_ids(published_ids):
    text = "<|user|>\n<|image_1|>\n<|image_2|>\nWhat is shown?<|end|>\n<|assistant|>\n"
    ids = published_ids(text=text, images=[SQUARE, WIDE], num_crops=1)["input_ids"][0]
    asked = [29871, 13, 5618, 338, 4318, 29973, 32007, 29871, 13, 32001]
    between = [1, 29871, 13]
    assert ids == [1, 32010, 29871, 13, *[-1] * 313, *between, *[-2] * 313, 1, *asked]
    text = "<|user|>\nWhat is shown?<|end|>\n<|assistant|>\n"
    assert published_ids(text=text)["input_ids"] == [[1, 32010, *asked]]


def test_chat_template_is_the_published_one_for_strings(processor):
    chat = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "<|image_1|>\nhow?"},
        {"role": "assistant", "content": "so"},
        {"role": "user", "content": "why?"},
    ]
    for prompt in (True, False):
        options = {"tokenize": False, "add_generation_prompt": prompt}
        published = processor.tokenizer.apply_chat_template(chat, chat_template=TEMPLATE, **options)
        assert processor.apply_chat_template(chat, **options) == published


def test_chat_template_numbers_images_through_the_turns(processor):
    chat = [
        {"role": "user", "content": [{"type": "image"}, {"type": "image"}, {"type": "text"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "so"}]},
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "why?"}]},
    ]
    chat[0]["content"][2]["text"] = "how?"
    assert processor.apply_chat_template(chat, add_generation_prompt=True) == (
        "<|user|>\n<|image_1|>\n<|image_2|>\nhow?<|end|>\n<|assistant|>\nso<|end|>\n"
        "<|user|>\n<|image_3|>\nwhy?<|end|>\n<|assistant|>\n"
    )


def test_chat_template_and_images_in_one_call(processor):
    chat = [
        {
            "role": "user",
            "content": [{"type": "image", "image": SQUARE}, {"type": "text", "text": "how?"}],
        }
    ]
    made = processor.apply_chat_template(
        chat, tokenize=True, return_dict=True, return_tensors="pt", add_generation_prompt=True
    )
    text = "<|user|>\n<|image_1|>\nhow?<|end|>\n<|assistant|>\n"
    assert torch.equal(
        made["input_ids"], processor(text=text, images=SQUARE, return_tensors="pt")["input_ids"]
    )
    assert made["pixel_values"].shape == (1, 5, 3, 336, 336)


def test_next_turn_goes_on_where_the_last_one_ended(processor):
    """Whole conversation at once = first turn, answer, and next turn, tokenised one by one."""
    first = "<|user|>\n<|image_1|>\nhow?<|end|>\n<|assistant|>\n"
    answer, next_turn = "so.", "<|end|>\n<|user|>\n<|image_2|>\nwhy?<|end|>\n<|assistant|>\n"
    whole = processor(text=first + answer + next_turn, images=[SQUARE, WIDE], num_crops=1)
    opened = processor(text=first, images=[SQUARE], num_crops=1)["input_ids"][0]
    said = processor.tokenizer.encode(answer, add_special_tokens=False)
    options = {"num_crops": 1, "first_image": 2, "continues": True}
    more = processor(text=next_turn, images=[WIDE], **options)["input_ids"][0]
    assert opened + said + more == whole["input_ids"][0]


def test_several_prompts_are_padded_on_the_left(processor):
    texts = ["<|user|>\n<|image_1|>\nhow?<|end|>\n", "<|user|>\nwhy?<|end|>\n"]
    made = processor(text=texts, images=[[SQUARE], []], num_crops=1, return_tensors="pt")
    alone = processor(text=texts[1], return_tensors="pt")["input_ids"][0]
    assert torch.equal(made["input_ids"][1, -len(alone) :], alone)
    assert made["attention_mask"].sum(1).tolist() == [made["input_ids"].shape[1], len(alone)]


@pytest.mark.parametrize(
    ("text", "images", "says"),
    [
        ("<|image_2|> x", [SQUARE], "numbers from 1 on"),
        ("<|image_1|><|image_1|> x", [SQUARE], "each once"),
        ("<|image_1|> x", None, "1 image tags, and 0 images"),
        ("x", [SQUARE], "0 image tags, and 1 images"),
        ("<|image_1|> x", [], "empty"),
        (None, [SQUARE], "needs text"),
    ],
)
def test_tags_and_images_that_do_not_fit_are_refused(processor, text, images, says):
    with pytest.raises(ValueError, match=says):
        processor(text=text, images=images)


def test_unknown_options_and_other_inputs_are_refused(processor):
    with pytest.raises(TypeError, match="num_cropz"):
        processor(text="x", num_cropz=3)
    with pytest.raises(ValueError, match="no video"):
        processor(text="x", videos=[SQUARE])
    with pytest.raises(TypeError, match="str"):
        processor(text="<|image_1|>", images="https://example.org/a.png")


def test_portrait_pages_get_white_at_the_sides_and_arrays_are_images():
    page = hd_transform(Image.new("RGB", (40, 200), "black"), 4)
    assert page.size == (336, 1344)
    assert page.getpixel((0, 700)) == (255, 255, 255) and page.getpixel((168, 700)) == (0, 0, 0)
    grey = Image.new("L", (64, 48), 90)
    images = Phi3VImageProcessor(num_crops=1)
    values = [images(x)["pixel_values"] for x in (grey, np.array(grey.convert("RGB")))]
    assert torch.equal(*values)
    thread = images(Image.new("RGB", (1, 9000)))["image_sizes"]
    assert thread.tolist() == [[336, 336]]


def test_decoding_skips_image_positions_and_stop_ids_are_known(processor):
    made = processor(text="<|image_1|>how?", images=SQUARE, num_crops=1, return_tensors="pt")
    assert processor.batch_decode(made["input_ids"], skip_special_tokens=True) == ["how?"]
    assert processor.stop_token_ids == [2, 48, 55]
