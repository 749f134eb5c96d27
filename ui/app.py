"""build_app(engine, settings): the screen wired to the engine.

The handlers only carry values: from components into Conversation's actions, and its Changes back
onto components. They are async and unlimited, because waiting and fairness are the engine's.

Try it: `python gradio_app.py`
"""

import math
from collections.abc import AsyncIterator, Mapping
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from engine import Engine, Settings
from engine.settings import PreprocessSettings
from ui import examples, i18n, layout_view
from ui.area import read_area
from ui.change import Change, Question
from ui.conversation import Conversation
from ui.desk import Desks
from ui.form import Form
from ui.form_events import wire_form
from ui.guard import NoForeignAddresses, only_local_files
from ui.screen import Labels, Screen, build
from ui.theme import style_sheet, theme
from ui.updates import EVENT, Updates, components, joined, relabelled, updates

# JavaScript of the text box: dropped files are opened at once, and leave the box when they are.
_ATTACH = "(value) => { window.scanchat?.attach(value); }"
_DETACH = "(value) => ({ text: value?.text ?? '', files: [] })"


def build_app(engine: Engine, settings: Settings) -> gr.Blocks:
    """The whole screen; launch it with launch_options(settings)."""
    labels = Labels(settings, engine.models(), examples.find(settings.app.examples_dir))
    ttl_seconds = math.ceil(settings.sessions.ttl_minutes * 60)
    app: gr.Blocks
    with gr.Blocks(
        title=i18n.text("app.title", i18n.DEFAULT_LANGUAGE),
        analytics_enabled=False,
        fill_width=True,
        # Uploads lie in Gradio's folder; the engine has its own copy, so they may go early.
        delete_cache=(min(3600, ttl_seconds), ttl_seconds),
    ) as app:
        screen = build(labels, i18n.preferred(settings.app.language, None))
        only_local_files(screen.question)
        desks = Desks(engine)
        _wire(app, screen, labels, Conversation(engine, desks))
        wire_form(screen, Form(engine, desks))
    app.queue(default_concurrency_limit=None, api_open=False)
    return app


def launch_options(settings: Settings) -> dict[str, Any]:
    """What Blocks.launch needs besides the address."""
    return {
        "theme": theme(),
        "css": style_sheet(),
        "run_history": False,
        "footer_links": [],
        "ssr_mode": False,
        "app_kwargs": {"middleware": [Middleware(NoForeignAddresses)]},
        # Above our own limit, so that the user reads our sentence and not Gradio's.
        "max_file_size": f"{math.ceil(settings.limits.max_file_mb * 8 + 64)}mb",
    }


def _wire(app: gr.Blocks, screen: Screen, labels: Labels, talk: Conversation) -> None:
    """Connect components and actions."""
    here = [screen.session, screen.language]

    def shown(change: Change) -> Updates:
        return updates(screen, change)

    async def start(request: gr.Request) -> Updates:
        header = request.headers.get("accept-language")
        language = i18n.preferred(labels.settings.app.language, header)
        said = relabelled(screen, labels.of(language, **_defaults(labels)))
        return joined(
            said,
            {screen.language: gr.update(value=language, label=said[screen.language]["label"])},
            shown(talk.start(language)),
        )

    async def translate(session_id: str | None, language: str, model: str, task: str) -> Updates:
        said = relabelled(screen, labels.of(language, model_id=model, task=task))
        return joined(said, shown(talk.translate(session_id, language)))

    async def choose_model(language: str, model: str, task: str) -> Updates:
        tasks = labels.tasks(model, language)
        kept = task if task in [key for _, key in tasks] else tasks[0][1]
        return {
            screen.task: gr.update(choices=tasks, value=kept),
            screen.advice: labels.advice(model, language),
        }

    async def choose_task(language: str, task: str) -> Updates:
        return relabelled(screen, labels.of_task(task, language))

    async def attach(
        session_id: str | None, language: str, question: Mapping[str, Any] | None
    ) -> AsyncIterator[Updates]:
        async for change in talk.attach(session_id, _files(question), language):
            yield shown(change)

    async def ask(
        session_id: str | None,
        language: str,
        question: Mapping[str, Any] | None,
        model: str,
        task: str,
        area: Any,
        verbatim: bool,
        *steps: bool,
    ) -> AsyncIterator[Updates]:
        asked = Question(
            str((question or {}).get("text") or ""),
            _files(question),
            task,
            model,
            _preprocess(*steps),
            read_area(area),
            bool(verbatim),
        )
        async for change in talk.ask(session_id, asked, language):
            yield shown(change)

    async def ask_example(
        session_id: str | None, language: str, model: str, event: gr.SelectData
    ) -> AsyncIterator[Updates]:
        # The index alone is taken from the browser; the file is ours.
        example = labels.examples[int(event.index)]
        asked = Question(
            example.question(language),
            (str(example.path),),
            example.task,
            model,
            labels.settings.preprocess,
        )
        async for change in talk.ask(session_id, asked, language):
            yield shown(change)

    async def stop(session_id: str | None, language: str) -> Updates:
        return shown(talk.stop(session_id, language))

    async def go_on(session_id: str | None, language: str) -> AsyncIterator[Updates]:
        async for change in talk.go_on(session_id, language):
            yield shown(change)

    async def new_chat(session_id: str | None, language: str) -> Updates:
        return shown(talk.new_chat(session_id, language))

    async def show_page(session_id: str | None, event: gr.EventData) -> Updates:
        return shown(await talk.show_page(session_id, str(event.document), int(event.page)))

    async def recall(session_id: str | None, event: gr.EventData) -> Updates:
        return shown(talk.recall(session_id, int(event.turn)))

    async def text_inside(session_id: str | None, event: gr.EventData) -> Updates:
        area = {"document": event.document, "page": event.page, "bbox": event.bbox}
        return shown(await talk.text_inside(session_id, read_area(area)))

    async def export(session_id: str | None, language: str, event: gr.EventData) -> Updates:
        kind = layout_view.export_kind(str(event.kind))
        if kind is None:
            return {}
        return shown(
            await talk.export(session_id, kind, str(event.document), int(event.page), language)
        )

    steps = [screen.deskew, screen.contrast, screen.denoise]
    changing = [
        screen.session, screen.chat, screen.status, screen.viewer, screen.area, screen.question,
        screen.fields, screen.stop, screen.run, screen.go_on,
    ]  # fmt: skip
    relabelling = [*components(screen).values()]
    choice = [screen.language, screen.model, screen.task]

    app.load(start, None, relabelling, **EVENT)
    screen.language.input(translate, [screen.session, *choice], relabelling, **EVENT)
    screen.model.input(choose_model, choice, [screen.task, screen.advice], **EVENT)
    screen.task.change(
        choose_task, [screen.language, screen.task], [screen.question, screen.run], **EVENT
    )
    screen.question.change(None, screen.question, None, js=_ATTACH)
    screen.viewer.attach(
        attach, [*here, screen.question], changing, trigger_mode="multiple", **EVENT
    ).then(None, screen.question, screen.question, js=_DETACH)
    gr.on(
        [screen.question.submit, screen.run.click],
        ask,
        [*here, screen.question, screen.model, screen.task, screen.area, screen.verbatim, *steps],
        changing,
        trigger_mode="multiple",
        **EVENT,
    )
    screen.chat.example_select(ask_example, [*here, screen.model], changing, **EVENT)
    screen.stop.click(stop, here, changing, **EVENT)
    screen.go_on.click(go_on, here, changing, **EVENT)
    screen.new_chat.click(new_chat, here, changing, **EVENT)
    screen.viewer.showpage(show_page, screen.session, changing, trigger_mode="multiple", **EVENT)
    screen.viewer.export(export, here, changing, **EVENT)
    screen.viewer.recall(recall, screen.session, changing, trigger_mode="multiple", **EVENT)
    screen.viewer.drawn(text_inside, screen.session, changing, trigger_mode="multiple", **EVENT)


def _defaults(labels: Labels) -> dict[str, str]:
    return {"model_id": labels.settings.default_model, "task": "question"}


def _files(question: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(str(file) for file in (question or {}).get("files") or ())


def _preprocess(deskew: bool, contrast: bool, denoise: bool) -> PreprocessSettings:
    return PreprocessSettings(deskew=bool(deskew), contrast=bool(contrast), denoise=bool(denoise))
