"""Dropped files: open each once, report bad ones, draw the pictures of their pages.

The session's screen state records what was opened, refused and drawn.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from engine import Document, Engine, EngineError, Page
from engine.core.errors import as_engine_error
from ui.state.screen_state import ScreenState
from ui.views import messages, page_images

logger = logging.getLogger(__name__)

# For this long the error of the same bad file is not repeated.
_REFUSAL_SECONDS = 5.0
# The errors of a PDF that its password would open.
_LOCKED = ("document.encrypted", "document.wrong_password")
# The error after which the conversation accepts no file at all.
_FULL = "session.too_many_documents"
# This many bad files of one drop are reported one by one, the rest in one sentence.
_TOLD_EACH = 10


async def open_files(
    engine: Engine,
    screen_state: ScreenState,
    files: Sequence[str],
    *,
    turn_to: bool,
    password: str = "",
) -> tuple[list[Document], list[messages.Turn]]:
    """Open the new files. A bad file is reported and does not stop the others.

    Args:
        turn_to: turn the viewer to the first page of the first new document.
        password: of the encrypted PDFs among the files; it goes to the engine only.
    Returns:
        The newly opened documents, and a turn for each file that was opened or refused, in order.
    """
    opened: list[Document] = []
    turns: list[messages.Turn] = []
    refused = 0
    for file in files:
        # A file may arrive by drop and again by Send: handle it once.
        if file in screen_state.opened or time.monotonic() < screen_state.refused.get(file, 0.0):
            continue
        path = Path(file)
        try:
            document = await asyncio.to_thread(
                engine.add_document,
                screen_state.session_id,
                path,
                name=path.name,
                password=password,
            )
        except Exception as error:  # noqa: BLE001 - reported as an internal error, and logged
            why = log_unexpected(error)
            # If the conversation is full, the remaining files would all fail in the same way.
            is_full = why.key == _FULL
            if why.key in _LOCKED:
                screen_state.locked[file] = path.name
            again_at = time.monotonic() + _REFUSAL_SECONDS
            screen_state.refused |= dict.fromkeys(files if is_full else (file,), again_at)
            refused += 1
            if refused <= _TOLD_EACH:
                turns.append(messages.ErrorTurn(why))
            elif refused == _TOLD_EACH + 1:
                turns.append(messages.NoticeTurn("chat.more_refused"))
            continue
        screen_state.opened[file] = document.document_id
        screen_state.locked.pop(file, None)
        opened.append(document)
        turns.append(messages.UploadTurn(document.name, len(document.pages)))
    if opened and turn_to:
        first = opened[0].pages[0]
        screen_state.leave_answer()  # its boxes belong to the previous page
        screen_state.look_at((first.document_id, first.page_index))
        await draw_picture(screen_state, first)
    return opened, turns


async def draw_picture(screen_state: ScreenState, page: Page) -> None:
    """Add the page's display picture to the screen state, or None if it cannot be drawn."""
    key = (page.document_id, page.page_index)
    if screen_state.pictures.get(key) is not None:
        return
    try:
        screen_state.pictures[key] = await asyncio.to_thread(
            page_images.write_page, page, screen_state.folder
        )
    except Exception as error:  # noqa: BLE001 - the viewer reports that page as not shown
        log_unexpected(error)
        screen_state.pictures[key] = None


def log_unexpected(error: Exception) -> EngineError:
    """Log an error that is not the engine's; return it as an EngineError, which a user may read."""
    if not isinstance(error, EngineError):
        logger.error("the screen met an error that is not the engine's", exc_info=error)
    return as_engine_error(error)
