"""Streams of updates to the browser's tabs, and when they have arrived there.

Gradio prepares each update on its own, so an update of an answer that runs could reach the browser
after the update of a later event. If that event opens another conversation, the answer would be
drawn over it. Such an event therefore waits here.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator

import gradio as gr

from ui.events.updates import Updates, next_updates, tab_of, unchanged
from ui.state.change import ScreenChange
from ui.views.screen import Screen

# Gradio may give up a stream whose browser is gone without telling it.
_LONGEST_WAIT_SECONDS = 5.0


class Deliveries:
    """The updates that are on their way to the tabs of one app."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._on_their_way: dict[str, set[asyncio.Future[None]]] = defaultdict(set)

    async def stream(
        self, changes: AsyncIterator[ScreenChange], request: gr.Request
    ) -> AsyncGenerator[Updates, None]:
        """The updates of changes, for a generator event; one without a change if there are none.

        Gradio asks for the next update when it has sent the one before. It repeats the last update
        when the stream ends, and needs that: an update that directly follows another may take
        values out of it before the browser has drawn them.
        """
        tab = tab_of(request)
        is_empty = True
        async for change in changes:
            is_empty = False
            sent = asyncio.get_running_loop().create_future()
            self._on_their_way[tab].add(sent)
            try:
                yield next_updates(self._screen, change)
            finally:
                self._on_their_way[tab].discard(sent)
                if not self._on_their_way[tab]:
                    del self._on_their_way[tab]
                sent.set_result(None)
        if is_empty:  # Gradio would set all outputs to null
            yield unchanged(self._screen)

    async def after_those(self, update: Updates, request: gr.Request) -> Updates:
        """An update, once those that are on their way to its tab have been sent."""
        if waiting := tuple(self._on_their_way.get(tab_of(request), ())):
            await asyncio.wait(waiting, timeout=_LONGEST_WAIT_SECONDS)
        return update
