"""Numeric overflow check of a run's first logits.

Greedy decoding would turn non-finite logits into an empty or meaningless answer. Later tokens are
not checked: an overflow comes from the page and shows in the first token.
"""

from typing import Any

import torch
from transformers import LogitsProcessor

from engine.core.errors import GenerationError


class FiniteLogitsProcessor(LogitsProcessor):
    """Raises if the first logits of a run of `generate` are not finite. Changes no logits.

    Raises (when called):
        GenerationError: the first logits are not finite; after float16 the message names the
            precision to use.
    """

    def __init__(self, model: Any, model_id: str) -> None:
        self._model = model
        self._model_id = model_id
        self._seen = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Check and return `scores`, the next token's logits, (B, vocabulary)."""
        if not self._seen:
            self._seen = True
            check_finite(scores, self._model, self._model_id)
        return scores


def check_finite(logits: torch.Tensor, model: Any, model_id: str) -> None:
    """Raise if logits (of any shape) overflowed.

    Minus infinity alone is not an overflow: logits processors ban ids with it (`min_new_tokens`).

    Raises:
        GenerationError: there is a NaN or plus infinity, or nothing is finite.
    """
    if not (logits.isnan() | logits.isposinf()).any() and logits.isfinite().any():
        return
    if model.dtype == torch.float16:
        raise GenerationError("model.overflow", model_id=model_id)
    dtype = str(model.dtype).removeprefix("torch.")
    raise GenerationError("model.not_finite", model_id=model_id, dtype=dtype)
