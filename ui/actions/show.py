"""What a desk shows, as Changes: everything, or the page viewer alone."""

from engine import Engine, Page
from ui.state.change import ScreenChange
from ui.state.screen_state import ScreenState
from ui.views import fields_view, messages, page_view, settings_panel
from ui.views.escaping import plain
from ui.views.page_view import PageKey


class ScreenUpdates:
    """Makes plain values of desks, for all sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def whole(
        self, desk: ScreenState, language: str, line: str | None, *, running: bool | None = None
    ) -> ScreenChange:
        """Everything that a desk shows. line: HTML of the status line."""
        return ScreenChange(
            session_id=desk.key,
            messages=messages.messages(desk.turns, language),
            status=line,
            view=self.view(desk),
            images=page_view.images(desk.pictures),
            form=self.form(desk),
            pins=self._pins(desk),
            running=running,
            savable=any(isinstance(turn, messages.AnswerTurn) for turn in desk.turns),
        )

    def view(self, desk: ScreenState) -> page_view.View:
        """What the page viewer of a desk shows."""
        documents = self._engine.documents(desk.session_id)
        turn, transcript = desk.shown
        return page_view.view(documents, transcript, desk.jump, desk.laid_out, turn)

    def _pins(self, desk: ScreenState) -> tuple[tuple[str, str], ...]:
        return tuple(
            (f"{plain(document.name)}: {page.page_index + 1}", settings_panel.pin(*_key(page)))
            for document in self._engine.documents(desk.session_id)
            for page in document.pages
        )

    def form(self, desk: ScreenState) -> fields_view.View:
        """The forms of a desk's documents."""
        folder = self._engine.settings.fields.folder
        return fields_view.view(desk.sheets, desk.language, folder=folder, reading=desk.reading)


def _key(page: Page) -> PageKey:
    return (page.document_id, page.page_index)
