"""The components of the screen, laid out once. ui/views/labels.py has their labels.

Layout only; ui/app.py and ui/events wire the events.
"""

from dataclasses import dataclass

import gradio as gr

from ui import i18n
from ui.views import scripts, settings_panel, status
from ui.views.labels import ScreenLabels
from ui.views.page_column import build_page_column, build_sides


@dataclass(frozen=True, slots=True)
class Screen:
    """The components by purpose. `session` holds the browser's key (ui/state/screen_state.py)."""

    session: gr.BrowserState
    archive: gr.HTML
    heading: gr.HTML
    language: gr.Radio
    task: gr.HTML
    model: gr.Dropdown
    advice: gr.HTML
    chat: gr.Chatbot
    evidence: gr.HTML
    status: gr.HTML
    area: gr.HTML
    suggested: gr.HTML
    editing: gr.HTML
    locked: gr.Row
    password: gr.Textbox
    unlock: gr.Button
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


def build(labels: ScreenLabels, language: str) -> Screen:
    """Lay the components out; call it inside gr.Blocks."""
    settings = labels.settings
    default = settings.default_model
    properties = labels.of(language, model_id=default, task="question")
    with gr.Sidebar(open=False, position="left", width=300, elem_id="side"):
        archive = gr.HTML(
            {"items": []},
            elem_id="archive",
            apply_default_css=False,
            html_template='<div class="sc-archive"></div>',
            js_on_load=scripts.start(
                "archive.js", "opentalk", "renametalk", "deletetalk", "wipetalks", "findtalks"
            ),
            **properties["archive"],
        )
    with gr.Row(elem_id="head"):
        heading_html = gr.HTML(elem_id="heading", **properties["heading"])
        choices = [(name, key) for key, name in i18n.LANGUAGES.items()]
        language_radio = gr.Radio(
            choices,
            value=language,
            elem_id="language",
            container=False,
            min_width=180,
            **properties["language"],
        )
    build_sides()
    with gr.Row(elem_id="main", equal_height=False):
        with gr.Column(elem_id="talk", min_width=280):
            with gr.Row(elem_id="choices"):
                model = gr.Dropdown(
                    [model.model_id for model in labels.models],
                    value=default,
                    elem_id="model",
                    container=False,
                    min_width=110,
                    **properties["model"],
                )
                advice = gr.HTML(
                    elem_id="model-advice",
                    apply_default_css=False,
                    html_template='<div class="sc-model"></div>',
                    js_on_load=scripts.start("model_card.js", "actonmodel"),
                    **properties["advice"],
                )
            task = gr.HTML(
                "question",
                elem_id="task",
                apply_default_css=False,
                html_template='<div class="sc-tasks"></div>',
                js_on_load=scripts.start("tasks.js"),
                **properties["task"],
            )
            chat = gr.Chatbot(
                elem_id="chat",
                height=None,
                show_label=False,
                buttons=[],
                layout="bubble",
                # Messages are HTML in which untrusted text is escaped (ui/views/messages.py).
                render_markdown=False,
                sanitize_html=True,
                allow_tags=False,
                latex_delimiters=[],
                group_consecutive_messages=False,
                feedback_options=None,
                **properties["chat"],
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
                js_on_load=scripts.start("area.js"),
                **properties["area"],
            )
            suggested = gr.HTML(
                {"questions": []},
                elem_id="suggested",
                elem_classes="sc-none",
                apply_default_css=False,
                html_template='<div class="sc-suggested" role="group"></div>',
                js_on_load=scripts.start("suggesting.js", "asksuggested"),
                **properties["suggested"],
            )
            editing = gr.HTML(
                None,
                elem_id="editing",
                elem_classes="sc-none",
                apply_default_css=False,
                html_template='<div class="sc-area"></div>',
                js_on_load=scripts.start("editing.js"),
                **properties["editing"],
            )
            with gr.Row(elem_id="locked", visible=False) as locked:
                password = gr.Textbox(
                    type="password",
                    max_lines=1,
                    elem_id="password",
                    container=False,
                    autofocus=True,
                    # Browsers must not store it.
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                    **properties["password"],
                )
                unlock = gr.Button(elem_id="unlock", size="sm", **properties["unlock"])
            question = gr.MultimodalTextbox(
                elem_id="question",
                file_count="multiple",
                # The engine gets every file: its message explains what is wrong with it.
                file_types=None,
                show_label=False,
                container=False,
                max_lines=6,
                max_plain_text_length=1_000_000,  # a long paste stays text
                submit_btn=True,
                **properties["question"],
            )
            with gr.Row(elem_id="actions"):
                run = gr.Button(elem_id="run", variant="primary", size="sm", **properties["run"])
                stop = gr.Button(
                    elem_id="stop",
                    variant="stop",
                    size="sm",
                    interactive=False,
                    **properties["stop"],
                )
                go_on = gr.Button(
                    elem_id="continue", size="sm", visible=False, **properties["go_on"]
                )
                save = gr.HTML(
                    elem_id="save",
                    elem_classes="sc-none",
                    apply_default_css=False,
                    html_template='<div class="sc-save"></div>',
                    js_on_load=scripts.start("save.js", "savetalk"),
                    **properties["save"],
                )
                new_chat = gr.Button(elem_id="new-chat", size="sm", **properties["new_chat"])
            accordion = gr.Accordion(elem_id="settings", open=False, **properties["settings"])
            with accordion:
                knobs = settings_panel.build_knobs(properties, settings.preprocess)
        page = build_page_column(properties)
    return Screen(
        # Key and secret are fixed, or a restart of the app would lose what browsers have stored.
        # The secret protects nothing: the stored value belongs to this browser.
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
        locked=locked,
        password=password,
        unlock=unlock,
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
        **knobs,
    )
