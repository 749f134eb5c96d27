"""Actions of a conversation: upload, ask, stop, start a new chat, show a page.

Every action yields or returns a ScreenChange: what the screen shows now, as plain values. This
module calls the engine and changes screen states. It does not depend on Gradio; ui/app.py and
ui/events apply the changes to components.
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
from ui.state.uploads import draw_picture, log_unexpected, open_files
from ui.views import layout_view, messages, page_view, status
from ui.views.selection import Selection


class ConversationActions:
    """The conversation's actions, for all sessions of one app."""

    def __init__(self, engine: Engine, screen_states: ScreenStates | None = None) -> None:
        self._engine = engine
        self._screen_states = screen_states or ScreenStates(engine)
        self._show = ScreenUpdates(engine)
        self._answers = AnswerActions(engine, self._screen_states, self._show)
        self._following = FollowActions(engine, self._show)

    def start(
        self, language: str, key: str | None = None, *, remember: bool = False, tab: str = ""
    ) -> ScreenChange:
        """Show a browser's last conversation after a page load, or start a new one.

        Args:
            key: the key that the browser stores (ui/state/screen_state.py).
            remember: make a browser without a known key a visitor, whose conversations are listed.
            tab: the browser's tab; one tab may leave a conversation that another still shows.
        """
        visitor_id, session_id = parts_of(key)
        if visitor_id and self._engine.owns(visitor_id, session_id):
            return self.resume(key, language, tab)
        if remember and not self._engine.conversations(visitor_id):
            visitor_id = self._engine.create_visitor()
        return self.begin(visitor_id, language)

    def begin(self, visitor_id: str, language: str) -> ScreenChange:
        """Start and show a new conversation."""
        return self._opened(self._screen_states.begin(visitor_id), language)

    def resume(self, key: str | None, language: str, tab: str = "") -> ScreenChange:
        """Show an existing conversation in its current state."""
        screen_state = self._screen_state(key)
        screen_state.left_by.discard(tab)
        return self._opened(screen_state, language)

    async def follow(self, key: str | None, tab: str = "") -> AsyncIterator[ScreenChange]:
        """Stream the rest of an answer that was running when its conversation was opened."""
        async for change in self._following.follow(self._screen_state(key), tab):
            yield change

    def _opened(self, screen_state: ScreenState, language: str) -> ScreenChange:
        screen_state.language = language
        line = status.idle("status.ready", language)
        if screen_state.running and screen_state.transcript is not None:
            line = status.of_answer(screen_state.transcript, language)
        documents = self._engine.documents(screen_state.session_id)
        if screen_state.jump is None and documents:
            first = documents[0].pages[0]
            screen_state.look_at((first.document_id, first.page_index))
        return replace(
            self._show.whole(screen_state, language, line, running=screen_state.running),
            cut=screen_state.transcript is not None
            and screen_state.transcript.finish_reason == "length",
            editing=-1,
            clear_area=True,
            suggested=(),
            unpin=True,
        )

    def translate(self, session_id: str | None, language: str) -> ScreenChange:
        """Show the screen's own texts in the chat in another language."""
        screen_state = self._screen_state(session_id)
        screen_state.language = language
        line = status.idle("status.ready", language)
        if screen_state.transcript is not None:
            line = status.of_answer(screen_state.transcript, language)
        return ScreenChange(
            session_id=screen_state.key,
            messages=messages.messages(screen_state.turns, language),
            status=line,
            form=self._show.form(screen_state),
            locked=self._show.locked(screen_state, language),
        )

    async def attach(
        self, session_id: str | None, files: Sequence[str], language: str, tab: str = ""
    ) -> AsyncIterator[ScreenChange]:
        """Open dropped files, show the first page and report each file in the chat."""
        screen_state = self._screen_state(session_id)
        if not files:
            return
        running = screen_state.running
        if not running:
            yield ScreenChange(status=status.working("status.reading_file", language))
        async with screen_state.lock:
            _, reports = await open_files(self._engine, screen_state, files, turn_to=not running)
        screen_state.turns += reports
        self._screen_states.keep(screen_state)
        if tab in screen_state.left_by:
            yield ScreenChange()  # else Gradio would repeat the status from above
            return
        line = None if running else status.idle("status.ready", language)
        yield self._show.whole(screen_state, language, line)

    async def unlock(
        self, session_id: str | None, password: str, language: str, tab: str = ""
    ) -> AsyncIterator[ScreenChange]:
        """Open the PDF that waits for its password; without one it is left closed."""
        screen_state = self._screen_state(session_id)
        file = next(iter(screen_state.locked), None)
        if file is None:
            return
        if not password:
            del screen_state.locked[file]
            yield self._show.whole(screen_state, language, None)
            return
        screen_state.refused.pop(file, None)
        async with screen_state.lock:
            _, reports = await open_files(
                self._engine,
                screen_state,
                [file],
                turn_to=not screen_state.running,
                password=password,
            )
        screen_state.turns += reports
        self._screen_states.keep(screen_state)
        if tab not in screen_state.left_by:
            yield self._show.whole(screen_state, language, None)

    async def ask(
        self, session_id: str | None, question: UserInput, language: str, tab: str = ""
    ) -> AsyncIterator[ScreenChange]:
        """Send a question: open its files, then stream the answer."""
        screen_state = self._screen_state(session_id)
        if screen_state.running:
            screen_state.pressed = True
            yield ScreenChange(status=status.working("status.busy", language))
            return
        async for change in self._following.seen(
            screen_state, tab, self._answers.answer(screen_state, question, language)
        ):
            yield change

    async def go_on(
        self, session_id: str | None, language: str, tab: str = ""
    ) -> AsyncIterator[ScreenChange]:
        """Continue the last answer, which was cut at the limit of tokens."""
        screen_state = self._screen_state(session_id)
        transcript = screen_state.transcript
        asked = screen_state.last or self._asked_before(screen_state)
        if screen_state.running or asked is None or transcript is None:
            return
        if transcript.finish_reason != "length":
            return
        # The engine streams the whole answer again, so it replaces this turn.
        screen_state.turns = [
            turn
            for turn in screen_state.turns
            if not (isinstance(turn, messages.AnswerTurn) and turn.transcript is transcript)
        ]
        yield ScreenChange(running=True, cut=False)
        whole = self._answers.stream(screen_state, asked, asked.text, language, resume=True)
        async for change in self._following.seen(screen_state, tab, whole):
            yield change

    async def again(
        self, session_id: str | None, turn: int, chosen: UserInput, language: str, tab: str = ""
    ) -> AsyncIterator[ScreenChange]:
        """Answer the question of a turn again, with the model and settings chosen now.

        The new answer to the newest question replaces the old one. An earlier question is asked
        again at the end of the conversation, so no later turn is lost.
        """
        screen_state = self._screen_state(session_id)
        asked = screen_state.asked(turn)
        if asked is None:
            return
        newest = asked is screen_state.asked(len(screen_state.turns) - 1)
        question = replace(
            chosen, text=asked.text, files=(), task=asked.task, area=asked.area,
            replaces=turn if newest else None,
        )  # fmt: skip
        async for change in self.ask(session_id, question, language, tab):
            yield replace(change, clear_question=False)

    def stop(self, session_id: str | None, language: str) -> ScreenChange:
        """Stop this session's running answer."""
        screen_state = self._screen_state(session_id)
        if not screen_state.running:
            return ScreenChange()
        self._engine.stop(screen_state.session_id)
        return ScreenChange(status=status.working("status.stopping", language))

    def new_chat(self, session_id: str | None, language: str, tab: str = "") -> ScreenChange:
        """Start another conversation. An unlisted one is deleted with its documents."""
        screen_state = self._screen_state(session_id)
        if screen_state.visitor_id and (screen_state.turns or screen_state.running):
            # The old one stays in the list, and an answer that is running there continues.
            screen_state.left_by.add(tab)
            return self.begin(screen_state.visitor_id, language)
        self.stop(screen_state.key, language)
        self._engine.new_chat(screen_state.session_id)
        screen_state.clear()
        return self._opened(screen_state, language)

    async def show_page(
        self, session_id: str | None, document_id: str, page_index: int
    ) -> ScreenChange:
        """Draw the picture of a page that the viewer turned to and does not have yet."""
        screen_state = self._screen_state(session_id)
        document = self._document(screen_state, document_id)
        if document is not None and 0 <= page_index < len(document.pages):
            await draw_picture(screen_state, document.pages[page_index])
        return ScreenChange(images=page_view.images(screen_state.pictures))

    def recall(self, session_id: str | None, turn: int) -> ScreenChange:
        """Show the places of an earlier answer, one of whose marks was pressed."""
        screen_state = self._screen_state(session_id)
        if not screen_state.recall(turn):
            return ScreenChange()
        return ScreenChange(view=self._show.view(screen_state))

    async def text_inside(self, session_id: str | None, area: Selection | None) -> ScreenChange:
        """Read the text in a box that the user drew."""
        if area is None:
            return ScreenChange()
        screen_state = self._screen_state(session_id)
        try:
            words = await asyncio.to_thread(
                self._engine.text_in,
                screen_state.session_id,
                area.document_id,
                area.page_index,
                area.bbox,
            )
        except Exception as error:  # noqa: BLE001 - the card shows that there is no text
            log_unexpected(error)
            words = ""
        return ScreenChange(inside=page_view.text_in_area(area, words))

    async def sources(
        self, session_id: str | None, document_id: str, page_index: int
    ) -> ScreenChange:
        """Find where the words of a page come from."""
        screen_state = self._screen_state(session_id)
        try:
            found = await asyncio.to_thread(
                self._engine.word_sources, screen_state.session_id, document_id, page_index
            )
        except Exception as error:  # noqa: BLE001 - the viewer shows that there are no words
            log_unexpected(error)
            found = {}
        return ScreenChange(sources=page_view.sources_of((document_id, page_index), found))

    async def export(
        self,
        session_id: str | None,
        kind: layout_view.ExportKind,
        document_id: str,
        page_index: int,
        language: str,
    ) -> ScreenChange:
        """Write a download of the layout of the page on the screen."""
        screen_state = self._screen_state(session_id)
        document = self._document(screen_state, document_id)
        if document is None or screen_state.laid_out is None:
            return ScreenChange()
        page = document.pages[max(0, min(page_index, len(document.pages) - 1))]
        dpi = self._engine.settings.limits.pdf_dpi
        try:
            path = await asyncio.to_thread(
                layout_view.write, kind, screen_state.laid_out, document, page, screen_state.folder,
                language=language, dpi=dpi,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - shown on the status line, and logged
            log_unexpected(error)
            path = None
        if path is None:
            return ScreenChange(status=status.idle("regions.failed", language))
        return ScreenChange(download=path.as_posix())

    def _asked_before(self, screen_state: ScreenState) -> UserInput | None:
        """The last question of a restored screen state, with default settings: its own are lost."""
        asked = screen_state.asked(len(screen_state.turns) - 1)
        if (
            asked is None
            or screen_state.transcript is None
            or screen_state.transcript.model_id is None
        ):
            return None
        steps = self._engine.settings.preprocess
        return UserInput(
            asked.text, (), asked.task, screen_state.transcript.model_id, steps, area=asked.area
        )

    def _screen_state(self, session_id: str | None) -> ScreenState:
        screen_state, replaced = self._screen_states.find(session_id)
        if replaced:
            screen_state.turns.append(messages.NoticeTurn("chat.restarted"))
        return screen_state

    def _document(self, screen_state: ScreenState, document_id: str) -> Document | None:
        documents = self._engine.documents(screen_state.session_id)
        return next((item for item in documents if item.document_id == document_id), None)
