"""Tasks and their prompts: prompts/*.toml, one task per file.

    id = "question"
    output = "text"                 # text | layout: type of the answer
    needs_question = true           # the user's question is part of the prompt
    reads_page = false              # true: the page is transcribed, with more pixels and tokens
    order = 100                     # position in the task picker, ascending
    [title]                         # shown in the task picker
    en = "Question"
    ru = "Вопрос"
    [prompts]                       # family -> template; "default" for all others
    default = "{question}"
    [verbatim]                      # template of the question when answers are limited to the page
    en = "{question} Copy ..., or write: {not_on_page}"
    ru = "..."
    [generation]                    # overrides of a model's own generation settings
    max_new_tokens = 512

This module loads and renders prompts; the families add special tokens and chat templates.

Try it: `python -c "from engine.core.prompts import load_tasks; print(list(load_tasks()))"`
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.core.errors import TaskError
from engine.core.i18n import say
from engine.core.settings_file import PROJECT_ROOT


class Title(BaseModel):
    """A title in both languages of the screen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    en: str
    ru: str

    def text(self, language: str) -> str:
        return self.ru if language == "ru" else self.en


class Task(BaseModel):
    """One prompts/*.toml file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str
    output: Literal["text", "layout"]
    needs_question: bool
    reads_page: bool = False
    order: Annotated[int, Field(ge=0)] = 100
    title: Title
    prompts: Mapping[str, str]
    verbatim: Title | None = None
    generation: Mapping[str, bool | int | float | str] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A task's prompt for one family. text: the instruction with the question filled in."""

    task: str
    text: str
    generation: Mapping[str, bool | int | float | str]


@cache
def load_tasks(directory: Path = PROJECT_ROOT / "prompts") -> Mapping[str, Task]:
    """Load all tasks by id, in the order of the task picker.

    Raises:
        TaskError: a file is not TOML, has an unknown key, or its id differs from its file name.
    """
    tasks = [_read(path) for path in sorted(directory.glob("*.toml"))]
    return {task.id: task for task in sorted(tasks, key=lambda task: (task.order, task.id))}


def get_task(task_id: str) -> Task:
    """Return one task.

    Raises:
        TaskError: there is no such task.
    """
    tasks = load_tasks()
    if task_id not in tasks:
        raise TaskError("task.unknown", task=task_id, known=", ".join(tasks))
    return tasks[task_id]


def template_of(task: Task, *, family: str) -> str:
    """A task's prompt template for one family, with "{question}" as the placeholder.

    Raises:
        TaskError: the file has neither this family nor "default".
    """
    template = task.prompts.get(family, task.prompts.get("default"))
    if template is None:
        detail = f"no prompt for family {family} and no default"
        raise TaskError("task.bad_prompt", path=f"prompts/{task.id}.toml", detail=detail)
    return template


def render(task: Task, *, family: str, question: str, template: str | None = None) -> Prompt:
    """Render the prompt of a task for one family, with the user's question inserted unchanged.

    Args:
        template: used in place of the task's own prompt.
    Raises:
        TaskError: the file has neither this family nor "default".
    """
    template = template or template_of(task, family=family)
    # replace, not format: published prompts contain braces, and so may the question.
    text = template.replace("{question}", question)
    return Prompt(task=task.id, text=text, generation=task.generation)


def verbatim_question(task: Task, question: str, *, language: str) -> str:
    """Add to a question the instruction to copy the answer from the page.

    A task without a [verbatim] table returns the question unchanged. Constrained decoding limits
    the answer to the page's words anyway (engine/index/verbatim.py); a model that is told so
    chooses better words.
    """
    if task.verbatim is None:
        return question
    template = task.verbatim.text(language)
    not_on_page = say("answer.not_on_page", language)
    return template.replace("{not_on_page}", not_on_page).replace("{question}", question)


def _read(path: Path) -> Task:
    shown = f"prompts/{path.name}"
    try:
        with path.open("rb") as file:
            task = Task.model_validate(tomllib.load(file))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise TaskError("task.bad_prompt", path=shown, detail=str(error)) from error
    if task.id != path.stem:
        detail = f'id = "{task.id}" is not the file\'s name'
        raise TaskError("task.bad_prompt", path=shown, detail=detail)
    return task
