"""Tests of the choice of attention, which follows trial runs at the model's own shapes."""

from typing import Any

import pytest
import torch
from transformers import PreTrainedConfig

from bench import gpu_models
from bench.real_configs import REAL
from engine.core.attention import AttentionShape, attention_shapes, choose_attention, sdpa_problem

QWEN3_VL_2B = (AttentionShape(128, 16, 8), AttentionShape(64, 16, 16))
# As Qwen/Qwen2-VL-2B-Instruct publishes it: hidden_size of the vision tower is what it gives on.
PUBLISHED_QWEN2_VL = {
    "hidden_size": 1536,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "vision_config": {"depth": 32, "embed_dim": 1280, "hidden_size": 1536, "num_heads": 16},
}


def config(name: str) -> dict[str, Any]:
    kind = gpu_models.resolve(gpu_models.MODELS[name].config_class)
    made: PreTrainedConfig = kind.from_dict(REAL[name])
    return made.to_dict()


@pytest.mark.parametrize(
    ("stated", "shapes"),
    [
        (PUBLISHED_QWEN2_VL, (AttentionShape(128, 12, 2), AttentionShape(80, 16, 16))),
        (config("qwen2_vl_2b"), (AttentionShape(128, 12, 2), AttentionShape(80, 16, 16))),
        (config("qwen3_vl_2b"), QWEN3_VL_2B),
        (config("dots_ocr"), (AttentionShape(128, 12, 2), AttentionShape(128, 12, 12))),
        ({"head_dim": 64, "num_attention_heads": 4}, (AttentionShape(64, 4, 4),)),
        ({"architectures": ["Unknown"]}, ()),
    ],
)
def test_the_shapes_are_those_of_the_checkpoints_parts(
    stated: dict[str, Any], shapes: tuple[AttentionShape, ...]
) -> None:
    assert attention_shapes(stated) == shapes


def test_the_right_kernel_is_found_right_at_every_shape() -> None:
    shapes = (*QWEN3_VL_2B, AttentionShape(72, 16, 16), AttentionShape(80, 12, 2))
    for dtype in ("float32", "float16", "bfloat16"):
        assert sdpa_problem(dtype, shapes) is None


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        # What may differ between kernels, and what a plain call of one head size never shows.
        (lambda query, options: query.shape[-1] == 72, "heads of 72"),
        (lambda query, options: "attn_mask" in options, "boolean mask"),
        (lambda query, options: options.get("enable_gqa", False), "12/2 heads of 128"),
        (lambda query, options: options["is_causal"], "causal"),
        (lambda query, options: query.shape[-2] == 1, "one token"),
    ],
)
@pytest.mark.parametrize("raises", [False, True])
def test_a_kernel_that_fails_at_one_kind_of_call_is_not_taken(
    broken: Any, named: str, raises: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    attend = torch.nn.functional.scaled_dot_product_attention

    def wrong(query: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
        result = attend(query, *args, **options)
        if not broken(query, options):
            return result
        if raises:
            raise RuntimeError("no kernel image is available")
        return result * 1.01

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", wrong)
    shapes = (AttentionShape(128, 12, 2), AttentionShape(72, 16, 16))
    choice = choose_attention("auto", "float32", shapes)
    assert choice.implementation == "eager"
    assert named in choice.reason()


def test_numbers_that_are_none_are_no_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        torch.nn.functional,
        "scaled_dot_product_attention",
        lambda query, *_, **__: torch.full_like(query, float("nan")),
    )
    assert "differ" in str(sdpa_problem("float32", (AttentionShape(64),)))


def test_the_reason_names_the_head_sizes_that_were_tried() -> None:
    choice = choose_attention("auto", "float32", (AttentionShape(128, 12, 2), AttentionShape(80)))
    assert choice.implementation == "sdpa"
    assert "(80, 128)" in choice.reason()


def test_a_config_that_states_no_heads_is_tried_at_usual_ones() -> None:
    assert "(128)" in choose_attention("auto", "float32", ()).reason()
