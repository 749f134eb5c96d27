"""The unit of an export: one question and its answer."""

from dataclasses import dataclass
from datetime import datetime

from engine.core.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question with its answer.

    Attributes:
        question: the user's words; empty for tasks that need none.
        task_id: of the requested task, an id of prompts/*.toml.
        asked_at: None if the time was not stored.
        answer: the run, in any state.
        liked: the user's rating (thumb); None without one.
        files: names of the files that were uploaded with the question.
    """

    question: str
    task_id: str
    asked_at: datetime | None
    answer: Transcript
    liked: bool | None = None
    files: tuple[str, ...] = ()
