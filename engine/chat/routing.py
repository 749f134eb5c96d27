"""Questions to a model that only transcribes: it transcribes the page, another model answers.

The transcription is an ordinary run whose events do not reach the user, except its steps. Its text
and regions are cached, so the next question about the page costs only the answer.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from engine.core.errors import GenerationError
from engine.core.schema import (
    Discarded,
    Document,
    Failed,
    Finished,
    Notice,
    Page,
    Region,
    Step,
    StreamEvent,
)
from engine.core.stop_event import StopEvent
from engine.core.transcript import Transcript
from engine.index.alignment import index_of_regions, index_of_text
from engine.index.page_index import PageIndex
from engine.models.inference import Job

# A page's text in a prompt; a dense page of small print has about 8,000 characters.
_LONGEST_TEXT: Final = 12_000
_KEPT: Final = 200
_INTRODUCTION: Final = "This text was read from {place}:\n\n{text}\n\n"


class EventSink(Protocol):
    """Receives the events of a run; AnswerStream is one."""

    stop_event: StopEvent
    job: Job | None

    def emit(self, event: StreamEvent) -> None: ...


@dataclass(frozen=True, slots=True)
class PageTranscription:
    """A model's transcription of one page. regions: empty for a model that gives no places."""

    text: str
    regions: tuple[Region, ...]

    def index(self, own: PageIndex) -> PageIndex:
        """The page's index with this model's words. own: the index by OCR."""
        if self.regions:
            return index_of_regions(self.regions, own)
        return index_of_text(self.text, own)


Transcriptions = Mapping[tuple[str, int], PageTranscription]


def introduced(readings: Transcriptions, prompt: str, documents: Sequence[Document]) -> str:
    """The prompt of a question, preceded by the text of the pages.

    Each page is called by the number that the screen shows, and also by its document if the pages
    are of several.

    Args:
        documents: at least those of the transcribed pages.
    """
    names = {one.document_id: one.name for one in documents}
    several = len({document_id for document_id, _ in readings}) > 1
    parts = []
    for (document_id, page_index), reading in readings.items():
        place = f"page {page_index + 1}"
        if several:
            place += f" of {names[document_id]}"
        lines = (region.text for region in reading.regions)
        text = "\n".join(lines) if reading.regions else reading.text
        parts.append(_INTRODUCTION.format(place=place, text=text[:_LONGEST_TEXT]))
    return "".join(parts) + prompt


class TranscriptionStore:
    """The latest transcriptions by model and page. Thread-safe."""

    def __init__(self) -> None:
        self._transcriptions: OrderedDict[tuple[str, str, int], PageTranscription] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, model_id: str, page: Page) -> PageTranscription | None:
        with self._lock:
            return self._transcriptions.get((model_id, page.document_id, page.page_index))

    def put(self, model_id: str, page: Page, reading: PageTranscription) -> None:
        with self._lock:
            self._transcriptions[model_id, page.document_id, page.page_index] = reading
            while len(self._transcriptions) > _KEPT:
                self._transcriptions.popitem(last=False)

    def forget(self, document_ids: frozenset[str]) -> None:
        """Delete the transcriptions of deleted documents."""
        with self._lock:
            for key in [key for key in self._transcriptions if key[1] in document_ids]:
                del self._transcriptions[key]


class ForwardingSink:
    """A sink in front of the user's stream; a subclass decides what it does with events."""

    def __init__(self, stream: EventSink) -> None:
        self._stream = stream
        self.stop_event = stream.stop_event

    @property
    def job(self) -> Job | None:
        return self._stream.job

    @job.setter
    def job(self, job: Job | None) -> None:
        # The stall check of the user's stream uses the job that is running.
        self._stream.job = job


class TranscriptionSink(ForwardingSink):
    """Takes the events of a transcription run instead of the user's stream.

    Args:
        stream: the user's; gets steps and notices, and a failure or stop, which end the question.
        on_read: called with the transcription if the run ended well.
    """

    def __init__(
        self,
        stream: EventSink,
        model_id: str,
        page: Page,
        on_read: Callable[[PageTranscription], None],
    ) -> None:
        super().__init__(stream)
        self._model_id = model_id
        self._page = page
        self._on_read = on_read
        self._transcript = Transcript()

    def emit(self, event: StreamEvent) -> None:
        if self._transcript.ended:
            return
        self._transcript.add(event)
        match event:
            case Step() | Notice() | Discarded() | Failed() | Finished("cancelled", _):
                self._stream.emit(event)
            case Finished():
                key = (self._page.document_id, self._page.page_index)
                regions = tuple(self._transcript.regions.get(key, ()))
                text = self._transcript.text.strip()
                if text or regions:
                    self._on_read(PageTranscription(text, regions))
                else:
                    self._stream.emit(
                        Failed(
                            GenerationError(
                                "model.empty_page",
                                model_id=self._model_id,
                                page=self._page.page_index + 1,
                            )
                        )
                    )
