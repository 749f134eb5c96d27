"""Engine: question + history + pages -> StreamEvents. The API for the screen, the shell and code.

Try it:
    engine = Engine(load_settings())
    session_id = engine.create_session()
    engine.add_document(session_id, Path("examples/invoice.png"), name="invoice.png")
    print(engine.ask(session_id, "What is the total?").answer().text)
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.chat.conversations import Conversations
from engine.chat.deletion import Deletion
from engine.chat.documents import Documents
from engine.chat.field_extraction import FieldExtraction
from engine.chat.options import AskOptions
from engine.chat.questions import Questions
from engine.chat.runner import Runner
from engine.chat.runs import RunningAnswers
from engine.chat.stream import AnswerStream
from engine.core.errors import EngineError
from engine.core.schema import (
    BBox,
    Document,
    Message,
    Page,
)
from engine.core.settings import PreprocessSettings, Settings, load_settings
from engine.core.transcript import Transcript
from engine.fields import AUTO, DocumentFields
from engine.index.builder import build_index
from engine.index.page_index import PageIndex
from engine.index.store import IndexStore
from engine.models.context_use import ContextUse
from engine.models.control import ModelControl
from engine.models.manager import ModelInfo, ModelManager
from engine.sessions.database import ConversationInfo
from engine.sessions.maintenance import MaintenanceThread
from engine.sessions.registry import SessionRegistry


class Engine:
    """One process's models, sessions and page indexes.

    Thread-safe. Close it, or use it as a context manager, to delete the data of sessions.
    Conversations of visitors stay on disk if the settings allow it (sessions.storage).
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or load_settings()
        self._indexes = IndexStore(self._build_index)
        self._sessions = SessionRegistry(self.settings, self._forget)
        self._models = ModelManager(self.settings)
        self._runs = RunningAnswers(self._sessions)
        self._conversations = Conversations(self._sessions)
        self._documents = Documents(self._sessions, self._indexes, self.settings.preprocess)
        self._deletion = Deletion(self._sessions, self._runs, self._models)
        self.model_control = ModelControl(self.settings, self._models)
        self._runner = Runner(self.settings, self._models, self._indexes)
        self._questions = Questions(
            self.settings, self._sessions, self._models, self._runs, self._runner
        )
        self._fields = FieldExtraction(self.settings, self._documents, self.ask)
        self._maintenance = MaintenanceThread(self._sessions, self._runs.session_ids, self._sweep)

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
        """Stop every run, unload every model, delete every session that is not on disk."""
        self._maintenance.close()
        self._runs.stop_all()
        self._indexes.close()
        self.model_control.close()
        self._models.close()
        self._sessions.close()

    def models(self) -> tuple[ModelInfo, ...]:
        """The models of settings.toml, in its order."""
        return self._models.infos()

    def unload_idle_models(self) -> None:
        """Unload models idle for generation.idle_unload_seconds; runs every minute."""
        self._models.unload_idle()

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
        return self._questions.ask(
            session_id,
            question,
            model_id=model_id,
            task=task,
            pages=pages,
            verbatim=verbatim,
            preprocess=preprocess,
            language=language,
            bbox=bbox,
            resume=resume,
            remember=remember,
            options=options,
        )

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
        return self._questions.context_use(
            session_id, model_id, pages, question, options=options, language=language
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
        self._questions.add_turn(session_id, question, answer, pages)

    def open_conversations(self) -> None:
        """Open visitors' conversations now, as an app does at its start. See `Conversations.open`.

        Otherwise the first visitor opens them. One process at a time has them, and has them until
        `close` or its end.
        """
        self._conversations.open()

    def create_visitor(self) -> str:
        """Create a visitor's id. See `Conversations.create_visitor`."""
        return self._conversations.create_visitor()

    def create_session(self, visitor_id: str | None = None) -> str:
        """Create a session and return its id: 256 random bits, the only key to it.

        See `Conversations.create_session`.
        """
        return self._conversations.create_session(visitor_id)

    def has_session(self, session_id: str) -> bool:
        """See `Conversations.has_session`."""
        return self._conversations.has_session(session_id)

    def owns(self, visitor_id: str, session_id: str) -> bool:
        """Whether a session belongs to this visitor."""
        return self._conversations.owns(visitor_id, session_id)

    def conversations(self, visitor_id: str, *, search: str = "") -> tuple[ConversationInfo, ...]:
        """A visitor's non-empty conversations, newest first.

        See `Conversations.conversations`.
        """
        return self._conversations.conversations(visitor_id, search=search)

    def rename(self, session_id: str, title: str) -> None:
        """Set a conversation's title; "" removes it. Raises SessionError, StoreError."""
        self._conversations.rename(session_id, title)

    def store_record(self, session_id: str, name: str, record: str) -> None:
        """Store a record of the screen with a conversation; never waits for the disk.

        See `Conversations.store_record`.
        """
        self._conversations.store_record(session_id, name, record)

    def stored_record(self, session_id: str, name: str) -> str | None:
        """A record of `store_record`; None if there is none. Raises SessionError, StoreError."""
        return self._conversations.stored_record(session_id, name)

    def store_for_visitor(self, visitor_id: str, name: str, record: str) -> None:
        """Like `store_record`, for a visitor's settings: up to 64,000 bytes.

        See `Conversations.store_for_visitor`.
        """
        self._conversations.store_for_visitor(visitor_id, name, record)

    def stored_for_visitor(self, visitor_id: str, name: str) -> str | None:
        """A record that `store_for_visitor` stored; None if there is none. Raises StoreError."""
        return self._conversations.stored_for_visitor(visitor_id, name)

    def storage_error(self, session_id: str) -> EngineError | None:
        """Why the last change of a session was not stored. See `Conversations.storage_error`."""
        return self._conversations.storage_error(session_id)

    def cut_answer(self, session_id: str) -> Transcript | None:
        """The answer that the end of the app cut off, available until the next question.

        See `Conversations.cut_answer`.
        """
        return self._conversations.cut_answer(session_id)

    def history(self, session_id: str) -> tuple[Message, ...]:
        """The conversation so far, oldest message first. Raises SessionError."""
        return self._conversations.history(session_id)

    def add_document(self, session_id: str, path: Path, *, name: str) -> Document:
        """Check a file, store a copy in the session and start OCR of its pages.

        See `Documents.add_document`.
        """
        return self._documents.add_document(session_id, path, name=name)

    def text_in(self, session_id: str, document_id: str, page_index: int, bbox: BBox) -> str:
        """The words that are printed in a box of a page, line by line; waits for the page's OCR.

        See `Documents.text_in`.
        """
        return self._documents.text_in(session_id, document_id, page_index, bbox)

    def index_of(self, session_id: str, document_id: str, page_index: int) -> PageIndex:
        """Every word, line and region of a page with its box; waits for the page's OCR.

        See `Documents.index_of`.
        """
        return self._documents.index_of(session_id, document_id, page_index)

    def documents(self, session_id: str) -> tuple[Document, ...]:
        """The session's documents in the order of their upload. Raises SessionError."""
        return self._documents.documents(session_id)

    def lost_documents(self, session_id: str) -> Mapping[str, EngineError]:
        """document_id -> why its stored file cannot be used any more. Raises SessionError."""
        return self._documents.lost_documents(session_id)

    def delete_session(self, session_id: str) -> None:
        """Stop and delete a session: rows, files, indexes, KV caches. An unknown id is no error.

        See `Deletion.delete_session`.
        """
        self._deletion.delete_session(session_id)

    def delete_visitor(self, visitor_id: str) -> None:
        """Delete all data of a visitor: every conversation as in delete_session, and the records.

        See `Deletion.delete_visitor`.
        """
        self._deletion.delete_visitor(visitor_id)

    def delete_idle_sessions(self) -> None:
        """Delete sessions whose idle time is over; runs in the background every minute.

        See `Deletion.delete_idle_sessions`.
        """
        self._deletion.delete_idle_sessions()

    def new_chat(self, session_id: str) -> None:
        """Stop the session's run; delete its conversation and documents. Raises SessionError."""
        self._deletion.new_chat(session_id)

    def forget_conversation(self, session_id: str) -> None:
        """Delete the messages; the documents stay. Raises SessionError."""
        self._deletion.forget_conversation(session_id)

    def rewind(self, session_id: str, questions: int) -> None:
        """Delete the conversation from a question on; the documents stay. See `Deletion.rewind`."""
        self._deletion.rewind(session_id, questions)

    def stop(self, session_id: str) -> None:
        """End the session's running answer, if there is one. Other sessions are unaffected."""
        self._runs.stop(session_id)

    def stop_all(self, *, wait_seconds: float = 0.0) -> bool:
        """End every running answer, before a server that shows them is closed.

        Args:
            wait_seconds: the longest time to wait for their ends. A model checks for a stop between
                two tokens.
        Returns:
            Whether all have ended.
        """
        self._runs.stop_all()
        return self._runs.wait_for_none(wait_seconds)

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
        """Extract a document's fields; waits for the OCR of its pages.

        See `FieldExtraction.fields`.
        """
        return self._fields.fields(
            session_id,
            document_id,
            document_type=document_type,
            model_id=model_id,
            language=language,
            pages=pages,
        )

    def split(self, session_id: str, document_id: str) -> tuple[tuple[int, ...], ...]:
        """Group the pages of a file into documents, in order; waits for the OCR of its pages.

        See `FieldExtraction.split`.
        """
        return self._fields.split(session_id, document_id)

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
        return self._fields.all_fields(
            session_id,
            document_id,
            document_type=document_type,
            model_id=model_id,
            language=language,
        )

    def _forget(self, document_ids: list[str]) -> None:
        self._indexes.forget(document_ids)
        self._runner.forget(frozenset(document_ids))

    def _build_index(self, page: Page, steps: PreprocessSettings) -> PageIndex:
        return build_index(page, self.settings, preprocess=steps)

    def _sweep(self) -> None:
        self.delete_idle_sessions()
        self.unload_idle_models()
