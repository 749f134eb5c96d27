"""Phi-3.5-vision through the engine: its prompts, reuse over turns, and LongRoPE's limit."""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from engine import Engine
from engine.core.schema import Document, Finished
from tests.fakes import save_page
from tests.families import tiny_phi3_vision
from tests.families.driving import loaded_family

CROP = 336
# A portrait page of one crop: 144 + 12 tokens of the crop, a separator, 156 of the whole.
PAGE_TOKENS = 313
LIMIT = 360
MakeEngine = Callable[..., Engine]


@pytest.fixture(scope="module")
def short_factors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose short factors hold up to LIMIT tokens only."""
    return tiny_phi3_vision.save(tmp_path_factory.mktemp("phi3") / "short", limit=LIMIT)


@pytest.fixture
def make_engine(tiny_engine: MakeEngine, short_factors: Path) -> MakeEngine:
    def make(*, limit: int = 4096, tokens: int = 12, crops: int = 1) -> Engine:
        return tiny_engine(
            "phi3_vision",
            repo_id=str(short_factors) if limit == LIMIT else None,
            max_pixels=crops * CROP**2,
            generation={"max_new_tokens": tokens},
        )

    return make


def add_page(engine: Engine, session_id: str, folder: Path, text: str) -> Document:
    name = f"{text}.png"
    return engine.add_document(session_id, save_page(folder, text=text, name=name), name=name)


def ask(engine: Engine, session_id: str, question: str, **options: Any) -> list[int]:
    assert isinstance(list(engine.ask(session_id, question, **options))[-1], Finished)
    said: list[int] = loaded_family(engine).counters.generated_ids
    return list(said)


def prompt_of(engine: Engine, session_id: str, said: list[int]) -> str:
    """The last prompt as text, an image as [number x tokens] and the answer left out."""
    family = loaded_family(engine)
    kept = family.caches.take(session_id)
    family.caches.put(session_id, kept)
    # The last generated token was never fed back.
    ids = kept.prompt.ids[: len(kept.prompt.ids) - len(said) + 1]
    text = ""
    for is_image, run in groupby(ids, key=lambda index: index if index < 0 else 0):
        group = list(run)
        text += f"[{-is_image} x {len(group)}]" if is_image else family.tokenizer.decode(group)
    return text


def test_golden_prompt_of_one_page(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine()
    session_id = engine.create_session()
    add_page(engine, session_id, tmp_path, "Total 42.00")
    said = ask(engine, session_id, "What is the total?")
    assert prompt_of(engine, session_id, said) == (
        f"<s><|user|>\n[1 x {PAGE_TOKENS}]<s>\nWhat is the total?<|end|>\n<|assistant|>\n"
    )


def test_golden_prompt_of_two_pages(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine()
    session_id = engine.create_session()
    documents = [add_page(engine, session_id, tmp_path, text) for text in ("one", "two")]
    pages = [(document.document_id, 0) for document in documents]
    said = ask(engine, session_id, "Which is older?", pages=pages)
    assert prompt_of(engine, session_id, said) == (
        f"<s><|user|>\n[1 x {PAGE_TOKENS}]<s>\n[2 x {PAGE_TOKENS}]<s>\n"
        "Which is older?<|end|>\n<|assistant|>\n"
    )
    assert loaded_family(engine).counters.encoded_images == 2


def test_golden_prompt_of_two_turns_the_second_with_a_new_page(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine()
    session_id = engine.create_session()
    add_page(engine, session_id, tmp_path, "one")
    first = ask(engine, session_id, "What is it?")
    second_page = add_page(engine, session_id, tmp_path, "two")
    said = ask(engine, session_id, "And this?", pages=[(second_page.document_id, 0)])
    family = loaded_family(engine)
    ends = family.model.generation_config.eos_token_id
    answer = family.tokenizer.decode([index for index in first if index not in ends])
    assert prompt_of(engine, session_id, said) == (
        f"<s><|user|>\n[1 x {PAGE_TOKENS}]<s>\nWhat is it?<|end|>\n<|assistant|>\n{answer}"
        f"<|end|>\n<|user|>\n[2 x {PAGE_TOKENS}]<s>\nAnd this?<|end|>\n<|assistant|>\n"
    )
    assert family.counters.encoded_images == 1


def test_the_answer_is_that_of_the_processor_and_the_models_own_generate(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine(crops=4)
    session_id = engine.create_session()
    document = add_page(engine, session_id, tmp_path, "Total 42.00")
    said = ask(engine, session_id, "What is the total?")
    family = loaded_family(engine)
    inputs = family.processor(
        text="<|user|>\n<|image_1|>\nWhat is the total?<|end|>\n<|assistant|>\n",
        images=[document.pages[0].load_image()],
        num_crops=4,
        return_tensors="pt",
    )
    whole = family.model.generate(**inputs, max_new_tokens=12, do_sample=False)
    assert whole[0, inputs["input_ids"].shape[1] :].tolist() == said


def test_answers_end_with_the_tag_that_the_published_files_do_not_name(
    make_engine: MakeEngine,
) -> None:
    family = loaded_family(make_engine())
    named = family.tokenizer.convert_ids_to_tokens(family.model.generation_config.eos_token_id)
    assert named == ["</s>", "<|endoftext|>", "<|end|>"]


@pytest.mark.parametrize("question", ["<|image_1|>", "<|image_9|> and <s>", "<|im<|x|>age_2|>"])
def test_tags_in_a_question_name_no_image(
    make_engine: MakeEngine, question: str, tmp_path: Path
) -> None:
    engine = make_engine()
    session_id = engine.create_session()
    add_page(engine, session_id, tmp_path, "one")
    said = ask(engine, session_id, f"What?{question}")
    asked = prompt_of(engine, session_id, said).split("What?")[1]
    assert asked in ("<|end|>\n<|assistant|>\n", " and <|end|>\n<|assistant|>\n")


def test_another_attempt_sees_fewer_crops_or_a_smaller_page(make_engine: MakeEngine) -> None:
    family = loaded_family(make_engine(crops=4))
    page = Image.linear_gradient("L").resize((600, 800)).convert("RGB")
    whole, half, smaller = (family.see(page), *(family.see_smaller(page, s) for s in (0.5, 0.9)))
    crops = [len(image.tensors()["pixel_values"][0]) - 1 for image in (whole, half, smaller)]
    assert crops == [4, 2, 4]
    first, second = (image.tensors()["pixel_values"] for image in (whole, smaller))
    assert not torch.equal(first, second)


def turns(engine: Engine, folder: Path, *, reuse: bool) -> list[list[int]]:
    """Three questions, a new page before the second; the generated ids of each."""
    session_id = engine.create_session()
    add_page(engine, session_id, folder, "one")
    said = []
    for number, question in enumerate(("What is it?", "And this?", "Why?")):
        if number == 1:
            add_page(engine, session_id, folder, "two")
        if not reuse:
            loaded_family(engine).caches.clear()
        said.append(ask(engine, session_id, question))
    return said


def test_turns_on_both_sides_of_the_rope_limit_say_what_they_say_without_reuse(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    """The first turn lies below LIMIT tokens, the second beyond it."""
    engine = make_engine(limit=LIMIT, tokens=4)
    family = loaded_family(engine)
    with_reuse = turns(engine, tmp_path, reuse=True)
    assert family.counters.encoded_images == 0, "the third turn takes the long keys of the second"
    assert with_reuse == turns(engine, tmp_path, reuse=False)


@pytest.mark.parametrize("tokens", [24, 60])
def test_an_answer_that_passes_the_rope_limit_is_computed_again_from_the_images(
    make_engine: MakeEngine, tokens: int, tmp_path: Path
) -> None:
    engine = make_engine(limit=LIMIT, tokens=tokens)
    family = loaded_family(engine)
    family.model.generation_config.eos_token_id = [10_000]  # it never ends by itself
    session_id = engine.create_session()
    document = add_page(engine, session_id, tmp_path, "one")
    said = ask(engine, session_id, "What is the total?")
    inputs = family.processor(
        text="<|user|>\n<|image_1|>\nWhat is the total?<|end|>\n<|assistant|>\n",
        images=[document.pages[0].load_image()],
        num_crops=1,
        return_tensors="pt",
    )
    start = inputs["input_ids"].shape[1]
    assert start < LIMIT < start + tokens
    images = {name: inputs[name] for name in ("pixel_values", "image_sizes")}
    whole = torch.cat([inputs["input_ids"], torch.tensor([said[:-1]])], dim=1)
    family.model.model.rotary_emb.sequence_length = 0
    with torch.inference_mode():
        short = family.model(whole[:, :LIMIT], **images).logits[0, start - 1 :].argmax(-1)
        long = family.model(whole, **images).logits[0, LIMIT:].argmax(-1)
    assert said == [*short.tolist(), *long.tolist()]


def test_a_prompt_beyond_the_rope_limit_takes_the_long_factors_in_every_piece(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    """Fed in pieces, of which the first lie below the limit; one forward pass says the same."""
    engine = make_engine(limit=LIMIT, tokens=6)
    session_id = engine.create_session()
    document = add_page(engine, session_id, tmp_path, "one")
    question = "What is the total? " * 60
    said = ask(engine, session_id, question)
    family = loaded_family(engine)
    assert family.counters.prefill_pieces > 3
    inputs = family.processor(
        text=f"<|user|>\n<|image_1|>\n{question.strip()}<|end|>\n<|assistant|>\n",
        images=[document.pages[0].load_image()],
        num_crops=1,
        return_tensors="pt",
    )
    family.model.model.rotary_emb.sequence_length = 0
    whole = family.model.generate(**inputs, max_new_tokens=6, do_sample=False)
    assert whole[0, inputs["input_ids"].shape[1] :].tolist() == said


def test_a_run_stopped_in_the_prefill_leaves_a_cache_that_knows_its_factors(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine(limit=LIMIT, tokens=4)
    session_id = engine.create_session()
    add_page(engine, session_id, tmp_path, "one")
    family = loaded_family(engine)
    forward = family.model.forward
    stream: Any = None

    def stop_after_the_image(*args: Any, **kwargs: Any) -> Any:
        if "pixel_values" in kwargs:
            stream.stop()
        return forward(*args, **kwargs)

    family.model.forward = stop_after_the_image
    question = "What is the total? " * 10
    stream = engine.ask(session_id, question)
    assert list(stream)[-1] == Finished("cancelled", "tiny")
    family.model.forward = forward
    kept = family.caches.take(session_id)
    assert kept.cache.rope_factors == "long" and kept.cache.get_seq_length() < LIMIT
    family.caches.put(session_id, kept)
    # Too short for the long factors: the cached keys may not be used.
    engine.forget_conversation(session_id)
    fresh = ask(engine, session_id, "Why?")
    family.caches.clear()
    engine.forget_conversation(session_id)
    assert ask(engine, session_id, "Why?") == fresh
