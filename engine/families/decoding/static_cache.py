"""Greedy decoding over keys and values of fixed shape, so that one CUDA graph serves every token.

A prompt is prefilled as usual; its keys and values are then copied into buffers with room for the
answer, and every further token is the same sequence of kernels on the same addresses: the token,
its position and the mask are tensors that the step itself moves on. Grouped heads attend as if
they were several queries of one head, so keys and values are read once and never repeated.

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
# Runs before a capture, as torch's notes on CUDA graphs ask for.
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
    """Attention of one new token: the heads that share keys stand where queries stand.

    Args:
        query: (1, heads, 1, d). key, value: (1, kv_heads, room, d).
        attention_mask: (1, 1, 1, room), added to the scores.
    Returns:
        (1, 1, heads, d), and no weights.
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
    """Let the language model run without asking the device anything; vision is not touched.

    Its attention is grouped_attention. LongRoPE looks at every step whether the sequence has grown
    past its limit; which factors hold was settled by the prompt, so it need not. Experts are
    multiplied in one batch, since a loop over those that are hit needs to know them.
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
    """Keys and values in buffers of fixed shape; a token's go to where `place` says.

    Args:
        filled: the cache of a prefilled prompt.
        length: tokens in it.
        room: tokens that fit in all.
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
        """Write one token's (1, kv_heads, 1, d) and return everything."""
        self.keys[layer_idx].index_copy_(2, self.place, key_states)
        self.values[layer_idx].index_copy_(2, self.place, value_states)
        return self.keys[layer_idx], self.values[layer_idx]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Not known on the host; positions and mask are always given beside."""
        return 0


def _with_room(filled: Tensor, room: int) -> Tensor:
    buffer = filled.new_zeros(*filled.shape[:2], room, filled.shape[3])
    buffer[:, :, : filled.shape[2]] = filled
    return buffer


class StaticDecoder:
    """One conversation being answered token by token.

    Args:
        prefilled: the prompt's cache, `length` tokens long.
        first: id of the first new token.
        next_position: its position on every rotary axis. axes: 3 for M-RoPE, else 1.
        room: tokens that fit in all, prompt included.
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
        """The newest token, read from the device."""
        return int(self._token)

    def advance(self) -> None:
        """Feed the newest token; the next one takes its place."""
        self._run()

    def give_back(self, cache: Any, length: int) -> None:
        """Leave the first `length` keys and values in the cache that the prompt was fed to."""
        for layer, keys, values in zip(
            cache.layers, self._cache.keys, self._cache.values, strict=True
        ):
            layer.keys = keys[:, :, :length].clone()
            layer.values = values[:, :, :length].clone()

    def compile(self, mode: str | None) -> None:
        """Let torch.compile fuse the step's forward; compiled at the first advance."""
        for tensor in (*self._cache.keys, *self._cache.values, *self._state()):
            # Else a captured graph would copy them in and out at every step.
            torch._dynamo.mark_static_address(tensor)
        self._forward = torch.compile(self._next_token, mode=mode, dynamic=False)

    def warm_up(self) -> None:
        """Run a few steps and go back to where the answer began."""
        with self._rewinding():
            for _ in range(_WARM_UP_STEPS):
                self._step()

    def capture(self) -> None:
        """Record one step as a CUDA graph. Raises RuntimeError where the model cannot be."""
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
        # Copied at once: a compiled forward may hand out the same memory at its next run.
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        self._token.copy_(self._forward())
        self._positions.add_(1)
        self._cache.place.add_(1)

    def _next_token(self) -> Tensor:
        """(1, 1): the likeliest token after the newest one."""
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
