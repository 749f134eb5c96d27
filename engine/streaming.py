"""TextIteratorStreamer, its text going to a run's event channel. Imports torch: load late."""

import time
from collections.abc import Callable
from typing import Any

from transformers import TextIteratorStreamer


class EventStreamer(TextIteratorStreamer):
    """Decodes the ids that `generate` puts and hands on each finished piece of text.

    transformers holds back a piece until no later token can change it (whole words, complete
    UTF-8), so what is handed on is never taken back. The queue of the base class is not used:
    the event channel is the queue, with errors and other events in their true order.

    Attributes:
        first_token_at, last_token_at: time.monotonic() of the first and last put, or None.
        tokens: how many generated ids were put; first_tokens: how many of them first.
    """

    def __init__(self, tokenizer: Any, on_text: Callable[[str], None]) -> None:
        super().__init__(tokenizer, skip_prompt=False, skip_special_tokens=True)
        self._on_text = on_text
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
        super().put(value)  # type: ignore[no-untyped-call]

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        """Called by the base class with text that is final."""
        if text:
            self._on_text(text)
