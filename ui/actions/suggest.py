"""Suggested first questions, offered once a document is open and its first page is indexed."""

import asyncio

from engine import Engine
from engine.chat.suggestions import suggested
from engine.fields.document_type import classify
from ui.state.change import ScreenChange
from ui.state.sessions import ScreenStates
from ui.state.uploads import log_unexpected
from ui.views.messages import QuestionTurn

_OTHER = "other"


class SuggestActions:
    """Offers questions for all sessions."""

    def __init__(self, engine: Engine, screen_states: ScreenStates) -> None:
        self._engine = engine
        self._screen_states = screen_states

    async def offer(self, key: str | None, language: str) -> ScreenChange:
        """Offer questions about the newest document until one is asked; waits for its index."""
        screen_state, _ = self._screen_states.find(key)
        documents = self._engine.documents(screen_state.session_id)
        if (
            not documents
            or screen_state.running
            or any(isinstance(turn, QuestionTurn) for turn in screen_state.turns)
        ):
            return ScreenChange(suggested=())
        newest = documents[-1].document_id
        try:
            index = await asyncio.to_thread(
                self._engine.index_of, screen_state.session_id, newest, 0
            )
            kind = (await asyncio.to_thread(classify, [index]))[0].document_type
        except Exception as error:  # noqa: BLE001 - a question about the page reports its error
            log_unexpected(error)
            kind = _OTHER
        if screen_state.left_by:
            return ScreenChange()  # the screen may show another conversation by now
        if screen_state.running or any(
            isinstance(turn, QuestionTurn) for turn in screen_state.turns
        ):
            return ScreenChange(suggested=())
        return ScreenChange(suggested=suggested(kind, language))
