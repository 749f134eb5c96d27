"""The labels of the screen's components, in either language.

ui/views/screen.py lays the components out. ui/app.py updates their labels when the language, the
model or the task changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine import ModelInfo, Settings
from engine.core.prompts import load_tasks
from engine.families import family_class, prompt_template
from ui import i18n
from ui.views import fields_view, model_card, page_view, settings_panel
from ui.views.escaping import escaped
from ui.views.examples import Example, for_chatbot

# Shown for every model, and disabled if it cannot do them. Other tasks are shown only if it can.
_ALWAYS: Final = (
    "question", "ocr", "layout", "markdown", "table", "formula", "describe", "document_type",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScreenLabels:
    """Builds the labels from the settings, the models and the examples."""

    settings: Settings
    models: Sequence[ModelInfo]
    examples: tuple[Example, ...]

    @property
    def _megabytes(self) -> str:
        """The largest upload, as a user reads it."""
        return f"{self.settings.limits.max_file_mb:g}"

    def tasks(self, model_id: str) -> list[str]:
        """The ids of the tasks that a model can do, in their order."""
        able = next((m.tasks for m in self.models if m.model_id == model_id), frozenset[str]())
        return [task_id for task_id in load_tasks() if task_id in able]

    def task_buttons(self, model_id: str, language: str) -> list[dict[str, str | bool]]:
        """The buttons that ui/static/tasks.js draws.

        Returns:
            For each task its id, title, `asks` (it needs a question) and `why` (the reason why the
            model cannot do it, or "").
        """
        able = self.tasks(model_id)
        shown = [one for one in load_tasks().values() if one.id in able or one.id in _ALWAYS]
        return [
            {
                "id": task.id,
                "title": task.title.text(language),
                "asks": task.needs_question,
                "why": "" if task.id in able else self._why_not(task.id, model_id, language),
            }
            for task in shown
        ]

    def _why_not(self, task_id: str, model_id: str, language: str) -> str:
        others = [model.model_id for model in self.models if task_id in model.tasks]
        values = {"model": model_id, "models": ", ".join(others)}
        return i18n.text("task.elsewhere" if others else "task.nowhere", language, **values)

    def card(self, model_id: str, language: str) -> model_card.Card:
        """A model's card at the start of the app; ui/events/model.py builds the current one."""
        return model_card.card(self.models, model_id, language)

    def others(self, model_id: str, language: str) -> list[tuple[str, str]]:
        """(name, value) of the models to compare with; the first entry is "no other model"."""
        names = [(one.model_id, one.model_id) for one in self.models if one.model_id != model_id]
        return [(i18n.text("settings.other_none", language), ""), *names]

    def template(self, model_id: str, task_id: str) -> str | None:
        """The prompt template of a task for a model; None if the model takes no prompt."""
        model = self.settings.model(model_id)
        adapter = family_class(model.family, model_id=model_id)
        if adapter.is_verbatim:
            return None
        task = load_tasks().get(task_id)  # the id comes from a browser
        return None if task is None else prompt_template(task, model_id=model_id, model=model)

    def of(self, language: str, *, model_id: str, task: str) -> dict[str, dict[str, Any]]:
        """Component name -> the properties that depend on the language."""

        def say(key: str, **values: object) -> str:
            return i18n.text(key, language, **values)

        return {
            "heading": {"value": heading(language)},
            "language": {"label": say("language.label")},
            "task": {
                "tasks": self.task_buttons(model_id, language),
                "strings": i18n.table("task", language),
            },
            "model": {"label": say("model.label")},
            "advice": {"value": self.card(model_id, language)},
            "chat": {
                "label": say("chat.label"),
                "placeholder": self.empty_state(language),
                "examples": for_chatbot(self.examples, language),
            },
            "password": {"label": say("password.label")},
            "unlock": {"value": say("password.open")},
            "stop": {"value": say("button.stop")},
            "go_on": {"value": say("button.go_on")},
            "new_chat": {"value": say("button.new_chat")},
            "settings": {"label": say("settings.title")},
            "verbatim": {"label": say("settings.verbatim"), "info": say("settings.verbatim_why")},
            "pins": {"label": say("settings.pins"), "info": say("settings.pins_why")},
            "other": {
                "label": say("settings.other"),
                "info": say("settings.other_why"),
                "choices": self.others(model_id, language),
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
        """Labels of the settings of generative models; disabled for a model that only copies."""

        def say(key: str) -> str:
            return i18n.text(f"settings.{key}", language)

        template = self.template(model_id, task)
        writes = {"interactive": template is not None}
        choices = settings_panel.details(say("detail_full"))
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
        """Labels that depend on the task. A task without a question has its own Run button."""
        task = load_tasks().get(task_id, load_tasks()["question"])
        asks = task.needs_question
        title = task.title.text(language)
        key = "question.placeholder" if asks else "question.placeholder_task"
        return {
            "question": {
                "label": i18n.text("question.label", language),
                "placeholder": i18n.text(key, language, megabytes=self._megabytes),
            },
            "run": {"value": i18n.text("button.run", language, task=title), "visible": not asks},
        }

    def empty_state(self, language: str) -> str:
        """The HTML of an empty chat."""
        lines = [
            f"<h2>{escaped(i18n.text('empty.title', language))}</h2>",
            f"<p>{escaped(i18n.text('empty.lead', language))}</p>",
            f"<p>{escaped(i18n.text('empty.formats', language, megabytes=self._megabytes))}</p>",
        ]
        if self.examples:
            lines.append(f"<p>{escaped(i18n.text('empty.examples', language))}</p>")
        return "".join(lines)


def heading(language: str) -> str:
    """The app's name and tagline as HTML."""
    name, purpose = i18n.text("app.title", language), i18n.text("app.tagline", language)
    return f"<h1>{escaped(name)}</h1><p>{escaped(purpose)}</p>"
