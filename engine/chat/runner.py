"""From a validated question to its last event: load, prepare, queue, and retry where it helps.

One attempt is one model at one image size. An attempt that runs out of memory is repeated at half
the pixels. One that fails otherwise goes to the model's `fallback`. The text streamed so far is
then withdrawn (Discarded) with the reason, so the user learns of every retry.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field, replace

from engine.chat.crops import PageCrop
from engine.chat.grounding import GroundingSink
from engine.chat.options import AskOptions
from engine.chat.routing import (
    EventSink,
    PageTranscription,
    Transcriptions,
    TranscriptionSink,
    TranscriptionStore,
    introduced,
)
from engine.chat.token_limits import token_limits
from engine.core.errors import EngineError, ModelError, RunCancelled
from engine.core.i18n import Sentence
from engine.core.prompts import Task, get_task, render, verbatim_question
from engine.core.schema import (
    BBox,
    Discarded,
    Document,
    Failed,
    Finished,
    ImagePart,
    Message,
    Notice,
    Page,
    Step,
    StreamEvent,
    Values,
)
from engine.core.settings import PreprocessSettings, Settings
from engine.families.base import ModelRequest, Preparation
from engine.families.prompts.page_prompt import names_box
from engine.index.crop import crop_index
from engine.index.page_index import PageIndex
from engine.index.store import IndexStore
from engine.models.context_use import ContextUse, PromptCounters
from engine.models.failures import preparation_error
from engine.models.inference import Job
from engine.models.manager import LoadedModel, ModelManager

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """A validated question.

    pages: to show to the model. documents: all that the history refers to. bbox: a box drawn on the
    only page, in page pixels. resume: continue this question's answer. readings: another model's
    transcriptions of the pages, the source of the answer. options: what the user changed for this
    question. notices: shown before the answer.
    """

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
    bbox: BBox | None = None
    resume: bool = False
    readings: Transcriptions | None = None
    options: AskOptions = field(default_factory=AskOptions)
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One model at one image size. pixel_share: of the model's max_pixels, 1 or less."""

    model_id: str
    pixel_share: float = 1.0


class Runner:
    """Starts runs. Thread-safe; each attempt prepares on its own thread."""

    def __init__(self, settings: Settings, models: ModelManager, indexes: IndexStore) -> None:
        self._settings = settings
        self._models = models
        self._indexes = indexes
        self._read = TranscriptionStore()
        self._counters = PromptCounters(settings)

    def start(self, stream: EventSink, question: Question) -> None:
        """Start the first attempt; returns at once."""
        started = time.monotonic()
        for notice in question.notices:
            stream.emit(notice)
        if question.task.id == "question":
            stream = GroundingSink(
                stream,
                question.text,
                question.pages,
                lambda page: self._looked_at(question, page, stream.stop_event),
                self._is_verbatim,
            )
        capabilities = self._models.capabilities(question.model_id)
        if question.task.id in capabilities.tasks:
            self._begin(stream, question, Attempt(question.model_id), started)
        else:
            self._read_next(stream, question, started)

    def _read_next(self, stream: EventSink, question: Question, started: float) -> None:
        """Have the model transcribe the next new page; after the last, answer the question."""
        reader = question.model_id
        for page in question.pages:
            if self._read.get(reader, page) is None:
                break
        else:
            self._answer_from_readings(stream, question, started)
            return

        def on_read(reading: PageTranscription) -> None:
            self._read.put(reader, page, reading)
            self._read_next(stream, question, started)

        tasks = self._models.capabilities(reader).tasks
        task = get_task("layout" if "layout" in tasks else "ocr")
        reading = replace(
            question,
            task=task,
            text="",
            history=(),
            pages=(page,),
            bbox=None,
            # The answer is verbatim if it was asked to be: words of what is read now.
            verbatim=False,
            options=AskOptions(),
        )
        sink = TranscriptionSink(stream, reader, page, on_read)
        self._begin(sink, reading, Attempt(reader), started)

    def _answer_from_readings(self, stream: EventSink, question: Question, started: float) -> None:
        """Have a model that can chat answer from the transcriptions."""
        reader = question.model_id
        wanted = self._settings.model(reader).answer_with
        other = wanted
        if wanted is not None and not self._models.can_answer(wanted, question.task.id):
            other = self._fallback(wanted, question.task.id)
        if other is None:
            missing = ModelError("model.no_answerer", model_id=reader, other=wanted or "none")
            stream.emit(Failed(missing))
            return
        readings = {
            (page.document_id, page.page_index): reading
            for page in question.pages
            if (reading := self._read.get(reader, page)) is not None
        }
        stream.emit(Notice("notice.answered_with", {"model_id": reader, "other": other}))
        answering = replace(question, model_id=other, readings=readings)
        self._begin(stream, answering, Attempt(other), started)

    def context_use(self, question: Question) -> ContextUse:
        """How much of its model's context a question would take; runs and loads nothing."""
        attempt = Attempt(question.model_id)
        if question.task.id not in self._models.capabilities(question.model_id).tasks:
            return ContextUse()  # another model answers, from text that is not transcribed yet
        return self._counters.use(question.model_id, self._request(question, attempt))

    def forget(self, document_ids: frozenset[str]) -> None:
        """Delete the transcriptions of deleted documents."""
        self._read.forget(document_ids)

    def _begin(
        self, stream: EventSink, question: Question, attempt: Attempt, started: float
    ) -> None:
        # In the request's context: ZeroGPU charges the GPU to the visitor who asked.
        threading.Thread(
            target=copy_context().run,
            args=(self._attempt, stream, question, attempt, started),
            name=f"prepare-{attempt.model_id}",
            daemon=True,
        ).start()

    def _attempt(
        self, stream: EventSink, question: Question, attempt: Attempt, started: float
    ) -> None:
        model: LoadedModel | None = None
        back: Callable[[StreamEvent], StreamEvent] = _as_it_is
        released = threading.Event()

        def release() -> None:
            if model is not None and not released.is_set():
                released.set()
                self._models.release(attempt.model_id)

        def emit(event: StreamEvent) -> None:
            """Forward an event. An end releases the model; a failure may start a new attempt."""
            event = back(event)
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
            request = self._request(question, attempt)
            crop: PageCrop | None = None
            if request.bbox is not None and not self._takes_boxes(attempt.model_id, request):
                crop = PageCrop(request.pages[0], request.bbox)
                request, back = crop.request(request), crop.back
            inputs = model.family.prepare(
                request,
                Preparation(
                    index=lambda page: self._index(question, page, stream.stop_event, crop),
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
        except Exception as error:  # noqa: BLE001 - preparation_error logs it
            emit(Failed(preparation_error(attempt.model_id, error)))

    def _looked_at(self, question: Question, page: Page, stop: threading.Event) -> PageIndex:
        """The index of the page, or of the drawn box only."""
        index = self._indexes.get(page, question.steps, stop)
        return index if question.bbox is None else crop_index(index, question.bbox)

    def _is_verbatim(self, model_id: str) -> bool:
        return self._models.adapter(model_id).is_verbatim

    def _takes_boxes(self, model_id: str, request: ModelRequest) -> bool:
        """Whether the model processes a drawn box; others are shown that part of the page."""
        return self._models.adapter(model_id).reads_boxes or names_box(request)

    def _index(
        self, question: Question, page: Page, stop: threading.Event, crop: PageCrop | None
    ) -> PageIndex:
        if crop is not None and page is crop.page:
            return crop.index(self._index(question, crop.whole, stop, None))
        own = self._indexes.get(page, question.steps, stop)
        reading = (question.readings or {}).get((page.document_id, page.page_index))
        return own if reading is None else reading.index(own)

    def _following(
        self, question: Question, attempt: Attempt, error: EngineError
    ) -> tuple[Attempt, Discarded] | None:
        """The next attempt after a failure, and its event; None if the failure is final."""
        if not isinstance(error, ModelError):
            return None
        if error.key == "model.out_of_memory" and attempt.pixel_share == 1.0:
            again = replace(attempt, pixel_share=0.5)
            return again, Discarded("discarded.out_of_memory", {"model_id": attempt.model_id})
        other = self._fallback(attempt.model_id, question.task.id)
        if other is None:
            return None
        reason = Sentence(error.key, error.values)
        values: Values = {"model_id": attempt.model_id, "other": other, "reason": reason}
        return Attempt(other), Discarded("discarded.fallback", values)

    def _fallback(self, model_id: str, task_id: str) -> str | None:
        """The next model of the settings' chain that does the task and needs no download."""
        passed = {model_id}
        other = self._settings.model(model_id).fallback
        while other is not None and other not in passed:
            if self._models.can_answer(other, task_id):
                return other
            passed.add(other)
            other = self._settings.model(other).fallback
        return None

    def _request(self, question: Question, attempt: Attempt) -> ModelRequest:
        model = self._settings.model(attempt.model_id)
        asked = question.text
        if question.verbatim and not self._is_verbatim(attempt.model_id):
            asked = verbatim_question(question.task, asked, language=question.language)
        options = question.options
        # The user's own prompt is for the model that the user chose.
        own = options.prompt if attempt.model_id == question.model_id else None
        prompts = self._models.adapter(attempt.model_id).prompts_of(model)
        prompt = render(question.task, family=prompts, question=asked, template=own)
        prompt = replace(prompt, generation={**prompt.generation, **options.generation()})
        if question.readings:
            prompt = replace(
                prompt, text=introduced(question.readings, prompt.text, question.documents)
            )
        limits = token_limits(question.task, model, options, self._settings.generation)
        return ModelRequest(
            conversation=question.conversation,
            task=question.task.id,
            question=question.text,
            history=_of_pages(question) if options.only_pages else question.history,
            documents=question.documents,
            pages=question.pages,
            prompt=prompt,
            verbatim=question.verbatim,
            pixel_share=attempt.pixel_share * (options.detail or 1.0),
            max_new_tokens=limits.answer,
            language=question.language,
            bbox=question.bbox,
            resume=question.resume,
            thinking_max_new_tokens=limits.thinking,
        )


def _of_pages(question: Question) -> tuple[Message, ...]:
    """The earlier turns without the images of other pages; their words stay."""
    shown = {(page.document_id, page.page_index) for page in question.pages}
    return tuple(
        replace(
            message,
            parts=tuple(
                part
                for part in message.parts
                if not isinstance(part, ImagePart) or (part.document_id, part.page_index) in shown
            ),
        )
        for message in question.history
    )


def _as_it_is(event: StreamEvent) -> StreamEvent:
    return event
