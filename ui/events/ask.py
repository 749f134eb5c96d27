"""Wire the chat's events to its actions: ask, stop, continue, edit, rate, save."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.events import Events

from ui.actions.conversation import ConversationActions
from ui.actions.edit import EditActions
from ui.actions.export import ExportActions
from ui.actions.suggest import SuggestActions
from ui.events.deliveries import Deliveries
from ui.events.updates import EVENT, Updates, tab_of, updates
from ui.state.change import ScreenChange, UserInput
from ui.views import scripts, settings_panel
from ui.views.labels import ScreenLabels
from ui.views.screen import Screen
from ui.views.selection import read_area

# JavaScript of the text box: dropped files are opened at once and then leave the box.
_ATTACH = f"(value) => {{ {scripts.call('attaching.js', 'attach(value)')}; }}"
_DETACH = "(value) => ({ text: value?.text ?? '', files: [] })"


def changed_by_answers(screen: Screen) -> list[Any]:
    """The components that an action of the chat may change."""
    return [
        screen.session, screen.chat, screen.status, screen.viewer, screen.area, screen.question,
        screen.fields, screen.stop, screen.run, screen.go_on, screen.editing, screen.task,
        screen.suggested, screen.save, screen.archive, screen.pins, screen.locked, screen.password,
    ]  # fmt: skip


def wire_asking(
    screen: Screen,
    labels: ScreenLabels,
    talk: ConversationActions,
    rewriting: EditActions,
    suggesting: SuggestActions,
    saving: ExportActions,
    deliveries: Deliveries,
) -> list[Any]:
    """Connect the events of the chat.

    Returns:
        The events that may change the list of conversations or a title in it.
    """
    here = [screen.session, screen.language]
    chosen = [screen.model, screen.task, *settings_panel.inputs(screen)]
    changing = changed_by_answers(screen)
    several: dict[str, Any] = {"trigger_mode": "multiple", **EVENT}

    def shown(change: ScreenChange) -> Updates:
        return updates(screen, change)

    def user_input(model: str, task: str, values: tuple[Any, ...], text: str = "") -> UserInput:
        known = model in labels.settings.models
        template = labels.template(model, task) if known else None
        set_to = settings_panel.read(values, template)
        return UserInput(
            text, (), task, model, set_to.preprocess, verbatim=set_to.verbatim,
            options=set_to.options, other=set_to.other, pages=set_to.pages,
        )  # fmt: skip

    async def attach(
        key: str | None, language: str, question: Mapping[str, Any] | None, request: gr.Request
    ) -> AsyncIterator[Updates]:
        attached = talk.attach(key, _files(question), language, tab_of(request))
        async for update in deliveries.stream(attached, request):
            yield update

    async def unlock(
        key: str | None, language: str, password: str | None, request: gr.Request
    ) -> AsyncIterator[Updates]:
        unlocked = talk.unlock(key, password or "", language, tab_of(request))
        async for update in deliveries.stream(unlocked, request):
            yield update

    async def ask(
        request: gr.Request,
        key: str | None,
        language: str,
        question: Mapping[str, Any] | None,
        area: Any,
        editing: Any,
        model: str,
        task: str,
        *values: Any,
    ) -> AsyncIterator[Updates]:
        asked = replace(
            user_input(model, task, values, str((question or {}).get("text") or "")),
            files=_files(question),
            area=read_area(area),
            replaces=_turn(editing),
        )
        answer = talk.ask(key, asked, language, tab_of(request))
        async for update in deliveries.stream(answer, request):
            yield update

    async def again(
        request: gr.Request,
        key: str | None,
        language: str,
        event: gr.EventData,
        model: str,
        task: str,
        *values: Any,
    ) -> AsyncIterator[Updates]:
        asked = user_input(model, task, values)
        answer = talk.again(key, int(event.turn), asked, language, tab_of(request))
        async for update in deliveries.stream(answer, request):
            yield update

    async def ask_suggested(
        request: gr.Request,
        key: str | None,
        language: str,
        event: gr.EventData,
        model: str,
        task: str,
        *values: Any,
    ) -> AsyncIterator[Updates]:
        asked = user_input(model, "question", values, str(event.words))
        answer = talk.ask(key, asked, language, tab_of(request))
        kept = (replace(change, clear_question=False) async for change in answer)
        async for update in deliveries.stream(kept, request):
            yield update

    async def offer(key: str | None, language: str) -> Updates:
        return shown(await suggesting.offer(key, language))

    async def ask_example(
        request: gr.Request,
        key: str | None,
        language: str,
        event: gr.SelectData,
        model: str,
        task: str,
        *values: Any,
    ) -> AsyncIterator[Updates]:
        # Only the index comes from the browser; the path is the server's.
        example = labels.examples[int(event.index)]
        asked = replace(
            user_input(model, example.task, values, example.question(language)),
            files=(str(example.path),),
        )
        answer = talk.ask(key, asked, language, tab_of(request))
        async for update in deliveries.stream(answer, request):
            yield update

    async def act(key: str | None, language: str, model: str, event: gr.EventData) -> Updates:
        turn, kind = int(event.turn), str(event.kind)
        if kind == "edit":
            change = rewriting.edit(key, turn)
        elif kind == "undo":
            change = rewriting.undo(key, turn, language)
        else:
            change = rewriting.rate(key, turn, language, good=kind == "good")
        if change.task not in labels.tasks(model):
            change = replace(change, task=None)
        return shown(change)

    async def stop(key: str | None, language: str) -> Updates:
        return shown(talk.stop(key, language))

    async def go_on(key: str | None, language: str, request: gr.Request) -> AsyncIterator[Updates]:
        answer = talk.go_on(key, language, tab_of(request))
        async for update in deliveries.stream(answer, request):
            yield update

    async def new_chat(key: str | None, language: str, request: gr.Request) -> Updates:
        begun = shown(talk.new_chat(key, language, tab_of(request)))
        return await deliveries.after_those(begun, request)

    async def save(key: str | None, language: str, event: gr.EventData) -> Updates:
        return shown(await saving.save(key, str(event.kind), language))

    # The component's frontend sends "upload", though its Python class does not list the event.
    # "change" would also fire at every letter.
    Events.upload.listener(screen.question, None, screen.question, None, js=_ATTACH)
    attached = screen.viewer.attach(attach, [*here, screen.question], changing, **several)
    attached.then(None, screen.question, screen.question, js=_DETACH)
    unlocked = gr.on(
        [screen.password.submit, screen.unlock.click],
        unlock,
        [*here, screen.password],
        changing,
        **EVENT,
    )
    attached.then(offer, here, screen.suggested, **EVENT)
    screen.language.input(offer, here, screen.suggested, **EVENT)
    asked = gr.on(
        [screen.question.submit, screen.run.click],
        ask,
        [*here, screen.question, screen.area, screen.editing, *chosen],
        changing,
        **several,
    )
    example = screen.chat.example_select(ask_example, [*here, *chosen], changing, **EVENT)
    pressed = screen.suggested.asksuggested(ask_suggested, [*here, *chosen], changing, **EVENT)
    repeated = screen.viewer.again(again, [*here, *chosen], changing, **EVENT)
    screen.viewer.act(act, [*here, screen.model], changing, **several)
    screen.stop.click(stop, here, changing, **EVENT)
    screen.go_on.click(go_on, here, changing, **EVENT)
    begun = screen.new_chat.click(new_chat, here, changing, **EVENT)
    screen.save.savetalk(save, here, changing, **EVENT)
    return [attached, unlocked, asked, example, pressed, repeated, begun]


def _turn(editing: Any) -> int | None:
    """The turn being edited, from the value that the browser sends; None if there is none."""
    turn = editing.get("turn") if isinstance(editing, Mapping) else None
    return turn if isinstance(turn, int) and not isinstance(turn, bool) else None


def _files(question: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(str(file) for file in (question or {}).get("files") or ())
