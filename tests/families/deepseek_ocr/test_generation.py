"""Long runs, caches and precisions: what the reference vectors, 12 tokens long, do not see."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BitsAndBytesConfig, UnlimitedOcrForConditionalGeneration

from engine.families.deepseek_ocr import DeepseekOcrConfig, load_model
from tests.families.deepseek_ocr.conftest import NO_TOKEN, vectors
from tests.families.deepseek_ocr.random_checkpoint import save_random
from tests.families.tiny_deepseek_ocr import FOLDER, meta

LONG = 300
AFTER_WINDOW = 160
ModelWith = Callable[[str], Any]


def shortest_prompt() -> torch.Tensor:
    """(1, T) ids of the case without a page, or else of the shortest."""
    cases = {name: case for name, case in meta()["cases"].items() if "seq_len" in case}
    case = min(cases, key=lambda name: cases[name]["seq_len"])
    ids = vectors()[f"{case}.input_ids"]
    return ids[ids < 100][None] if cases[case].get("image_tokens") else ids


def greedy(model: Any, tokens: int, **options: Any) -> torch.Tensor:
    """(1, T + tokens) prompt and answer."""
    ids = shortest_prompt()
    return model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=tokens,
        do_sample=False,
        eos_token_id=NO_TOKEN,
        **options,
    )


def next_tokens(model: Any, sequence: torch.Tensor) -> list[int]:
    """What each position of the answer should have been, without any cache or window."""
    with torch.inference_mode():
        logits = model(input_ids=sequence, use_cache=False).logits
    start = shortest_prompt().shape[1] - 1
    return logits[0, start:-1].argmax(-1).tolist()


@pytest.fixture(scope="module")
def long_answer(model_with: ModelWith) -> torch.Tensor:
    return greedy(model_with("sdpa"), LONG)


def test_three_hundred_tokens_are_those_of_a_run_without_cache_and_window(
    model_with: ModelWith, long_answer: torch.Tensor
) -> None:
    model = model_with("sdpa")
    assert set(model.config.text_config.layer_types) == {"full_attention"}
    assert long_answer[0, -LONG:].tolist() == next_tokens(model, long_answer)


def test_the_class_default_window_would_have_been_seen(
    model_with: ModelWith, long_answer: torch.Tensor
) -> None:
    """The trap itself: UnlimitedOcr's own window passes every vector and then diverges."""
    config = DeepseekOcrConfig.from_pretrained(FOLDER)
    config.text_config.layer_types = [
        "reference_sliding_attention"
    ] * config.text_config.num_hidden_layers
    windowed = UnlimitedOcrForConditionalGeneration(config).eval()
    windowed.load_state_dict(model_with("sdpa").state_dict())
    other = greedy(windowed, AFTER_WINDOW)
    same = other[0] == long_answer[0, : other.shape[1]]
    assert same[: shortest_prompt().shape[1] + 100].all()
    assert not same.all()


def test_a_static_cache_gives_the_same_tokens(model_with: ModelWith) -> None:
    model = model_with("sdpa")
    static = greedy(model, 40, cache_implementation="static", disable_compile=True)
    assert torch.equal(static, greedy(model, 40))


def test_bfloat16_stays_near_float32(model_with: ModelWith) -> None:
    model = load_model(FOLDER, dtype=torch.bfloat16)
    assert {weight.dtype for weight in model.parameters()} == {torch.bfloat16}
    ids = shortest_prompt()
    with torch.inference_mode():
        difference = model(input_ids=ids).logits.float() - model_with("sdpa")(input_ids=ids).logits
        # float32 pixels, as processors hand them out, are cast by the model.
        page = model(
            input_ids=torch.full((1, 73), model.config.image_token_id),
            pixel_values=torch.zeros(1, 3, 512, 512),
        )
    assert difference.abs().mean() < 0.2
    assert torch.isfinite(page.logits).all()


@pytest.mark.parametrize(
    ("options", "layer"),
    [
        ({"load_in_8bit": True}, "Linear8bitLt"),
        ({"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}, "Linear4bit"),
    ],
)
def test_quantised_language_models_answer_on_the_cpu(
    tmp_path: Path, options: dict[str, Any], layer: str
) -> None:
    # bitsandbytes' CPU kernels want layers of a multiple of 32, which the fixture's are not.
    folder = save_random(tmp_path, hidden=64, layers=2, experts=4)
    exact = load_model(folder, dtype=torch.float32)
    quantised = load_model(
        folder,
        dtype=torch.float32,
        quantization_config=BitsAndBytesConfig(
            **options, llm_int8_skip_modules=["model.vision_tower", "lm_head"]
        ),
        device_map={"": "cpu"},
    )
    kinds = {type(module).__name__ for module in quantised.model.language_model.modules()}
    assert layer in kinds
    ids = shortest_prompt()
    with torch.inference_mode():
        logits = [model(input_ids=ids).logits.float().flatten() for model in (quantised, exact)]
    assert torch.corrcoef(torch.stack(logits))[0, 1] > 0.9
