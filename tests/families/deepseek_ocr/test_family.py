"""Both DeepSeek-OCR families through the engine: answers, refusals, reuse, guard."""

import json
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from transformers import (
    DeepseekOcr2Config,
    DeepseekOcr2ForConditionalGeneration,
    DeepseekOcr2ImageProcessor,
    DeepseekOcr2Processor,
)

from engine import Engine, load_settings
from engine.errors import GenerationError, ModelError
from engine.families import FAMILIES
from engine.schema import Finished, TextDelta
from tests.fakes import save_page
from tests.families.deepseek_ocr.conftest import FOLDER, tokenizer

MODULE = "engine.families.deepseek"
MakeEngine = Callable[..., Engine]


@pytest.fixture(scope="session")
def second_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random DeepSeek-OCR-2 as deepseek-community/DeepSeek-OCR-2 is laid out."""
    folder = tmp_path_factory.mktemp("ocr2")
    words = tokenizer()
    torch.manual_seed(0)
    config = DeepseekOcr2Config(
        vision_config={
            "sam_config": {
                "hidden_size": 16,
                "output_channels": 8,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "global_attn_indexes": [1],
                "downsample_channels": [12, 24],
            },
            "encoder_config": {
                "hidden_size": 24,
                "intermediate_size": 32,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "vocab_size": 1,
                "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0},
            },
        },
        text_config={
            "hidden_size": 32,
            "intermediate_size": 48,
            "moe_intermediate_size": 16,
            "n_routed_experts": 4,
            "n_shared_experts": 2,
            "num_attention_heads": 2,
            "num_experts_per_tok": 2,
            "num_hidden_layers": 2,
            "mlp_layer_types": ["dense", "sparse"],
            "vocab_size": len(words),
            "bos_token_id": words.bos_token_id,
            "eos_token_id": words.eos_token_id,
        },
        image_token_id=words.convert_tokens_to_ids("<image>"),
    )
    model = DeepseekOcr2ForConditionalGeneration(config)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(0, 1.5 / weight[0].numel() ** 0.5)
    model.save_pretrained(folder)
    DeepseekOcr2Processor(DeepseekOcr2ImageProcessor(), words).save_pretrained(folder)
    return folder


@pytest.fixture
def make_engine(
    published: Path, second_version: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeEngine]:
    """make_engine("deepseek_ocr", dtype="bfloat16") -> an engine over that tiny checkpoint."""
    folders = {"deepseek_ocr": published, "deepseek_ocr2": second_version}
    for name, adapter in (
        ("deepseek_ocr", "DeepseekOcrFamily"),
        ("deepseek_ocr2", "DeepseekOcr2Family"),
    ):
        if name not in FAMILIES:
            monkeypatch.setitem(FAMILIES, name, f"{MODULE}:{adapter}")
    engines: list[Engine] = []

    def make(family: str, *, folder: Path | None = None, **table: object) -> Engine:
        table = {
            "family": family,
            "repo_id": str(folder or folders[family]),
            "dtype": "float32",
            "max_pixels": 512 * 512,
            "generation": {"max_new_tokens": 12},
            **table,
        }
        lines = [f"{key} = {toml(value)}" for key, value in table.items()]
        path = tmp_path / "tiny.toml"
        directories = f"default_model = 'tiny'\ncache_dir = '{tmp_path / 'cache'}'\n"
        path.write_text(directories + "[models.tiny]\n" + "\n".join(lines), encoding="utf-8")
        engines.append(Engine(load_settings(path)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    return json.dumps(value)


def family_of(engine: Engine) -> Any:
    model = engine._models.acquire("tiny", threading.Event(), lambda event: None)
    engine._models.release("tiny")
    return model.family


def with_page(engine: Engine, tmp_path: Path) -> str:
    session_id = engine.create_session()
    engine.add_document(session_id, save_page(tmp_path), name="page.png")
    return session_id


@pytest.mark.parametrize("family", ["deepseek_ocr", "deepseek_ocr2"])
def test_the_stream_is_the_text_of_the_models_own_greedy_run(
    make_engine: MakeEngine, family: str, tmp_path: Path
) -> None:
    engine = make_engine(family)
    events = list(engine.ask(with_page(engine, tmp_path), "What is the total?"))
    assert isinstance(events[-1], Finished)
    streamed = "".join(event.text for event in events if isinstance(event, TextDelta))
    loaded = family_of(engine)
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
    loaded = family_of(engine)
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
    model = family_of(engine).model
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
    loaded = family_of(engine)
    assert loaded.model.config.text_config._attn_implementation == "sdpa"
    assert "relative positions" in loaded.describe()["attention"]


@pytest.mark.parametrize(("size", "repeats"), [(0, True), (2, False)])
def test_the_guard_is_on_unless_switched_off(
    make_engine: MakeEngine, size: int, repeats: bool, tmp_path: Path
) -> None:
    generation = {"max_new_tokens": 24, "ngram_size": size, "ngram_window": 24}
    engine = make_engine("deepseek_ocr", generation=generation)
    loaded = family_of(engine)
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
