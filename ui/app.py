"""build_app(engine, settings): the screen wired to the engine.

Handlers only pass values: from components to the actions, and the resulting ScreenChange back to
components. They are async and have no concurrency limit, because the engine does the queueing.

Try it: `python gradio_app.py`
"""

import math
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from engine import Engine, Settings
from ui import i18n
from ui.actions.context_use import ContextUseActions
from ui.actions.conversation import ConversationActions
from ui.actions.edit import EditActions
from ui.actions.export import ExportActions
from ui.actions.fields import FieldsActions
from ui.actions.history import HistoryActions
from ui.actions.suggest import SuggestActions
from ui.api import Api
from ui.api.body_limit import most_megabytes
from ui.events.ask import changed_by_answers, wire_asking
from ui.events.deliveries import Deliveries
from ui.events.fields import wire_form
from ui.events.history import wire_archive
from ui.events.model import ModelCards, wire_model_card
from ui.events.thumbnails import Thumbnails, wire_thumbnails
from ui.events.updates import (
    EVENT,
    Updates,
    components,
    joined,
    relabelled,
    tab_of,
    updates,
)
from ui.security import content_policy
from ui.security.access_control import AccessControlMiddleware
from ui.security.disk_space import DiskSpaceMiddleware
from ui.security.login import LoginAddress
from ui.security.upload_rate import UploadRateLimiter
from ui.security.url_guard import UrlGuardMiddleware, only_local_files
from ui.state.change import ScreenChange
from ui.state.sessions import ScreenStates
from ui.views import examples, layout_view, scripts, settings_panel
from ui.views.labels import ScreenLabels
from ui.views.screen import Screen, build
from ui.views.selection import read_area
from ui.views.theme import style_sheet, theme


def build_app(engine: Engine, settings: Settings, api: Api | None = None) -> gr.Blocks:
    """Build the whole screen. Launch it with launch_options(settings, api)."""
    labels = ScreenLabels(settings, engine.models(), examples.find(settings.app.examples_dir))
    ttl_seconds = math.ceil(settings.sessions.ttl_minutes * 60)
    app: gr.Blocks
    with gr.Blocks(
        title=i18n.text("app.title", i18n.DEFAULT_LANGUAGE),
        analytics_enabled=False,
        fill_width=True,
        # The engine has its own copy of each upload, so Gradio's copies may be deleted early.
        delete_cache=(min(3600, ttl_seconds), ttl_seconds),
    ) as app:
        # First: the screen's handlers have the same names and must not take these endpoints.
        (api or Api(engine, settings)).wire(app)
        screen = build(labels, i18n.preferred(settings.app.language, None))
        only_local_files(screen.question)
        screen_states = ScreenStates(engine)
        talk = ConversationActions(engine, screen_states)
        cards = ModelCards(engine)
        deliveries = Deliveries(screen)
        counting = ContextUseActions(engine, screen_states)
        listed = _wire(app, screen, labels, talk, counting, cards, deliveries)
        listed += wire_asking(
            screen,
            labels,
            talk,
            EditActions(engine, screen_states),
            SuggestActions(engine, screen_states),
            ExportActions(engine, screen_states),
            deliveries,
        )
        wire_model_card(screen, cards, listed)
        wire_archive(screen, HistoryActions(engine, screen_states, talk), listed, deliveries)
        wire_form(screen, FieldsActions(engine, screen_states), deliveries)
        wire_thumbnails(screen, Thumbnails(engine, screen_states))
    app.queue(default_concurrency_limit=None, api_open=False)
    return app


def launch_options(settings: Settings, api: Api | None = None) -> dict[str, Any]:
    """The arguments of Blocks.launch other than the address.

    Args:
        api: the API to serve beside the screen; None serves only the screen and its endpoints.
    Raises:
        SettingsError: a part of the API is not installed.
    """
    middleware = [
        Middleware(content_policy.ContentPolicy),
        Middleware(UrlGuardMiddleware),
        Middleware(LoginAddress),
    ]
    served: dict[str, Any] = {}
    if api is not None:
        served = api.launch_options()
        middleware += api.middleware()
    # After the API's middleware, which recognises the holder of a token.
    middleware += [
        Middleware(AccessControlMiddleware),
        Middleware(UploadRateLimiter),
        Middleware(DiskSpaceMiddleware),
    ]
    given: dict[str, Any] = served.get("app_kwargs", {})
    return {
        **served,
        "theme": theme(),
        "css": style_sheet(),
        "run_history": False,
        "footer_links": [],
        "ssr_mode": False,
        "app_kwargs": {
            **given,
            "routes": [*given.get("routes", ()), scripts.route()],
            "middleware": middleware,
            "lifespan": content_policy.lifespan(given.get("lifespan")),
        },
        "max_file_size": f"{most_megabytes(settings)}mb",
    }


def _wire(
    app: gr.Blocks,
    screen: Screen,
    labels: ScreenLabels,
    talk: ConversationActions,
    counting: ContextUseActions,
    cards: ModelCards,
    deliveries: Deliveries,
) -> list[Any]:
    """Connect the choices (language, model, task, pages) and the page viewer's requests.

    Returns:
        The events that may put another conversation on the screen.
    """
    here = [screen.session, screen.language]
    changing = changed_by_answers(screen)
    several: dict[str, Any] = {"trigger_mode": "multiple", **EVENT}

    def shown(change: ScreenChange) -> Updates:
        return updates(screen, change)

    async def start(key: str | None, request: gr.Request) -> Updates:
        header = request.headers.get("accept-language")
        language = i18n.preferred(labels.settings.app.language, header)
        texts = relabelled(screen, labels.of(language, **_defaults(labels)))
        return joined(
            texts,
            {screen.language: gr.update(value=language, label=texts[screen.language]["label"])},
            shown(talk.start(language, key, remember=True, tab=tab_of(request))),
        )

    async def follow(key: str | None, request: gr.Request) -> AsyncIterator[Updates]:
        async for update in deliveries.stream(talk.follow(key, tab_of(request)), request):
            yield update

    async def translate(
        key: str | None, language: str, model: str, task: str, pins: Any
    ) -> Updates:
        texts = relabelled(screen, labels.of(language, model_id=model, task=task))
        title = {screen.settings: gr.update(label=settings_panel.title(pins, language))}
        return joined(texts, title, shown(talk.translate(key, language)))

    async def choose_model(language: str, model: str, task: str, other: str) -> Updates:
        able = labels.tasks(model)
        chosen = task if task in able else able[0]
        others = labels.others(model, language)
        beside = other if other in dict(others).values() else ""
        return {
            screen.other: gr.update(choices=others, value=beside),
            screen.task: gr.update(tasks=labels.task_buttons(model, language), value=chosen),
            **relabelled(screen, labels.of_writing(model, chosen, language)),
            screen.advice: await cards.show(model, language),
        }

    async def choose_task(language: str, model: str, task: str) -> Updates:
        writing = labels.of_writing(model, task, language)
        return relabelled(screen, {**labels.of_task(task, language), **writing})

    async def count(key: str | None, language: str, model: str, pins: Any) -> Updates:
        return {
            screen.settings: gr.update(label=settings_panel.title(pins, language)),
            screen.context: await counting.count(key, model, settings_panel.pages(pins), language),
        }

    async def reset_prompt(model: str, task: str) -> str:
        return labels.template(model, task) or ""

    async def show_page(key: str | None, event: gr.EventData) -> Updates:
        return shown(await talk.show_page(key, str(event.document), int(event.page)))

    async def recall(key: str | None, event: gr.EventData) -> Updates:
        return shown(talk.recall(key, int(event.turn)))

    async def text_inside(key: str | None, event: gr.EventData) -> Updates:
        area = {"document": event.document, "page": event.page, "bbox": event.bbox}
        return shown(await talk.text_inside(key, read_area(area)))

    async def sources(key: str | None, event: gr.EventData) -> Updates:
        return shown(await talk.sources(key, str(event.document), int(event.page)))

    async def export(key: str | None, language: str, event: gr.EventData) -> Updates:
        kind = layout_view.export_kind(str(event.kind))
        if kind is None:
            return {}
        return shown(await talk.export(key, kind, str(event.document), int(event.page), language))

    relabelling = [*components(screen).values()]
    choice = [screen.language, screen.model, screen.task]
    writing = [getattr(screen, name) for name in settings_panel.WRITING]

    started = app.load(start, screen.session, relabelling, **EVENT)
    started.then(follow, screen.session, changing, **EVENT)
    screen.language.input(translate, [screen.session, *choice, screen.pins], relabelling, **EVENT)
    screen.model.input(
        choose_model,
        [*choice, screen.other],
        [screen.task, screen.advice, screen.other, *writing],
        **EVENT,
    )
    screen.task.change(choose_task, choice, [screen.question, screen.run, *writing], **EVENT)
    gr.on(
        [screen.pins.change, screen.model.input],
        count,
        [*here, screen.model, screen.pins],
        [screen.settings, screen.context],
        **EVENT,
    )
    screen.reset_prompt.click(reset_prompt, [screen.model, screen.task], screen.prompt, **EVENT)
    screen.viewer.showpage(show_page, screen.session, changing, **several)
    screen.viewer.export(export, here, changing, **EVENT)
    screen.viewer.recall(recall, screen.session, changing, **several)
    screen.viewer.drawn(text_inside, screen.session, changing, **several)
    screen.viewer.readsources(sources, screen.session, changing, **several)
    return [started]


def _defaults(labels: ScreenLabels) -> dict[str, str]:
    return {"model_id": labels.settings.default_model, "task": "question"}
