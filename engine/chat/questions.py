"""Entry points for questions to sessions: ask, measure the context, add a turn from elsewhere."""

from collections.abc import Sequence

from engine.chat.options import AskOptions
from engine.chat.request import AskRequest, user_message, validate
from engine.chat.runner import Runner
from engine.chat.runs import RunningAnswers
from engine.chat.stream import AnswerStream
from engine.core.errors import EngineError, SessionError
from engine.core.schema import BBox, Failed, ImagePart, Message, Notice, TextPart
from engine.core.settings import PreprocessSettings, Settings
from engine.models.context_use import ContextUse
from engine.models.manager import ModelManager
from engine.sessions.registry import SessionRegistry
from engine.sessions.session import Session

# The notice while the store fails, by the store's error; "notice.not_kept" for any other.
_NOT_KEPT = {"store.full": "notice.not_kept_full", "store.busy": "notice.not_kept_busy"}


class Questions:
    """Questions to the sessions of an engine. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        sessions: SessionRegistry,
        models: ModelManager,
        runs: RunningAnswers,
        runner: Runner,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._models = models
        self._runs = runs
        self._runner = runner

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
        """Start a run and return its events; never raises, an invalid call ends in Failed.

        Args:
            question: the user's words; tasks that need none ignore it.
            model_id: a [models.*] key; None takes default_model.
            task: a task id (prompts/*.toml).
            pages: (document_id, page_index) pairs to show to the model; None takes the pages that
                the question names, or all of the session.
            verbatim: answer only with words that stand on the page.
            preprocess: steps before OCR; None takes the settings'.
            language: "en" or "ru": the language of sentences that are not on the page.
            bbox: a box that the user drew on the one page, in page pixels.
            resume: continue the last answer, to the same question, which ended with "length". The
                stream repeats it from its beginning, and the new answer replaces the old one.
            remember: whether the turn becomes part of the conversation and builds on it.
            options: length, temperature, page detail and prompt of this question alone.
        """
        request = AskRequest(
            model_id=model_id or self._settings.default_model,
            task=task,
            question=question,
            pages=pages,
            verbatim=verbatim,
            steps=preprocess or self._settings.preprocess,
            language=language,
            bbox=bbox,
            resume=resume,
            remember=remember,
            options=options or AskOptions(),
        )
        session, refused = self._session_or_why(session_id)
        stream = AnswerStream(
            model_id=request.model_id,
            documents=() if session is None else tuple(session.documents),
            stall_timeout_seconds=self._settings.generation.stall_timeout_seconds,
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
            asked = validate(request, session, self._models)
            self._runs.begin(session_id, stream)
        except EngineError as error:
            stream.emit(Failed(error))
            return stream
        if remember:
            message = user_message(asked)
            why = session.storage_error
            self._sessions.begin(session, message, stream.transcript)
            if why is not None:
                stream.emit(Notice(_NOT_KEPT.get(why.key, "notice.not_kept")))
        self._runner.start(stream, asked)
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
            question: as far as it is typed; it counts as at least one character.
        Raises:
            EngineError: there is no such session, page or model, or the session has no pages.
        """
        request = AskRequest(
            model_id=model_id or self._settings.default_model,
            task="question",
            question=question.strip() or "?",
            pages=pages,
            steps=self._settings.preprocess,
            language=language,
            options=options or AskOptions(),
        )
        return self._runner.context_use(
            validate(request, self._sessions.get(session_id), self._models)
        )

    def add_turn(
        self,
        session_id: str,
        question: str,
        answer: str,
        pages: Sequence[tuple[str, int]] = (),
    ) -> None:
        """Add a turn from elsewhere to the conversation; the next question builds on it.

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

    def _session_or_why(self, session_id: str) -> tuple[Session | None, EngineError]:
        try:
            return self._sessions.get(session_id), SessionError("session.unknown")
        except EngineError as error:
            return None, error
