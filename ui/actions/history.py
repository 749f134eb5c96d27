"""A visitor's conversations: list, search, open, rename, delete one, delete all.

Like ui/actions/conversation.py, this module does not depend on Gradio. A key is what the browser
stores: the visitor and the conversation on the screen (ui/state/screen_state.py). Renaming and
deleting wait for the disk, so they run on threads beside the event loop.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from engine import ConversationInfo, Engine
from ui.actions.conversation import ConversationActions
from ui.state.change import ScreenChange
from ui.state.screen_state import ScreenState, key_of, parts_of
from ui.state.sessions import ScreenStates
from ui.views import status

View = dict[str, Any]
_LONGEST_TITLE = 200


class HistoryActions:
    """The actions of the list, for all visitors."""

    def __init__(
        self, engine: Engine, screen_states: ScreenStates, talk: ConversationActions
    ) -> None:
        self._engine = engine
        self._screen_states = screen_states
        self._talk = talk

    def view(self, key: str | None, search: str = "") -> View:
        """The list as ui/static/archive.js draws it; times in milliseconds since 1970, UTC."""
        visitor_id, session_id = parts_of(key)
        found = self._engine.conversations(visitor_id, search=search) if visitor_id else ()
        return {
            "items": [_item(info, session_id) for info in found],
            "search": search,
            "kept": self._engine.settings.sessions.keeps_on_disk,
        }

    def open(self, key: str | None, session_id: str, language: str, tab: str = "") -> ScreenChange:
        """Show another conversation of this visitor. A running answer continues."""
        visitor_id, now = parts_of(key)
        if session_id == now or not self._engine.owns(visitor_id, session_id):
            return ScreenChange(archive=self.view(key))
        if (here := self._screen_state(key)) is not None:
            here.left_by.add(tab)
        return self._talk.resume(key_of(visitor_id, session_id), language, tab)

    def follow(self, key: str | None, tab: str = "") -> AsyncIterator[ScreenChange]:
        """Stream the rest of an answer that is running in the opened conversation."""
        return self._talk.follow(key, tab)

    async def rename(self, key: str | None, session_id: str, title: str) -> ScreenChange:
        """Give a conversation a title; an empty one restores the default title."""
        visitor_id, _ = parts_of(key)
        if self._engine.owns(visitor_id, session_id):
            plain = " ".join(title.split())[:_LONGEST_TITLE]
            await asyncio.to_thread(self._engine.rename, session_id, plain)
        return ScreenChange(archive=self.view(key))

    async def remove(
        self, key: str | None, session_id: str, language: str, tab: str = ""
    ) -> ScreenChange:
        """Delete a conversation with its scans; start a new one if it was on the screen."""
        visitor_id, now = parts_of(key)
        here = self._screen_state(key)
        if self._engine.owns(visitor_id, session_id):
            await self._screen_states.delete(session_id)
        if session_id != now:
            return ScreenChange(archive=self.view(key))
        if here is not None:
            here.left_by.add(tab)  # its answer may be running
        return self._talk.begin(visitor_id, language)

    async def wipe(self, key: str | None, language: str, tab: str = "") -> ScreenChange:
        """Delete all data of a visitor at once and start again as a new visitor."""
        visitor_id, now = parts_of(key)
        here = self._screen_state(key)
        for info in self._engine.conversations(visitor_id):
            await self._screen_states.delete(info.session_id)
        await self._screen_states.delete(now)
        await asyncio.to_thread(self._engine.delete_visitor, visitor_id)
        if here is not None:
            here.left_by.add(tab)
        fresh = self._talk.begin(self._engine.create_visitor(), language)
        return replace(fresh, status=status.idle("archive.wiped", language))

    def _screen_state(self, key: str | None) -> ScreenState | None:
        """The screen state of the conversation on the screen; None if it no longer exists."""
        _, session_id = parts_of(key)
        return self._screen_states.find(key)[0] if self._engine.has_session(session_id) else None


def _item(info: ConversationInfo, session_id: str) -> View:
    return {
        "id": info.session_id,
        "title": info.title or info.first_question or info.first_document,
        "file": info.first_document,
        "when": round(info.updated_at.timestamp() * 1000),
        "documents": info.documents,
        "questions": info.questions,
        "current": info.session_id == session_id,
    }
