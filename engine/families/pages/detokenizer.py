"""Incremental detokenizer: a model's ids as text, special tokens included, for box parsers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

# Maximum of ids that are buffered because they do not form complete characters yet.
_MAX_HELD: Final = 8


class Detokenizer:
    """Ids -> text, incrementally and in linear time; special tokens stay in the text.

    Args:
        tokenizer: offers decode(ids, skip_special_tokens=...).
        silent: ids that are not text: BOS, EOS, padding.
    """

    def __init__(self, tokenizer: Any, silent: Collection[int]) -> None:
        self._tokenizer = tokenizer
        self._silent = frozenset(silent)
        self._ids: list[int] = []
        # Ids before `_context` are dropped. Those before `_decoded` were returned; they are decoded
        # again with the next ids, because spaces between words depend on the word before.
        self._context = self._decoded = 0

    def put(self, ids: Sequence[int], *, last: bool = False) -> str:
        """Take ids; return the text that they complete.

        Args:
            last: no ids follow, so nothing is buffered.
        """
        self._ids += [index for index in ids if index not in self._silent]
        before = self._decode(self._ids[self._context : self._decoded])
        end = len(self._ids)
        whole = self._decode(self._ids[self._context : end])
        while not last and end > self._decoded and whole.endswith("\ufffd"):
            if len(self._ids) - end >= _MAX_HELD:
                # Not the beginning of a character, but invalid bytes.
                end = len(self._ids)
                whole = self._decode(self._ids[self._context : end])
                break
            end -= 1
            whole = self._decode(self._ids[self._context : end])
        if end == self._decoded:
            return ""
        del self._ids[: self._context]
        self._context, self._decoded = self._decoded - self._context, end - self._context
        return whole[len(before) :]

    def _decode(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=False)) if ids else ""
