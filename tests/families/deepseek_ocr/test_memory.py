"""What quantisation saves of a model whose experts keep their precision."""

import pytest

from engine import load_settings
from engine.models.memory import memory_needed


@pytest.mark.parametrize("model_id", ["deepseek_ocr", "deepseek_ocr2"])
def test_int4_hardly_makes_deepseek_smaller_and_the_figures_say_so(model_id: str) -> None:
    model = load_settings().model(model_id)
    whole, small = (memory_needed(model, name) for name in ("bfloat16", "int4"))
    assert whole is not None and small is not None
    assert 0.9 * whole < small < whole


def test_a_dense_model_shrinks_with_its_precision() -> None:
    model = load_settings().model("qwen_vl_2b")
    assert memory_needed(model, "bfloat16", with_page=False) == 4_420_000_000
    # 1.31 of 2.21 billion: the embeddings and the vision tower keep two bytes a weight.
    assert memory_needed(model, "int8", with_page=False) == 3_110_000_000
    unknown = model.model_copy(update={"quantised_parameters": None})
    assert memory_needed(unknown, "int8") is None
    assert memory_needed(load_settings().model("lite"), "int8") is None
