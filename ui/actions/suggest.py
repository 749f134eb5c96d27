"""Questions to begin with, once a document is open and its first page is read."""

import asyncio

from engine import Engine
from engine.chat.suggestions import suggested
from engine.fields.document_type import classify
from ui.state.change import Change
from ui.state.sessions import Desks
from ui.state.uploads import told
from ui.views.messages import Asked

_OTHER = "other"


class Suggesting:
    """Offers questions for all sessions."""

    def __init__(self, engine: Engine, desks: Desks) -> None:
        self._engine = engine
        self._desks = desks

    async def offer(self, key: str | None, language: str) -> Change:
        """Questions about the newest document, until one is asked; waits for its reading."""
        desk, _ = self._desks.find(key)
        documents = self._engine.documents(desk.session_id)
        if not documents or desk.running or any(isinstance(turn, Asked) for turn in desk.turns):
            return Change(suggested=())
        newest = documents[-1].document_id
        try:
            index = await asyncio.to_thread(self._engine.index_of, desk.session_id, newest, 0)
            kind = (await asyncio.to_thread(classify, [index]))[0].document_type
        except Exception as error:  # noqa: BLE001 - the page's own error is told when it is asked
            told(error)
            kind = _OTHER
        if desk.left_by:
            return Change()  # another conversation may be on the screen by now
        if desk.running or any(isinstance(turn, Asked) for turn in desk.turns):
            return Change(suggested=())
        return Change(suggested=suggested(kind, language))
