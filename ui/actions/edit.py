"""Second thoughts about a conversation: edit or take back a question, judge an answer.

Like ui/actions/conversation.py it talks to the engine and to desks and knows nothing of Gradio.
"""

from dataclasses import replace

from engine import Engine
from ui.state.change import ScreenChange
from ui.state.screen_state import ScreenState
from ui.state.sessions import ScreenStates
from ui.views import messages, page_view, status


class EditActions:
    """The actions of the buttons in the chat, for all sessions."""

    def __init__(self, engine: Engine, desks: ScreenStates) -> None:
        self._engine = engine
        self._desks = desks

    def edit(self, session_id: str | None, turn: int) -> ScreenChange:
        """Put a question back into the text box; sending it answers again from there."""
        desk, _ = self._desks.find(session_id)
        asked = desk.asked(turn)
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
        """Take a question back with its answer; its words return to the text box."""
        desk, _ = self._desks.find(session_id)
        asked = desk.asked(turn)
        if desk.running:
            return ScreenChange(status=status.working("status.busy", language))
        if asked is None:
            return ScreenChange()
        forget_from(self._engine, desk, asked)
        self._desks.keep(desk)
        documents = self._engine.documents(desk.session_id)
        number, transcript = desk.shown
        return ScreenChange(
            messages=messages.messages(desk.turns, language),
            view=page_view.view(documents, transcript, desk.jump, desk.laid_out, number),
            status=status.idle("status.ready", language),
            question_text=asked.text,
            clear_area=True,
            area=area_value(asked),
            task=asked.task,
            editing=-1,
            cut=False,
        )

    def rate(self, session_id: str | None, turn: int, language: str, *, good: bool) -> ScreenChange:
        """A person likes an answer or does not; pressing the same again takes that back."""
        desk, _ = self._desks.find(session_id)
        if not 0 <= turn < len(desk.turns):
            return ScreenChange()
        answer = desk.turns[turn]
        if not isinstance(answer, messages.AnswerTurn):
            return ScreenChange()
        desk.turns[turn] = replace(answer, liked=None if answer.liked is good else good)
        self._desks.keep(desk)
        return ScreenChange(messages=messages.messages(desk.turns, language))


def forget_from(engine: Engine, desk: ScreenState, asked: messages.QuestionTurn) -> None:
    """Forget a question and what was said after it, on the screen and for the model."""
    engine.rewind(desk.session_id, asked.position)
    desk.forget_from(asked)


def area_value(asked: messages.QuestionTurn) -> dict[str, object] | None:
    """The place that a question was about, as the chip beside the text box takes it."""
    area = asked.area
    if area is None:
        return None
    return {
        "document": area.document_id,
        "page": area.page_index,
        "bbox": list(area.bbox),
        "number": asked.region_of,
    }
