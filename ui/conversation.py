"""What happens when a person does something: upload, ask, stop, new chat, look at a page.

Every action yields or returns a Change: what the screen shows now, as plain values. This module
talks to the engine and to desks, and knows nothing of Gradio; ui/app.py puts Changes on the screen.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from engine import Document, Engine, EngineError, Page, Transcript
from engine.errors import as_engine_error
from engine.prompts import get_task
from ui import layout_view, page_images, page_view, status, turns
from ui.batches import batches
from ui.change import Change, Question
from ui.desk import Desk, Desks
from ui.page_view import PageKey

logger = logging.getLogger(__name__)

# How long the same bad file is not told again.
_REFUSAL_SECONDS = 5.0


class Conversation:
    """The actions of one app, for all its sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._desks = Desks(engine)

    def start(self, language: str) -> Change:
        """A browser came: give it a session of its own."""
        desk, _ = self._desks.find(None)
        return self._whole(desk, language, status.idle("status.ready", language))

    def translate(self, session_id: str | None, language: str) -> Change:
        """Show everything that was said in another language."""
        desk = self._desk(session_id)
        desk.language = language
        line = status.idle("status.ready", language)
        if desk.transcript is not None:
            line = status.of_answer(desk.transcript, language)
        return Change(
            session_id=desk.session_id,
            messages=turns.messages(desk.turns, language),
            status=line,
        )

    async def attach(
        self, session_id: str | None, files: Sequence[str], language: str
    ) -> AsyncIterator[Change]:
        """Files were dropped: open them, show the first page and say what was read."""
        desk = self._desk(session_id)
        if not files:
            return
        running = desk.running
        if not running:
            yield Change(status=status.working("status.reading_file", language))
        async with desk.lock:
            _, said = await self._open(desk, files, turn_to=not running)
        desk.turns += said
        line = None if running else status.idle("status.ready", language)
        yield self._whole(desk, language, line)

    async def ask(
        self, session_id: str | None, question: Question, language: str
    ) -> AsyncIterator[Change]:
        """Send: open what came along, then answer, streaming."""
        desk = self._desk(session_id)
        if desk.running:
            desk.pressed = True
            yield Change(status=status.working("status.busy", language))
            return
        desk.running, desk.pressed = True, False
        try:
            async for change in self._answer(desk, question, language):
                yield change
        finally:
            desk.running = False
            desk.stream = None

    async def go_on(self, session_id: str | None, language: str) -> AsyncIterator[Change]:
        """Continue the last answer, which was cut at the limit of tokens."""
        desk = self._desk(session_id)
        asked, transcript = desk.last, desk.transcript
        if desk.running or asked is None or transcript is None:
            return
        if transcript.finish_reason != "length":
            return
        desk.running, desk.pressed = True, False
        try:
            # The engine says the answer again from its beginning: it takes the place of this one.
            desk.turns = [
                turn
                for turn in desk.turns
                if not (isinstance(turn, turns.Answered) and turn.transcript is transcript)
            ]
            yield Change(running=True, cut=False)
            async for change in self._stream(desk, asked, asked.text, language, resume=True):
                yield change
        finally:
            desk.running = False
            desk.stream = None

    def stop(self, session_id: str | None, language: str) -> Change:
        """End this session's answer."""
        desk = self._desk(session_id)
        if not desk.running:
            return Change()
        self._engine.stop(desk.session_id)
        if desk.stream is not None:
            desk.stream.stop()
        return Change(status=status.working("status.stopping", language))

    def new_chat(self, session_id: str | None, language: str) -> Change:
        """Forget the conversation and its documents."""
        desk = self._desk(session_id)
        self.stop(desk.session_id, language)
        self._engine.new_chat(desk.session_id)
        desk.clear()
        return replace(
            self._whole(desk, language, status.idle("status.ready", language)), cut=False
        )

    async def show_page(self, session_id: str | None, document_id: str, page_index: int) -> Change:
        """The viewer turned to a page whose picture it does not have."""
        desk = self._desk(session_id)
        document = self._document(desk, document_id)
        if document is not None and 0 <= page_index < len(document.pages):
            await self._picture(desk, document.pages[page_index])
        return Change(images=page_view.images(desk.pictures))

    async def export(
        self,
        session_id: str | None,
        kind: layout_view.ExportKind,
        document_id: str,
        page_index: int,
        language: str,
    ) -> Change:
        """Write a download of the layout of the page on the screen."""
        desk = self._desk(session_id)
        document = self._document(desk, document_id)
        if document is None or desk.laid_out is None:
            return Change()
        page = document.pages[max(0, min(page_index, len(document.pages) - 1))]
        dpi = self._engine.settings.limits.pdf_dpi
        try:
            path = await asyncio.to_thread(
                layout_view.write, kind, desk.laid_out, document, page, desk.folder,
                language=language, dpi=dpi,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - a sentence on the status line, and logged
            _told(error)
            path = None
        if path is None:
            return Change(status=status.idle("regions.failed", language))
        return Change(download=path.as_posix())

    async def _answer(self, desk: Desk, question: Question, language: str) -> AsyncIterator[Change]:
        yield Change(
            session_id=desk.session_id,
            status=status.working("status.starting", language),
            running=True,
            clear_question=True,
            cut=False,
        )
        async with desk.lock:
            opened, said = await self._open(desk, question.files, turn_to=True)
        text = question.text.strip()
        if not text and get_task(question.task).needs_question:
            # Files without a question are only opened.
            desk.turns += said if question.files else [turns.Told("chat.nothing_asked")]
            yield self._whole(desk, language, status.idle("status.ready", language), running=False)
            return
        files = tuple((item.name, len(item.pages)) for item in opened)
        area = question.area
        number = area.number(self._engine.documents(desk.session_id)) if area else None
        desk.turns.append(turns.Asked(text, question.task, files, number))
        desk.turns += [turn for turn in said if isinstance(turn, turns.Refused)]
        if question.files and not self._engine.documents(desk.session_id):
            yield self._whole(desk, language, status.idle("status.ready", language), running=False)
            return
        async for change in self._stream(desk, question, text, language):
            yield change

    async def _stream(
        self, desk: Desk, question: Question, text: str, language: str, *, resume: bool = False
    ) -> AsyncIterator[Change]:
        desk.last = replace(question, text=text, files=())
        transcript = desk.transcript = Transcript()
        if get_task(question.task).output == "layout":
            desk.layout = transcript
        area = question.area
        desk.language = language
        desk.turns.append(turns.Answered(transcript, question.task))
        yield replace(
            self._whole(desk, language, status.of_answer(transcript, language)), clear_area=True
        )
        documents = self._engine.documents(desk.session_id)
        desk.stream = self._engine.ask(
            desk.session_id,
            text,
            model_id=question.model_id,
            task=question.task,
            pages=None if area is None else [(area.document_id, area.page_index)],
            preprocess=question.preprocess,
            language=language,
            bbox=None if area is None else area.bbox,
            resume=resume,
        )
        shown: PageKey | None = None
        async with aclosing(batches(desk.stream)) as handfuls:
            async for events in handfuls:
                for event in events:
                    transcript.add(event)
                if desk.transcript is not transcript:
                    break  # a new chat was started meanwhile
                best = page_view.best_page(transcript)
                if best is not None and best != shown:
                    desk.look_at(best, to_evidence=True)
                shown = best
                yield Change(
                    messages=turns.messages(desk.turns, desk.language),
                    status=status.of_answer(transcript, desk.language, pressed=desk.pressed),
                    view=page_view.view(documents, transcript, desk.jump, desk.laid_out),
                )
        yield Change(running=False, cut=transcript.finish_reason == "length")

    async def _open(
        self, desk: Desk, files: Sequence[str], *, turn_to: bool
    ) -> tuple[list[Document], list[turns.Turn]]:
        """Open the files that are new; a bad one is told and the others are kept.

        Args:
            turn_to: the viewer turns to the first page of the first; not while an answer is shown.
        Returns:
            The documents that were opened now, and what to say about each file, in order.
        """
        opened: list[Document] = []
        said: list[turns.Turn] = []
        for file in files:
            # Dropping and sending may both bring a file: it is handled once.
            if file in desk.opened or time.monotonic() < desk.refused.get(file, 0.0):
                continue
            path = Path(file)
            try:
                document = await asyncio.to_thread(
                    self._engine.add_document, desk.session_id, path, name=path.name
                )
            except Exception as error:  # noqa: BLE001 - a bug is told as one, and logged
                desk.refused[file] = time.monotonic() + _REFUSAL_SECONDS
                said.append(turns.Refused(_told(error)))
                continue
            desk.opened[file] = document.document_id
            opened.append(document)
            said.append(turns.Opened(document.name, len(document.pages)))
        if opened and turn_to:
            first = opened[0].pages[0]
            desk.leave_answer()  # its boxes belong to the page that is left now
            desk.look_at((first.document_id, first.page_index))
            await self._picture(desk, first)
        return opened, said

    async def _picture(self, desk: Desk, page: Page) -> None:
        key = (page.document_id, page.page_index)
        if desk.pictures.get(key) is not None:
            return
        try:
            desk.pictures[key] = await asyncio.to_thread(page_images.write_page, page, desk.folder)
        except Exception as error:  # noqa: BLE001 - the viewer says that the page cannot be shown
            _told(error)
            desk.pictures[key] = None

    def _desk(self, session_id: str | None) -> Desk:
        desk, replaced = self._desks.find(session_id)
        if replaced:
            desk.turns.append(turns.Told("chat.restarted"))
        return desk

    def _document(self, desk: Desk, document_id: str) -> Document | None:
        documents = self._engine.documents(desk.session_id)
        return next((item for item in documents if item.document_id == document_id), None)

    def _whole(
        self, desk: Desk, language: str, line: str | None, *, running: bool | None = None
    ) -> Change:
        """Everything that a desk shows."""
        documents = self._engine.documents(desk.session_id)
        return Change(
            session_id=desk.session_id,
            messages=turns.messages(desk.turns, language),
            status=line,
            view=page_view.view(documents, desk.transcript, desk.jump, desk.laid_out),
            images=page_view.images(desk.pictures),
            running=running,
        )


def _told(error: Exception) -> EngineError:
    if not isinstance(error, EngineError):
        logger.error("the screen met an error that is not the engine's", exc_info=error)
    return as_engine_error(error)
