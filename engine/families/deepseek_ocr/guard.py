"""No-repeat-n-gram processor of DeepSeek-OCR, limited to a window, with table cells exempt.

OCR models fall into loops on dotted lines and empty tables. The reference bans a token that would
complete an n-gram already present in the last `window` generated tokens. The cell tags `<td>` and
`</td>` are exempt, because rows of a table repeat them (DeepSeek-OCR's own vLLM recipe: n-grams of
30 in a window of 90). The prompt is ignored.

This module does not end a run: engine.families.pages.repetition does.
"""

from collections.abc import Collection
from typing import Final

import torch
from transformers import LogitsProcessor

NGRAM_SIZE: Final = 30
WINDOW: Final = 90
WHITELIST: Final = ("<td>", "</td>")


class NGramLogitsProcessor(LogitsProcessor):
    """Bans tokens that would repeat an n-gram of the last generated tokens.

    Args:
        ngram_size: tokens of an n-gram, at least 2.
        window: how many of the newest generated tokens are searched.
        whitelist: token ids that are never banned.
        prompt_length: leading ids of `input_ids` that were not generated.
    Raises:
        ValueError: a size is out of range.
    """

    def __init__(
        self, ngram_size: int, window: int, whitelist: Collection[int] = (), prompt_length: int = 0
    ) -> None:
        if ngram_size < 2:
            raise ValueError(f"ngram_size = {ngram_size}, but an n-gram has at least 2 tokens")
        if window < 1 or prompt_length < 0:
            raise ValueError(f"window = {window}, prompt_length = {prompt_length}: out of range")
        self.ngram_size = ngram_size
        self.window = window
        self.whitelist = tuple(sorted(whitelist))
        self.prompt_length = prompt_length

    def __call__(self, input_ids: torch.LongTensor, scores: torch.Tensor) -> torch.Tensor:
        """Return the scores with -inf at the banned tokens.

        Args:
            input_ids: (B, T), prompt and generated ids.
            scores: (B, vocabulary), the next token's.
        """
        generated = input_ids[:, self.prompt_length :]
        recent = generated[:, -self.window :]
        if recent.shape[1] < self.ngram_size:
            return scores
        ngrams = recent.unfold(1, self.ngram_size, 1)  # (B, places, ngram_size)
        beginning = generated[:, None, 1 - self.ngram_size :]  # (B, 1, ngram_size - 1)
        repeats = (ngrams[..., :-1] == beginning).all(-1)  # (B, places)
        banned = torch.zeros_like(scores, dtype=torch.int).scatter_add_(
            1, ngrams[..., -1], repeats.int()
        )
        if self.whitelist:
            banned[:, list(self.whitelist)] = 0
        return scores.masked_fill(banned > 0, float("-inf"))
