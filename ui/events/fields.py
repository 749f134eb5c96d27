"""Wire the form of fields to its actions."""

import math
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from ui.actions.fields import FieldsActions
from ui.events.deliveries import Deliveries
from ui.events.updates import EVENT, Updates, next_updates, tab_of
from ui.views import settings_panel
from ui.views.screen import Screen


def wire_form(screen: Screen, form: FieldsActions, deliveries: Deliveries) -> None:
    """Connect the form's events. Values from the browser are not trusted: each is converted."""
    here = [screen.session, screen.language]
    changing = [screen.session, screen.fields, screen.status, screen.viewer]

    async def read(
        session_id: str | None,
        language: str,
        model: str,
        pins: Any,
        event: gr.EventData,
        request: gr.Request,
    ) -> AsyncIterator[Updates]:
        chosen = (
            tab_of(request),
            settings_panel.pages(pins),
            _pages(getattr(event, "pages", None)),
        )
        wanted = (str(event.document), str(event.type), model, language, *chosen)
        whole = bool(getattr(event, "whole", False))
        read = form.read(session_id, *wanted, whole=whole)
        async for update in deliveries.stream(read, request):
            yield update

    async def write(session_id: str | None, event: gr.EventData) -> Updates:
        place = (str(event.document), str(event.name))
        written = form.write(session_id, *place, str(event.value), _page(getattr(event, "page", 0)))
        return next_updates(screen, written)

    async def confirm(session_id: str | None, event: gr.EventData) -> Updates:
        place = (str(event.document), str(event.name), _page(getattr(event, "page", 0)))
        return next_updates(screen, form.confirm(session_id, *place, yes=bool(event.yes)))

    async def export(session_id: str | None, language: str, event: gr.EventData) -> Updates:
        request = (str(event.kind), str(event.document), language)
        return next_updates(screen, await form.export(session_id, *request))

    several: dict[str, Any] = {"trigger_mode": "multiple", **EVENT}
    screen.fields.readfields(read, [*here, screen.model, screen.pins], changing, **EVENT)
    screen.fields.writefield(write, screen.session, changing, **several)
    screen.fields.confirmfield(confirm, screen.session, changing, **several)
    screen.fields.exportfields(export, here, changing, **several)


def _pages(value: Any) -> list[int]:
    """0-based pages that a browser sends; none if the tab predates an update and sends none."""
    return [_page(one) for one in value] if isinstance(value, list) else []


def _page(value: Any) -> int:
    """The 0-based page that a browser sends; the first page if it sends none."""
    return int(value) if isinstance(value, int | float) and 0 <= value < math.inf else 0
