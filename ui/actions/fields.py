"""Actions of the form of fields: read a document, change a value, confirm it, export a file.

Like ui/actions/conversation.py, this module does not depend on Gradio.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from engine import Engine
from engine.fields import AUTO
from ui.state.change import ScreenChange
from ui.state.screen_state import ScreenState
from ui.state.sessions import ScreenStates
from ui.state.uploads import log_unexpected
from ui.views import fields_view, status
from ui.views.page_view import PageKey


class FieldsActions:
    """The actions of the form, for all sessions."""

    def __init__(self, engine: Engine, screen_states: ScreenStates) -> None:
        self._engine = engine
        self._screen_states = screen_states

    async def read(
        self,
        session_id: str | None,
        document_id: str,
        document_type: str,
        model_id: str,
        language: str,
        tab: str = "",
        pinned: Sequence[PageKey] = (),
        pages: Sequence[int] = (),
        whole: bool = False,
    ) -> AsyncIterator[ScreenChange]:
        """Read the fields of a file's documents; confirmed fields are left unchanged.

        Args:
            pinned: the pages chosen in the settings. If some are of this file, only those are
                read, as one document.
            pages: 0-based pages to read again as one document. If they and this file's pinned
                pages have none in common, they take precedence; else the pinned pages do.
            whole: read the file as one document.
        """
        screen_state, _ = self._screen_states.find(session_id)
        screen_state.language = language
        if screen_state.reading is not None or not self._has(screen_state, document_id):
            return
        screen_state.reading = document_id
        yield self._shown(screen_state, status.working("fields.reading", language))
        line = status.idle("fields.done", language)
        try:
            own = [page for owner, page in pinned if owner == document_id]
            # A reread of a document without pinned pages refers to that document.
            pins = [] if pages and not set(own) & set(pages) else own
            chosen = pins or sorted(set(pages))
            parts: Sequence[Sequence[int] | None] = [None if whole else chosen or None]
            if not chosen and not whole:
                found = await asyncio.to_thread(
                    self._engine.split, screen_state.session_id, document_id
                )
                parts = found if len(found) > 1 else [None]
            read = []
            for part in parts:
                one = await asyncio.to_thread(
                    self._engine.fields,
                    screen_state.session_id,
                    document_id,
                    document_type=document_type,
                    model_id=model_id,
                    language=language,
                    pages=None if part is None else list(part),
                )
                named = document_type != AUTO
                read.append(fields_view.DocumentFieldsView(one, named=named, whole=whole))
            if self._has(screen_state, document_id):  # the user may have deleted it meanwhile
                before = screen_state.sheets.get(document_id, [])
                screen_state.sheets[document_id] = fields_view.with_read(before, read)
            if len(read) > 1:
                line = status.idle("fields.done_several", language, count=len(read))
        except Exception as error:  # noqa: BLE001 - a sentence on the status line, and logged
            line = status.problem(log_unexpected(error), language)
        finally:
            screen_state.reading = None
        self._screen_states.keep(screen_state)
        # A tab that has left gets an empty change, so Gradio does not repeat the last one.
        yield ScreenChange() if tab in screen_state.left_by else self._shown(screen_state, line)

    def write(
        self, session_id: str | None, document_id: str, name: str, value: str, page: int = 0
    ) -> ScreenChange:
        """Store a value that the user typed. page: a 0-based page of the document."""
        screen_state, _ = self._screen_states.find(session_id)
        sheet = fields_view.sheet_of(screen_state.sheets.get(document_id, ()), page)
        if sheet is None or not sheet.write(name, value):
            return ScreenChange()
        sheet.confirm(name, yes=True)  # a typed value counts as checked
        self._screen_states.keep(screen_state)
        return self._shown(screen_state)

    def confirm(
        self, session_id: str | None, document_id: str, name: str, page: int = 0, *, yes: bool
    ) -> ScreenChange:
        """Confirm a value, or undo that. page: a 0-based page of the document."""
        screen_state, _ = self._screen_states.find(session_id)
        sheet = fields_view.sheet_of(screen_state.sheets.get(document_id, ()), page)
        if sheet is None or not sheet.confirm(name, yes=yes):
            return ScreenChange()
        self._screen_states.keep(screen_state)
        return self._shown(screen_state)

    async def export(
        self, session_id: str | None, kind: str, document_id: str, language: str
    ) -> ScreenChange:
        """Write a download with the forms of all documents of a file."""
        screen_state, _ = self._screen_states.find(session_id)
        sheets, known = screen_state.sheets.get(document_id), fields_view.export_kind(kind)
        if not sheets or known is None:
            return ScreenChange()
        try:
            folder = self._engine.settings.fields.folder
            found = [sheet.result(folder) for sheet in sheets]
            path = fields_view.target(screen_state.folder, found[0], known)
            content = await asyncio.to_thread(fields_view.content, found, known, language)
            await asyncio.to_thread(path.write_bytes, content)
        except Exception as error:  # noqa: BLE001 - a sentence on the status line, and logged
            return ScreenChange(status=status.problem(log_unexpected(error), language))
        return ScreenChange(download=path.as_posix())

    def _has(self, screen_state: ScreenState, document_id: str) -> bool:
        return any(
            document.document_id == document_id
            for document in self._engine.documents(screen_state.session_id)
        )

    def _shown(self, screen_state: ScreenState, line: str | None = None) -> ScreenChange:
        folder = self._engine.settings.fields.folder
        form = fields_view.view(
            screen_state.sheets, screen_state.language, folder=folder, reading=screen_state.reading
        )
        return ScreenChange(form=form, status=line)
