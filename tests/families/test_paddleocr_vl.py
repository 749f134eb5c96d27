"""PaddleOCR-VL through the engine: its four prompts, and the reference's own way to an answer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import Engine
from engine.core.schema import Document
from tests.fakes import save_page
from tests.families.driving import loaded_family

MakeEngine = Callable[..., Engine]


def run(engine: Engine, folder: Path, task: str) -> tuple[Any, Document, list[int]]:
    """Read a page: the family, the document, and the prompt's ids."""
    session_id = engine.create_session()
    document = engine.add_document(session_id, save_page(folder), name="page.png")
    list(engine.ask(session_id, "", task=task))
    family = loaded_family(engine)
    kept = family.caches.take(session_id)
    said = family.counters.generated_ids
    return family, document, list(kept.prompt.ids[: len(kept.prompt.ids) - len(said) + 1])


@pytest.mark.parametrize(
    ("task", "prompt"),
    [
        ("ocr", "OCR:"),
        ("table", "Table Recognition:"),
        ("formula", "Formula Recognition:"),
        ("figure", "Chart Recognition:"),
    ],
)
def test_golden_prompts(tiny_engine: MakeEngine, task: str, prompt: str, tmp_path: Path) -> None:
    family, _, ids = run(tiny_engine("paddleocr_vl"), tmp_path, task)
    text = family.tokenizer.decode([index for index in ids if index != family.image_token_id])
    assert text == (
        f"<|begin_of_sentence|>User: <|IMAGE_START|><|IMAGE_END|>{prompt}\nAssistant:\n"
    )


def test_the_answer_about_a_whole_page_is_that_of_the_processor_and_the_models_own_generate(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = tiny_engine("paddleocr_vl", max_pixels=120_000)
    family, document, ids = run(engine, tmp_path, "table")
    inputs = family.processor(
        text="<|begin_of_sentence|>User: <|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>"
        "Table Recognition:\nAssistant:\n",
        images=[document.pages[0].load_image()],
        size={"shortest_edge": 112_896, "longest_edge": 120_000},
        return_tensors="pt",
    )
    assert inputs["input_ids"][0].tolist() == ids
    family.model.model.rope_deltas = None
    whole = family.model.generate(**inputs, max_new_tokens=12, do_sample=False)
    assert whole[0, len(ids) :].tolist() == family.counters.generated_ids


def test_loading_the_published_config_logs_nothing_to_worry_about(
    tiny_engine: MakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    family = loaded_family(tiny_engine("paddleocr_vl"))
    told = "\n".join(caplog.messages)
    assert "tie" not in told and "mrope_section" not in told, told
    # Its output head is one of its own, as published.
    words = family.model.get_input_embeddings().weight
    assert family.model.get_output_embeddings().weight is not words
