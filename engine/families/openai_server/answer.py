"""Processes an answer streamed by a server: forwards it as ids, ends loops and overlong text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from engine.core.schema import EvidenceFound, FinishReason
from engine.families.base import Run
from engine.families.openai_server import grammar
from engine.families.openai_server.characters import CharacterTokenizer, SpecialTokenBuffer
from engine.families.openai_server.failures import ServerInfo
from engine.families.pages.repetition import MOST_TOKENS, loop_length

if TYPE_CHECKING:
    from engine.index.verbatim import PageSpans

# A server's text has no token ids, so loops are searched in pieces: words, punctuation, line ends.
# A line of dots becomes several pieces, too.
_PIECE: Final = re.compile(r"\w{1,32}|[^\w\s]{1,16}|\n{1,8}")
_LOOP_CHECK_EVERY: Final = 8


class StreamedAnswer:
    """Takes a server's text on the inference thread.

    A free answer is forwarded as it arrives. A verbatim answer is buffered until it is complete and
    verified against the page.

    Args:
        most_characters: a longer answer is ended.
        spans: the spans of the pages that it must consist of; None for a free answer.
    Attributes:
        pieces: number of received pieces of text.
        ended_for: why this object ended the answer; None if it did not.
    """

    def __init__(
        self,
        characters: CharacterTokenizer,
        run: Run,
        *,
        most_characters: int,
        spans: PageSpans | None,
    ) -> None:
        self.pieces = 0
        self.ended_for: FinishReason | None = None
        self._characters = characters
        self._run = run
        self._most_characters = most_characters
        self._spans = spans
        self._held = ""
        self._tags = SpecialTokenBuffer()
        # The newest complete pieces, and the text of the incomplete one.
        self._newest: list[str] = []
        self._begun = ""
        self._length = 0

    def add(self, text: str) -> bool:
        """Take the next piece of text, "" for a keep-alive. Returns False to end the answer."""
        self.pieces += bool(text)
        self._length += len(text)
        if not self.pieces:
            # The time to the first token ends with text, not with a keep-alive.
            return True
        if self._spans is not None:
            self._held += text
            self._put("")
        else:
            self._put(self._tags.put(text))
            self._note(text)
            if text and self.pieces % _LOOP_CHECK_EVERY == 0 and self._loops():
                self.ended_for = "repetition"
        if self._length > self._most_characters:
            self.ended_for = "length"
        return self.ended_for is None

    def finish(self, reason: FinishReason, question: str, server: ServerInfo) -> None:
        """Finish the answer: flush the text and emit evidence.

        Args:
            question: the user's words, which choose between identical spans.
        Raises:
            GenerationError: a verbatim answer is not on the page.
        """
        self._put(self._tags.rest())
        answer = self._held.strip()
        if self._spans is None or not answer:
            return
        places = grammar.spans_of(self._spans, answer, whole=reason == "stop")
        if places is None:
            if reason != "cancelled":
                raise server.error("not_held")
            return
        self._put(answer)
        for found in self._spans.evidence(places, question):
            self._run.emit(EvidenceFound(found))

    def _put(self, text: str) -> None:
        import torch

        ids = self._characters.encode(text)
        self._run.streamer.put(torch.tensor(ids, dtype=torch.long))

    def _note(self, text: str) -> None:
        """Store the newest pieces, as many as the longest detectable loop has."""
        text = self._begun + text
        pieces = list(_PIECE.finditer(text))
        self._newest += [piece[0] for piece in pieces[:-1]]
        del self._newest[:-MOST_TOKENS]
        self._begun = text[pieces[-1].start() :] if pieces else ""

    def _loops(self) -> bool:
        numbers: dict[str, int] = {}
        ids = [numbers.setdefault(piece, len(numbers)) for piece in self._newest]
        names = list(numbers)

        def text_of(some: Sequence[int]) -> str:
            return "".join(names[number] for number in some)

        return loop_length(ids, text_of) > 0
