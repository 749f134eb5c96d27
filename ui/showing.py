"""What a desk shows, as Changes: everything, or the page viewer alone."""

from engine import Engine
from ui import fields_view, page_view, turns
from ui.change import Change
from ui.desk import Desk


class Showing:
    """Makes plain values of desks, for all sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def whole(
        self, desk: Desk, language: str, line: str | None, *, running: bool | None = None
    ) -> Change:
        """Everything that a desk shows. line: HTML of the status line."""
        return Change(
            session_id=desk.key,
            messages=turns.messages(desk.turns, language),
            status=line,
            view=self.view(desk),
            images=page_view.images(desk.pictures),
            form=self.form(desk),
            running=running,
            savable=any(isinstance(turn, turns.Answered) for turn in desk.turns),
        )

    def view(self, desk: Desk) -> page_view.View:
        """What the page viewer of a desk shows."""
        documents = self._engine.documents(desk.session_id)
        turn, transcript = desk.shown
        return page_view.view(documents, transcript, desk.jump, desk.laid_out, turn)

    def form(self, desk: Desk) -> fields_view.View:
        """The forms of a desk's documents."""
        folder = self._engine.settings.fields.folder
        return fields_view.view(desk.sheets, desk.language, folder=folder, reading=desk.reading)
