"""What must hold for every family that transformers carries, written once and run for each."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from engine import Engine
from engine.core.errors import GenerationError
from engine.core.prompts import get_task
from engine.core.schema import Failed, Finished, TextDelta
from engine.families.base import Outcome, Run
from engine.families.decoding import generate
from engine.families.transformers_chat import TransformersChatFamily
from tests.fakes import save_page
from tests.families.conftest import CHAT, TINY
from tests.families.driving import loaded_family, session_with

MakeEngine = Callable[..., Engine]

# What applies to a family is read from what it says of itself.
ASKED = [name for name, model in TINY.items() if model.task == "question"]
# Their text is shown as they write it; a layout is shown as what its regions say.
SHOWN = [name for name, model in TINY.items() if get_task(model.task).output != "layout"]
STATIC = [name for name, model in TINY.items() if model.adapter.has_static_cache]
# These prefill in pieces of our own and keep counters.
DECODED = [
    name for name, model in TINY.items() if issubclass(model.adapter, TransformersChatFamily)
]


def with_page(engine: Engine, tmp_path: Path, text: str = "Total 42.00") -> str:
    return session_with(engine, tmp_path, text)


def said_by(engine: Engine, name: str, tmp_path: Path) -> list[int] | str:
    """What a model says of a page: its ids, or the text of one that counts none."""
    session_id = with_page(engine, tmp_path)
    stream = engine.ask(session_id, "What is the total?", task=TINY[name].task)
    last = list(stream)[-1]
    if isinstance(last, Failed):
        # Random weights may write no text and no box; that is told, and is not a failure to run.
        assert last.error.key in ("model.empty_answer", "model.empty_tokens", "layout.no_cells")
    if name in DECODED:
        return list(loaded_family(engine).counters.generated_ids)
    return stream.transcript.text


def conversation(engine: Engine, tmp_path: Path, *, reuse: bool) -> list[list[int]]:
    """Three turns, a new page before the second; the generated ids of each."""
    session_id = with_page(engine, tmp_path)
    family = loaded_family(engine)
    said: list[list[int]] = []
    for turn, question in enumerate(("What is the total?", "And the date?", "Why?")):
        if turn == 1:
            engine.add_document(session_id, save_page(tmp_path, text="14 March"), name="b.png")
        if not reuse:
            family.caches.clear()
        list(engine.ask(session_id, question))
        said.append(list(family.counters.generated_ids))
    return said


@pytest.mark.parametrize("name", SHOWN)
def test_the_stream_equals_the_whole_text(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name)
    session_id = with_page(engine, tmp_path)
    events = list(engine.ask(session_id, "What is the total?", task=TINY[name].task))
    streamed = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert isinstance(events[-1], Finished)
    assert streamed
    if name in DECODED:
        family = loaded_family(engine)
        whole = family.tokenizer.decode(family.counters.generated_ids, skip_special_tokens=True)
        assert streamed == whole


@pytest.mark.parametrize("name", [name for name in STATIC if name in CHAT])
def test_decoding_over_fixed_shapes_says_the_same_tokens_over_three_turns(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    usual = conversation(tiny_engine(name), tmp_path, reuse=True)
    assert all(len(said) > 1 for said in usual)
    engine = tiny_engine(name, static_cache=True)
    assert conversation(engine, tmp_path, reuse=True) == usual
    # The conversation's cache was handed back and reused.
    assert loaded_family(engine).counters.reused_tokens > 0


@pytest.mark.parametrize("name", [name for name in STATIC if name not in CHAT])
def test_reading_over_fixed_shapes_says_the_same_tokens(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    usual = said_by(tiny_engine(name), name, tmp_path)
    assert len(usual) > 1
    assert said_by(tiny_engine(name, static_cache=True), name, tmp_path) == usual


@pytest.mark.parametrize(
    "name", [name for name, model in TINY.items() if "layout" in model.capabilities.tasks]
)
def test_a_layout_limited_to_words_of_the_page_is_refused_before_the_run(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name)
    events = list(engine.ask(with_page(engine, tmp_path), task="layout", verbatim=True))
    (refused,) = events
    assert isinstance(refused, Failed)
    assert refused.error.key == "session.no_verbatim_layout"
    assert not engine.models()[0].loaded


@pytest.mark.parametrize(
    ("name", "options", "key"),
    [
        *((name, {}, "model.no_static_cache") for name in TINY if name not in STATIC),
        ("qwen2_vl", {"attn_implementation": "eager"}, "model.static_needs_sdpa"),
    ],
)
def test_fixed_shapes_are_refused_where_they_cannot_be_kept(
    tiny_engine: MakeEngine, name: str, options: dict[str, str], key: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name, static_cache=True, **options)
    events = list(engine.ask(with_page(engine, tmp_path), "?", task=TINY[name].task))
    assert isinstance(events[-1], Failed)
    assert events[-1].error.key == key


@pytest.mark.parametrize("name", ASKED)
def test_reusing_the_cache_over_three_turns_changes_no_token(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name)
    assert conversation(engine, tmp_path, reuse=True) == conversation(engine, tmp_path, reuse=False)


@pytest.mark.parametrize("name", CHAT)
def test_a_follow_up_pays_for_its_own_tokens_and_encodes_no_page_again(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name)
    session_id = with_page(engine, tmp_path)
    family = loaded_family(engine)
    list(engine.ask(session_id, "What is the total?"))
    assert family.counters.encoded_images == 1
    whole = family.counters.prefilled_tokens
    list(engine.ask(session_id, "And the date?"))
    assert family.counters.encoded_images == 0
    assert family.counters.reused_tokens >= whole
    assert family.counters.prefilled_tokens < whole / 2


@pytest.mark.parametrize("name", DECODED)
def test_pixels_are_made_off_the_inference_thread_even_of_a_page_that_was_seen_before(
    tiny_engine: MakeEngine, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tiny_engine(name)
    session_id = with_page(engine, tmp_path)
    family = loaded_family(engine)
    list(engine.ask(session_id, "What?", task=TINY[name].task))
    family.drop_caches()
    engine.forget_conversation(session_id)
    threads: list[str] = []
    see = family.images._see

    def recorded(image: Any) -> Any:
        threads.append(threading.current_thread().name)
        return see(image)

    monkeypatch.setattr(family.images, "_see", recorded)
    list(engine.ask(session_id, "What?", task=TINY[name].task))
    assert family.counters.encoded_images == 1
    assert threads
    assert not any("inference" in name for name in threads), threads


@pytest.mark.parametrize("name", ASKED)
def test_two_pages_of_one_size_are_told_apart_by_the_cache(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name)
    session_id = with_page(engine, tmp_path, text="first page")
    engine.add_document(session_id, save_page(tmp_path, text="another"), name="b.png")
    family = loaded_family(engine)
    first, second = ([(document.document_id, 0)] for document in engine.documents(session_id))
    list(engine.ask(session_id, "?", pages=first))
    engine.forget_conversation(session_id)
    list(engine.ask(session_id, "?", pages=second))
    assert family.counters.encoded_images == 1


@pytest.mark.parametrize("name", ASKED)
def test_a_budget_of_nothing_keeps_no_cache_and_costs_only_time(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name)
    family = loaded_family(engine)
    with_cache = conversation(engine, tmp_path, reuse=True)
    family.caches._budget_bytes = 0
    assert conversation(engine, tmp_path, reuse=True) == with_cache
    assert len(family.caches) == 0


@pytest.mark.parametrize("name", TINY)
def test_eager_attention_gives_the_same_answer_as_sdpa(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    answers = []
    for attention in ("sdpa", "eager"):
        engine = tiny_engine(name, attn_implementation=attention)
        answers.append(said_by(engine, name, tmp_path))
        text_config = loaded_family(engine).model.config.get_text_config()
        assert text_config._attn_implementation == attention
    assert answers[0]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", ["qwen2_vl", "got_ocr"])
def test_a_loaded_model_says_how_it_runs_and_why(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name, attn_implementation="eager")

    def facts() -> dict[str, str]:
        return dict(next(info.facts for info in engine.models() if info.model_id == "tiny"))

    assert facts() == {}
    list(engine.ask(with_page(engine, tmp_path), "?", task=TINY[name].task))
    assert facts()["dtype"] == "float32"
    # What was decided, and what the user could do.
    why = facts()["attention_en"]
    assert "eager" in why and 'attn_implementation = "auto"' in why


@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_the_precision_is_the_one_of_the_settings(
    tiny_engine: MakeEngine, name: str, dtype: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name, dtype=dtype)
    said_by(engine, name, tmp_path)
    model = loaded_family(engine).model
    assert {weight.dtype for weight in model.parameters()} == {getattr(torch, dtype)}


@pytest.mark.parametrize(
    ("name", "quantization"),
    [(name, each) for name, model in TINY.items() for each in model.quantizations],
)
def test_quantised_weights_answer_on_the_cpu(
    tiny_engine: MakeEngine, name: str, quantization: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name, quantization=quantization)
    said_by(engine, name, tmp_path)
    kinds = {type(module).__name__ for module in loaded_family(engine).model.modules()}
    assert {"int8": "Linear8bitLt", "int4": "Linear4bit"}[quantization] in kinds


@pytest.mark.parametrize("name", ASKED)
def test_greedy_is_the_default_whatever_the_checkpoint_says(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name)
    # Some are published with less, and a maker may change it.
    loaded_family(engine).model.generation_config.update(
        do_sample=True, temperature=0.7, top_p=0.8, repetition_penalty=1.05, use_cache=False
    )
    session_id = with_page(engine, tmp_path)
    texts = set()
    for _ in range(3):
        engine.forget_conversation(session_id)
        texts.add(engine.ask(session_id, "What?").answer().text)
    assert len(texts) == 1


@pytest.mark.parametrize("name", TINY)
def test_a_checkpoint_that_switches_the_cache_off_is_decoded_with_one(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name)
    model = loaded_family(engine).model
    model.generation_config.update(use_cache=False)
    lengths: list[int] = []

    def note(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given = next(kwargs[key] for key in ("input_ids", "inputs_embeds") if key in kwargs)
        lengths.append(given.shape[1])

    model.register_forward_pre_hook(note, with_kwargs=True)
    list(engine.ask(with_page(engine, tmp_path), "What is the total?", task=TINY[name].task))
    # The prompt, then token by token; without a cache, the prompt would come with each of them.
    assert max(lengths) > 1
    assert lengths[-1] == 1


@pytest.mark.parametrize("name", ASKED)
def test_special_tokens_in_a_question_are_not_obeyed(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name)
    session_id = with_page(engine, tmp_path)
    list(engine.ask(session_id, TINY[name].tagged))
    family = loaded_family(engine)
    kept = family.caches.take(session_id)
    text = family.tokenizer.decode([index for index in kept.prompt.ids if index >= 0])
    assert f"abc{TINY[name].turn_end}" in text


@pytest.mark.parametrize("name", DECODED)
def test_stop_is_seen_between_the_pieces_of_the_prefill(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name)
    session_id = with_page(engine, tmp_path)
    family = loaded_family(engine)
    forward = family.model.forward
    stream = None

    def stop_during_the_first_piece(*args: Any, **kwargs: Any) -> Any:
        assert stream is not None
        stream.stop()
        return forward(*args, **kwargs)

    family.model.forward = stop_during_the_first_piece
    stream = engine.ask(session_id, "What is the total?", task=TINY[name].task)
    assert list(stream)[-1] == Finished("cancelled", "tiny")
    assert family.counters.prefill_pieces == 1


@pytest.mark.parametrize("name", DECODED)
def test_the_first_image_is_prefilled_without_a_mask_so_that_fast_kernels_take_it(
    tiny_engine: MakeEngine, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tiny_engine(name)
    session_id = with_page(engine, tmp_path)
    family = loaded_family(engine)
    forward, attend = family.model.forward, torch.nn.functional.scaled_dot_product_attention
    # (tokens before, tokens of each forward), and of what each attention call is told.
    pieces: list[tuple[int, int]] = []
    pictures: list[set[str]] = []
    words = {"input_ids", "attention_mask", "position_ids", "past_key_values", "use_cache"}
    calls: list[tuple[int, int, int, bool, bool]] = []

    def forwarded(*args: Any, **kwargs: Any) -> Any:
        pieces.append((kwargs["past_key_values"].get_seq_length(), kwargs["input_ids"].shape[1]))
        pictures.append(set(kwargs) - words - {"logits_to_keep"})
        return forward(*args, **kwargs)

    def attended(query: Any, key: Any, value: Any, attn_mask: Any = None, **options: Any) -> Any:
        causal = bool(options.get("is_causal"))
        size = (query.shape[-2], key.shape[-2])
        calls.append((len(pieces), *size, attn_mask is not None, causal))
        return attend(query, key, value, attn_mask=attn_mask, **options)

    monkeypatch.setattr(family.model, "forward", forwarded)
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", attended)
    list(engine.ask(session_id, "What?", task=TINY[name].task))
    before, tokens = pieces[0]
    assert before == 0
    assert pictures[0], "the first piece has the image in it"
    assert family.counters.encoded_images == 1
    said = [call[3:] for call in calls if call[:3] == (1, tokens, tokens)]
    assert said
    assert set(said) == {(False, True)}


@pytest.mark.parametrize("name", DECODED)
def test_the_image_of_a_later_page_is_prefilled_from_the_beginning_too(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = tiny_engine(name)
    adapter = TINY[name].adapter
    # A page that is read region by region has a table asked as a whole.
    tasks = ("table",) if adapter.reads_regions else ("ocr", "layout")
    task = next(one for one in tasks if one in adapter.capabilities.tasks)
    session_id = session_with(engine, tmp_path, "Total 42.00", "Another page 17")
    pieces: list[tuple[int, int]] = []

    def before_forward(module: Any, args: Any, kwargs: Any) -> None:
        cached = kwargs["past_key_values"].get_seq_length()
        pieces.append((cached, kwargs["input_ids"].shape[1]))

    family = loaded_family(engine)
    family.model.register_forward_pre_hook(before_forward, with_kwargs=True)
    list(engine.ask(session_id, task=task))
    # The first piece of each page, with its image: a few shared tokens are not kept for it.
    assert len([tokens for cached, tokens in pieces if not cached]) == 2


@pytest.mark.parametrize("name", DECODED)
def test_how_the_prefill_is_cut_changes_no_token(
    tiny_engine: MakeEngine, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tiny_engine(name)
    together = said_by(engine, name, tmp_path)
    # Then the tokens before the image are pieces of their own.
    monkeypatch.setattr(generate, "PREFILL_TOKENS", 1)
    loaded_family(engine).drop_caches()
    assert said_by(engine, name, tmp_path) == together


@pytest.mark.parametrize(
    ("name", "options"),
    [(name, {}) for name in TINY] + [(name, {"static_cache": True}) for name in STATIC],
)
@pytest.mark.parametrize("tokens", [1, 3])
def test_the_run_ends_with_the_very_token_at_which_stop_is_looked_for(
    tiny_engine: MakeEngine, name: str, options: dict[str, bool], tokens: int, tmp_path: Path
) -> None:
    # transformers asks its criteria and streams the token then, so Stop at a token is seen at the
    # next one. Where it looks a forward late (DeferredStopCheck, on mps only), counts would be off.
    seen_at = tokens if options else tokens + 1
    engine = tiny_engine(name, generation={"max_new_tokens": 12, "min_new_tokens": 6}, **options)
    session_id = with_page(engine, tmp_path)
    family = loaded_family(engine)
    answer = family.generate_answer
    outcomes: list[Outcome] = []

    class Stopping:
        """Presses Stop at a token."""

        def __init__(self, streamer: Any) -> None:
            self.end = streamer.end
            self._put = streamer.put
            self._tokens = 0

        def put(self, value: Any) -> None:
            self._put(value)
            self._tokens += value.numel()
            if self._tokens >= tokens:
                stream.stop()

    def answered(inputs: Any, run: Run) -> Outcome:
        outcomes.append(answer(inputs, replace(run, streamer=Stopping(run.streamer))))
        return outcomes[-1]

    family.generate_answer = answered
    stream = engine.ask(session_id, "What is the total?", task=TINY[name].task)
    assert list(stream)[-1] == Finished("cancelled", "tiny")
    assert [outcome.completion_tokens for outcome in outcomes] == [seen_at]


@pytest.mark.parametrize(
    ("name", "options"),
    [(name, {}) for name in TINY] + [(name, {"static_cache": True}) for name in STATIC],
)
def test_stop_after_the_first_token_lets_no_third_come(
    tiny_engine: MakeEngine, name: str, options: dict[str, bool], tmp_path: Path
) -> None:
    engine = tiny_engine(name, **options)
    session_id = with_page(engine, tmp_path)
    family = loaded_family(engine)
    answer = family.generate_answer
    outcomes: list[Outcome] = []

    class Stopping:
        """Presses Stop as soon as there is a token."""

        def __init__(self, streamer: Any) -> None:
            self.end = streamer.end
            self._put = streamer.put

        def put(self, value: Any) -> None:
            self._put(value)
            stream.stop()

    def answered(inputs: Any, run: Run) -> Outcome:
        outcomes.append(answer(inputs, replace(run, streamer=Stopping(run.streamer))))
        return outcomes[-1]

    family.generate_answer = answered
    stream = engine.ask(session_id, "What is the total?", task=TINY[name].task)
    assert list(stream)[-1] == Finished("cancelled", "tiny")
    (outcome,) = outcomes
    assert 1 <= outcome.completion_tokens <= 2
    if name in DECODED:
        assert len(family.counters.generated_ids) == outcome.completion_tokens


@pytest.mark.parametrize(
    ("name", "options"),
    [(name, {}) for name in TINY] + [(name, {"static_cache": True}) for name in STATIC],
)
def test_numbers_that_overflow_in_float16_are_an_error_with_a_way_out(
    tiny_engine: MakeEngine, name: str, options: dict[str, bool], tmp_path: Path
) -> None:
    engine = tiny_engine(name, dtype="float16", **options)
    session_id = with_page(engine, tmp_path)
    model = loaded_family(engine).model
    with torch.no_grad():
        model.get_output_embeddings().weight.mul_(60_000)
    with pytest.raises(GenerationError, match='dtype = "bfloat16"'):
        engine.ask(session_id, "What?", task=TINY[name].task).answer()


@pytest.mark.parametrize("name", ["qwen2_vl", "got_ocr"])
def test_weights_that_are_no_numbers_are_told_in_every_precision(
    tiny_engine: MakeEngine, name: str, tmp_path: Path
) -> None:
    # Ids that may not come yet have minus infinity, and that is no overflow.
    generation = {"max_new_tokens": 4, "min_new_tokens": 4}
    engine = tiny_engine(name, dtype="float32", generation=generation)
    session_id = with_page(engine, tmp_path)
    asked = {"task": TINY[name].task}
    assert isinstance(list(engine.ask(session_id, "What?", **asked))[-1], Finished)
    with torch.no_grad():
        loaded_family(engine).model.get_output_embeddings().weight[0] = torch.nan
    engine.forget_conversation(session_id)
    with pytest.raises(GenerationError, match="not finite in float32"):
        engine.ask(session_id, "What?", **asked).answer()
