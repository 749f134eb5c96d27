"""Fits conversations to a server's context: engine.families.prompts.conversation with estimated
token counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.families.base import ModelRequest, Preparation
from engine.families.openai_server import health
from engine.families.openai_server.characters import CharacterTokenizer
from engine.families.openai_server.counting import prompt_of, text_tokens
from engine.families.openai_server.formats import FORMATS
from engine.families.openai_server.messages import SentPage
from engine.families.prompts.conversation import (
    ContextView,
    PageKey,
    PromptConversation,
    TokenCounters,
    notice_of,
    room_for,
)
from engine.families.prompts.memory import ContextViews
from engine.families.prompts.page_text import PageTexts

if TYPE_CHECKING:
    from engine.core.settings import ModelSettings
    from engine.families.openai_server.failures import ServerInfo


class ContextFitter:
    """Shortens conversations with one model. Thread-safe.

    Attributes:
        views: how each conversation was shortened.
    """

    def __init__(self, server: ServerInfo, model: ModelSettings) -> None:
        self._server = server
        self._settings = model
        self._format = FORMATS[model.box_format]
        self.views = ContextViews()

    def fitted(
        self, request: ModelRequest, sent: Mapping[PageKey, SentPage], preparation: Preparation
    ) -> tuple[ContextView, int]:
        """Return how the conversation is shortened, and how many tokens its answer may have.

        Raises:
            RunCancelled: the user pressed Stop.
            SessionError: the question's own pages are too long.
        """
        limit = self._context_tokens
        if limit is None:
            return ContextView(), request.max_new_tokens
        counting = TokenCounters(
            self._server.model_id,
            limit,
            prompt=lambda messages: prompt_of(messages, sent, self._format),
            image=lambda key: self._format.tokens_of(sent[key].size),
            text=text_tokens,
            page_text=PageTexts(request, preparation, text_tokens).of,
        )
        before = self.views.get(request.conversation, request.history)
        view, prompt = PromptConversation(request, sent).fit(before, counting)
        notice = notice_of(view, prompt, limit)
        if notice is not None:
            preparation.emit(notice)
        tokens = len(prompt.ids) + text_tokens(CharacterTokenizer().decode(request.so_far))
        return view, room_for(request, tokens, limit, model_id=self._server.model_id)

    @property
    def _context_tokens(self) -> int | None:
        """Token limit of prompt and answer together, by the settings and the server."""
        seen = health.watch_of(self._server).last
        limits = [self._settings.context_tokens, seen.context_tokens if seen else None]
        return min((limit for limit in limits if limit), default=None)
