"""The share of a model's context that the chosen pages take."""

import asyncio

from engine import Engine
from ui import i18n
from ui.state.sessions import ScreenStates
from ui.state.uploads import log_unexpected
from ui.views.escaping import span


class ContextUseActions:
    """Counts tokens, for all sessions."""

    def __init__(self, engine: Engine, screen_states: ScreenStates) -> None:
        self._engine = engine
        self._screen_states = screen_states

    async def count(
        self, key: str | None, model_id: str, pages: tuple[tuple[str, int], ...], language: str
    ) -> str:
        """One line of HTML; empty if the count is unknown, as for a model that is not installed."""
        screen_state, _ = self._screen_states.find(key)
        try:
            use = await asyncio.to_thread(
                self._engine.context_use, screen_state.session_id, model_id, pages or None
            )
        except Exception as error:  # noqa: BLE001 - only a hint; asking reports the error
            log_unexpected(error)
            return ""
        if use.prompt_tokens is None or use.context_tokens is None:
            return ""
        fits = use.fits is not False
        values = {"tokens": use.prompt_tokens, "limit": use.context_tokens}
        key = "settings.context" if fits else "settings.context_over"
        words = i18n.text(key, language, **values)
        return span("sc-note" if fits else "sc-problem", words)
