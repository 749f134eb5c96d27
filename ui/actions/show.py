"""A screen state as ScreenChange values: everything, or the page viewer alone."""

from engine import Engine, Page
from ui import i18n
from ui.state.change import ScreenChange
from ui.state.screen_state import ScreenState
from ui.views import fields_view, messages, page_view, settings_panel
from ui.views.escaping import plain
from ui.views.page_view import PageKey


class ScreenUpdates:
    """Builds changes from screen states, for all sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def whole(
        self,
        screen_state: ScreenState,
        language: str,
        line: str | None,
        *,
        running: bool | None = None,
    ) -> ScreenChange:
        """Everything that a screen state shows. line: HTML of the status line."""
        return ScreenChange(
            session_id=screen_state.key,
            messages=messages.messages(screen_state.turns, language),
            status=line,
            view=self.view(screen_state),
            images=page_view.images(screen_state.pictures),
            form=self.form(screen_state),
            pins=self._pins(screen_state),
            running=running,
            locked=self.locked(screen_state, language),
            savable=any(isinstance(turn, messages.AnswerTurn) for turn in screen_state.turns),
        )

    def locked(self, screen_state: ScreenState, language: str) -> str:
        """What to enter into the box for a password; "" hides the box."""
        name = next(iter(screen_state.locked.values()), None)
        return i18n.text("password.of", language, name=plain(name)) if name is not None else ""

    def view(self, screen_state: ScreenState) -> page_view.View:
        """The page viewer's value."""
        documents = self._engine.documents(screen_state.session_id)
        turn, transcript = screen_state.shown
        return page_view.view(documents, transcript, screen_state.jump, screen_state.laid_out, turn)

    def _pins(self, screen_state: ScreenState) -> tuple[tuple[str, str], ...]:
        return tuple(
            (f"{plain(document.name)}: {page.page_index + 1}", settings_panel.pin(*_key(page)))
            for document in self._engine.documents(screen_state.session_id)
            for page in document.pages
        )

    def form(self, screen_state: ScreenState) -> fields_view.View:
        """The forms of a screen state's documents."""
        folder = self._engine.settings.fields.folder
        return fields_view.view(
            screen_state.sheets, screen_state.language, folder=folder, reading=screen_state.reading
        )


def _key(page: Page) -> PageKey:
    return (page.document_id, page.page_index)
