"""Greedy decoding with a static KV cache, so that one CUDA graph serves every token.

The prompt is prefilled as usual. Its keys and values are then copied into buffers with room for
the answer, and every further token runs the same kernels on the same addresses: token, position
and mask are tensors that the step itself updates. Grouped heads attend as several queries of one
head, so keys and values are read once and not repeated.

For one conversation at a time, batch 1. No sampling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, Cache

ATTENTION: Final = "scanchat_grouped"
# Warm-up runs before a capture, as torch's notes on CUDA graphs require.
_WARM_UP_STEPS = 3


def grouped_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention of one new token. Heads that share keys take the place of query positions.

    Args:
        query: (1, heads, 1, d).
        key, value: (1, kv_heads, room, d).
        attention_mask: (1, 1, 1, room), added to the scores.
    Returns:
        (1, 1, heads, d), and None for the weights.
    """
    batch, heads, length, width = query.shape
    groups = query.reshape(batch, key.shape[1], heads // key.shape[1] * length, width)
    output = nn.functional.scaled_dot_product_attention(
        groups, key, value, attn_mask=attention_mask, scale=scaling
    )
    return output.reshape(batch, heads, length, -1).transpose(1, 2), None


AttentionInterface.register(ATTENTION, grouped_attention)


@contextmanager
def grouped(model: Any) -> Iterator[None]:
    """Run the language model without host-device synchronisation; the vision tower is unchanged.

    Attention is grouped_attention. LongRoPE normally checks at every step whether the sequence
    exceeds its limit; the prompt already fixed the factors, so the check is off. Experts run as
    one batched multiplication, because a loop over the selected ones reads their ids back.
    """
    config = model.config.get_text_config()
    before = config._attn_implementation
    looking = [one for one in model.modules() if getattr(one, "rope_type", "") == "longrope"]
    experts = getattr(config, "_experts_implementation", None)
    config._attn_implementation = ATTENTION
    if experts is not None:
        config._experts_implementation = "batched_mm"
    for rotary in looking:
        rotary.rope_type = "settled"
    try:
        yield
    finally:
        config._attn_implementation = before
        if experts is not None:
            config._experts_implementation = experts
        for rotary in looking:
            rotary.rope_type = "longrope"


class FixedCache(Cache):
    """Static KV cache: buffers of fixed shape, written at position `place`.

    Args:
        filled: the cache of a prefilled prompt.
        length: tokens in `filled`.
        room: capacity in tokens.
    """

    def __init__(self, filled: Cache, length: int, room: int) -> None:
        super().__init__(layers=list(filled.layers))
        self.room = room
        self.keys, self.values = (
            [_with_room(getattr(layer, name), room) for layer in filled.layers]
            for name in ("keys", "values")
        )
        self.place = torch.tensor([length], device=self.keys[0].device)

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: Any, **__: Any
    ) -> tuple[Tensor, Tensor]:
        """Write one token's keys and values, (1, kv_heads, 1, d); return the whole buffers."""
        self.keys[layer_idx].index_copy_(2, self.place, key_states)
        self.values[layer_idx].index_copy_(2, self.place, value_states)
        return self.keys[layer_idx], self.values[layer_idx]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Return 0: the host does not know the length, and callers pass positions and mask."""
        return 0


def _with_room(filled: Tensor, room: int) -> Tensor:
    buffer = filled.new_zeros(*filled.shape[:2], room, filled.shape[3])
    buffer[:, :, : filled.shape[2]] = filled
    return buffer


class StaticDecoder:
    """Token-by-token greedy decoding of one answer.

    Args:
        prefilled: the prompt's cache, `length` tokens long.
        first: id of the first new token.
        next_position: its position on every rotary axis.
        axes: 3 for M-RoPE, else 1.
        room: capacity in tokens, prompt included.
    """

    def __init__(
        self,
        model: Any,
        prefilled: Cache,
        *,
        length: int,
        first: int,
        next_position: int,
        axes: int,
        room: int,
    ) -> None:
        self._model = model
        self._cache = FixedCache(prefilled, length, room)
        device = self._cache.place.device
        self._token = torch.tensor([[first]], device=device)
        shape = (3, 1, 1) if axes == 3 else (1, 1)
        self._positions = torch.full(shape, next_position, device=device)
        self._places = torch.arange(room, device=device)
        self._run: Callable[[], None] = self._step
        self._forward: Callable[[], Tensor] = self._next_token

    def token(self) -> int:
        """Read the newest token from the device."""
        return int(self._token)

    def advance(self) -> None:
        """Feed the newest token and replace it by the next one."""
        self._run()

    def give_back(self, cache: Any, length: int) -> None:
        """Copy the first `length` keys and values back into the prompt's original cache."""
        for layer, keys, values in zip(
            cache.layers, self._cache.keys, self._cache.values, strict=True
        ):
            layer.keys = keys[:, :, :length].clone()
            layer.values = values[:, :, :length].clone()

    def compile(self, mode: str | None) -> None:
        """Use torch.compile for the step's forward; compilation happens at the first advance."""
        for tensor in (*self._cache.keys, *self._cache.values, *self._state()):
            # Otherwise a captured graph would copy them in and out at every step.
            torch._dynamo.mark_static_address(tensor)
        self._forward = torch.compile(self._next_token, mode=mode, dynamic=False)

    def warm_up(self) -> None:
        """Run a few steps, then restore the state."""
        with self._rewinding():
            for _ in range(_WARM_UP_STEPS):
                self._step()

    def capture(self) -> None:
        """Capture one step as a CUDA graph. Raises RuntimeError if the model does not allow it."""
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            self.warm_up()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with self._rewinding(), torch.cuda.graph(graph):
            self._step()
        self._run = graph.replay

    def _state(self) -> tuple[Tensor, Tensor, Tensor]:
        return self._token, self._positions, self._cache.place

    @contextmanager
    def _rewinding(self) -> Iterator[None]:
        before = [tensor.clone() for tensor in self._state()]
        yield
        for tensor, value in zip(self._state(), before, strict=True):
            tensor.copy_(value)

    def _step(self) -> None:
        # Copied immediately: a compiled forward may reuse its output memory in the next run.
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        self._token.copy_(self._forward())
        self._positions.add_(1)
        self._cache.place.add_(1)

    def _next_token(self) -> Tensor:
        """Return the likeliest token after the newest one, (1, 1)."""
        dtype = self._cache.keys[0].dtype
        hidden = torch.full((), torch.finfo(dtype).min, dtype=dtype, device=self._places.device)
        mask = torch.where(self._places <= self._cache.place, hidden.new_zeros(()), hidden)
        output = self._model(
            input_ids=self._token,
            position_ids=self._positions,
            attention_mask=mask[None, None, None],
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        likeliest: Tensor = output.logits[:, -1:].argmax(-1)
        return likeliest
