"""Verbatim decoding for transformers models: a LogitsProcessor over the spans of the page.

The bytes of a token follow from the kind of the tokenizer's decoder: byte-level BPE (GPT-2's table
of printable bytes) or sentencepiece (U+2581 for a space, <0xNN> for a byte).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, Final

import torch
from transformers import LogitsProcessor

from engine.core.errors import ModelError
from engine.index.verbatim import SpanWalk, Vocabulary

_BYTE: Final = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_BLANK: Final = "▁"


class SpanLogitsProcessor(LogitsProcessor):
    """Allows only tokens that continue a span of the page, and the end where a span may end.

    Args:
        walk: position of the answer in the page; only this object advances it.
        ends: ids that end an answer.
        prompt_length: tokens before the answer.
    """

    def __init__(self, walk: SpanWalk, ends: Collection[int], prompt_length: int) -> None:
        self._walk = walk
        self._ends = sorted(ends)
        self._seen = prompt_length

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Set the scores (1, vocabulary) of all other tokens to minus infinity.

        Args:
            input_ids: (1, n), prompt and generated ids.
            scores: (1, vocabulary), the next token's.
        """
        generated = input_ids[0, self._seen :].tolist()
        self._seen += len(generated)
        for index in generated:
            self._walk.advance(index)
        allowed = list(self._walk.allowed)
        if self._walk.may_end or not allowed:
            allowed += self._ends
        allowed_ids = torch.tensor(allowed, dtype=torch.long, device=scores.device)
        only = torch.full_like(scores, -torch.inf)
        only[:, allowed_ids] = scores[:, allowed_ids]
        return only

    def finish(self, generated: list[int]) -> list[tuple[int, int]]:
        """Return the spans of the whole answer.

        Args:
            generated: its ids, with or without the end token.
        """
        walk = self._walk.again()
        for index in generated:
            if index not in self._ends:
                walk.advance(index)
        return walk.spans


def vocabulary(tokenizer: Any, *, model_id: str) -> Vocabulary:
    """Return the bytes of each id of a tokenizer; ids that are not text are left out.

    Raises:
        ModelError: the tokenizer is neither byte-level nor marks spaces as sentencepiece does.
    """
    convert: Callable[[str], bytes]
    whole = json.loads(tokenizer.backend_tokenizer.to_str())
    decoder = json.dumps(whole.get("decoder"), ensure_ascii=False)
    if "ByteLevel" in decoder:
        convert = _byte_level
    elif _BLANK in decoder or "Metaspace" in decoder:
        convert = _sentencepiece
    else:
        raise ModelError("model.no_verbatim", model_id=model_id)
    added = set(tokenizer.get_added_vocab().values())
    return Vocabulary(
        {
            index: written
            for token, index in tokenizer.get_vocab().items()
            if index not in added and (written := convert(token))
        }
    )


def _byte_level(token: str) -> bytes:
    """Return a token's bytes; empty for a token with characters that represent no byte."""
    printable = _printable_bytes()
    if any(character not in printable for character in token):
        return b""
    return bytes(printable[character] for character in token)


def _sentencepiece(token: str) -> bytes:
    byte = _BYTE.fullmatch(token)
    return bytes([int(byte[1], 16)]) if byte else token.replace(_BLANK, " ").encode()


@cache
def _printable_bytes() -> Mapping[str, int]:
    """Return character -> byte of byte-level BPE.

    Source: GPT-2's encoder (openai/gpt-2, src/encoder.py, bytes_to_unicode): printable Latin-1
    represents itself, the characters from U+0100 on represent the other 68 bytes.
    """
    itself = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in itself]
    table = {chr(byte): byte for byte in itself}
    return table | {chr(0x100 + number): byte for number, byte in enumerate(others)}
