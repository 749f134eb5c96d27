"""The components of the screen and what they show: made once, relabelled for every language.

Layout and labels only; ui/app.py wires the events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine import ModelInfo, Settings
from engine.families import family_class
from engine.prompts import load_tasks, template_of
from ui import fields_view, i18n, knobs, model_card, page_view, status
from ui.examples import Example, for_chatbot
from ui.page_column import build_page_column, build_sides, source
from ui.safe import escaped


@dataclass(frozen=True, slots=True)
class Screen:
    """The components, by what they are for. `session` holds the browser's key (ui/desk.py)."""

    session: gr.BrowserState
    archive: gr.HTML
    heading: gr.HTML
    language: gr.Radio
    task: gr.Radio
    model: gr.Dropdown
    advice: gr.HTML
    chat: gr.Chatbot
    evidence: gr.HTML
    status: gr.HTML
    area: gr.HTML
    suggested: gr.HTML
    editing: gr.HTML
    question: gr.MultimodalTextbox
    run: gr.Button
    stop: gr.Button
    go_on: gr.Button
    save: gr.HTML
    new_chat: gr.Button
    settings: gr.Accordion
    verbatim: gr.Checkbox
    hint: gr.HTML
    deskew: gr.Checkbox
    contrast: gr.Checkbox
    denoise: gr.Checkbox
    max_new_tokens: gr.Slider
    temperature: gr.Slider
    detail: gr.Dropdown
    pins: gr.Dropdown
    context: gr.HTML
    other: gr.Dropdown
    prompt: gr.Textbox
    reset_prompt: gr.Button
    viewer: gr.HTML
    fields: gr.HTML
    regions: gr.HTML


@dataclass(frozen=True, slots=True)
class Labels:
    """What labels are made from."""

    settings: Settings
    models: Sequence[ModelInfo]
    examples: tuple[Example, ...]

    def tasks(self, model_id: str, language: str) -> list[tuple[str, str]]:
        """(title, task id) of the tasks that a model can do."""
        tasks = next((m.tasks for m in self.models if m.model_id == model_id), ())
        return [
            (task.title.text(language), task.id)
            for task in load_tasks().values()
            if task.id in tasks
        ]

    def advice(self, model_id: str, language: str) -> str:
        """What a model is good for and what it runs on, as HTML."""
        return model_card.advice(self.models, model_id, language)

    def _names(self) -> list[tuple[str, str]]:
        return [(model.model_id, model.model_id) for model in self.models]

    def template(self, model_id: str, task_id: str) -> str | None:
        """The prompt that a model gets for a task; None for a model that takes none."""
        family = self.settings.model(model_id).family
        if family_class(family, model_id=model_id).is_verbatim:
            return None
        return template_of(load_tasks()[task_id], family=family)

    def of(self, language: str, *, model_id: str, task: str) -> dict[str, dict[str, Any]]:
        """Component name -> the properties that depend on the language."""

        def say(key: str, **values: object) -> str:
            return i18n.text(key, language, **values)

        return {
            "heading": {"value": heading(language)},
            "language": {"label": say("language.label")},
            "task": {"label": say("task.label"), "choices": self.tasks(model_id, language)},
            "model": {"label": say("model.label")},
            "advice": {"value": self.advice(model_id, language)},
            "chat": {
                "label": say("chat.label"),
                "placeholder": self.empty_state(language),
                "examples": for_chatbot(self.examples, language),
            },
            "stop": {"value": say("button.stop")},
            "go_on": {"value": say("button.go_on")},
            "new_chat": {"value": say("button.new_chat")},
            "settings": {"label": say("settings.title")},
            "verbatim": {"label": say("settings.verbatim"), "info": say("settings.verbatim_why")},
            "pins": {"label": say("settings.pins"), "info": say("settings.pins_why")},
            "other": {
                "label": say("settings.other"),
                "info": say("settings.other_why"),
                "choices": [(say("settings.other_none"), ""), *self._names()],
            },
            "hint": {"value": escaped(say("settings.hint"))},
            "deskew": {"label": say("settings.deskew")},
            "contrast": {"label": say("settings.contrast")},
            "denoise": {"label": say("settings.denoise")},
            "viewer": {"strings": page_view.strings(language)},
            "fields": {"strings": fields_view.strings(language, self.settings.fields.folder)},
            "area": {"strings": i18n.table("area", language)},
            "archive": {"strings": {"language": language, **i18n.table("archive", language)}},
            "suggested": {"strings": i18n.table("suggested", language)},
            "editing": {"strings": i18n.table("editing", language)},
            "save": {"strings": i18n.table("save", language)},
            **self.of_task(task, language),
            **self.of_writing(model_id, task, language),
        }

    def of_writing(self, model_id: str, task: str, language: str) -> dict[str, dict[str, Any]]:
        """The settings of models that write; greyed for one that does not."""

        def say(key: str) -> str:
            return i18n.text(f"settings.{key}", language)

        template = self.template(model_id, task)
        writes = {"interactive": template is not None}
        choices = knobs.details(say("detail_full"))
        return {
            "max_new_tokens": {
                "label": say("max_new_tokens"),
                "info": say("max_new_tokens_why"),
                **writes,
            },
            "temperature": {"label": say("temperature"), "info": say("temperature_why"), **writes},
            "detail": {"label": say("detail"), "choices": choices, **writes},
            "prompt": {
                "label": say("prompt"),
                "info": say("prompt_why" if template is not None else "prompt_none"),
                "value": template or "",
                **writes,
            },
            "reset_prompt": {"value": say("reset_prompt"), **writes},
        }

    def of_task(self, task_id: str, language: str) -> dict[str, dict[str, Any]]:
        """What depends on the chosen task: a task without a question has a button of its own."""
        task = load_tasks()[task_id]
        asks = task.needs_question
        title = task.title.text(language)
        key = "question.placeholder" if asks else "question.placeholder_task"
        return {
            "question": {
                "label": i18n.text("question.label", language),
                "placeholder": i18n.text(key, language),
            },
            "run": {"value": i18n.text("button.run", language, task=title), "visible": not asks},
        }

    def empty_state(self, language: str) -> str:
        """What an empty chat says."""
        megabytes = f"{self.settings.limits.max_file_mb:g}"
        lines = [
            f"<h2>{escaped(i18n.text('empty.title', language))}</h2>",
            f"<p>{escaped(i18n.text('empty.lead', language))}</p>",
            f"<p>{escaped(i18n.text('empty.formats', language, megabytes=megabytes))}</p>",
        ]
        if self.examples:
            lines.append(f"<p>{escaped(i18n.text('empty.examples', language))}</p>")
        return "".join(lines)


def heading(language: str) -> str:
    """Name and purpose of the app."""
    name, purpose = i18n.text("app.title", language), i18n.text("app.tagline", language)
    return f"<h1>{escaped(name)}</h1><p>{escaped(purpose)}</p>"


def build(labels: Labels, language: str) -> Screen:
    """Lay the components out; call it inside gr.Blocks."""
    settings = labels.settings
    default = settings.default_model
    said = labels.of(language, model_id=default, task="question")
    with gr.Sidebar(open=False, position="left", width=300, elem_id="side"):
        archive = gr.HTML(
            {"items": []},
            elem_id="archive",
            apply_default_css=False,
            html_template='<div class="sc-archive"></div>',
            js_on_load=source("archive.js"),
            **said["archive"],
        )
    with gr.Row(elem_id="head"):
        heading_html = gr.HTML(elem_id="heading", **said["heading"])
        choices = [(name, key) for key, name in i18n.LANGUAGES.items()]
        language_radio = gr.Radio(
            choices,
            value=language,
            elem_id="language",
            container=False,
            min_width=180,
            **said["language"],
        )
    build_sides()
    with gr.Row(elem_id="main", equal_height=False):
        with gr.Column(elem_id="talk", min_width=280):
            with gr.Row(elem_id="choices"):
                task = gr.Radio(
                    value="question", elem_id="task", container=False, min_width=120, **said["task"]
                )
                model = gr.Dropdown(
                    [model.model_id for model in labels.models],
                    value=default,
                    elem_id="model",
                    container=False,
                    min_width=110,
                    **said["model"],
                )
            advice = gr.HTML(
                elem_id="model-advice",
                apply_default_css=False,
                html_template='<div aria-live="polite">${value}</div>',
                js_on_load=None,
                **said["advice"],
            )
            chat = gr.Chatbot(
                elem_id="chat",
                height=None,
                show_label=False,
                buttons=[],
                layout="bubble",
                # Messages are our own HTML with everything foreign escaped (ui/turns.py).
                render_markdown=False,
                sanitize_html=True,
                allow_tags=False,
                latex_delimiters=[],
                group_consecutive_messages=False,
                feedback_options=None,
                **said["chat"],
            )
            evidence = gr.HTML(
                elem_id="evidence",
                apply_default_css=False,
                html_template='<div class="sc-list"></div>',
                js_on_load=None,
            )
            status_html = gr.HTML(
                status.idle("status.ready", language),
                elem_id="status",
                apply_default_css=False,
                html_template='<div role="status" aria-live="polite">${value}</div>',
                js_on_load=None,
            )
            area = gr.HTML(
                None,
                elem_id="area",
                elem_classes="sc-none",
                apply_default_css=False,
                html_template='<div class="sc-area"></div>',
                js_on_load=source("area.js"),
                **said["area"],
            )
            suggested = gr.HTML(
                {"questions": []},
                elem_id="suggested",
                elem_classes="sc-none",
                apply_default_css=False,
                html_template='<div class="sc-suggested" role="group"></div>',
                js_on_load=source("suggesting.js"),
                **said["suggested"],
            )
            editing = gr.HTML(
                None,
                elem_id="editing",
                elem_classes="sc-none",
                apply_default_css=False,
                html_template='<div class="sc-area"></div>',
                js_on_load=source("editing.js"),
                **said["editing"],
            )
            question = gr.MultimodalTextbox(
                elem_id="question",
                file_count="multiple",
                # Any file is let through to the engine, whose sentence says what is wrong with it.
                file_types=None,
                show_label=False,
                container=False,
                max_lines=6,
                max_plain_text_length=1_000_000,  # a long paste stays text
                submit_btn=True,
                **said["question"],
            )
            with gr.Row(elem_id="actions"):
                run = gr.Button(elem_id="run", variant="primary", size="sm", **said["run"])
                stop = gr.Button(
                    elem_id="stop", variant="stop", size="sm", interactive=False, **said["stop"]
                )
                go_on = gr.Button(elem_id="continue", size="sm", visible=False, **said["go_on"])
                save = gr.HTML(
                    elem_id="save",
                    elem_classes="sc-none",
                    apply_default_css=False,
                    html_template='<div class="sc-save"></div>',
                    js_on_load=source("save.js"),
                    **said["save"],
                )
                new_chat = gr.Button(elem_id="new-chat", size="sm", **said["new_chat"])
            accordion = gr.Accordion(elem_id="settings", open=False, **said["settings"])
            with accordion:
                made = knobs.build_knobs(said, settings.preprocess)
        page = build_page_column(said)
    return Screen(
        # Key and secret are fixed, or a restart of the app would lose what browsers keep. The
        # secret hides nothing: what is kept is this browser's own.
        session=gr.BrowserState(None, storage_key="scanchat", secret="scanchat"),
        archive=archive,
        heading=heading_html,
        language=language_radio,
        task=task,
        model=model,
        advice=advice,
        chat=chat,
        evidence=evidence,
        status=status_html,
        area=area,
        suggested=suggested,
        editing=editing,
        question=question,
        run=run,
        stop=stop,
        go_on=go_on,
        new_chat=new_chat,
        settings=accordion,
        viewer=page["viewer"],
        fields=page["fields"],
        regions=page["regions"],
        save=save,
        **made,
    )
