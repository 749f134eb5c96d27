"""Tasks and their prompts: prompts/*.toml, one task a file.

    id = "question"
    output = "text"                 # text | layout: what the answer is
    needs_question = true           # the user's words are part of the prompt
    reads_page = false              # the page is copied: more pixels and tokens than for a question
    [title]                         # shown in the task picker
    en = "Question"
    ru = "Вопрос"
    [prompts]                       # family -> template; "default" for the rest
    default = "{question}"
    [verbatim]                      # what is asked instead where only printed words may be said
    en = "{question} Copy ..., or write: {not_on_page}"
    ru = "..."
    [generation]                    # overrides of a model's own generation settings
    max_new_tokens = 512

This module loads and renders; special tokens and chat templates are the families' business.

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
from engine.core.settings import PROJECT_ROOT


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
    """A task's prompt for one family. text: the instruction, the question already in its place."""

    task: str
    text: str
    generation: Mapping[str, bool | int | float | str]


@cache
def load_tasks(directory: Path = PROJECT_ROOT / "prompts") -> Mapping[str, Task]:
    """All tasks by id, in the order in which the screen lists them.

    Raises:
        TaskError: a file is not TOML, has an unknown key, or its id is not its file name.
    """
    tasks = [_read(path) for path in sorted(directory.glob("*.toml"))]
    return {task.id: task for task in sorted(tasks, key=lambda task: (task.order, task.id))}


def get_task(task_id: str) -> Task:
    """One task.

    Raises:
        TaskError: there is no such task.
    """
    tasks = load_tasks()
    if task_id not in tasks:
        raise TaskError("task.unknown", task=task_id, known=", ".join(tasks))
    return tasks[task_id]


def template_of(task: Task, *, family: str) -> str:
    """A task's prompt for one family, with "{question}" where the user's words stand.

    Raises:
        TaskError: the file has neither this family nor "default".
    """
    template = task.prompts.get(family, task.prompts.get("default"))
    if template is None:
        detail = f"no prompt for family {family} and no default"
        raise TaskError("task.bad_prompt", path=f"prompts/{task.id}.toml", detail=detail)
    return template


def render(task: Task, *, family: str, question: str, template: str | None = None) -> Prompt:
    """The prompt of a task for one family, the user's question inserted as it is.

    Args:
        template: what is asked instead of the task's own prompt.
    Raises:
        TaskError: the file has neither this family nor "default".
    """
    template = template or template_of(task, family=family)
    # replace, not format: published prompts contain braces, and so may the question.
    text = template.replace("{question}", question)
    return Prompt(task=task.id, text=text, generation=task.generation)


def verbatim_question(task: Task, question: str, *, language: str) -> str:
    """A question with the request to copy the answer from the page; as it is where a task has none.

    Decoding keeps to the page anyway (engine/index/verbatim.py); a model that knows it chooses
    better.
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
