"""A call's own session: its files, its question, and nothing left when the call has ended.

A call that is cancelled (its client has gone) ends its run and its session at once, without
waiting: what blocks happens on threads of this module.

Try it:
    async with visits.api_session() as visit:
        await visit.open("scan.png", Path("examples/invoice.png"))
        stream = visit.ask("What is the invoice number?")
"""

import asyncio
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from engine import AnswerStream, AskOptions, Document, Engine, Page, StreamEvent
from engine.core.errors import SessionError
from engine.fields import AUTO, DocumentFields

logger = logging.getLogger(__name__)

# Threads beside those of the calls themselves, for what calls leave behind.
_CLEANING = 4
T = TypeVar("T")


class ApiSession:
    """One call. pages: of all its documents, in order; JSON counts them from 0."""

    def __init__(self, engine: Engine, session_id: str, threads: ThreadPoolExecutor) -> None:
        self.engine = engine
        self.session_id = session_id
        self.documents: list[Document] = []
        self._threads = threads
        self._opening: Future[Any] | None = None

    @property
    def pages(self) -> list[Page]:
        return [page for document in self.documents for page in document.pages]

    async def open(self, name: str, source: bytes | BinaryIO | Path) -> Document:
        """Make a file a document of the session, which has its own copy then.

        Raises:
            DocumentError: it cannot be read or breaks a limit.
        """
        opened = await self._on_thread(_add, self.engine, self.session_id, name, source)
        self.documents.append(opened)
        return opened

    def places(self, numbers: Sequence[int]) -> list[tuple[str, int]] | None:
        """Pages by their numbers, from 0 over all documents; of none, None: all that are meant.

        Raises:
            SessionError: there is no such page.
        """
        if not numbers:
            return None
        pages = self.pages
        for number in numbers:
            if not 0 <= number < len(pages):
                name = ", ".join(document.name for document in self.documents)
                raise SessionError(
                    "session.bad_index",
                    name=name,
                    pages=len(pages),
                    index=number,
                    last=len(pages) - 1,
                )
        return [(pages[number].document_id, pages[number].page_index) for number in numbers]

    def ask(
        self,
        question: str = "",
        *,
        model_id: str | None = None,
        task: str = "question",
        pages: Sequence[int] = (),
        verbatim: bool = False,
        language: str = "en",
        options: AskOptions | None = None,
    ) -> AnswerStream:
        """Start the run. Raises SessionError for a page that is not there."""
        return self.engine.ask(
            self.session_id,
            question,
            model_id=model_id or None,
            task=task,
            pages=self.places(pages),
            verbatim=verbatim,
            language=language,
            options=options,
        )

    async def fields(
        self,
        *,
        document_type: str,
        model_id: str,
        language: str,
        pages: Sequence[int] = (),
        one_document: bool = False,
    ) -> tuple[DocumentFields, ...]:
        """The fields of each document of the one file. Raises EngineError.

        Args:
            pages: read these as one document; none means all.
            one_document: read the file as one document.
        """
        place = (self.session_id, self.documents[0].document_id)
        options: dict[str, Any] = {
            "document_type": document_type or AUTO,
            "model_id": model_id or None,
            "language": language,
        }

        def read() -> tuple[DocumentFields, ...]:
            if pages or one_document:
                return (self.engine.fields(*place, pages=list(pages) or None, **options),)
            return self.engine.all_fields(*place, **options)

        return await self._on_thread(read)

    def leave(self) -> None:
        """Stop what runs and delete the session, soon; never blocks."""
        self.engine.stop(self.session_id)
        self._threads.submit(self._delete)

    def _delete(self) -> None:
        opening = self._opening
        if opening is not None and not opening.cancel():
            # A file that is being opened would come after the session's end otherwise.
            wait([opening])
        try:
            self.engine.delete_session(self.session_id)
        except Exception:
            logger.exception("a call's session could not be deleted")

    async def _on_thread(self, work: Callable[..., T], *values: Any) -> T:
        future = self._threads.submit(work, *values)
        self._opening = future if work is _add else None
        return await asyncio.wrap_future(future)


class ApiSessions:
    """The calls of an app: so many at once, the others wait.

    Args:
        at_once: how many.
    """

    def __init__(self, engine: Engine, at_once: int) -> None:
        self._engine = engine
        self._turns = asyncio.Semaphore(at_once)
        self._threads = ThreadPoolExecutor(at_once + _CLEANING, "api")

    @asynccontextmanager
    async def api_session(self) -> AsyncIterator[ApiSession]:
        """A session for the length of a block, which may be left by an error or a cancellation."""
        async with self._turns:
            api_session = ApiSession(self._engine, self._engine.create_session(), self._threads)
            try:
                yield api_session
            finally:
                api_session.leave()


async def ticking(stream: AnswerStream, seconds: float) -> AsyncIterator[StreamEvent | None]:
    """A run's events, and None whenever nothing came for so long: time to see who is still there.

    Leaving it before its end stops the run.
    """
    events = aiter(stream)
    waiting: asyncio.Task[StreamEvent | None] | None = None
    try:
        while True:
            waiting = waiting or asyncio.create_task(_next(events))
            done, _ = await asyncio.wait({waiting}, timeout=seconds)
            if not done:
                yield None
                continue
            event, waiting = waiting.result(), None
            if event is None:
                return
            yield event
    finally:
        if waiting is not None:
            waiting.cancel()
        if not stream.transcript.ended:
            stream.stop()


async def finished(stream: AnswerStream) -> None:
    """Read a run to its end; its transcript is complete then. Stops it when cancelled."""
    try:
        async for _ in stream:
            pass
    finally:
        if not stream.transcript.ended:
            stream.stop()


async def _next(events: AsyncIterator[StreamEvent]) -> StreamEvent | None:
    return await anext(events, None)


def _add(engine: Engine, session_id: str, name: str, source: bytes | BinaryIO | Path) -> Document:
    """Open a file, or what was sent of it."""
    if isinstance(source, Path):
        return engine.add_document(session_id, source, name=name)
    with tempfile.TemporaryDirectory(prefix="scanchat-api-") as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as file:
            if isinstance(source, bytes):
                file.write(source)
            else:
                shutil.copyfileobj(source, file)
        return engine.add_document(session_id, path, name=name)
