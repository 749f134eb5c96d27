"""Engine: question + history + pages -> StreamEvents. What the screen, the shell and code call.

Try it:
    engine = Engine(load_settings())
    session_id = engine.create_session()
    engine.add_document(session_id, Path("examples/invoice.png"), name="invoice.png")
    print(engine.ask(session_id, "What is the total?").answer().text)
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.answer_stream import AnswerStream
from engine.conductor import Conductor, Question
from engine.errors import EngineError, ModelError, SessionError
from engine.families import family_class
from engine.families.base import RunCancelled
from engine.fields import AUTO, DocumentFields, check_type, extract
from engine.geometry import clip
from engine.index import PageIndex
from engine.index_store import IndexStore
from engine.indexing import build_index
from engine.model_manager import ModelInfo, ModelManager
from engine.prompts import get_task
from engine.schema import (
    Answer,
    BBox,
    Document,
    Failed,
    ImagePart,
    Message,
    Page,
    Part,
    TextPart,
)
from engine.sessions import Session, SessionStore
from engine.settings import PreprocessSettings, Settings, load_settings
from engine.transcript import Transcript

logger = logging.getLogger(__name__)

_SWEEP_SECONDS = 60.0


class Engine:
    """One process's models, sessions and page indexes.

    Thread-safe. Close it, or use it as a context manager, to delete what sessions left behind.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or load_settings()
        self._models = ModelManager(self.settings)
        self._sessions = SessionStore(self.settings)
        self._indexes = IndexStore(self._build_index)
        self._conductor = Conductor(self.settings, self._models, self._indexes)
        self._running: dict[str, AnswerStream] = {}
        self._guard = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._sweep, name="session-sweeper", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop every run, unload every model, delete every session and its files."""
        self._closed.set()
        for session_id in list(self._running):
            self.stop(session_id)
        self._indexes.close()
        self._models.close()
        self._sessions.close()

    def models(self) -> tuple[ModelInfo, ...]:
        """The models of settings.toml, in its order."""
        return self._models.infos()

    def create_session(self) -> str:
        """A new session's id: 256 random bits, the only key to it."""
        return self._sessions.create().session_id

    def has_session(self, session_id: str) -> bool:
        return self._sessions.has(session_id)

    def delete_session(self, session_id: str) -> None:
        """Stop and forget a session: files, conversation and page indexes. Unknown ids are fine."""
        self.stop(session_id)
        self._forget(self._sessions.delete(session_id))

    def delete_idle_sessions(self) -> None:
        """Delete what nobody has used for sessions.ttl_minutes; runs by itself every minute."""
        for session_id in self._sessions.idle():
            logger.info("deleting an idle session")
            self.delete_session(session_id)

    def unload_idle_models(self) -> None:
        """Unload what generation.idle_unload_seconds says; runs by itself every minute."""
        self._models.unload_idle()

    def add_document(self, session_id: str, path: Path, *, name: str) -> Document:
        """Check a file, keep a copy in the session and start reading its pages.

        Args:
            path: the file; it may be deleted afterwards.
            name: what the user calls it.
        Raises:
            DocumentError: the file cannot be read or breaks a limit; the session is as before.
            SessionError: the session does not exist.
        """
        document = self._sessions.add_document(self._sessions.get(session_id), path, name)
        self._indexes.prefetch(document.pages, self.settings.preprocess)
        return document

    def documents(self, session_id: str) -> tuple[Document, ...]:
        """The session's documents in the order of their upload. Raises SessionError."""
        return tuple(self._sessions.get(session_id).documents)

    def text_in(self, session_id: str, document_id: str, page_index: int, bbox: BBox) -> str:
        """The words that are printed in a box of a page, line by line; waits for its reading.

        Args:
            bbox: page pixels; a word lies in it when its centre does.
        Raises:
            DocumentError: the page cannot be read.
            GeometryError: nothing of the box lies on the page.
            SessionError: the session or the page does not exist.
        """
        page = self._sessions.get(session_id).page(document_id, page_index)
        drawn = clip(bbox, page_size=page.size)
        try:
            index = self._indexes.get(page, self.settings.preprocess, threading.Event())
        except RunCancelled:
            return ""  # the page was forgotten meanwhile
        return index.text_in(drawn)

    def index_of(self, session_id: str, document_id: str, page_index: int) -> PageIndex:
        """Every word, line and region of a page with its box; waits until the page is read.

        Raises:
            EngineError: the page cannot be read.
            SessionError: the session or the page does not exist, or was deleted meanwhile.
        """
        page = self._sessions.get(session_id).page(document_id, page_index)
        try:
            return self._indexes.get(page, self.settings.preprocess, threading.Event())
        except RunCancelled:
            raise SessionError("session.no_pages") from None

    def history(self, session_id: str) -> tuple[Message, ...]:
        """The conversation so far, oldest message first. Raises SessionError."""
        return tuple(self._sessions.get(session_id).messages)

    def new_chat(self, session_id: str) -> None:
        """Stop the session's run; forget its conversation and documents. Raises SessionError."""
        self.stop(session_id)
        self._forget(self._sessions.clear(self._sessions.get(session_id)))

    def forget_conversation(self, session_id: str) -> None:
        """Forget what was said; the documents stay. Raises SessionError."""
        self.stop(session_id)
        session = self._sessions.get(session_id)
        with session.lock:
            session.messages.clear()

    def stop(self, session_id: str) -> None:
        """End the session's running answer, if there is one. Nobody else's run is touched."""
        with self._guard:
            running = self._running.get(session_id)
        if running is not None:
            running.stop()

    def ask(
        self,
        session_id: str,
        question: str = "",
        *,
        model_id: str | None = None,
        task: str = "question",
        pages: Sequence[tuple[str, int]] | None = None,
        verbatim: bool = False,
        preprocess: PreprocessSettings | None = None,
        language: str = "en",
        bbox: BBox | None = None,
        resume: bool = False,
        remember: bool = True,
    ) -> AnswerStream:
        """Start a run and return its events; never raises, a bad call ends in Failed.

        Args:
            question: the user's words; tasks that need none ignore it.
            model_id: a [models.*] key; None takes default_model.
            task: a task id (prompts/*.toml).
            pages: (document_id, page_index) pairs to look at; None takes all of the session.
            verbatim: answer only with words that stand on the page.
            preprocess: steps before OCR; None takes the settings'.
            language: "en" or "ru": the language of sentences that are not on the page.
            bbox: a box that the user drew on the one page, in page pixels.
            resume: go on with the last answer, to the same question, which ended with "length"; it
                is said again from its beginning and takes the place of the old one.
            remember: whether the turn becomes part of the conversation and builds on it.
        """
        chosen = model_id or self.settings.default_model
        documents = tuple(self._documents_or_none(session_id))
        stream = AnswerStream(
            model_id=chosen,
            documents=documents,
            stall_timeout_seconds=self.settings.generation.stall_timeout_seconds,
            on_end=lambda transcript: self._ended(
                session_id, stream, message, transcript, resumed=resume
            ),
        )
        message: Message | None = None
        try:
            session = self._sessions.get(session_id)
            checked = self._checked(
                session, chosen, task, question, pages, verbatim, preprocess, language
            )
            if resume:
                checked = replace(checked, resume=True, history=_before_last(checked))
            if bbox is not None:
                checked = replace(checked, bbox=_drawn(bbox, checked.pages))
            if not remember:
                checked = replace(checked, history=())
            else:
                message = _user_message(checked)
            with self._guard:
                if session_id in self._running:
                    raise SessionError("session.busy")
                self._running[session_id] = stream
        except EngineError as error:
            stream.emit(Failed(error))
            return stream
        self._conductor.start(stream, checked)
        return stream

    def fields(
        self,
        session_id: str,
        document_id: str,
        *,
        document_type: str = AUTO,
        model_id: str | None = None,
        language: str = "en",
        pages: Sequence[int] | None = None,
    ) -> DocumentFields:
        """Read a document's fields; waits until its pages are read.

        Args:
            document_type: a template's name, or "auto" for the one that the pages look like.
            model_id: a [models.*] key; None takes default_model. `lite` reads by labels and
                places; any other model is asked field by field, answering verbatim.
            language: "en" or "ru", of the titles.
            pages: 0-based; None takes all.
        Raises:
            EngineError: there is no such session, document, page, type or model, a page cannot be
                read, or the model failed.
        """
        chosen = model_id or self.settings.default_model
        folder = self.settings.fields.folder
        check_type(document_type, folder)
        document = self._document(session_id, document_id)
        numbers = range(len(document.pages)) if pages is None else pages
        places = [(document_id, number) for number in numbers]
        family = family_class(self.settings.model(chosen).family, model_id=chosen)

        def ask(question: str) -> Answer:
            return self.ask(
                session_id,
                question,
                model_id=chosen,
                pages=places,
                verbatim=True,
                language=language,
                remember=False,
            ).answer(language)

        return extract(
            document,
            [self.index_of(session_id, *place) for place in places],
            document_type=document_type,
            model_id=chosen,
            ask=None if family.is_verbatim else ask,
            folder=folder,
            language=language,
        )

    def _document(self, session_id: str, document_id: str) -> Document:
        for document in self.documents(session_id):
            if document.document_id == document_id:
                return document
        raise SessionError("session.unknown_document", document_id=document_id)

    def _documents_or_none(self, session_id: str) -> tuple[Document, ...]:
        return self.documents(session_id) if self.has_session(session_id) else ()

    def _checked(
        self,
        session: Session,
        model_id: str,
        task_id: str,
        question: str,
        pages: Sequence[tuple[str, int]] | None,
        verbatim: bool,
        preprocess: PreprocessSettings | None,
        language: str,
    ) -> Question:
        task = get_task(task_id)
        if task.id not in self._models.tasks(model_id):
            raise ModelError(
                "model.task_unsupported",
                model_id=model_id,
                task=task.id,
                supported=", ".join(sorted(self._models.tasks(model_id))),
            )
        if task.needs_question and not question.strip():
            raise SessionError("session.no_question")
        with session.lock:
            documents = tuple(session.documents)
            history = tuple(session.messages)
            if pages is None:
                chosen = tuple(page for document in documents for page in document.pages)
            else:
                chosen = tuple(session.page(*pair) for pair in pages)
        if not chosen:
            raise SessionError("session.no_pages")
        return Question(
            conversation=session.session_id,
            model_id=model_id,
            task=task,
            text=question.strip() if task.needs_question else "",
            history=history,
            documents=documents,
            pages=chosen,
            verbatim=verbatim,
            steps=preprocess or self.settings.preprocess,
            language=language,
        )

    def _ended(
        self,
        session_id: str,
        stream: AnswerStream,
        message: Message | None,
        transcript: Transcript,
        *,
        resumed: bool,
    ) -> None:
        """Keep the turn and free the session; called once, before the reader sees the end."""
        with self._guard:
            if self._running.get(session_id) is stream:
                del self._running[session_id]
        # A turn that gave nothing is not kept: the next answer must not build on it.
        if message is None or not transcript.text.strip() or not self.has_session(session_id):
            return
        answer = Message("assistant", (TextPart(transcript.text),), tuple(transcript.evidence))
        session = self._sessions.get(session_id)
        with session.lock:
            if resumed:
                del session.messages[-2:]
            session.messages += [message, answer]

    def _forget(self, document_ids: list[str]) -> None:
        self._indexes.forget(document_ids)
        self._conductor.forget(frozenset(document_ids))

    def _build_index(self, page: Page, steps: PreprocessSettings) -> PageIndex:
        return build_index(page, self.settings, preprocess=steps)

    def _sweep(self) -> None:
        while not self._closed.wait(_SWEEP_SECONDS):
            self.delete_idle_sessions()
            self.unload_idle_models()


def _before_last(question: Question) -> tuple[Message, ...]:
    """The conversation before this question was asked for the first time.

    Raises:
        SessionError: the last answer is not one to this question.
    """
    history = question.history
    asked = _user_message(question).text
    if len(history) < 2 or history[-1].role != "assistant" or history[-2].text != asked:
        raise SessionError("session.nothing_to_continue")
    return history[:-2]


def _drawn(bbox: BBox, pages: tuple[Page, ...]) -> BBox:
    """A drawn box, clipped to the page.

    Raises:
        GeometryError: nothing of it lies on the page.
        SessionError: it is not clear which page is meant.
    """
    if len(pages) != 1:
        raise SessionError("session.one_page_for_a_box", pages=len(pages))
    return clip(bbox, page_size=pages[0].size)


def _user_message(question: Question) -> Message:
    """The user's turn: the pages it shows for the first time, then the words."""
    shown = {
        (part.document_id, part.page_index)
        for message in question.history
        for part in message.parts
        if isinstance(part, ImagePart)
    }
    images: list[Part] = [
        ImagePart(page.document_id, page.page_index)
        for page in question.pages
        if (page.document_id, page.page_index) not in shown
    ]
    return Message("user", (*images, TextPart(question.text or question.task.title.en)))
