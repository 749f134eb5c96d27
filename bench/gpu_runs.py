"""One timed answer to one page for bench.gpu, with a growing cache or one of fixed shape."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from bench.gpu_models import PageInput
from engine.families.decoding.static_cache import StaticDecoder, grouped

_VISION = ("visual", "vision_tower", "multi_modal_projector", "vision_embed_tokens", "vision_model")


@dataclass(frozen=True, slots=True)
class Answered:
    """ids: of the answer, the first from the prefill. decode_seconds: of all but the first."""

    ids: list[int]
    ttft_seconds: float
    prepare_seconds: float | None
    decode_seconds: float
    peak_bytes: int | None


def answer(model: Any, page: PageInput, variant: str, tokens: int, device: str) -> Answered:
    """Prefill the page and generate `tokens` tokens greedily; the host reads every token."""
    _prefilled(model, page)  # kernels are chosen here, not in the measurement
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        torch.cuda.synchronize()
    began = time.perf_counter()
    cache, first = _prefilled(model, page)
    ttft = time.perf_counter() - began
    if variant == "usual":
        ids, prepare, seconds = _usual(model, page, cache, first, tokens)
    else:
        with grouped(model):
            ids, prepare, seconds = _static(model, page, cache, first, tokens, variant)
    peak = torch.cuda.max_memory_allocated() if device == "cuda" else None
    return Answered(ids, ttft, prepare, seconds, peak)


def _prefilled(model: Any, page: PageInput) -> tuple[DynamicCache, int]:
    output = model(
        input_ids=page.ids,
        position_ids=page.positions,
        past_key_values=DynamicCache(config=model.config.get_text_config()),
        use_cache=True,
        logits_to_keep=1,
        **page.image,
    )
    return output.past_key_values, int(output.logits[:, -1].argmax())


def _usual(
    model: Any, page: PageInput, cache: DynamicCache, first: int, tokens: int
) -> tuple[list[int], None, float]:
    ids, position = [first], torch.full_like(page.positions[..., :1], page.next_position)
    began = time.perf_counter()
    while len(ids) < tokens:
        output = model(
            input_ids=torch.tensor([[ids[-1]]], device=page.ids.device),
            position_ids=position,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        ids.append(int(output.logits[:, -1].argmax()))
        position = position + 1
    return ids, None, time.perf_counter() - began


def _static(
    model: Any, page: PageInput, cache: DynamicCache, first: int, tokens: int, variant: str
) -> tuple[list[int], float, float]:
    length = page.ids.shape[1]
    # Kernels prefer lengths that are divisible by eight.
    room = -(-(length + tokens + 8) // 64) * 64
    decoder = StaticDecoder(
        model,
        cache,
        length=length,
        first=first,
        next_position=page.next_position,
        axes=3 if page.positions.dim() == 3 else 1,
        room=room,
    )
    began = time.perf_counter()
    if variant in ("compiled", "compiled_graph"):
        decoder.compile(None)
    elif variant == "reduce_overhead":
        decoder.compile("reduce-overhead")
    if variant in ("graph", "compiled_graph"):
        decoder.capture()
    else:
        decoder.warm_up()
    decoder.token()
    prepare = time.perf_counter() - began
    ids = [decoder.token()]
    began = time.perf_counter()
    while len(ids) < tokens:
        decoder.advance()
        ids.append(decoder.token())
    return ids, prepare, time.perf_counter() - began


def weight_bytes(model: Any) -> int:
    return sum(_bytes(weight) for weight in model.parameters())


def bytes_per_token(model: Any) -> int:
    """Bytes of the weights that one new token has to read.

    The vision side is not included, an embedding table only if it is the output head too, and
    of stacked experts only those that a token is routed to.
    """
    config = model.config.get_text_config()
    head = model.get_output_embeddings().weight
    total = 0
    for name, weight in model.named_parameters():
        if any(part in name.split(".") for part in _VISION):
            continue
        if "embed_tokens" in name and weight is not head:
            continue
        used = 1.0
        if ".experts." in name:
            used = config.num_experts_per_tok / config.n_routed_experts
        total += int(_bytes(weight) * used)
    return total


def _bytes(weight: Tensor) -> int:
    return weight.numel() * weight.element_size()
