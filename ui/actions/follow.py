"""Answers and the tabs that look at them.

When a page is loaded anew or a phone sleeps, Gradio drops the reader of an event. The answer goes
on without it for a while, and the page that comes back follows what is left of it; when nobody
comes back, as after closing the tab, it is stopped.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace

from engine import Engine
from ui.actions.show import ScreenUpdates
from ui.state.change import ScreenChange
from ui.state.screen_state import ScreenState
from ui.views import messages, status

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.3
# How long an answer is written for nobody; loading a page anew takes a few seconds.
ALONE_SECONDS = 20.0


class FollowActions:
    """What tabs see of the answers of all sessions."""

    def __init__(self, engine: Engine, showing: ScreenUpdates) -> None:
        self._engine = engine
        self._show = showing
        self._writing: set[asyncio.Task[None]] = set()
        self._readers: dict[str, int] = {}

    async def seen(
        self, screen_state: ScreenState, tab: str, changes: AsyncIterator[ScreenChange]
    ) -> AsyncIterator[ScreenChange]:
        """The changes of an answer as a tab sees them: none while it shows another conversation.

        Leaving is one empty Change: Gradio says the last one again when the stream ends, and that
        would draw this conversation over the other.
        """
        screen_state.running, screen_state.pressed = True, False
        queue: asyncio.Queue[ScreenChange | None] = asyncio.Queue()
        reading = True
        left = False

        async def write() -> None:
            try:
                async for change in changes:
                    if reading:
                        queue.put_nowait(change)
            finally:
                screen_state.running = False
                screen_state.stream = None
                queue.put_nowait(None)

        task = asyncio.create_task(write())
        self._keep_task(task)
        try:
            with self._reader(screen_state):
                while (change := await queue.get()) is not None:
                    if tab not in screen_state.left_by:
                        left = False
                        yield change
                    elif not left:
                        left = True
                        yield ScreenChange()
                if tab in screen_state.left_by and not left:
                    yield ScreenChange()
        finally:
            reading = False
        await task  # an error of the answer is the reader's error

    async def follow(self, screen_state: ScreenState, tab: str) -> AsyncIterator[ScreenChange]:
        """The rest of an answer that a tab found being written."""
        shown: list[messages.Message] | None = None
        with self._reader(screen_state):
            while self._is_here(screen_state, tab) and screen_state.running:
                said = messages.messages(screen_state.turns, screen_state.language)
                if said != shown and screen_state.transcript is not None:
                    line = status.of_answer(
                        screen_state.transcript, screen_state.language, pressed=screen_state.pressed
                    )
                    yield ScreenChange(
                        messages=said, status=line, view=self._show.view(screen_state)
                    )
                shown = said
                await asyncio.sleep(_PAUSE_SECONDS)
        if shown is None:
            return
        if not self._is_here(screen_state, tab):
            yield ScreenChange()
            return
        answer = screen_state.transcript
        line = status.idle("status.ready", screen_state.language)
        if answer is not None:
            line = status.of_answer(answer, screen_state.language)
        yield replace(
            self._show.whole(screen_state, screen_state.language, line, running=False),
            cut=answer is not None and answer.finish_reason == "length",
        )

    @contextmanager
    def _reader(self, screen_state: ScreenState) -> Iterator[None]:
        """Count a tab that reads; the last one to go leaves a watch behind."""
        key = screen_state.session_id
        self._readers[key] = self._readers.get(key, 0) + 1
        try:
            yield
        finally:
            self._readers[key] -= 1
            if not self._readers[key]:
                del self._readers[key]
                if screen_state.running:
                    self._keep_task(asyncio.create_task(self._stop_alone(screen_state)))

    async def _stop_alone(self, screen_state: ScreenState) -> None:
        """Stop an answer that nobody has come back to."""
        await asyncio.sleep(ALONE_SECONDS)
        if not screen_state.running or screen_state.session_id in self._readers:
            return
        logger.info("an answer is stopped: nobody is looking any more")
        self._engine.stop(screen_state.session_id)
        if screen_state.stream is not None:
            screen_state.stream.stop()

    def _keep_task(self, task: "asyncio.Task[None]") -> None:
        # The loop itself holds its tasks weakly.
        self._writing.add(task)
        task.add_done_callback(self._ended)

    def _is_here(self, screen_state: ScreenState, tab: str) -> bool:
        return tab not in screen_state.left_by and self._engine.has_session(screen_state.session_id)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._writing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("an answer ended with an error", exc_info=error)
