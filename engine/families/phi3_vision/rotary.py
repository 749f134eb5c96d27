"""LongRoPE when a sequence arrives in pieces.

transformers chooses between the short and the long factors by the last position of each forward
call. A prompt of more than `original_max_position_embeddings` tokens that is fed piece by piece
would have its first pieces turned by the short factors and the rest by the long ones, so the length
of the whole sequence can be told in advance. What it does not do: recompute keys that are cached
already (modeling.py, `_empty_if_stale`).
"""

from typing import Literal

import torch
from torch import Tensor
from transformers.models.phi3.modeling_phi3 import Phi3RotaryEmbedding

from engine.families.phi3_vision.configuration import Phi3VConfig

Factors = Literal["short", "long"]


def factors_for(length: int, config: Phi3VConfig) -> Factors:
    """Which set turns the keys of a sequence of so many tokens."""
    return "long" if length > config.original_max_position_embeddings else "short"


class Phi3VRotaryEmbedding(Phi3RotaryEmbedding):
    """Phi-3's rotary embedding, which can be told how long the whole sequence is.

    Attributes:
        sequence_length: tokens of the sequence whose pieces are being fed; 0 looks at each call
            alone.
    """

    sequence_length: int = 0

    def forward(self, x: Tensor, position_ids: Tensor) -> tuple[Tensor, Tensor]:
        """cos and sin, (batch, n, head size) each, of position_ids (batch, n)."""
        whole = self.sequence_length
        if not whole:
            cos, sin = super().forward(x, position_ids)
            return cos, sin
        # The sequence's last position decides, so it comes along and is cut off again.
        last = position_ids.new_full((position_ids.shape[0], 1), whole - 1)
        cos, sin = super().forward(x, torch.cat([position_ids, last], dim=1))
        return cos[:, :-1], sin[:, :-1]
