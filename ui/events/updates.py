"""ScreenChange values and texts as Gradio updates of components."""

import secrets
from collections.abc import Mapping
from typing import Any

import gradio as gr

from ui.state.change import ScreenChange
from ui.views.screen import Screen

Updates = dict[Any, Any]
# For every event: no progress overlay, no concurrency limit of Gradio, no public endpoint.
EVENT: Mapping[str, Any] = {
    "show_progress": "hidden",
    "concurrency_limit": None,
    "api_visibility": "private",
}


def updates(screen: Screen, change: ScreenChange) -> Updates:
    """A ScreenChange as Gradio updates of the components that it changes."""
    found: Updates = {}
    if change.session_id is not None:
        found[screen.session] = change.session_id
    if change.messages is not None:
        found[screen.chat] = change.messages
    if change.status is not None:
        found[screen.status] = change.status
    viewer: dict[str, Any] = {}
    if change.view is not None:
        viewer["value"] = change.view
    if change.images is not None:
        viewer["images"] = change.images
    if change.download is not None:
        # The number tells two downloads of the same file apart.
        viewer["download"] = {"path": change.download, "number": secrets.token_hex(4)}
    if change.inside is not None:
        viewer["inside"] = change.inside
    if change.sources is not None:
        viewer["sources"] = change.sources
    if change.locked is not None:
        found[screen.locked] = gr.update(visible=bool(change.locked))
        found[screen.password] = gr.update(value="", placeholder=change.locked)
    if change.form is not None:
        found[screen.fields] = gr.update(value=change.form)
    if viewer:
        found[screen.viewer] = gr.update(**viewer)
    if change.clear_area or change.area is not None:
        found[screen.area] = change.area
    if change.editing is not None:
        found[screen.editing] = None if change.editing < 0 else {"turn": change.editing}
    if change.pins is not None:
        pins: dict[str, Any] = {"choices": list(change.pins)}
        if change.unpin:
            pins["value"] = []
        found[screen.pins] = gr.update(**pins)
    if change.savable is not None:
        found[screen.save] = gr.update(value=change.savable)
    if change.suggested is not None:
        found[screen.suggested] = gr.update(value={"questions": list(change.suggested)})
    if change.archive is not None:
        found[screen.archive] = gr.update(value=change.archive)
    if change.task is not None:
        found[screen.task] = change.task
    question: dict[str, Any] = {}
    if change.running is not None:
        question["submit_btn"] = not change.running
        found[screen.stop] = gr.update(interactive=change.running)
        found[screen.run] = gr.update(interactive=not change.running)
    if change.cut is not None:
        found[screen.go_on] = gr.update(visible=change.cut)
    if change.clear_question:
        question["value"] = {"text": "", "files": []}
    if change.question_text is not None:
        question["value"] = {"text": change.question_text, "files": []}
    if question:
        found[screen.question] = gr.update(**question)
    return found


def unchanged(screen: Screen) -> Updates:
    """An update without a change. A generator that yields nothing would set all outputs to null."""
    return {screen.status: gr.skip()}


def next_updates(screen: Screen, change: ScreenChange) -> Updates:
    """The updates of a ScreenChange; for an empty one an update without a change.

    Gradio needs at least one update, and it repeats the last update of a stream at its end. A
    stream whose tab now shows something else must therefore end with an empty ScreenChange.
    """
    return updates(screen, change) or unchanged(screen)


def tab_of(request: gr.Request) -> str:
    """The id of the tab that an event came from; each load of the page has a new one."""
    return str(request.session_hash or "")


def components(screen: Screen) -> dict[str, Any]:
    return {name: getattr(screen, name) for name in Screen.__slots__}


def relabelled(screen: Screen, labels: Mapping[str, Mapping[str, Any]]) -> Updates:
    return {getattr(screen, name): gr.update(**properties) for name, properties in labels.items()}


def joined(*parts: Updates) -> Updates:
    """Updates merged property by property; later ones win."""
    joined: Updates = {}
    for part in parts:
        for component, update in part.items():
            before = joined.get(component)
            if isinstance(before, dict) and isinstance(update, dict):
                joined[component] = {**before, **update}
            elif isinstance(before, dict):
                joined[component] = {**before, "value": update}
            else:
                joined[component] = update
    return joined
