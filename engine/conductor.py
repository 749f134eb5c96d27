"""From a checked question to its last event: load, prepare, queue, and try again where it helps.

One attempt is one model at one image size. An attempt that runs out of memory is repeated at half
the pixels; one that fails otherwise goes to the model's `fallback`. What was streamed by then is
withdrawn (Discarded) with the reason, so nothing happens behind the user's back.
"""

import logging
import threading
import time
from dataclasses import dataclass, replace

from engine.answer_stream import AnswerStream
from engine.errors import EngineError, ModelError, as_engine_error
from engine.families.base import ModelRequest, Preparation, RunCancelled
from engine.generation import Job
from engine.index_store import IndexStore
from engine.model_manager import LoadedModel, ModelManager
from engine.prompts import Task, render
from engine.schema import (
    Discarded,
    Document,
    Failed,
    Finished,
    Message,
    Page,
    Step,
    StreamEvent,
)
from engine.settings import PreprocessSettings, Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """A checked question. pages: what to look at; documents: all that the history refers to."""

    conversation: str
    model_id: str
    task: Task
    text: str
    history: tuple[Message, ...]
    documents: tuple[Document, ...]
    pages: tuple[Page, ...]
    verbatim: bool
    steps: PreprocessSettings
    language: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One model at one image size. pixel_share: of the model's max_pixels, 1 or less."""

    model_id: str
    pixel_share: float = 1.0


class Conductor:
    """Starts runs. Thread-safe; each attempt prepares on a thread of its own."""

    def __init__(self, settings: Settings, models: ModelManager, indexes: IndexStore) -> None:
        self._settings = settings
        self._models = models
        self._indexes = indexes

    def start(self, stream: AnswerStream, question: Question) -> None:
        """Begin the first attempt; returns at once."""
        self._begin(stream, question, Attempt(question.model_id), time.monotonic())

    def _begin(
        self, stream: AnswerStream, question: Question, attempt: Attempt, started: float
    ) -> None:
        threading.Thread(
            target=self._attempt,
            args=(stream, question, attempt, started),
            name=f"prepare-{attempt.model_id}",
            daemon=True,
        ).start()

    def _attempt(
        self, stream: AnswerStream, question: Question, attempt: Attempt, started: float
    ) -> None:
        model: LoadedModel | None = None
        released = threading.Event()

        def release() -> None:
            if model is not None and not released.is_set():
                released.set()
                self._models.release(attempt.model_id)

        def emit(event: StreamEvent) -> None:
            """Pass events on; an end frees the model first, a failure may become a new attempt."""
            if isinstance(event, Finished | Failed):
                release()
            if isinstance(event, Failed) and not stream.stop_event.is_set():
                following = self._following(question, attempt, event.error)
                if following is not None:
                    next_attempt, discarded = following
                    stream.emit(discarded)
                    self._begin(stream, question, next_attempt, started)
                    return
            stream.emit(event)

        try:
            was_loaded = self._models.is_loaded(attempt.model_id)
            if not was_loaded:
                emit(Step("step.loading_model", {"model_id": attempt.model_id}))
            model = self._models.acquire(attempt.model_id, stream.stop_event, emit)
            inputs = model.family.prepare(
                self._request(question, attempt),
                Preparation(
                    index=lambda page: self._indexes.get(page, question.steps, stream.stop_event),
                    emit=emit,
                    stop=stream.stop_event,
                ),
            )
            stream.job = Job(
                inputs=inputs,
                emit=emit,
                stop=stream.stop_event,
                started_at=started,
                load_seconds=0.0 if was_loaded else model.load_seconds,
            )
            model.inference.submit(stream.job)
        except RunCancelled:
            emit(Finished("cancelled", attempt.model_id))
        except Exception as error:
            if not isinstance(error, EngineError):
                logger.exception("preparing a run of %s failed", attempt.model_id)
            emit(Failed(as_engine_error(error)))

    def _following(
        self, question: Question, attempt: Attempt, error: EngineError
    ) -> tuple[Attempt, Discarded] | None:
        """What to try after a failure, and how to say so; None when this failure is the end."""
        if not isinstance(error, ModelError):
            return None
        if error.key == "model.out_of_memory" and attempt.pixel_share == 1.0:
            again = replace(attempt, pixel_share=0.5)
            return again, Discarded("discarded.out_of_memory", {"model_id": attempt.model_id})
        other = self._settings.model(attempt.model_id).fallback
        if other is None or not self._models.can_answer(other, question.task.id):
            return None
        values = {"model_id": attempt.model_id, "other": other, "reason": str(error)}
        return Attempt(other), Discarded("discarded.fallback", values)

    def _request(self, question: Question, attempt: Attempt) -> ModelRequest:
        model = self._settings.model(attempt.model_id)
        prompt = render(question.task, family=model.family, question=question.text)
        overrides = {**model.generation, **prompt.generation}
        limit = overrides.get("max_new_tokens", self._settings.generation.max_new_tokens)
        return ModelRequest(
            conversation=question.conversation,
            task=question.task.id,
            question=question.text,
            history=question.history,
            documents=question.documents,
            pages=question.pages,
            prompt=prompt,
            verbatim=question.verbatim,
            pixel_share=attempt.pixel_share,
            max_new_tokens=int(limit),
            language=question.language,
        )
