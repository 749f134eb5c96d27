"""An engine without models: real documents, scripted answers, the same public methods.

Words in the question choose what happens: "fail", "cyrillic", "endless"; any other question is
answered with a place on the page.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from engine import (
    AskOptions,
    ConversationInfo,
    Document,
    ModelInfo,
    Settings,
    StreamEvent,
    Transcript,
)
from engine.core.errors import GenerationError, SessionError
from engine.core.schema import (
    BBox,
    Discarded,
    Evidence,
    EvidenceFound,
    Failed,
    Finished,
    Message,
    Notice,
    Page,
    Region,
    RegionAdded,
    Step,
    TextDelta,
    TextPart,
    Usage,
    UsageReport,
)
from engine.core.settings import PreprocessSettings
from engine.core.stop_event import StopEvent
from engine.documents import open_document
from engine.families.base import Capabilities
from engine.models.control import ModelControl
from engine.models.manager import ModelManager

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
ANSWER = "The total is 1,240.50 EUR & <b>not bold</b>."
REGIONS = (
    ("Title", (0.1, 0.01, 0.9, 0.08)),
    ("Text", (0.1, 0.12, 0.6, 0.3)),
    ("Table", (0.1, 0.35, 0.9, 0.7)),
    ("Page-footer", (0.75, 0.93, 0.99, 0.98)),
)


class FakeStream:
    """The events of a script, with a pause before each."""

    def __init__(self, script: Callable[[], Iterator[StreamEvent]], pause: float) -> None:
        self._script = script
        self._pause = pause
        self.stop_event = StopEvent()

    def stop(self) -> None:
        self.stop_event.set()

    async def __aiter__(self) -> AsyncIterator[StreamEvent]:
        for event in self._script():
            await asyncio.sleep(self._pause)
            if self.stop_event.is_set():
                yield Finished("cancelled", "lite")
                return
            yield event


class FakeEngine:
    def __init__(self, settings: Settings, *, pause: float = 0.0) -> None:
        self.settings = settings
        self.pause = pause
        self.asked: list[dict[str, object]] = []
        self._visitors: dict[str, list[str]] = {}
        self._titles: dict[str, str] = {}
        self._records: dict[tuple[str, str], str] = {}
        self._questions: dict[str, list[str]] = {}
        self._sessions: dict[str, list[Document]] = {}
        self._streams: dict[str, FakeStream] = {}
        # Of the real models, of which none is loaded or fetched here.
        self.model_control = ModelControl(settings, ModelManager(settings))

    def create_visitor(self) -> str:
        visitor_id = secrets.token_urlsafe(16)
        self._visitors[visitor_id] = []
        return visitor_id

    def delete_visitor(self, visitor_id: str) -> None:
        for session_id in self._visitors.pop(visitor_id, []):
            self.delete_session(session_id)

    def owns(self, visitor_id: str, session_id: str) -> bool:
        return session_id in self._visitors.get(visitor_id, [])

    def create_session(self, visitor_id: str | None = None) -> str:
        session_id = secrets.token_urlsafe(16)
        self._sessions[session_id] = []
        if visitor_id is not None:
            self._visitors[visitor_id].append(session_id)
        return session_id

    def conversations(self, visitor_id: str, *, search: str = "") -> tuple[ConversationInfo, ...]:
        found = []
        for session_id in reversed(self._visitors.get(visitor_id, [])):
            documents = self._sessions.get(session_id, [])
            questions = self._questions.get(session_id, [])
            title = self._titles.get(session_id, "")
            said = " ".join([title, *questions, *(item.name for item in documents)])
            if (documents or questions) and search.casefold() in said.casefold():
                found.append(
                    ConversationInfo(
                        session_id=session_id,
                        title=title,
                        created_at=NOON,
                        updated_at=NOON,
                        documents=len(documents),
                        questions=len(questions),
                        first_question=questions[0] if questions else "",
                        first_document=documents[0].name if documents else "",
                    )
                )
        return tuple(found)

    def rename(self, session_id: str, title: str) -> None:
        self._titles[session_id] = title

    def store_record(self, session_id: str, name: str, record: str) -> None:
        self._records[session_id, name] = record

    def stored_record(self, session_id: str, name: str) -> str | None:
        return self._records.get((session_id, name))

    def cut_answer(self, session_id: str) -> Transcript | None:
        return None

    def rewind(self, session_id: str, questions: int) -> None:
        del self._questions.setdefault(session_id, [])[questions:]

    def has_session(self, session_id: str) -> bool:
        return session_id in self._sessions

    def delete_session(self, session_id: str) -> None:
        self._sessions.pop(session_id, None)
        self._questions.pop(session_id, None)

    def split(self, session_id: str, document_id: str) -> tuple[tuple[int, ...], ...]:
        found = next(one for one in self.documents(session_id) if one.document_id == document_id)
        return (tuple(range(len(found.pages))),)

    def add_document(
        self, session_id: str, path: Path, *, name: str, password: str = ""
    ) -> Document:
        document = open_document(path, name=name, limits=self.settings.limits, password=password)
        self._sessions[session_id].append(document)
        return document

    def documents(self, session_id: str) -> tuple[Document, ...]:
        return tuple(self._sessions[session_id])

    def text_in(self, session_id: str, document_id: str, page_index: int, bbox: BBox) -> str:
        if document_id not in {document.document_id for document in self._sessions[session_id]}:
            raise SessionError("session.unknown_document", document_id=document_id)
        return f"words in {bbox}"

    def word_sources(
        self, session_id: str, document_id: str, page_index: int
    ) -> dict[str, list[BBox]]:
        if document_id not in {document.document_id for document in self._sessions[session_id]}:
            raise SessionError("session.unknown_document", document_id=document_id)
        return {"pdf": [(1.04, 2.0, 30.0, 40.0)], "form": [(5.0, 6.0, 7.0, 8.0)]}

    def history(self, session_id: str) -> tuple[Message, ...]:
        asked = self._questions.get(session_id, [])
        return tuple(Message("user", (TextPart(text),)) for text in asked)

    def new_chat(self, session_id: str) -> None:
        self._sessions[session_id].clear()
        self._questions.pop(session_id, None)

    def stop(self, session_id: str) -> None:
        if session_id in self._streams:
            self._streams[session_id].stop()

    def models(self) -> tuple[ModelInfo, ...]:
        return tuple(
            ModelInfo(
                model_id=model_id,
                family=model.family,
                repo_id=model.repo_id,
                capabilities=Capabilities(
                    frozenset({"question", "ocr", "layout"}), True, True, True
                ),
                tasks=frozenset({"question", "ocr", "layout"}),
                loaded=False,
                settings=model,
            )
            for model_id, model in self.settings.models.items()
        )

    def close(self) -> None:
        self._sessions.clear()

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
        options: AskOptions | None = None,
    ) -> FakeStream:
        self.asked.append({"question": question, "task": task, "preprocess": preprocess})
        if model_id != "lite":
            self.asked[-1]["model"] = model_id
        if pages is not None:
            self.asked[-1]["pages"] = list(pages)
        if bbox is not None:
            self.asked[-1]["bbox"] = bbox
        if resume:
            self.asked[-1]["resume"] = True
        if options is not None and options != AskOptions():
            self.asked[-1]["options"] = options
        if not resume and "fail" not in question:
            self._questions.setdefault(session_id, []).append(question)
        found = [page for document in self._sessions[session_id] for page in document.pages]
        stream = FakeStream(lambda: script(question, task, found, resume), self.pause)
        self._streams[session_id] = stream
        return stream


def script(
    question: str, task: str, pages: list[Page], resume: bool = False
) -> Iterator[StreamEvent]:
    """The events of one answer; one to "cut" ends at the limit of tokens, until it is gone on."""
    if "cut" in question and not resume:
        yield TextDelta(ANSWER[:4])
        yield Finished("length", "lite")
        return
    for page in pages:
        values = {"page": page.page_index + 1, "pages": len(pages)}
        yield Step("step.reading_page", values, page_index=page.page_index)
    if "fail" in question:
        yield Failed(GenerationError("model.stalled", model_id="lite", seconds=120))
        return
    if "cyrillic" in question:
        yield TextDelta("wrong ")
        yield Discarded("notice.not_on_page")
        yield Notice("notice.not_on_page")
    if task == "layout":
        yield from _regions(pages)
    else:
        words = ANSWER.split(" ") * (400 if "endless" in question else 1)
        for number, word in enumerate(words):
            yield TextDelta(word if number == 0 else f" {word}")
        last = pages[-1]
        box = (0.5 * last.width, 0.6 * last.height, 0.8 * last.width, 0.64 * last.height)
        yield EvidenceFound(Evidence(last.document_id, last.page_index, box, "1,240.50 EUR", 0.9))
    yield UsageReport(Usage(100, 12, 0.8, 23.4, 0.0, 1.25, 0))
    yield Finished("stop", "lite")


def _regions(pages: list[Page]) -> Iterator[StreamEvent]:
    for page in pages:
        for order, (category, (left, top, right, bottom)) in enumerate(REGIONS):
            box = (left * page.width, top * page.height, right * page.width, bottom * page.height)
            region = Region(box, category, f"<i>{category}</i> words", order)
            yield RegionAdded(page.document_id, page.page_index, region)
