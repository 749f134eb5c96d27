"""The screen states of one app, one for each session and stored with it."""

import asyncio
import logging

from engine import Engine, EngineError
from ui.state.screen_state import ScreenState, parts_of
from ui.state.serialization import record, restore

logger = logging.getLogger(__name__)
# The name under which the engine stores a screen state.
RECORD = "screen_state"


class ScreenStates:
    """The screen states of one app."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._screen_states: dict[str, ScreenState] = {}

    def find(self, key: str | None) -> tuple[ScreenState, bool]:
        """(screen state of a key, whether it replaces a conversation that no longer exists)."""
        visitor_id, session_id = parts_of(key)
        lost = bool(session_id) and not self._engine.has_session(session_id)
        if not session_id or lost:
            return self.begin(visitor_id), lost
        screen_state = self._screen_states.get(session_id)
        if screen_state is None:
            screen_state = self._screen_states[session_id] = ScreenState(session_id, visitor_id)
            stored = self._engine.stored_record(session_id, RECORD)
            restore(screen_state, stored, self._engine.cut_answer(session_id))
        return screen_state, False

    def begin(self, visitor_id: str) -> ScreenState:
        """Start a new conversation and return its screen state."""
        self._sweep()
        session_id = self._engine.create_session(visitor_id or None)
        return self._screen_states.setdefault(session_id, ScreenState(session_id, visitor_id))

    def keep(self, screen_state: ScreenState) -> None:
        """Store what the screen state shows, so it survives a restart of the app."""
        try:
            self._engine.store_record(screen_state.session_id, RECORD, record(screen_state))
        except EngineError as error:
            # The conversation on the screen is complete; only its copy on the disk is not.
            logger.warning("a conversation was not kept: %s", error)

    async def delete(self, session_id: str) -> None:
        """Delete a conversation with its scans, turns and pictures."""
        # On a thread: deleting waits for the disk and for other users of the database.
        await asyncio.to_thread(self._engine.delete_session, session_id)
        screen_state = self._screen_states.pop(session_id, None)
        if screen_state is not None:
            screen_state.clear()

    def _sweep(self) -> None:
        """Remove the screen states whose sessions the engine has deleted."""
        for session_id in [key for key in self._screen_states if not self._engine.has_session(key)]:
            self._screen_states.pop(session_id).clear()
