"""SmolLM2 looks at a shortlist: every candidate in its surroundings behind the question, at once.

One sequence holds the question and then a segment for each candidate. A segment sees the question
and itself, not the other segments, and its positions go on from the question's end: each candidate
is judged as if it were alone, whatever the order, and the question is read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from bench.chooser_data import Shortlist

# Tokens: what does not fit is cut where it says least, far from the candidate.
_QUESTION, _CANDIDATE, _BEFORE, _AFTER = 48, 28, 36, 10


@dataclass(frozen=True)
class Encoded:
    """A shortlist as tokens.

    Attributes:
        ids, positions: (T,) tokens and their positions.
        segment: (T,) 0 for the question, then 1 for the first candidate, and so on.
        ends: (k,) where the last token of each segment stands.
        inside: (T,) whether a token is the candidate itself.
    """

    ids: Tensor
    positions: Tensor
    segment: Tensor
    ends: Tensor
    inside: Tensor

    def mask(self, dtype: torch.dtype) -> Tensor:
        """(1, 1, T, T) added to attention: 0 where a token may look, else minus infinity."""
        at = torch.arange(len(self.ids))
        earlier = at[:, None] >= at[None, :]
        own = (self.segment[:, None] == self.segment[None, :]) | (self.segment[None, :] == 0)
        bias = torch.zeros(len(at), len(at), dtype=dtype)
        return bias.masked_fill(~(earlier & own), torch.finfo(dtype).min)[None, None]


def encode(tokenizer: Any, shortlist: Shortlist, k: int) -> Encoded:
    """The question and its first k candidates."""

    def tokens(text: str) -> list[int]:
        ids: list[int] = tokenizer.encode(text, add_special_tokens=False)
        return ids

    ids = tokens(f"Question: {shortlist.question}")[:_QUESTION] + tokens("\n")
    asked = len(ids)
    positions, segment, inside = list(range(asked)), [0] * asked, [False] * asked
    ends = []
    rows = zip(shortlist.before[:k], shortlist.texts[:k], shortlist.after[:k], strict=True)
    for number, (before, text, after) in enumerate(rows, start=1):
        lead = tokens(before)[-_BEFORE:] + tokens(" [")
        said = tokens(text)[:_CANDIDATE]
        own = lead + said + tokens("] " + after)[:_AFTER] + tokens("\nRight?")
        positions += range(asked, asked + len(own))
        segment += [number] * len(own)
        inside += [len(lead) <= at < len(lead) + len(said) for at in range(len(own))]
        ids += own
        ends.append(len(ids) - 1)
    return Encoded(*(torch.tensor(each) for each in (ids, positions, segment, ends, inside)))


def through_layers(model: Any, hidden: Tensor, encoded: Encoded, first: int, last: int) -> Tensor:
    """Hidden states (T, D) before layer `first` -> before layer `last`.

    Args:
        model: a LlamaModel, with or without an adapter.
    """
    place = encoded.positions[None].to(hidden.device)
    state = hidden[None]
    bias = encoded.mask(state.dtype).to(hidden.device)
    rotary = model.rotary_emb(state, position_ids=place)
    for layer in model.layers[first:last]:
        state = layer(state, attention_mask=bias, position_ids=place, position_embeddings=rotary)
    found: Tensor = state[0]
    return found


def readout(hidden: Tensor, encoded: Encoded) -> Tensor:
    """(k, 2 D): the last token of each segment, and the mean over the candidate's own tokens."""
    segment, inside = encoded.segment.to(hidden.device), encoded.inside.to(hidden.device)
    rows = [
        torch.cat([hidden[end], hidden[(segment == number) & inside].mean(0)])
        for number, end in enumerate(encoded.ends.tolist(), start=1)
    ]
    return torch.stack(rows)


@torch.inference_mode()
def frozen_states(
    model: Any, encoded: Encoded, depths: Sequence[int], cut: int
) -> tuple[Tensor, Tensor]:
    """What the untrained model makes of a shortlist.

    Args:
        depths: the layers before which it is read out, rising; the last may be all layers.
        cut: the layer before which the states of all tokens are kept, to go on from.
    Returns:
        (k, len(depths), 2 D) readouts, float32; (T, D) states in the model's dtype.
    """
    device = model.embed_tokens.weight.device
    hidden = model.embed_tokens(encoded.ids.to(device))
    kept, rows, at = hidden, [], 0
    for stop in sorted({*depths, cut}):
        hidden = through_layers(model, hidden, encoded, at, stop)
        at = stop
        if stop == cut:
            kept = hidden
        if stop in depths:
            whole = model.norm(hidden) if stop == len(model.layers) else hidden
            rows.append(readout(whole, encoded))
    return torch.stack(rows, 1).float().cpu(), kept.cpu()
