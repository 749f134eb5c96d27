"""Chunked prefill, then greedy or sampled decoding with transformers' own `generate`.

All transformers families share this code. The conversation's KV cache is reused up to the first
difference, images are encoded once, Stop is checked before each chunk of the prefill and after
each token, and a repetition loop ends the run.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import DynamicCache, LogitsProcessor, LogitsProcessorList, StoppingCriteriaList

from engine.core.errors import RunCancelled
from engine.core.schema import EvidenceFound, Size
from engine.families.base import Outcome, Run, Streamer
from engine.families.decoding.kv_cache import CachedConversation, KVCaches
from engine.families.decoding.overflow import FiniteLogitsProcessor, check_finite
from engine.families.decoding.stopping import GeneratedIdsStreamer, RunStoppingCriteria
from engine.families.decoding.verbatim import SpanLogitsProcessor
from engine.families.prompts.conversation import ContextView
from engine.families.prompts.token_ids import ImageSpan, PromptIds
from engine.index.verbatim import PageSpans

# Text tokens per prefill chunk; Stop is checked between chunks.
PREFILL_TOKENS = 512


@dataclass(slots=True)
class DecodingInputs:
    """One run, ready for the inference thread.

    Attributes:
        conversation: key of the KV cache.
        prompt: the whole conversation as ids.
        image_tensors: image span -> the tensors that the model's forward takes for it.
        positions: (3, 1, n) or (1, n) position ids of the whole prompt, or None for plain ones.
        on_start: called on the inference thread before the model runs, to set state that a model
            stores on its module.
        generation: keyword arguments of `generate`, max_new_tokens among them; and `seed`, for
            reproducible sampling.
        guards: logits processors of a free answer. A verbatim answer does not use them: it may
            repeat whatever the page repeats.
        frames: (document_id, page_index) -> (width, height) of the resized image.
        so_far: the beginning of the answer, as ids; the prompt ends with them.
        static_cache: decode with a static KV cache, on a GPU as a CUDA graph.
        spans: the spans of the pages that the answer must consist of; None for a free answer.
        question: the user's words, which choose between identical spans.
        view: how the conversation was shortened to fit the context; None without a history.
    """

    conversation: str
    prompt: PromptIds
    image_tensors: Callable[[ImageSpan], Mapping[str, torch.Tensor]]
    positions: torch.Tensor | None
    on_start: Callable[[], None]
    generation: Mapping[str, Any]
    guards: tuple[LogitsProcessor, ...] = ()
    frames: Mapping[tuple[Any, ...], Size] = field(default_factory=dict)
    so_far: tuple[int, ...] = ()
    static_cache: bool = False
    spans: PageSpans | None = None
    question: str = ""
    view: ContextView | None = None


@dataclass(slots=True)
class RunCounters:
    """Counters of the last run, for tests and benchmarks."""

    reused_tokens: int = 0
    prefilled_tokens: int = 0
    encoded_images: int = 0
    prefill_pieces: int = 0
    generated_ids: list[int] = field(default_factory=list)


def decode(
    model: Any,
    inputs: DecodingInputs,
    caches: KVCaches,
    run: Run,
    counters: RunCounters,
    *,
    model_id: str,
    words: Callable[[Sequence[int]], str],
) -> Outcome:
    """Answer a prompt. Reuses the conversation's cache and stores it for the next question.

    Args:
        words: ids -> text, special tokens included.

    Raises:
        RunCancelled: the run was stopped during prefill.
        GenerationError: the first logits are not finite.
    """
    prompt = inputs.prompt
    cached = caches.take(inputs.conversation)
    # At least one token must be fed to get logits.
    shared = min(cached.prompt.common_prefix(prompt), len(prompt.ids) - 1) if cached else 0
    for span in prompt.images:
        if span.start < shared < span.end:
            shared = span.start
    if prompt.images and shared <= prompt.images[0].start <= PREFILL_TOKENS:
        # A few tokens before a new image are not worth its dense mask: see `PromptIds.chunks`.
        shared = 0
    cache = cached.cache if cached and shared else DynamicCache(config=model.config)
    if cached and shared:
        cache.crop(shared - len(cached.prompt.ids))
    counters.reused_tokens, counters.prefilled_tokens = shared, len(prompt.ids) - shared
    counters.encoded_images = counters.prefill_pieces = 0
    ids = torch.tensor([prompt.ids], device=model.device)
    inputs.on_start()
    with torch.inference_mode():
        filled = _prefill(model, inputs, ids, cache, shared, run, counters, caches)
        watch = RunStoppingCriteria(run.stop, ids.shape[1], words)
        only = None
        if inputs.spans is not None:
            before = ids.shape[1] - len(inputs.so_far)
            only = SpanLogitsProcessor(inputs.spans.walk(), end_ids(model), before)
        bent = [only] if only else list(inputs.guards)
        if inputs.static_cache and not bent and is_greedy(inputs.generation):
            generated = _answer_static(
                model, inputs, ids, cache, filled, watch, run.streamer, model_id=model_id
            )
            sequence = [*prompt.ids, *generated]
        else:
            options = dict(inputs.generation)
            with seeded(options.pop("seed", None), model.device):
                sequence = model.generate(
                    input_ids=ids,
                    attention_mask=torch.ones_like(ids),
                    past_key_values=cache,
                    streamer=GeneratedIdsStreamer(run.streamer),
                    stopping_criteria=StoppingCriteriaList([watch]),
                    logits_processor=LogitsProcessorList(
                        [FiniteLogitsProcessor(model, model_id), *bent]
                    ),
                    **options,
                )[0].tolist()
            generated = sequence[len(prompt.ids) :]
    counters.generated_ids = generated
    # The last token was never fed back, so the cache ends one before it.
    known = PromptIds(tuple(sequence), prompt.images).up_to(cache.get_seq_length())
    caches.put(inputs.conversation, CachedConversation(known, cache))
    if inputs.spans is not None and only is not None:
        spans = only.finish([*inputs.so_far, *generated])
        for found in inputs.spans.evidence(spans, inputs.question):
            run.emit(EvidenceFound(found))
    reason = watch.finish_reason(generated, end_ids(model))
    return Outcome(reason, len(prompt.ids), len(generated), reused_tokens=shared)


def _answer_static(
    model: Any,
    inputs: DecodingInputs,
    ids: torch.Tensor,
    cache: Any,
    filled: int,
    watch: RunStoppingCriteria,
    streamer: Streamer,
    *,
    model_id: str,
) -> list[int]:
    """Decode greedily with a static cache. `cache` ends up as `generate` would leave it."""
    from engine.families.decoding.static_cache import StaticDecoder, grouped

    length, limit = ids.shape[1], int(inputs.generation["max_new_tokens"])
    positions = _positions(inputs, filled, length)
    output = model(
        input_ids=ids[:, filled:],
        attention_mask=torch.ones_like(ids),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
        **positions,
    )
    check_finite(output.logits, model, model_id)
    generated = [int(output.logits[0, -1].argmax())]
    streamer.put(torch.tensor(generated))
    ends = end_ids(model)
    if generated[0] not in ends and limit > 1:
        known = positions.get("position_ids")
        decoder = StaticDecoder(
            model,
            cache,
            length=length,
            first=generated[0],
            next_position=length if known is None else int(known.max()) + 1,
            axes=1 if known is None else known.shape[0],
            room=length + limit,
        )
        with grouped(model):
            if ids.device.type == "cuda":
                decoder.capture()
            while (
                generated[-1] not in ends and len(generated) < limit and not watch.ends(generated)
            ):
                decoder.advance()
                generated.append(decoder.token())
                streamer.put(torch.tensor(generated[-1:]))
        decoder.give_back(cache, length + len(generated) - 1)
    streamer.end()
    return generated


def _prefill(
    model: Any,
    inputs: DecodingInputs,
    ids: torch.Tensor,
    cache: Any,
    shared: int,
    run: Run,
    counters: RunCounters,
    caches: KVCaches,
) -> int:
    """Feed all tokens but the last; return how many tokens the cache then holds."""
    last = ids.shape[1] - 1
    at = shared
    for start, end, span in inputs.prompt.chunks(shared, PREFILL_TOKENS):
        end = min(end, last)
        if start >= end:
            continue
        if run.stop.is_set():
            # The next question can reuse the part that is filled.
            caches.put(inputs.conversation, CachedConversation(inputs.prompt.up_to(at), cache))
            raise RunCancelled
        extra = dict(inputs.image_tensors(span)) if span else {}
        counters.encoded_images += span is not None
        counters.prefill_pieces += 1
        model(
            input_ids=ids[:, start:end],
            attention_mask=torch.ones_like(ids[:, :end]),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
            **_positions(inputs, start, end),
            **{name: value.to(model.device) for name, value in extra.items()},
        )
        at = end
    return at


def _positions(inputs: DecodingInputs, start: int, end: int) -> dict[str, torch.Tensor]:
    return {} if inputs.positions is None else {"position_ids": inputs.positions[..., start:end]}


def end_ids(model: Any) -> set[int]:
    """Return the ids that end an answer, by the checkpoint's generation_config."""
    ends = model.generation_config.eos_token_id
    return set(ends if isinstance(ends, list) else [ends])


def is_greedy(generation: Mapping[str, Any]) -> bool:
    """Whether decoding always takes the likeliest token, without penalties."""
    return not generation.get("do_sample") and generation.get("repetition_penalty", 1.0) == 1.0


@contextmanager
def seeded(seed: int | None, device: torch.device) -> Iterator[None]:
    """Make sampling reproducible, and restore torch's random state afterwards.

    Args:
        seed: None changes nothing.
    """
    if seed is None:
        yield
        return
    with torch.random.fork_rng([device] if device.type == "cuda" else [], enabled=True):
        torch.manual_seed(seed)
        yield


def greedy(generation: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of `generate`: greedy without penalties unless the settings differ.

    A checkpoint's own generation_config often samples; OCR must not. Those of PaddleOCR-VL and
    granite-docling-258M also have `use_cache: false`: transformers then feeds the whole prompt
    again with every token, into a cache that already holds it.
    """
    options: dict[str, Any] = {"do_sample": False, "repetition_penalty": 1.0, **generation}
    options["use_cache"] = True
    if not options["do_sample"]:
        # transformers warns about sampling options that greedy decoding ignores.
        options |= {"temperature": None, "top_p": None, "top_k": None}
    return options
