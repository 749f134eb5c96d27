"""Both DeepSeek-OCR families through the engine: answers, refusals, reuse, guard."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from PIL import Image

from engine.core.errors import GenerationError, ModelError
from engine.core.schema import Finished, TextDelta
from tests.families.deepseek_ocr.conftest import MakeEngine, with_page
from tests.families.driving import loaded_family
from tests.families.tiny_deepseek_ocr import FOLDER, tokenizer


@pytest.mark.parametrize("family", ["deepseek_ocr", "deepseek_ocr2"])
def test_the_stream_is_the_text_of_the_models_own_greedy_run(
    make_engine: MakeEngine, family: str, tmp_path: Path
) -> None:
    engine = make_engine(family)
    events = list(engine.ask(with_page(engine, tmp_path), "What is the total?"))
    assert isinstance(events[-1], Finished)
    streamed = "".join(event.text for event in events if isinstance(event, TextDelta))
    loaded = loaded_family(engine)
    said = loaded.counters.generated_ids
    assert streamed == loaded.tokenizer.decode(said)
    page = Image.open(tmp_path / "page.png").convert("RGB")
    if family == "deepseek_ocr":
        inputs = loaded.processor(page, "<image>\nWhat is the total?", mode="tiny")
    else:
        # The published route; like the reference, it begins with the beginning of a sentence.
        inputs = loaded.processor(
            images=page, text="<image>\nWhat is the total?", return_tensors="pt"
        )
        begin = torch.full((1, 1), loaded.processor.tokenizer.bos_token_id)
        inputs["input_ids"] = torch.cat([begin, inputs["input_ids"]], 1)
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
        inputs.pop("mm_token_type_ids", None)
    whole = loaded.model.generate(**inputs, max_new_tokens=12, do_sample=False)
    assert whole[0, inputs["input_ids"].shape[1] :].tolist() == said


@pytest.mark.parametrize("family", ["deepseek_ocr", "deepseek_ocr2"])
def test_a_second_question_encodes_no_page_again_and_sees_no_earlier_turn(
    make_engine: MakeEngine, family: str, tmp_path: Path
) -> None:
    engine = make_engine(family)
    session_id = with_page(engine, tmp_path)
    loaded = loaded_family(engine)
    list(engine.ask(session_id, "What?"))
    assert loaded.counters.encoded_images == 1
    list(engine.ask(session_id, "Who?"))
    assert loaded.counters.encoded_images == 0
    with_cache = list(loaded.counters.generated_ids)
    fresh = with_page(engine, tmp_path)
    list(engine.ask(fresh, "Who?"))
    assert loaded.counters.encoded_images == 1
    assert list(loaded.counters.generated_ids) == with_cache


@pytest.mark.parametrize("family", ["deepseek_ocr", "deepseek_ocr2"])
@pytest.mark.parametrize("change", [{"dtype": "bfloat16"}, {"quantization": "int8"}])
def test_other_precisions_answer(
    make_engine: MakeEngine, family: str, change: dict[str, str], tmp_path: Path
) -> None:
    engine = make_engine(family, **change)
    try:
        engine.ask(with_page(engine, tmp_path), "What?").answer()
    except GenerationError as error:
        assert "produced no text" in str(error)
    model = loaded_family(engine).model
    if "dtype" in change:
        assert {weight.dtype for weight in model.parameters()} == {torch.bfloat16}
    else:
        assert "Linear8bitLt" in {type(module).__name__ for module in model.modules()}


@pytest.mark.parametrize(
    ("family", "other"), [("deepseek_ocr", "second"), ("deepseek_ocr2", "first")]
)
def test_the_settings_family_decides_and_the_other_checkpoint_is_refused(
    make_engine: MakeEngine,
    family: str,
    other: str,
    published: Path,
    second_version: Path,
    tmp_path: Path,
) -> None:
    engine = make_engine(family, folder=second_version if other == "second" else published)
    with pytest.raises(ModelError, match="this family reads"):
        engine.ask(with_page(engine, tmp_path), "What?").answer()


def test_flash_attention_is_replaced_and_the_reason_told(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine("deepseek_ocr", attn_implementation="flash_attention_2")
    engine.ask(with_page(engine, tmp_path), "What?").answer()
    loaded = loaded_family(engine)
    assert loaded.model.config.text_config._attn_implementation == "sdpa"
    assert "relative positions" in loaded.describe()["attention_en"]


@pytest.mark.parametrize(("size", "repeats"), [(0, True), (2, False)])
def test_the_guard_is_on_unless_switched_off(
    make_engine: MakeEngine, size: int, repeats: bool, tmp_path: Path
) -> None:
    generation = {"max_new_tokens": 24, "ngram_size": size, "ngram_window": 24}
    engine = make_engine("deepseek_ocr", generation=generation)
    loaded = loaded_family(engine)
    with torch.no_grad():
        # A model that says one word for ever.
        loaded.model.lm_head.weight.zero_()
        loaded.model.model.language_model.norm.weight.zero_()
        word = loaded.processor.tokenizer.convert_tokens_to_ids("a")
        loaded.model.lm_head.bias = torch.nn.Parameter(torch.zeros(len(tokenizer())))
        loaded.model.lm_head.bias[word] = 1.0
    list(engine.ask(with_page(engine, tmp_path), "What?"))
    said = loaded.counters.generated_ids
    pairs = list(pairwise(said))
    assert (len(set(pairs)) < len(pairs)) is repeats


def test_missing_weights_are_a_sentence(make_engine: MakeEngine, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "config.json").write_bytes((FOLDER / "config.json").read_bytes())
    tokenizer().save_pretrained(folder)
    engine = make_engine("deepseek_ocr", folder=folder)
    with pytest.raises(ModelError, match="not on this machine"):
        engine.ask(with_page(engine, tmp_path), "What?").answer()
