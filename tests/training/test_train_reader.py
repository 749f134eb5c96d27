"""The pages, conversations and losses that the reader is trained with."""

import random

import pytest
import torch
from transformers import Qwen2VLForConditionalGeneration

from tests.families.tiny import QWEN2_TEMPLATE
from training.reader_model import build_model, build_processor
from training.reader_pages import CELL, COLUMNS, LABELS, ROWS, is_held_out, random_page
from training.reader_talks import Batch, Sight, random_talk
from training.train_reader import exact_share


@pytest.fixture(scope="module")
def processor():
    return build_processor()


@pytest.fixture(scope="module")
def model(processor):
    torch.manual_seed(0)
    return build_model(processor.tokenizer, hidden=64, layers=1)


def test_no_value_of_a_test_page_can_stand_on_a_training_page() -> None:
    chance = random.Random(0)
    kept, used = (
        {value for _ in range(200) for _, value in random_page(chance, held_out=held).rows}
        for held in (True, False)
    )
    assert len(kept) > 300 and len(used) > 300
    assert not kept & used
    assert all(map(is_held_out, kept)) and not any(map(is_held_out, used))


def test_a_page_has_each_label_once_and_one_glyph_in_a_cell() -> None:
    page = random_page(random.Random(1))
    assert sorted(label for label, _ in page.rows) == sorted(LABELS)
    cells = page.cells()
    assert len(cells) == ROWS * COLUMNS
    for number, (label, value) in enumerate(page.rows):
        assert cells[number * COLUMNS :][:COLUMNS].split() == [label, value]
    picture = page.draw(random.Random(2)).convert("L")
    assert picture.size == (COLUMNS * CELL, ROWS * CELL)
    # A glyph's ink stays in its cell; a cell without one is paper.
    paper = max(picture.tobytes())
    for place, glyph in enumerate(cells):
        row, column = divmod(place, COLUMNS)
        box = (column * CELL, row * CELL, (column + 1) * CELL, (row + 1) * CELL)
        darkest = picture.crop(box).getextrema()[0]
        assert (darkest < 120) == (glyph != " ") or darkest == paper, (place, glyph)


def test_a_conversation_is_learnt_as_the_processor_writes_it(model, processor) -> None:
    chance = random.Random(3)
    talks = [random_talk(chance, pages=pages) for pages in (1, 2)]
    batch = Batch(model, processor, talks, random.Random(4))
    for talk, ids, labels in zip(talks, batch.ids.tolist(), batch.labels.tolist(), strict=True):
        text = processor.apply_chat_template(list(talk.messages), tokenize=False)
        pages = [page.draw(random.Random(5)) for page in talk.pages]
        reference = processor(text=[text], images=pages)["input_ids"][0]
        assert ids[: len(reference)] == list(reference)
        learnt = processor.tokenizer.decode([label for label in labels if label != -100])
        said = [
            message["content"][0]["text"]
            for message in talk.messages
            if message["role"] == "assistant"
        ]
        assert learnt == "".join(f"{answer}<|im_end|>" for answer in said)
    assert int(batch.is_image.sum()) == len(batch.sight.embed(model))


def test_each_visual_token_is_asked_for_the_glyph_in_its_cell(model, processor) -> None:
    page = random_page(random.Random(6))
    sight = Sight(processor, [page], random.Random(7))
    assert processor.tokenizer.decode(sight.glyphs) == page.cells()
    assert [LABELS[label] for label in sight.labels[::COLUMNS]] == [row[0] for row in page.rows]
    assert sight.places.reshape(ROWS, COLUMNS).tolist() == [[4] * 6 + [0, 1, 2, 3]] * ROWS


def test_an_untrained_model_reads_nothing(model, processor) -> None:
    assert exact_share(model, processor, 10, seed=0) == 0.0


def test_the_template_is_the_one_that_golden_prompts_check(processor) -> None:
    talk = [dict(message) for message in random_talk(random.Random(8), pages=2).messages]
    ours = processor.apply_chat_template(talk, tokenize=False, add_generation_prompt=True)
    theirs = processor.apply_chat_template(
        talk, chat_template=QWEN2_TEMPLATE, tokenize=False, add_generation_prompt=True
    )
    assert ours == theirs


def test_the_checkpoint_is_small_enough_to_commit(processor) -> None:
    full = build_model(processor.tokenizer)
    assert isinstance(full, Qwen2VLForConditionalGeneration)
    halves = sum(2 * weight.numel() for weight in full.parameters())
    assert halves < 5e6
