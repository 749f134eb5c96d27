"""What the screen says of a model: what it is good for, what it runs on, what others can do."""

from collections.abc import Sequence

from engine import ModelInfo
from engine.doctor import memory_needed
from engine.families import family_class
from engine.prompts import load_tasks
from ui import i18n
from ui.safe import escaped


def advice(models: Sequence[ModelInfo], model_id: str, language: str) -> str:
    """One line on what a model is good for, and its card folded below it; HTML."""
    model = next((one for one in models if one.model_id == model_id), None)
    if model is None:
        return ""
    parts = []
    if model.settings.good_for:
        named = [i18n.text(f"good_for.{use}", language) for use in model.settings.good_for]
        parts.append(escaped(i18n.text("model.good_for", language, uses=", ".join(named))))
    lines = [*_facts(model, language), *_elsewhere(models, model, language)]
    items = "".join(f"<li>{escaped(line)}</li>" for line in lines)
    summary = escaped(i18n.text("model.card", language, model=model_id))
    parts.append(f"<details><summary>{summary}</summary><ul>{items}</ul></details>")
    return " ".join(parts)


def _facts(model: ModelInfo, language: str) -> list[str]:
    def say(key: str, **values: object) -> str:
        return i18n.text(f"model.{key}", language, **values)

    adapter = family_class(model.family, model_id=model.model_id)
    lines = [say("checkpoint", repo_id=model.repo_id)]
    if model.loaded:
        lines.append(say("loaded"))
    elif adapter.is_available(model.settings):
        lines.append(say("ready"))
    else:
        lines.append(say("absent", model=model.model_id))
    if not adapter.is_verbatim:
        kind = model.settings.quantization
        precision = model.settings.dtype if kind == "none" else kind
        lines.append(say("precision", precision=precision))
        needed = memory_needed(model.model_id, model.settings, precision)
        if needed is not None:
            lines.append(say("memory", gigabytes=i18n.decimal(needed / 1e9, language, digits=1)))
    why = dict(model.facts).get(f"attention_{language}")
    if why is not None:
        lines.append(say("attention", why=why))
    can = model.capabilities
    lines.append(say("chats" if can.chat else "no_chat"))
    lines.append(say("boxes" if can.boxes else "no_boxes"))
    if model.settings.licence:
        lines.append(say("licence", licence=model.settings.licence))
    return lines


def _elsewhere(models: Sequence[ModelInfo], model: ModelInfo, language: str) -> list[str]:
    """The tasks that this model cannot do, with the models that can."""
    lines = []
    for task in load_tasks().values():
        if task.id in model.tasks:
            continue
        able = [other.model_id for other in models if task.id in other.tasks]
        if able:
            values = {"task": task.title.text(language), "models": ", ".join(able)}
            lines.append(i18n.text("model.elsewhere", language, **values))
    return lines
