"""What quantisation saves of a model whose experts keep their precision."""

import pytest

from engine import load_settings
from engine.doctor import memory_needed


@pytest.mark.parametrize("model_id", ["deepseek_ocr", "deepseek_ocr2"])
def test_int4_hardly_makes_deepseek_smaller_and_the_figures_say_so(model_id: str) -> None:
    model = load_settings().model(model_id)
    whole, small = (memory_needed(model_id, model, name) for name in ("bfloat16", "int4"))
    assert whole is not None and small is not None
    assert 0.9 * whole < small < whole


def test_a_dense_model_shrinks_with_its_precision() -> None:
    model = load_settings().model("qwen_vl_2b")
    assert memory_needed("qwen_vl_2b", model, "bfloat16", with_page=False) == 4_420_000_000
    assert memory_needed("qwen_vl_2b", model, "int8", with_page=False) == 2_210_000_000
    assert memory_needed("lite", load_settings().model("lite"), "int8") is None
