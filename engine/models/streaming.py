"""TextIteratorStreamer, its text going to a run's event channel. Imports torch: load late."""

import time
from collections.abc import Callable
from typing import Any, Final

from transformers import TextIteratorStreamer

# Each new id is decoded with at most so many before it; beyond, only the newest few stay.
_MOST_IDS: Final = 32
_KEPT_IDS: Final = 8
# An incomplete UTF-8 character is decoded to at most so many of these.
_NOT_WHOLE: Final = "\ufffd"
_MOST_NOT_WHOLE: Final = 3
# CJK ideographs, whose words no space ends: the blocks of transformers' TextStreamer.
_IDEOGRAPHS: Final = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


class EventStreamer(TextIteratorStreamer):
    """Decodes the ids from `generate` and emits each finished piece of text.

    Like its base class it holds back a piece until no later token can change it (whole words and
    lines, complete UTF-8), so emitted text is never withdrawn. A line break clears the buffer.
    Unlike its base class it does not decode a long line again for each of its tokens, and it does
    not use the queue: the event channel is the queue, with errors and other events in their order.

    Args:
        tokenizer: offers decode(ids, skip_special_tokens=...).
        on_text: takes each piece, none of them empty.
    Attributes:
        first_token_at, last_token_at: time.monotonic() of the first and last put, or None.
        tokens: how many generated ids were put; first_tokens: how many of them first.
    """

    def __init__(self, tokenizer: Any, on_text: Callable[[str], None]) -> None:
        super().__init__(tokenizer, skip_prompt=False, skip_special_tokens=True)
        self._tokenizer = tokenizer
        self._on_text = on_text
        # The newest ids, and how many characters of their text are in `_pending` or were emitted.
        self._ids: list[int] = []
        self._taken = 0
        # Decoded text that waits for the end of its word, in order.
        self._pending: list[str] = []
        self.first_token_at: float | None = None
        self.last_token_at: float | None = None
        self.tokens = self.first_tokens = 0

    def put(self, value: Any) -> None:
        """Take generated ids, shape (n,)."""
        now = time.monotonic()
        self.first_token_at = self.first_token_at or now
        self.last_token_at = now
        self.first_tokens = self.first_tokens or int(value.numel())
        self.tokens += int(value.numel())
        self._ids += value.reshape(-1).tolist()
        text = self._decode(self._ids)
        self._take(text, _whole(text))
        if text.endswith("\n"):
            self._give("".join(self._pending))
            self._ids, self._taken = [], 0
            return
        last = self._pending[-1] if self._pending else ""
        if text and any(low <= ord(text[-1]) <= high for low, high in _IDEOGRAPHS):
            self._give("".join(self._pending))
        elif " " in last:
            # Only the newest piece can contain one: text before a space is already emitted.
            end = last.rindex(" ") + 1
            given = "".join(self._pending[:-1]) + last[:end]
            rest = last[end:]
            self._give(given)
            self._pending = [rest] if rest else []
        if len(self._ids) > _MOST_IDS:
            self._forget(text)

    def end(self) -> None:
        """The run is over: emit what was held back."""
        text = self._decode(self._ids)
        self._take(text, len(text))
        self._give("".join(self._pending))
        self._ids, self._taken = [], 0

    def _take(self, text: str, whole: int) -> None:
        """Move the complete new part of the text to the pending pieces."""
        if whole > self._taken:
            self._pending.append(text[self._taken : whole])
            self._taken = whole

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        """Emit text that is final. stream_end: the base class's; nothing is done for it."""
        if text:
            self._on_text(text)

    def _give(self, text: str) -> None:
        self._pending = []
        self.on_finalized_text(text)

    def _forget(self, text: str) -> None:
        """Drop the older ids if the newer ones decode to the same text without them."""
        newest = self._ids[-_KEPT_IDS:]
        newer = self._decode(newest)
        open_characters = len(text) - self._taken
        # Without the ids before, a space or the first bytes of a character may be missing.
        same = newer if text.endswith(newer) else newer.lstrip(" " + _NOT_WHOLE)
        if (same or not newer) and len(same) >= open_characters and text.endswith(same):
            self._ids, self._taken = newest, len(newer) - open_characters

    def _decode(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True)) if ids else ""


def _whole(text: str) -> int:
    """The number of characters of a text that no later id can change."""
    end = len(text)
    while end and len(text) - end < _MOST_NOT_WHOLE and text[end - 1] == _NOT_WHOLE:
        end -= 1
    return end
