"""LongRoPE for chunked prefill.

transformers chooses between the short and the long factors by the last position of each forward
call. With chunked prefill of a prompt of more than `original_max_position_embeddings` tokens, the
first chunks would get the short factors and the rest the long ones. So the length of the whole
sequence can be set in advance. Keys already in a cache are not recomputed here (see
`_empty_if_stale` in modeling.py).
"""

from typing import Literal

import torch
from torch import Tensor
from transformers.models.phi3.modeling_phi3 import Phi3RotaryEmbedding

from engine.families.phi3_vision.configuration import Phi3VConfig

Factors = Literal["short", "long"]


def factors_for(length: int, config: Phi3VConfig) -> Factors:
    """Return which set of factors rotates the keys of a sequence of `length` tokens."""
    return "long" if length > config.original_max_position_embeddings else "short"


class Phi3VRotaryEmbedding(Phi3RotaryEmbedding):
    """Phi-3's rotary embedding with a presettable sequence length.

    Attributes:
        sequence_length: tokens of the whole sequence, during chunked prefill; 0 means that each
            call decides alone.
    """

    sequence_length: int = 0

    def forward(self, x: Tensor, position_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Return cos and sin, (batch, n, head size) each, of position_ids (batch, n)."""
        whole = self.sequence_length
        if not whole:
            cos, sin = super().forward(x, position_ids)
            return cos, sin
        # The sequence's last position decides, so it is appended and cut off again.
        last = position_ids.new_full((position_ids.shape[0], 1), whole - 1)
        cos, sin = super().forward(x, torch.cat([position_ids, last], dim=1))
        return cos[:, :-1], sin[:, :-1]
