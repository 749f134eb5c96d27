"""Every way of decoding gives the tokens of the plain one: caches, turns, batches, beams."""

from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import StaticCache

from engine.families.dots_ocr import DotsOCRForCausalLM

NEW = 8


def ids_with_images(model: DotsOCRForCausalLM, *tokens: int) -> list[int]:
    """A prompt: some text, then for each entry that many image tokens, then text."""
    image = model.config.image_token_id
    ids = [27, 5]
    for number in tokens:
        ids += [image + 1, *[image] * number, image + 2]
    return [*ids, 40, 7, 99, 13]


def page(rows: int, columns: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randn(rows * columns, 588, generator=generator)
    return pixels, torch.tensor([[1, rows, columns]])


def generate(model: DotsOCRForCausalLM, ids: Tensor, **options: Any) -> Any:
    settings = {
        "attention_mask": torch.ones_like(ids),
        "do_sample": False,
        "max_new_tokens": NEW,
        "eos_token_id": None,
        "pad_token_id": 0,
    }
    return model.generate(input_ids=ids, **{**settings, **options})


@pytest.fixture
def question(model: DotsOCRForCausalLM) -> dict[str, Tensor]:
    pixels, grid = page(4, 6, seed=1)
    ids = torch.tensor([ids_with_images(model, 6)])
    return {"ids": ids, "pixel_values": pixels, "image_grid_thw": grid}


def test_all_caches_and_none_give_the_same_tokens(
    model: DotsOCRForCausalLM, question: dict[str, Tensor]
) -> None:
    plain = generate(model, **question).tolist()
    assert generate(model, **question, use_cache=False).tolist() == plain
    assert generate(model, **question, cache_implementation="static").tolist() == plain
    cache = StaticCache(config=model.config, max_cache_len=64)
    assert generate(model, **question, past_key_values=cache).tolist() == plain


@torch.no_grad()
def test_cached_forward_equals_full_forward(
    model: DotsOCRForCausalLM, question: dict[str, Tensor]
) -> None:
    ids = torch.cat((question["ids"], torch.tensor([[11, 200, 31]])), dim=1)
    images = {name: question[name] for name in ("pixel_values", "image_grid_thw")}
    full = model(input_ids=ids, **images).logits
    start = question["ids"].shape[1]
    step = model(input_ids=ids[:, :start], **images, use_cache=True)
    parts = [step.logits]
    for position in range(start, ids.shape[1]):
        step = model(
            input_ids=ids[:, position : position + 1],
            past_key_values=step.past_key_values,
            use_cache=True,
        )
        parts.append(step.logits)
    torch.testing.assert_close(torch.cat(parts, dim=1), full, atol=1e-4, rtol=0)


@pytest.mark.parametrize("static", [False, True], ids=["dynamic", "static"])
@pytest.mark.parametrize("all_images_again", [False, True])
def test_a_second_turn_with_the_cache_equals_one_without(
    model: DotsOCRForCausalLM,
    question: dict[str, Tensor],
    static: bool,
    all_images_again: bool,
) -> None:
    cache = {"past_key_values": StaticCache(config=model.config, max_cache_len=96)}
    first = generate(model, **question, return_dict_in_generate=True, **(cache if static else {}))
    follow_up = torch.tensor([[55, 60, 301, 12]])
    ids = torch.cat((first.sequences, follow_up), dim=1)
    images = {name: question[name] for name in ("pixel_values", "image_grid_thw")}
    without = generate(model, ids, **images)
    calls: list[int] = []
    handle = model.vision_tower.register_forward_hook(lambda *_: calls.append(1))
    try:
        reused = generate(
            model,
            ids,
            past_key_values=first.past_key_values,
            **(images if all_images_again else {}),
        )
    finally:
        handle.remove()
    assert reused.tolist() == without.tolist()
    assert not calls, "the page was encoded again"


@pytest.mark.parametrize("all_images_again", [False, True])
def test_a_second_turn_may_bring_a_new_page(
    model: DotsOCRForCausalLM, question: dict[str, Tensor], all_images_again: bool
) -> None:
    first = generate(model, **question, return_dict_in_generate=True)
    new_pixels, new_grid = page(2, 8, seed=2)
    second = torch.tensor([ids_with_images(model, 4)])
    ids = torch.cat((first.sequences, second), dim=1)
    both = {
        "pixel_values": torch.cat((question["pixel_values"], new_pixels)),
        "image_grid_thw": torch.cat((question["image_grid_thw"], new_grid)),
    }
    without = generate(model, ids, **both)
    new = {"pixel_values": new_pixels, "image_grid_thw": new_grid}
    reused = generate(
        model,
        ids,
        past_key_values=first.past_key_values,
        **(both if all_images_again else new),
    )
    assert reused.tolist() == without.tolist()


def test_a_batch_with_padding_equals_its_rows(
    model: DotsOCRForCausalLM, question: dict[str, Tensor]
) -> None:
    short = torch.tensor([[3, 4, 5, 6, 7]])
    pad = question["ids"].shape[1] - short.shape[1]
    batch = torch.cat((question["ids"], torch.nn.functional.pad(short, (pad, 0))))
    mask = torch.ones_like(batch)
    mask[1, :pad] = 0
    images = {name: question[name] for name in ("pixel_values", "image_grid_thw")}
    together = generate(model, batch, attention_mask=mask, **images)
    assert together[0].tolist() == generate(model, **question)[0].tolist()
    assert together[1, pad:].tolist() == generate(model, short)[0].tolist()


def test_beams_share_one_encoding_of_the_page(
    model: DotsOCRForCausalLM, question: dict[str, Tensor]
) -> None:
    sizes: list[int] = []
    handle = model.vision_tower.register_forward_hook(
        lambda _module, args, _out: sizes.append(args[0].shape[0])
    )
    try:
        found = generate(model, **question, num_beams=3, num_return_sequences=3)
    finally:
        handle.remove()
    assert sizes == [24]
    # A forced score check: the best beam is at least as likely as greedy, by a full forward.
    images = {name: question[name] for name in ("pixel_values", "image_grid_thw")}

    def log_likelihood(sequence: Tensor) -> float:
        with torch.no_grad():
            logits = model(input_ids=sequence[None], **images).logits[0].log_softmax(-1)
        start = question["ids"].shape[1]
        steps = logits[start - 1 : -1].gather(1, sequence[start:, None])
        return float(steps.sum())

    scores = [log_likelihood(sequence) for sequence in found]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] >= log_likelihood(generate(model, **question)[0]) - 1e-4


def test_text_that_lost_image_tokens_is_refused(
    model: DotsOCRForCausalLM, question: dict[str, Tensor]
) -> None:
    with pytest.raises(ValueError, match=r"4 image tokens.* 6"):
        model(
            input_ids=torch.tensor([ids_with_images(model, 4)]),
            pixel_values=question["pixel_values"],
            image_grid_thw=question["image_grid_thw"],
        )
    with pytest.raises(ValueError, match="image_grid_thw"):
        model(input_ids=question["ids"], pixel_values=question["pixel_values"])
