"""Separates the thought of a thinking model from its answer, id by id.

Qwen's Thinking checkpoints, DeepSeek-R1 and others write `<think> ... </think>` before the answer.
Newer templates put the opening tag into the prompt, so only the closing one is generated (Qwen3
model cards, "Thinking mode"). Both tags are single tokens of those tokenizers, and of the character
tokenizer for servers (engine.families.openai_server.characters).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

from engine.core.errors import OnlyThoughtError
from engine.core.schema import Step, StreamEvent

OPENING: Final = "<think>"
CLOSING: Final = "</think>"


class ThoughtFilter:
    """Takes the ids of one answer incrementally and returns those outside the thought.

    Args:
        tokenizer: offers decode(ids).
        opening, closing: ids of the two tags.
        opened: the prompt ends with the opening tag, so the answer begins inside a thought.
        may_lack_opening: the end of the prompt is unknown, so a closing tag without an opening one
            ends a thought that began with the answer.
        emit: called once, at the first thought.
        lone_closing: emitted once, if the answer has a closing tag without an opening one; None for
            nothing.
        error: the error for an answer that is only a thought.
    Attributes:
        withdrawn: the last ids showed that the ids returned before were a thought.
        seen: there was a thought.
    """

    def __init__(
        self,
        tokenizer: Any,
        *,
        opening: int,
        closing: int,
        opened: bool = False,
        may_lack_opening: bool = False,
        emit: Callable[[StreamEvent], None] = lambda _: None,
        lone_closing: StreamEvent | None = None,
        error: OnlyThoughtError | None = None,
    ) -> None:
        self.withdrawn = False
        self.seen = opened
        self.error = error
        self._tokenizer = tokenizer
        self._opening, self._closing = opening, closing
        self._may_lack_opening = may_lack_opening
        self._emit = emit
        self._lone_closing = lone_closing
        self._reported = False
        # "guess": an answer, unless a closing tag proves it to be a thought.
        self._state: Literal["start", "thought", "after", "guess", "answer"] = (
            "thought" if opened else "start"
        )
        self._held: list[int] = []

    @property
    def alone(self) -> bool:
        """Whether there was a thought and no answer after it."""
        return self._state in ("thought", "after")

    @property
    def unsure(self) -> bool:
        """Whether what was returned is a thought if a closing tag follows."""
        return self._state == "guess"

    def put(self, ids: Iterable[int]) -> list[int]:
        """Return the ids of the answer among these. Blank ids around a thought are dropped."""
        self.withdrawn = False
        answer: list[int] = []
        for index in ids:
            self._take(index, answer)
        if self.seen and not self._reported:
            self._reported = True
            self._emit(Step("step.model_thinking"))
        return answer

    def _take(self, index: int, answer: list[int]) -> None:
        match self._state:
            case "thought":
                if index == self._closing:
                    self._state = "after"
            case "after":
                if not self._is_blank(index):
                    self._state = "answer"
                    answer.append(index)
            case "start":
                self._begin(index, answer)
            case "guess" if index == self._closing:
                answer.clear()
                self.withdrawn = self.seen = True
                self._state = "after"
            case _:
                if index == self._opening:
                    # The answer mentions such tags.
                    self._state, self._lone_closing = "answer", None
                elif index == self._closing and self._lone_closing and not self.seen:
                    self._emit(self._lone_closing)
                    self._lone_closing = None
                answer.append(index)

    def _begin(self, index: int, answer: list[int]) -> None:
        if index in (self._opening, self._closing):
            self.seen = True
            self._state = "thought" if index == self._opening else "after"
        elif self._is_blank(index):
            self._held.append(index)
        else:
            self._state = "guess" if self._may_lack_opening else "answer"
            answer += [*self._held, index]

    def _is_blank(self, index: int) -> bool:
        return str(self._tokenizer.decode([index])).isspace()
