"""What happens when a person does something: upload, ask, stop, new chat, look at a page.

Every action yields or returns a Change: what the screen shows now, as plain values. This module
talks to the engine and to desks, and knows nothing of Gradio; ui/app.py puts Changes on the screen.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from engine import Document, Engine
from ui.actions.answer import AnswerActions
from ui.actions.follow import FollowActions
from ui.actions.show import ScreenUpdates
from ui.state.change import ScreenChange, UserInput
from ui.state.screen_state import ScreenState, parts_of
from ui.state.sessions import ScreenStates
from ui.state.uploads import draw_picture, open_files, told
from ui.views import layout_view, messages, page_view, status
from ui.views.selection import Selection


class ConversationActions:
    """The actions of one app, for all its sessions."""

    def __init__(self, engine: Engine, desks: ScreenStates | None = None) -> None:
        self._engine = engine
        self._desks = desks or ScreenStates(engine)
        self._show = ScreenUpdates(engine)
        self._answers = AnswerActions(engine, self._desks, self._show)
        self._following = FollowActions(engine, self._show)

    def start(
        self, language: str, key: str | None = None, *, remember: bool = False, tab: str = ""
    ) -> ScreenChange:
        """A browser came: show the conversation that it left, or begin one.

        Args:
            key: what the browser has kept (ui/state/screen_state.py).
            remember: a browser that has kept nothing becomes a visitor whose conversations are
                listed.
            tab: which tab of the browser; one may leave a conversation that another still shows.
        """
        visitor_id, session_id = parts_of(key)
        if visitor_id and self._engine.owns(visitor_id, session_id):
            return self.resume(key, language, tab)
        if remember and not self._engine.conversations(visitor_id):
            visitor_id = self._engine.create_visitor()
        return self.begin(visitor_id, language)

    def begin(self, visitor_id: str, language: str) -> ScreenChange:
        """Show a new conversation."""
        return self._opened(self._desks.begin(visitor_id), language)

    def resume(self, key: str | None, language: str, tab: str = "") -> ScreenChange:
        """Show a conversation as it was left, or as far as it has come meanwhile."""
        desk = self._desk(key)
        desk.left_by.discard(tab)
        return self._opened(desk, language)

    async def follow(self, key: str | None, tab: str = "") -> AsyncIterator[ScreenChange]:
        """The rest of an answer that was being written when its conversation was opened."""
        async for change in self._following.follow(self._desk(key), tab):
            yield change

    def _opened(self, desk: ScreenState, language: str) -> ScreenChange:
        desk.language = language
        line = status.idle("status.ready", language)
        if desk.running and desk.transcript is not None:
            line = status.of_answer(desk.transcript, language)
        documents = self._engine.documents(desk.session_id)
        if desk.jump is None and documents:
            first = documents[0].pages[0]
            desk.look_at((first.document_id, first.page_index))
        return replace(
            self._show.whole(desk, language, line, running=desk.running),
            cut=desk.transcript is not None and desk.transcript.finish_reason == "length",
            editing=-1,
            clear_area=True,
            suggested=(),
            unpin=True,
        )

    def translate(self, session_id: str | None, language: str) -> ScreenChange:
        """Show everything that was said in another language."""
        desk = self._desk(session_id)
        desk.language = language
        line = status.idle("status.ready", language)
        if desk.transcript is not None:
            line = status.of_answer(desk.transcript, language)
        return ScreenChange(
            session_id=desk.key,
            messages=messages.messages(desk.turns, language),
            status=line,
            form=self._show.form(desk),
        )

    async def attach(
        self, session_id: str | None, files: Sequence[str], language: str, tab: str = ""
    ) -> AsyncIterator[ScreenChange]:
        """Files were dropped: open them, show the first page and say what was read."""
        desk = self._desk(session_id)
        if not files:
            return
        running = desk.running
        if not running:
            yield ScreenChange(status=status.working("status.reading_file", language))
        async with desk.lock:
            _, said = await open_files(self._engine, desk, files, turn_to=not running)
        desk.turns += said
        self._desks.keep(desk)
        if tab in desk.left_by:
            yield ScreenChange()  # or the status from above would be said again
            return
        line = None if running else status.idle("status.ready", language)
        yield self._show.whole(desk, language, line)

    async def ask(
        self, session_id: str | None, question: UserInput, language: str, tab: str = ""
    ) -> AsyncIterator[ScreenChange]:
        """Send: open what came along, then answer, streaming."""
        desk = self._desk(session_id)
        if desk.running:
            desk.pressed = True
            yield ScreenChange(status=status.working("status.busy", language))
            return
        async for change in self._following.seen(
            desk, tab, self._answers.answer(desk, question, language)
        ):
            yield change

    async def go_on(
        self, session_id: str | None, language: str, tab: str = ""
    ) -> AsyncIterator[ScreenChange]:
        """Continue the last answer, which was cut at the limit of tokens."""
        desk = self._desk(session_id)
        transcript = desk.transcript
        asked = desk.last or self._asked_before(desk)
        if desk.running or asked is None or transcript is None:
            return
        if transcript.finish_reason != "length":
            return
        # The engine says the answer again from its beginning: it takes the place of this one.
        desk.turns = [
            turn
            for turn in desk.turns
            if not (isinstance(turn, messages.AnswerTurn) and turn.transcript is transcript)
        ]
        yield ScreenChange(running=True, cut=False)
        whole = self._answers.stream(desk, asked, asked.text, language, resume=True)
        async for change in self._following.seen(desk, tab, whole):
            yield change

    async def again(
        self, session_id: str | None, turn: int, chosen: UserInput, language: str, tab: str = ""
    ) -> AsyncIterator[ScreenChange]:
        """Answer the question of a turn once more, with the model and settings chosen now.

        The new answer takes the place of the newest one. An earlier question is asked anew at the
        end, so that nothing that was said since is lost.
        """
        desk = self._desk(session_id)
        asked = desk.asked(turn)
        if asked is None:
            return
        newest = asked is desk.asked(len(desk.turns) - 1)
        question = replace(
            chosen, text=asked.text, files=(), task=asked.task, area=asked.area,
            replaces=turn if newest else None,
        )  # fmt: skip
        async for change in self.ask(session_id, question, language, tab):
            yield replace(change, clear_question=False)

    def stop(self, session_id: str | None, language: str) -> ScreenChange:
        """End this session's answer."""
        desk = self._desk(session_id)
        if not desk.running:
            return ScreenChange()
        self._engine.stop(desk.session_id)
        if desk.stream is not None:
            desk.stream.stop()
        return ScreenChange(status=status.working("status.stopping", language))

    def new_chat(self, session_id: str | None, language: str, tab: str = "") -> ScreenChange:
        """Begin another conversation. One that is not listed is forgotten with its documents."""
        desk = self._desk(session_id)
        if desk.visitor_id and (desk.turns or desk.running):
            # The old one stays in the list; an answer that is being written there goes on.
            desk.left_by.add(tab)
            return self.begin(desk.visitor_id, language)
        self.stop(desk.key, language)
        self._engine.new_chat(desk.session_id)
        desk.clear()
        return self._opened(desk, language)

    async def show_page(
        self, session_id: str | None, document_id: str, page_index: int
    ) -> ScreenChange:
        """The viewer turned to a page whose picture it does not have."""
        desk = self._desk(session_id)
        document = self._document(desk, document_id)
        if document is not None and 0 <= page_index < len(document.pages):
            await draw_picture(desk, document.pages[page_index])
        return ScreenChange(images=page_view.images(desk.pictures))

    def recall(self, session_id: str | None, turn: int) -> ScreenChange:
        """A mark in an earlier answer was pressed: show that answer's places."""
        desk = self._desk(session_id)
        if not desk.recall(turn):
            return ScreenChange()
        return ScreenChange(view=self._show.view(desk))

    async def text_inside(self, session_id: str | None, area: Selection | None) -> ScreenChange:
        """A box was drawn: read what is printed in it."""
        if area is None:
            return ScreenChange()
        desk = self._desk(session_id)
        try:
            words = await asyncio.to_thread(
                self._engine.text_in,
                desk.session_id,
                area.document_id,
                area.page_index,
                area.bbox,
            )
        except Exception as error:  # noqa: BLE001 - the card says that nothing was read
            told(error)
            words = ""
        return ScreenChange(inside=page_view.inside(area, words))

    async def export(
        self,
        session_id: str | None,
        kind: layout_view.ExportKind,
        document_id: str,
        page_index: int,
        language: str,
    ) -> ScreenChange:
        """Write a download of the layout of the page on the screen."""
        desk = self._desk(session_id)
        document = self._document(desk, document_id)
        if document is None or desk.laid_out is None:
            return ScreenChange()
        page = document.pages[max(0, min(page_index, len(document.pages) - 1))]
        dpi = self._engine.settings.limits.pdf_dpi
        try:
            path = await asyncio.to_thread(
                layout_view.write, kind, desk.laid_out, document, page, desk.folder,
                language=language, dpi=dpi,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - a sentence on the status line, and logged
            told(error)
            path = None
        if path is None:
            return ScreenChange(status=status.idle("regions.failed", language))
        return ScreenChange(download=path.as_posix())

    def _asked_before(self, desk: ScreenState) -> UserInput | None:
        """The last question of a desk that was restored, whose settings are not known any more."""
        asked = desk.asked(len(desk.turns) - 1)
        if asked is None or desk.transcript is None or desk.transcript.model_id is None:
            return None
        steps = self._engine.settings.preprocess
        return UserInput(
            asked.text, (), asked.task, desk.transcript.model_id, steps, area=asked.area
        )

    def _desk(self, session_id: str | None) -> ScreenState:
        desk, replaced = self._desks.find(session_id)
        if replaced:
            desk.turns.append(messages.NoticeTurn("chat.restarted"))
        return desk

    def _document(self, desk: ScreenState, document_id: str) -> Document | None:
        documents = self._engine.documents(desk.session_id)
        return next((item for item in documents if item.document_id == document_id), None)
