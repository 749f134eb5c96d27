"""What a chat model remembers from question to question, for prompts that extend the one before.

Both memories are bounded: what is evicted, oldest first, is computed again. They are thread-safe,
because runs are prepared on threads of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

from engine.core.schema import Message
from engine.families.prompts.conversation import ContextView

# Maximum of answers, and of conversations.
_MOST: Final = 2000


class AnswerIds:
    """The generated ids of earlier answers, by the text of the answer."""

    def __init__(self) -> None:
        # text -> (conversation, ids)
        self._answers: dict[str, tuple[str, tuple[int, ...]]] = {}
        self._guard = threading.Lock()

    def get(self, text: str) -> tuple[int, ...] | None:
        """Return the ids of an answer; None if none with this text is stored."""
        answer = self._answers.get(text)
        return None if answer is None else answer[1]

    def put(self, conversation: str, text: str, ids: Sequence[int]) -> None:
        """Store an answer.

        Args:
            conversation: the one that it is deleted with.
        """
        with self._guard:
            while len(self._answers) >= _MOST:
                self._answers.pop(next(iter(self._answers)))
            self._answers[text] = (conversation, tuple(ids))

    def conversations(self) -> frozenset[str]:
        """The conversations whose answers are stored."""
        with self._guard:
            return frozenset(conversation for conversation, _ in self._answers.values())

    def forget(self, conversation: str) -> None:
        """Delete the answers of a deleted conversation."""
        with self._guard:
            self._answers = {
                text: answer for text, answer in self._answers.items() if answer[0] != conversation
            }

    def clear(self) -> None:
        """Delete all answers."""
        with self._guard:
            self._answers = {}


class ContextViews:
    """How each conversation was shortened to fit the context."""

    def __init__(self) -> None:
        self._views: dict[str, ContextView] = {}
        self._guard = threading.Lock()

    def get(self, conversation: str, history: tuple[Message, ...]) -> ContextView:
        """Return the part of a conversation's view that is valid for a history."""
        return self._views.get(conversation, ContextView()).of(history)

    def put(self, conversation: str, view: ContextView) -> None:
        """Store a view, so the next question finds the same parts shortened."""
        with self._guard:
            while len(self._views) >= _MOST:
                self._views.pop(next(iter(self._views)))
            self._views[conversation] = view

    def conversations(self) -> frozenset[str]:
        """The conversations whose views are stored."""
        with self._guard:
            return frozenset(self._views)

    def forget(self, conversation: str) -> None:
        """Delete the view of a deleted conversation."""
        with self._guard:
            self._views.pop(conversation, None)
