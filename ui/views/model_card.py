"""The model card: a model's facts and actions as plain data for ui/static/model_card.js."""

from collections.abc import Sequence
from typing import Any

from engine import EngineError, ModelInfo
from engine.core.hardware import GpuMemory
from engine.core.i18n import say as sentence
from engine.families import family_class
from engine.models.control import ModelState
from engine.models.memory import memory_needed
from ui import i18n
from ui.views.escaping import plain

Card = dict[str, Any]
# The card does not wait longer for a server that does not answer.
_SERVER_WAIT_SECONDS = 0.5


def card(
    models: Sequence[ModelInfo],
    model_id: str,
    language: str,
    *,
    state: ModelState | None = None,
    gpu: GpuMemory | None = None,
    problem: EngineError | None = None,
) -> Card:
    """A model's card, and one line about what the model is good for.

    Args:
        state: the work in progress on the model; None if visitors may not control models.
        gpu: the GPU's memory; None without a GPU.
        problem: why the last action was refused.
    Returns:
        {} for an unknown model, else `model` (its id), `advice`, `title`, `facts`, `actions` (act,
        title), `busy` (the work in progress, or ""), `share` (0 to 1 of a download, or None) and
        `problem`.
    """
    model = next((one for one in models if one.model_id == model_id), None)
    if model is None:
        return {}
    failed = problem or (state.problem if state else None)
    uses = ", ".join(i18n.text(f"good_for.{use}", language) for use in model.settings.good_for)
    return {
        "model": model_id,
        "advice": i18n.text("model.good_for", language, uses=uses) if uses else "",
        "title": i18n.text("model.card", language, model=model_id),
        "facts": [plain(fact) for fact in _facts(model, language, gpu)],
        "actions": _actions(model, state, language),
        "busy": _busy(state, language),
        "share": _share(state),
        "problem": plain(failed.text(language)) if failed else "",
    }


def _facts(model: ModelInfo, language: str, gpu: GpuMemory | None) -> list[str]:
    def say(key: str, **values: object) -> str:
        return i18n.text(f"model.{key}", language, **values)

    def gigabytes(size: float) -> str:
        return i18n.decimal(size / 1e9, language, digits=1)

    adapter = family_class(model.family, model_id=model.model_id)
    server = adapter.server_state(model.model_id, model.settings, wait_seconds=_SERVER_WAIT_SECONDS)
    if server is not None:
        lines = [sentence(key, language, **values) for key, values in server.lines]
        return [*lines, *_abilities(model, language)]
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
        chosen = dict(model.facts).get(f"dtype_{language}")
        if model.settings.dtype == "auto" and chosen is not None:
            lines.append(chosen)
        needed = memory_needed(model.settings, precision)
        if needed is not None:
            lines.append(say("memory", gigabytes=gigabytes(needed)))
    if gpu is not None:
        lines.append(say("gpu", free=gigabytes(gpu.free), total=gigabytes(gpu.total)))
    why = dict(model.facts).get(f"attention_{language}")
    if why is not None:
        lines.append(say("attention", why=why))
    return [*lines, *_abilities(model, language)]


def _abilities(model: ModelInfo, language: str) -> list[str]:
    def say(key: str, **values: object) -> str:
        return i18n.text(f"model.{key}", language, **values)

    can = model.capabilities
    lines = [say("chats" if can.chat else "no_chat"), say("boxes" if can.boxes else "no_boxes")]
    if model.settings.licence:
        lines.append(say("licence", licence=model.settings.licence))
    return lines


def _actions(model: ModelInfo, state: ModelState | None, language: str) -> list[dict[str, str]]:
    """The actions that are possible now; none while work is in progress."""
    if state is None or state.work is not None:
        return []
    adapter = family_class(model.family, model_id=model.model_id)
    if adapter.runs_elsewhere:
        return []
    if model.loaded:
        acts = ["unload"]
    elif adapter.is_available(model.settings):
        acts = ["load"]
    else:
        acts = ["download"]
    return [{"act": act, "title": i18n.text(f"model.{act}", language)} for act in acts]


def _share(state: ModelState | None) -> float | None:
    if state is None or state.work is None or not state.total_bytes:
        return None
    return state.done_bytes / state.total_bytes


def _busy(state: ModelState | None, language: str) -> str:
    if state is None or state.work is None:
        return ""
    if state.work == "downloading" and state.total_bytes:
        done, total = (
            i18n.decimal(size / 1e9, language, digits=2)
            for size in (state.done_bytes, state.total_bytes)
        )
        return i18n.text("model.fetched", language, done=done, total=total)
    return i18n.text(f"model.{state.work}", language)
