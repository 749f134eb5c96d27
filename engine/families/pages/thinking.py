"""Models that think before they answer: the thought is told from the answer, id by id.

Qwen's Thinking checkpoints, DeepSeek-R1 and others write `<think> ... </think>` before the answer;
the newer templates write the opening tag into the prompt, so that only the closing one is seen
(Qwen3 model cards, "Thinking mode"). Both tags are single tokens of those tokenizers, and of the
tokenizer of characters that stands for a server (engine.families.openai_server.characters).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

from engine.core.errors import GenerationError
from engine.core.schema import Step, StreamEvent

OPENING: Final = "<think>"
CLOSING: Final = "</think>"


class ThoughtFilter:
    """Takes the ids of one answer as they come and gives back those that are no thought.

    Args:
        tokenizer: offers decode(ids).
        opening, closing: ids of the two tags.
        opened: the prompt ends with the opening tag, so the answer begins inside of a thought.
        may_lack_opening: whether the prompt ends so is not known: a closing tag without an opening
            one ends a thought that began with the answer.
        emit: told once, when a thought is seen.
        error: what an answer ends in that is a thought and nothing else.
    Attributes:
        withdrawn: the last ids showed that what was given back before them was a thought.
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
        error: GenerationError | None = None,
    ) -> None:
        self.withdrawn = False
        self.seen = opened
        self.error = error
        self._tokenizer = tokenizer
        self._opening, self._closing = opening, closing
        self._may_lack_opening = may_lack_opening
        self._emit = emit
        self._told = False
        # "guess": an answer, unless a closing tag shows that it was a thought.
        self._state: Literal["start", "thought", "after", "guess", "answer"] = (
            "thought" if opened else "start"
        )
        self._held: list[int] = []

    @property
    def alone(self) -> bool:
        """There was a thought, and no answer after it."""
        return self._state in ("thought", "after")

    def put(self, ids: Iterable[int]) -> list[int]:
        """The ids of the answer among these. Blank ones around a thought belong to neither."""
        self.withdrawn = False
        answer: list[int] = []
        for index in ids:
            self._take(index, answer)
        if self.seen and not self._told:
            self._told = True
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
                    # The answer speaks of such tags.
                    self._state = "answer"
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
