"""Files that a person drops: opened once each, a bad one told, and the pictures of their pages.

What is opened, refused and drawn already is kept on the session's screen state.
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

# How long the same bad file is not told again.
_REFUSAL_SECONDS = 5.0
# The conversation takes no more files, whatever they are.
_FULL = "session.too_many_documents"
# So many bad files of one drop are told one by one, and the rest in one sentence.
_TOLD_EACH = 10


async def open_files(
    engine: Engine, screen_state: ScreenState, files: Sequence[str], *, turn_to: bool
) -> tuple[list[Document], list[messages.Turn]]:
    """Open the files that are new; a bad one is told and the others are kept.

    Args:
        turn_to: the viewer turns to the first page of the first; not while an answer is shown.
    Returns:
        The documents that were opened now, and what to say about each file, in order.
    """
    opened: list[Document] = []
    said: list[messages.Turn] = []
    refused = 0
    for file in files:
        # Dropping and sending may both bring a file: it is handled once.
        if file in screen_state.opened or time.monotonic() < screen_state.refused.get(file, 0.0):
            continue
        path = Path(file)
        try:
            document = await asyncio.to_thread(
                engine.add_document, screen_state.session_id, path, name=path.name
            )
        except Exception as error:  # noqa: BLE001 - a bug is told as one, and logged
            why = told(error)
            # Where nothing more is taken, the files behind this one would be told the same.
            is_full = why.key == _FULL
            again_at = time.monotonic() + _REFUSAL_SECONDS
            screen_state.refused |= dict.fromkeys(files if is_full else (file,), again_at)
            refused += 1
            if refused <= _TOLD_EACH:
                said.append(messages.ErrorTurn(why))
            elif refused == _TOLD_EACH + 1:
                said.append(messages.NoticeTurn("chat.more_refused"))
            continue
        screen_state.opened[file] = document.document_id
        opened.append(document)
        said.append(messages.UploadTurn(document.name, len(document.pages)))
    if opened and turn_to:
        first = opened[0].pages[0]
        screen_state.leave_answer()  # its boxes belong to the page that is left now
        screen_state.look_at((first.document_id, first.page_index))
        await draw_picture(screen_state, first)
    return opened, said


async def draw_picture(screen_state: ScreenState, page: Page) -> None:
    """Have the page's display picture on the screen state; None there where it cannot be drawn."""
    key = (page.document_id, page.page_index)
    if screen_state.pictures.get(key) is not None:
        return
    try:
        screen_state.pictures[key] = await asyncio.to_thread(
            page_images.write_page, page, screen_state.folder
        )
    except Exception as error:  # noqa: BLE001 - the viewer says that the page cannot be shown
        told(error)
        screen_state.pictures[key] = None


def told(error: Exception) -> EngineError:
    """The error as one that a person may read; a foreign one is logged."""
    if not isinstance(error, EngineError):
        logger.error("the screen met an error that is not the engine's", exc_info=error)
    return as_engine_error(error)
