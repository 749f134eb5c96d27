"""The limits of tokens of one question's answer, from the task, the model, the user and the
settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.chat.options import AskOptions
from engine.core.prompts import Task

if TYPE_CHECKING:
    from engine.core.settings import GenerationSettings, ModelSettings

_NAME: Final = "max_new_tokens"


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """Upper bounds in tokens.

    Attributes:
        answer: of an answer, its thought included.
        thinking: of a second try, if a thought used up `answer`; None for no second try.
    """

    answer: int
    thinking: int | None


def token_limits(
    task: Task, model: ModelSettings, options: AskOptions, bounds: GenerationSettings
) -> TokenLimits:
    """Return the limits of an answer: the user's, else the task's, the model's or the settings'.

    The limit in a task's file is one of the words of its answer ("receipt"). A model that thinks
    before it writes them gets the limit of the model, or of a page that is read, once.
    """
    usual = bounds.reading_max_new_tokens if task.reads_page else bounds.max_new_tokens
    chosen = {**model.generation, **options.generation()}
    answer = int({**task.generation, **options.generation()}.get(_NAME, chosen.get(_NAME, usual)))
    if _NAME not in task.generation:
        return TokenLimits(answer, None)
    thinking = int(chosen.get(_NAME, bounds.reading_max_new_tokens))
    return TokenLimits(answer, thinking if thinking > answer else None)
