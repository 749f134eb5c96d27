"""Delivery of running answers to the tabs that show them.

When the user reloads the page or a phone sleeps, Gradio drops the reader of an event. The answer
continues without a reader for ALONE_SECONDS. A page that reconnects follows the rest of it. If
none reconnects, as after the tab was closed, the answer is stopped.
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
# How long an answer runs without a reader. Reloading a page takes a few seconds.
ALONE_SECONDS = 20.0


class FollowActions:
    """Streams the answers of all sessions to their tabs."""

    def __init__(self, engine: Engine, showing: ScreenUpdates) -> None:
        self._engine = engine
        self._show = showing
        self._writing: set[asyncio.Task[None]] = set()
        self._readers: dict[str, int] = {}

    async def seen(
        self, screen_state: ScreenState, tab: str, changes: AsyncIterator[ScreenChange]
    ) -> AsyncIterator[ScreenChange]:
        """Filter the changes of an answer for a tab: none while it shows another conversation.

        When the tab leaves, it gets one empty ScreenChange. Gradio repeats the last update when
        the stream ends, and a full one would draw this conversation over the other.
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
        await task  # raises the answer's error in the reader

    async def follow(self, screen_state: ScreenState, tab: str) -> AsyncIterator[ScreenChange]:
        """Stream the rest of an answer that was running when a tab opened its conversation."""
        shown: list[messages.Message] | None = None
        with self._reader(screen_state):
            while self._is_here(screen_state, tab) and screen_state.running:
                chat = messages.messages(screen_state.turns, screen_state.language)
                if chat != shown and screen_state.transcript is not None:
                    line = status.of_answer(
                        screen_state.transcript, screen_state.language, pressed=screen_state.pressed
                    )
                    yield ScreenChange(
                        messages=chat, status=line, view=self._show.view(screen_state)
                    )
                shown = chat
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
        """Count a reading tab. When the last one goes, schedule the stop of the answer."""
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
        """Stop an answer that has no reader after ALONE_SECONDS."""
        await asyncio.sleep(ALONE_SECONDS)
        if not screen_state.running or screen_state.session_id in self._readers:
            return
        logger.info("an answer is stopped: nobody is looking any more")
        self._engine.stop(screen_state.session_id)

    def _keep_task(self, task: "asyncio.Task[None]") -> None:
        # The event loop holds only weak references to its tasks.
        self._writing.add(task)
        task.add_done_callback(self._ended)

    def _is_here(self, screen_state: ScreenState, tab: str) -> bool:
        return tab not in screen_state.left_by and self._engine.has_session(screen_state.session_id)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._writing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("an answer ended with an error", exc_info=error)
