"""One session for each API call, deleted with its files when the call ends.

A cancelled call (its client has gone) ends its run and its session at once, without waiting:
blocking work runs on this module's threads.

Try it:
    async with ApiSessions(engine, at_once=1).api_session() as api_session:
        await api_session.open("scan.png", Path("examples/invoice.png"))
        stream = api_session.ask("What is the invoice number?")
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

# Threads for deleting sessions, besides one thread for each call.
_CLEANING = 4
T = TypeVar("T")


class ApiSession:
    """The session of one call. `pages` are those of all its documents in order, numbered from 0."""

    def __init__(self, engine: Engine, session_id: str, threads: ThreadPoolExecutor) -> None:
        self.engine = engine
        self.session_id = session_id
        self.documents: list[Document] = []
        self._threads = threads
        self._opening: Future[Any] | None = None

    @property
    def pages(self) -> list[Page]:
        return [page for document in self.documents for page in document.pages]

    async def open(
        self, name: str, source: bytes | BinaryIO | Path, password: str = ""
    ) -> Document:
        """Open a file as a document of the session, which makes its own copy.

        Args:
            password: of an encrypted PDF; not stored.
        Raises:
            DocumentError: the file cannot be read or exceeds a limit.
        """
        opened = await self._on_thread(_add, self.engine, self.session_id, name, source, password)
        self.documents.append(opened)
        return opened

    def places(self, numbers: Sequence[int]) -> list[tuple[str, int]] | None:
        """(document_id, page_index) of page numbers, counted from 0 over all documents.

        Returns:
            None for no numbers: the engine chooses the pages.
        Raises:
            SessionError: a page does not exist.
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
        """Start the run. Raises SessionError for a page that does not exist."""
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
        """The fields of each document in the first file. Raises EngineError.

        Args:
            pages: 0-based pages to read as one document; empty means all pages.
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
        """Stop the run and schedule the session's deletion; never blocks."""
        self.engine.stop(self.session_id)
        self._threads.submit(self._delete)

    def _delete(self) -> None:
        opening = self._opening
        if opening is not None and not opening.cancel():
            # Otherwise a file that is being opened would be added after the deletion.
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
    """The API sessions of an app.

    Args:
        at_once: the number of concurrent calls; others wait.
    """

    def __init__(self, engine: Engine, at_once: int) -> None:
        self._engine = engine
        self._turns = asyncio.Semaphore(at_once)
        self._threads = ThreadPoolExecutor(at_once + _CLEANING, "api")

    @asynccontextmanager
    async def api_session(self) -> AsyncIterator[ApiSession]:
        """A session for a `with` block; it is deleted also after an error or a cancellation."""
        async with self._turns:
            api_session = ApiSession(self._engine, self._engine.create_session(), self._threads)
            try:
                yield api_session
            finally:
                api_session.leave()


async def ticking(stream: AnswerStream, seconds: float) -> AsyncIterator[StreamEvent | None]:
    """A run's events, and None after each `seconds` without one, so callers can check the client.

    Closing the iterator before its end stops the run.
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
    """Read a run to its end, which completes its transcript. Stops the run when cancelled."""
    try:
        async for _ in stream:
            pass
    finally:
        if not stream.transcript.ended:
            stream.stop()


async def _next(events: AsyncIterator[StreamEvent]) -> StreamEvent | None:
    return await anext(events, None)


def _add(
    engine: Engine, session_id: str, name: str, source: bytes | BinaryIO | Path, password: str
) -> Document:
    """Add a file to the session; bytes and streams go through a temporary file."""
    if isinstance(source, Path):
        return engine.add_document(session_id, source, name=name, password=password)
    with tempfile.TemporaryDirectory(prefix="scanchat-api-") as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as file:
            if isinstance(source, bytes):
                file.write(source)
            else:
                shutil.copyfileobj(source, file)
        return engine.add_document(session_id, path, name=name, password=password)
