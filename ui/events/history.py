"""Wire the list of conversations to its actions."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import gradio as gr

from ui.actions.history import HistoryActions
from ui.events.ask import changed_by_answers
from ui.events.deliveries import Deliveries
from ui.events.updates import EVENT, Updates, next_updates, tab_of
from ui.views.screen import Screen


def wire_archive(
    screen: Screen, archive: HistoryActions, changed: Sequence[Any], deliveries: Deliveries
) -> None:
    """Connect the list's events.

    Args:
        changed: events that may change the list.
    """
    here = [screen.session, screen.language]
    changing = changed_by_answers(screen)

    async def show(key: str | None, listed: Any) -> Updates:
        return {screen.archive: gr.update(value=archive.view(key, _search(listed)))}

    async def open_talk(
        key: str | None, language: str, event: gr.EventData, request: gr.Request
    ) -> Updates:
        opened = archive.open(key, str(event.id), language, tab_of(request))
        return await deliveries.after_those(next_updates(screen, opened), request)

    async def follow(key: str | None, request: gr.Request) -> AsyncIterator[Updates]:
        async for update in deliveries.stream(archive.follow(key, tab_of(request)), request):
            yield update

    async def rename(key: str | None, event: gr.EventData) -> Updates:
        return next_updates(screen, await archive.rename(key, str(event.id), str(event.title)))

    async def delete(
        key: str | None, language: str, event: gr.EventData, request: gr.Request
    ) -> Updates:
        removed = await archive.remove(key, str(event.id), language, tab_of(request))
        return await deliveries.after_those(next_updates(screen, removed), request)

    async def find(key: str | None, event: gr.EventData) -> Updates:
        return {screen.archive: gr.update(value=archive.view(key, str(event.search)))}

    async def wipe(key: str | None, language: str, request: gr.Request) -> Updates:
        wiped = await archive.wipe(key, language, tab_of(request))
        return await deliveries.after_those(next_updates(screen, wiped), request)

    opened = screen.archive.opentalk(open_talk, here, changing, **EVENT)
    opened.then(follow, screen.session, changing, **EVENT)
    renamed = screen.archive.renametalk(rename, screen.session, changing, **EVENT)
    deleted = screen.archive.deletetalk(delete, here, changing, **EVENT)
    wiped = screen.archive.wipetalks(wipe, here, changing, **EVENT)
    latest: dict[str, Any] = {"trigger_mode": "always_last", **EVENT}
    screen.archive.findtalks(find, screen.session, screen.archive, **latest)
    for event in (*changed, opened, renamed, deleted, wiped):
        event.then(show, [screen.session, screen.archive], screen.archive, **EVENT)


def _search(listed: Any) -> str:
    """The search text of the list, from the value that the browser sends."""
    return str(listed.get("search") or "") if isinstance(listed, Mapping) else ""
