"""Engine: question + history + pages -> StreamEvents. What the screen, the shell and code call.

Try it:
    engine = Engine(load_settings())
    session_id = engine.create_session()
    engine.add_document(session_id, Path("examples/invoice.png"), name="invoice.png")
    print(engine.ask(session_id, "What is the total?").answer().text)
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from engine.chat.deletion import Forgetting
from engine.chat.options import AskOptions
from engine.chat.request import Wish, checked, user_message
from engine.chat.runner import Conductor
from engine.chat.stream import AnswerStream
from engine.core.errors import EngineError, SessionError
from engine.core.schema import (
    Answer,
    BBox,
    Failed,
    ImagePart,
    Message,
    Notice,
    Page,
    TextPart,
)
from engine.core.settings import PreprocessSettings, Settings, load_settings
from engine.families import family_class
from engine.fields import AUTO, DocumentFields, check_type, extract, split
from engine.index.builder import build_index
from engine.index.page_index import PageIndex
from engine.index.store import IndexStore
from engine.models.context_use import ContextUse
from engine.models.control import ModelControl
from engine.models.manager import ModelInfo, ModelManager
from engine.sessions.maintenance import Upkeep
from engine.sessions.registry import SessionStore
from engine.sessions.session import Session

# What a user is told while the store fails: by the store's sentence, and for any other failure.
_NOT_KEPT = {"store.full": "notice.not_kept_full", "store.busy": "notice.not_kept_busy"}


class Engine(Forgetting):
    """One process's models, sessions and page indexes.

    Thread-safe. Close it, or use it as a context manager, to delete what sessions left behind;
    conversations of visitors stay on disk where the settings allow it (sessions.storage).
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or load_settings()
        super().__init__(
            SessionStore(self.settings, self._forget),
            IndexStore(self._build_index),
            self.settings.preprocess,
            ModelManager(self.settings),
        )
        self.model_control = ModelControl(self.settings, self._models)
        self._conductor = Conductor(self.settings, self._models, self._indexes)
        self._upkeep = Upkeep(self._sessions, self._runs.session_ids, self._sweep)

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
        """Stop every run, unload every model, delete every session that is not kept."""
        self._upkeep.close()
        self._runs.stop_all()
        self._indexes.close()
        self.model_control.close()
        self._models.close()
        self._sessions.close()

    def models(self) -> tuple[ModelInfo, ...]:
        """The models of settings.toml, in its order."""
        return self._models.infos()

    def unload_idle_models(self) -> None:
        """Unload what generation.idle_unload_seconds says; runs by itself every minute."""
        self._models.unload_idle()

    def add_turn(
        self,
        session_id: str,
        question: str,
        answer: str,
        pages: Sequence[tuple[str, int]] = (),
    ) -> None:
        """Make what was said elsewhere part of the conversation, so that a question builds on it.

        Args:
            pages: (document_id, page_index) pairs that the question showed.
        Raises:
            SessionError: the session or a page does not exist, or an answer is being written.
        """
        session = self._sessions.get(session_id)
        shown = [session.page(*pair) for pair in pages]
        images = (ImagePart(page.document_id, page.page_index) for page in shown)
        asked = Message("user", (*images, TextPart(question)))
        with self._runs.none_in(session_id):
            self._sessions.end(session, (asked, Message("assistant", (TextPart(answer),))))

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
        options: AskOptions | None = None,
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
            options: length, temperature, page detail and prompt of this question alone.
        """
        wish = Wish(
            model_id=model_id or self.settings.default_model,
            task=task,
            question=question,
            pages=pages,
            verbatim=verbatim,
            steps=preprocess or self.settings.preprocess,
            language=language,
            bbox=bbox,
            resume=resume,
            remember=remember,
            options=options or AskOptions(),
        )
        session, refused = self._session_or_why(session_id)
        stream = AnswerStream(
            model_id=wish.model_id,
            documents=() if session is None else tuple(session.documents),
            stall_timeout_seconds=self.settings.generation.stall_timeout_seconds,
            on_end=lambda transcript: (
                self._runs.end(session, stream, message, transcript, resumed=resume)
                if session is not None
                else None
            ),
        )
        message: Message | None = None
        if session is None:
            stream.emit(Failed(refused))
            return stream
        try:
            asked = checked(wish, session, self._models)
            self._runs.begin(session_id, stream)
        except EngineError as error:
            stream.emit(Failed(error))
            return stream
        if remember:
            message = user_message(asked)
            why = session.unkept
            self._sessions.begin(session, message, stream.transcript)
            if why is not None:
                stream.emit(Notice(_NOT_KEPT.get(why.key, "notice.not_kept")))
        self._conductor.start(stream, asked)
        return stream

    def context_use(
        self,
        session_id: str,
        model_id: str | None = None,
        pages: Sequence[tuple[str, int]] | None = None,
        question: str = "",
        *,
        options: AskOptions | None = None,
        language: str = "en",
    ) -> ContextUse:
        """How much of a model's context a question would take; starts, loads, downloads nothing.

        The first call for a model reads its tokenizer, which may take seconds; later ones take
        milliseconds.

        Args:
            question: as far as it is written; it is counted as at least one character.
        Raises:
            EngineError: there is no such session, page or model, or the session has no pages.
        """
        wish = Wish(
            model_id=model_id or self.settings.default_model,
            task="question",
            question=question.strip() or "?",
            pages=pages,
            steps=self.settings.preprocess,
            language=language,
            options=options or AskOptions(),
        )
        return self._conductor.context_use(
            checked(wish, self._sessions.get(session_id), self._models)
        )

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

        All pages are read as one document; `all_fields` finds out where documents begin.

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
        numbers = range(len(document.pages)) if pages is None else dict.fromkeys(pages)
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

    def split(self, session_id: str, document_id: str) -> tuple[tuple[int, ...], ...]:
        """Which pages of a file are one document, in order; waits until its pages are read.

        A file of an office scanner may hold an invoice, a passport and two receipts. A document of
        several pages is hardly ever parted; two papers are now and then taken for one.

        Returns:
            0-based pages of each document: every page of the file is in one of them.
        Raises:
            EngineError: there is no such session or document, or a page cannot be read.
        """
        document = self._document(session_id, document_id)
        if len(document.pages) < 2:
            return ((0,),)
        numbers = range(len(document.pages))
        return split([self.index_of(session_id, document_id, number) for number in numbers])

    def all_fields(
        self,
        session_id: str,
        document_id: str,
        *,
        document_type: str = AUTO,
        model_id: str | None = None,
        language: str = "en",
    ) -> tuple[DocumentFields, ...]:
        """The fields of each document of a file (see `split`); arguments and errors of `fields`."""
        # Told before a page is read: that takes seconds.
        check_type(document_type, self.settings.fields.folder)
        self.settings.model(model_id or self.settings.default_model)
        return tuple(
            self.fields(
                session_id,
                document_id,
                document_type=document_type,
                model_id=model_id,
                language=language,
                pages=pages,
            )
            for pages in self.split(session_id, document_id)
        )

    def _session_or_why(self, session_id: str) -> tuple[Session | None, EngineError]:
        try:
            return self._sessions.get(session_id), SessionError("session.unknown")
        except EngineError as error:
            return None, error

    def _forget(self, document_ids: list[str]) -> None:
        self._indexes.forget(document_ids)
        self._conductor.forget(frozenset(document_ids))

    def _build_index(self, page: Page, steps: PreprocessSettings) -> PageIndex:
        return build_index(page, self.settings, preprocess=steps)

    def _sweep(self) -> None:
        self.delete_idle_sessions()
        self.unload_idle_models()
