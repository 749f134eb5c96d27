"""Seeing in the first logits of a run that its numbers overflowed.

Greedy decoding would turn them into an empty or a senseless answer. Later tokens are not looked at:
what overflows does so on the page, with the first token.
"""

from typing import Any

import torch
from transformers import LogitsProcessor

from engine.core.errors import GenerationError


class FiniteLogitsProcessor(LogitsProcessor):
    """Refuses a run of `generate` whose first logits are not finite; changes nothing.

    Raises (when called):
        GenerationError: they are not; the sentence names the precision to take.
    """

    def __init__(self, model: Any, model_id: str) -> None:
        self._model = model
        self._model_id = model_id
        self._seen = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """scores: (B, vocabulary), the next token's."""
        if not self._seen:
            self._seen = True
            check_finite(scores, self._model, self._model_id)
        return scores


def check_finite(logits: torch.Tensor, model: Any, model_id: str) -> None:
    """Refuse logits of any shape that overflowed.

    Minus infinity alone is no overflow: it is how ids are forbidden (`min_new_tokens`).

    Raises:
        GenerationError: there is a NaN or plus infinity, or nothing is finite.
    """
    if not (logits.isnan() | logits.isposinf()).any() and logits.isfinite().any():
        return
    if model.dtype == torch.float16:
        raise GenerationError("model.overflow", model_id=model_id)
    dtype = str(model.dtype).removeprefix("torch.")
    raise GenerationError("model.not_finite", model_id=model_id, dtype=dtype)
