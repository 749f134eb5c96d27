"""Engine: question + history + pages -> StreamEvents. The API for the screen, the shell and code.

Try it:
    engine = Engine(load_settings())
    session_id = engine.create_session()
    engine.add_document(session_id, Path("examples/invoice.png"), name="invoice.png")
    print(engine.ask(session_id, "What is the total?").answer().text)
"""

import functools
from collections.abc import Callable
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from engine.chat.conversations import Conversations
from engine.chat.deletion import Deletion
from engine.chat.documents import Documents
from engine.chat.field_extraction import FieldExtraction
from engine.chat.questions import Questions
from engine.chat.runner import Runner
from engine.chat.runs import RunningAnswers
from engine.core.schema import Page
from engine.core.settings import PreprocessSettings, Settings
from engine.core.settings_file import load_settings
from engine.index.builder import build_index
from engine.index.page_index import PageIndex
from engine.index.store import IndexStore
from engine.models.control import ModelControl
from engine.models.manager import ModelInfo, ModelManager
from engine.sessions.maintenance import MaintenanceThread
from engine.sessions.registry import SessionRegistry

_Part = TypeVar("_Part")
_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def _delegated(
    part: str, method: Callable[Concatenate[_Part, _Parameters], _Result]
) -> Callable[Concatenate["Engine", _Parameters], _Result]:
    """Return a method of Engine with the signature and docstring of a part's, which it calls.

    Args:
        part: the attribute of Engine that holds the part.
    """

    @functools.wraps(method)
    def call(
        engine: "Engine", /, *arguments: _Parameters.args, **named: _Parameters.kwargs
    ) -> _Result:
        return method(getattr(engine, part), *arguments, **named)

    return call


class Engine:
    """One process's models, sessions and page indexes.

    Most methods are those of a part of the engine (`Questions`, `Conversations`, ...), with its
    signature and docstring: `help(Engine)` shows them all.

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

    ask = _delegated("_questions", Questions.ask)
    context_use = _delegated("_questions", Questions.context_use)
    add_turn = _delegated("_questions", Questions.add_turn)
    stop = _delegated("_runs", RunningAnswers.stop)

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

    open_conversations = _delegated("_conversations", Conversations.open)
    create_visitor = _delegated("_conversations", Conversations.create_visitor)
    create_session = _delegated("_conversations", Conversations.create_session)
    has_session = _delegated("_conversations", Conversations.has_session)
    owns = _delegated("_conversations", Conversations.owns)
    conversations = _delegated("_conversations", Conversations.conversations)
    rename = _delegated("_conversations", Conversations.rename)
    store_record = _delegated("_conversations", Conversations.store_record)
    stored_record = _delegated("_conversations", Conversations.stored_record)
    store_for_visitor = _delegated("_conversations", Conversations.store_for_visitor)
    stored_for_visitor = _delegated("_conversations", Conversations.stored_for_visitor)
    storage_error = _delegated("_conversations", Conversations.storage_error)
    cut_answer = _delegated("_conversations", Conversations.cut_answer)
    history = _delegated("_conversations", Conversations.history)

    add_document = _delegated("_documents", Documents.add_document)
    text_in = _delegated("_documents", Documents.text_in)
    index_of = _delegated("_documents", Documents.index_of)
    word_sources = _delegated("_documents", Documents.word_sources)
    documents = _delegated("_documents", Documents.documents)
    lost_documents = _delegated("_documents", Documents.lost_documents)

    fields = _delegated("_fields", FieldExtraction.fields)
    split = _delegated("_fields", FieldExtraction.split)
    all_fields = _delegated("_fields", FieldExtraction.all_fields)

    delete_session = _delegated("_deletion", Deletion.delete_session)
    delete_visitor = _delegated("_deletion", Deletion.delete_visitor)
    delete_idle_sessions = _delegated("_deletion", Deletion.delete_idle_sessions)
    new_chat = _delegated("_deletion", Deletion.new_chat)
    forget_conversation = _delegated("_deletion", Deletion.forget_conversation)
    rewind = _delegated("_deletion", Deletion.rewind)

    def _forget(self, document_ids: list[str]) -> None:
        self._indexes.forget(document_ids)
        self._runner.forget(frozenset(document_ids))

    def _build_index(self, page: Page, steps: PreprocessSettings) -> PageIndex:
        return build_index(page, self.settings, preprocess=steps)

    def _sweep(self) -> None:
        self.delete_idle_sessions()
        self.unload_idle_models()
