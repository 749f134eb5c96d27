"""What an export is made of: one question and its answer."""

from dataclasses import dataclass
from datetime import datetime

from engine.core.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question with its answer.

    Attributes:
        question: the user's words; empty for tasks that need none.
        task_id: what was asked for, an id of prompts/*.toml.
        asked_at: None where the time was not kept.
        answer: the run, in any state of it.
        liked: the user's thumb; None without one.
        files: names of what came with the question.
    """

    question: str
    task_id: str
    asked_at: datetime | None
    answer: Transcript
    liked: bool | None = None
    files: tuple[str, ...] = ()
