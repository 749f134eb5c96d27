"""Thumbnails of the viewer's strip, drawn when they scroll into view.

The browser requests a few at a time ("showthumbs", ui/static/page_strip.js). Each is written once.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import gradio as gr

from engine import Engine, Page
from ui.events.updates import EVENT, Updates
from ui.state.screen_state import ScreenState
from ui.state.sessions import ScreenStates
from ui.state.uploads import log_unexpected
from ui.views import page_images, page_view
from ui.views.screen import Screen

AT_ONCE: Final = 8  # pages of one request; the rest is ignored


class Thumbnails:
    """Draws thumbnails, for all sessions."""

    def __init__(self, engine: Engine, screen_states: ScreenStates) -> None:
        self._engine = engine
        self._screen_states = screen_states

    async def show(self, key: str | None, wanted: object) -> dict[str, str]:
        """Write the thumbnails of `wanted` and return all thumbnails so far.

        Args:
            wanted: [[document_id, page_index], ...] from the browser. Entries that are not a page
                of this session are ignored.
        Returns:
            "document/page" -> server path, "" if a page cannot be shown.
        """
        screen_state, _ = self._screen_states.find(key)
        for page in self._pages(screen_state, wanted):
            place = (page.document_id, page.page_index)
            if place in screen_state.thumbnails:
                continue
            try:
                screen_state.thumbnails[place] = await asyncio.to_thread(
                    page_images.write_small,
                    page,
                    screen_state.pictures.get(place),
                    screen_state.folder,
                )
            except Exception as error:  # noqa: BLE001 - the strip shows a blank page
                log_unexpected(error)
                screen_state.thumbnails[place] = None
        return page_view.images(screen_state.thumbnails)

    def _pages(self, screen_state: ScreenState, wanted: object) -> list[Page]:
        known = {
            (page.document_id, page.page_index): page
            for document in self._engine.documents(screen_state.session_id)
            for page in document.pages
        }
        asked = wanted if isinstance(wanted, Sequence) else ()
        places = [tuple(one) for one in asked[:AT_ONCE] if isinstance(one, list) and _is_place(one)]
        return [known[place] for place in places if place in known]


def wire_thumbnails(screen: Screen, thumbnails: Thumbnails) -> None:
    """Connect the strip's requests for pictures."""

    async def show(key: str | None, event: gr.EventData) -> Updates:
        return {screen.viewer: gr.update(thumbnails=await thumbnails.show(key, event.pages))}

    several: dict[str, Any] = {"trigger_mode": "multiple", **EVENT}
    screen.viewer.showthumbs(show, screen.session, screen.viewer, **several)


def _is_place(value: Sequence[object]) -> bool:
    return len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int)
