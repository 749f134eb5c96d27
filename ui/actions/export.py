"""Export of a conversation: its turns as the engine's exchanges, written to a download."""

import asyncio
from datetime import UTC, datetime

from engine import Engine
from engine.chat.export import KINDS, Exchange, export_conversation
from ui import i18n
from ui.state.change import ScreenChange
from ui.state.screen_state import ScreenState
from ui.state.sessions import ScreenStates
from ui.state.uploads import log_unexpected
from ui.views import status
from ui.views.layout_view import file_stem
from ui.views.messages import AnswerTurn, QuestionTurn


class ExportActions:
    """Writes conversations, for all sessions."""

    def __init__(self, engine: Engine, screen_states: ScreenStates) -> None:
        self._engine = engine
        self._screen_states = screen_states

    async def save(self, key: str | None, kind: str, language: str) -> ScreenChange:
        """Write the conversation on the screen to a file of a kind; the browser saves it."""
        screen_state, _ = self._screen_states.find(key)
        answered = exchanges(screen_state)
        if kind not in KINDS or not answered:
            return ScreenChange()
        title = answered[0].question or i18n.text("archive.untitled", language)
        documents = self._engine.documents(screen_state.session_id)
        try:
            content = await asyncio.to_thread(
                export_conversation, answered, documents, kind, title=title, language=language
            )
            path = screen_state.folder / f"{file_stem(title)}.{kind}"
            await asyncio.to_thread(path.write_bytes, content)
        except Exception as error:  # noqa: BLE001 - shown on the status line, and logged
            return ScreenChange(status=status.problem(log_unexpected(error), language))
        return ScreenChange(download=path.as_posix())


def exchanges(screen_state: ScreenState) -> list[Exchange]:
    """Every question with its answer, also a failed one."""
    found: list[Exchange] = []
    asked: QuestionTurn | None = None
    for turn in screen_state.turns:
        if isinstance(turn, QuestionTurn):
            asked = turn
        elif isinstance(turn, AnswerTurn) and asked is not None:
            when = datetime.fromtimestamp(asked.asked_at, UTC) if asked.asked_at else None
            files = tuple(name for name, _ in asked.files)
            found.append(Exchange(asked.text, asked.task, when, turn.transcript, turn.liked, files))
    return found
