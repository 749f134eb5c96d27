"""SmolVLM through the engine: its prompts, its tiles, and the reference's own way to an answer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from engine import Engine
from engine.core.schema import Document
from tests.fakes import save_page
from tests.families.driving import loaded_family
from tests.families.tiny_smolvlm import TILE, TILE_TOKENS

MakeEngine = Callable[..., Engine]
FAKE = "<fake_token_around_image>"
IMAGES = f"[{TILE_TOKENS}]"
# A landscape page at 2 x 2 tiles: rows of tiles, then the whole.
PAGE = (
    f"{FAKE}<row_1_col_1>{IMAGES}{FAKE}<row_1_col_2>{IMAGES}\n"
    f"{FAKE}<row_2_col_1>{IMAGES}{FAKE}<row_2_col_2>{IMAGES}\n"
    f"\n{FAKE}<global-img>{IMAGES}{FAKE}"
)


def make(tiny_engine: MakeEngine) -> tuple[Engine, str]:
    engine = tiny_engine("smolvlm", max_pixels=(2 * TILE) ** 2)
    return engine, engine.create_session()


def add(engine: Engine, session_id: str, folder: Path, text: str) -> Document:
    path = save_page(folder, name=f"{text}.png", text=text)
    return engine.add_document(session_id, path, name=path.name)


def ask(engine: Engine, session_id: str, question: str, **options: Any) -> tuple[str, str]:
    """(prompt, answer) with every run of image tokens as its length."""
    list(engine.ask(session_id, question, **options))
    family = loaded_family(engine)
    kept = family.caches.take(session_id)
    family.caches.put(session_id, kept)
    said = family.counters.generated_ids
    # The last generated token was never fed back.
    ids = kept.prompt.ids[: len(kept.prompt.ids) - len(said) + 1]
    text = family.tokenizer.decode(list(ids)).replace("<image>" * TILE_TOKENS, IMAGES)
    answer = [index for index in said if index != family.tokenizer.eos_token_id]
    return text, family.tokenizer.decode(answer)


def test_golden_prompts_of_one_page_and_a_second_turn_with_another(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    engine, session_id = make(tiny_engine)
    add(engine, session_id, tmp_path, "one")
    prompt, answer = ask(engine, session_id, "What is it?")
    assert prompt == f"<|im_start|>User:{PAGE}What is it?<end_of_utterance>\nAssistant:"
    second = add(engine, session_id, tmp_path, "two")
    following, _ = ask(engine, session_id, "And this?", pages=[(second.document_id, 0)])
    assert following == (
        f"{prompt}{answer}<end_of_utterance>\nUser:{PAGE}And this?<end_of_utterance>\nAssistant:"
    )
    assert loaded_family(engine).counters.encoded_images == 1


def test_golden_prompt_of_two_pages(tiny_engine: MakeEngine, tmp_path: Path) -> None:
    engine, session_id = make(tiny_engine)
    documents = [add(engine, session_id, tmp_path, text) for text in ("one", "two")]
    pages = [(document.document_id, 0) for document in documents]
    prompt, _ = ask(engine, session_id, "Which is older?", pages=pages)
    assert prompt == (f"<|im_start|>User:{PAGE}{PAGE}Which is older?<end_of_utterance>\nAssistant:")


def test_the_answer_is_that_of_the_processor_and_the_models_own_generate(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    engine, session_id = make(tiny_engine)
    document = add(engine, session_id, tmp_path, "Total 42.00")
    ask(engine, session_id, "What is the total?")
    family = loaded_family(engine)
    inputs = family.processor(
        text="<|im_start|>User:<image>What is the total?<end_of_utterance>\nAssistant:",
        images=[document.pages[0].load_image()],
        size={"longest_edge": 2 * TILE},
        return_tensors="pt",
    )
    inputs.pop("mm_token_type_ids", None)
    whole = family.model.generate(**inputs, max_new_tokens=12, do_sample=False)
    said = whole[0, inputs["input_ids"].shape[1] :].tolist()
    assert said == family.counters.generated_ids


def test_an_answer_whose_ids_are_forgotten_keeps_its_space(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    engine, session_id = make(tiny_engine)
    add(engine, session_id, tmp_path, "one")
    ask(engine, session_id, "What is it?")
    loaded_family(engine).answers.clear()
    following, _ = ask(engine, session_id, "Why?")
    answer = following.split("Assistant:")[1]
    assert answer.startswith(" ") and not answer.startswith("  ")


@pytest.mark.parametrize(
    ("max_pixels", "share", "tiles"),
    [((4 * TILE) ** 2, 1.0, 16), ((4 * TILE) ** 2, 0.5, 4), (1, 1.0, 0), ((2 * TILE) ** 2, 0.9, 4)],
)
def test_pixels_choose_the_tiles(
    tiny_engine: MakeEngine, max_pixels: int, share: float, tiles: int
) -> None:
    family = loaded_family(tiny_engine("smolvlm", max_pixels=max_pixels))
    page = Image.linear_gradient("L").resize((300, 300)).convert("RGB")
    whole = family.see(page)
    seen = whole if share == 1.0 else family.see_smaller(page, share)
    tensors = seen.tensors()
    assert tensors["pixel_values"].shape == (1, tiles + 1, 3, TILE, TILE)
    assert len(family.image_ids(seen)) == seen.tokens
    if share == 0.9:
        assert not torch.equal(tensors["pixel_values"], whole.tensors()["pixel_values"])
