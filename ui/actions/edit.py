"""Changes to past turns: edit or undo a question, rate an answer.

Like ui/actions/conversation.py, this module does not depend on Gradio.
"""

from dataclasses import replace

from engine import Engine
from ui.state.change import ScreenChange
from ui.state.screen_state import ScreenState
from ui.state.sessions import ScreenStates
from ui.views import messages, page_view, status


class EditActions:
    """The actions of the buttons in the chat, for all sessions."""

    def __init__(self, engine: Engine, screen_states: ScreenStates) -> None:
        self._engine = engine
        self._screen_states = screen_states

    def edit(self, session_id: str | None, turn: int) -> ScreenChange:
        """Put a question back into the text box. Sending it answers again from that turn."""
        screen_state, _ = self._screen_states.find(session_id)
        asked = screen_state.asked(turn)
        if asked is None:
            return ScreenChange()
        return ScreenChange(
            question_text=asked.text,
            editing=turn,
            clear_area=True,
            area=area_value(asked),
            task=asked.task,
        )

    def undo(self, session_id: str | None, turn: int, language: str) -> ScreenChange:
        """Remove a question and its answer; the question's text returns to the text box."""
        screen_state, _ = self._screen_states.find(session_id)
        asked = screen_state.asked(turn)
        if screen_state.running:
            return ScreenChange(status=status.working("status.busy", language))
        if asked is None:
            return ScreenChange()
        forget_from(self._engine, screen_state, asked)
        self._screen_states.keep(screen_state)
        documents = self._engine.documents(screen_state.session_id)
        number, transcript = screen_state.shown
        return ScreenChange(
            messages=messages.messages(screen_state.turns, language),
            view=page_view.view(
                documents, transcript, screen_state.jump, screen_state.laid_out, number
            ),
            status=status.idle("status.ready", language),
            question_text=asked.text,
            clear_area=True,
            area=area_value(asked),
            task=asked.task,
            editing=-1,
            cut=False,
        )

    def rate(self, session_id: str | None, turn: int, language: str, *, good: bool) -> ScreenChange:
        """Rate an answer good or bad; the same rating again removes it."""
        screen_state, _ = self._screen_states.find(session_id)
        if not 0 <= turn < len(screen_state.turns):
            return ScreenChange()
        answer = screen_state.turns[turn]
        if not isinstance(answer, messages.AnswerTurn):
            return ScreenChange()
        screen_state.turns[turn] = replace(answer, liked=None if answer.liked is good else good)
        self._screen_states.keep(screen_state)
        return ScreenChange(messages=messages.messages(screen_state.turns, language))


def forget_from(engine: Engine, screen_state: ScreenState, asked: messages.QuestionTurn) -> None:
    """Delete a question and all later turns, on the screen and in the model's history."""
    engine.rewind(screen_state.session_id, asked.position)
    screen_state.forget_from(asked)


def area_value(asked: messages.QuestionTurn) -> dict[str, object] | None:
    """The region that a question was about, as the value of the chip at the text box."""
    area = asked.area
    if area is None:
        return None
    return {
        "document": area.document_id,
        "page": area.page_index,
        "bbox": list(area.bbox),
        "number": asked.region_of,
    }
