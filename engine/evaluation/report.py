"""Report of a run: figures by group with intervals, costs, settings, machine, and every item.

Its JSON contains all that a later comparison needs; engine.evaluation.markdown formats it for
people.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from engine.chat.engine import Engine
from engine.core.errors import SettingsError
from engine.core.settings import Settings
from engine.evaluation import bootstrap
from engine.evaluation.bootstrap import Estimate
from engine.evaluation.costs import costs
from engine.evaluation.machine import machine_facts
from engine.evaluation.running import Options, Progress, predict, require_model
from engine.evaluation.scoring import Item, score
from engine.evaluation.truths import Row, TaskName

Figures: TypeAlias = dict[str, dict[str, Estimate]]

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Resampling:
    """Resampling parameters. by: the unit that is drawn, single items or whole documents."""

    seed: int = bootstrap.SEED
    rounds: int = bootstrap.ROUNDS
    level: float = bootstrap.LEVEL
    by: Literal["item", "document"] = "item"

    def clusters(self, items: Sequence[Item]) -> list[str] | None:
        return [str(item.truth["file"]) for item in items] if self.by == "document" else None


@dataclass(frozen=True, slots=True)
class Report:
    """Results of one model over one set.

    Attributes:
        set_digest: SHA-256 of the truths, first 16 hexadecimal digits.
        model_id: the requested model; answered_by counts the models that answered.
        settings: the settings that affect the figures; no paths.
        costs: seconds, tokens, bytes; see `costs`.
        failed: error message of failed runs -> number of runs.
        left_out: reason -> number of truths whose documents or pages were skipped.
    """

    task: TaskName
    set_name: str
    set_digest: str
    model_id: str
    verbatim: bool
    answered_by: Mapping[str, int]
    settings: Mapping[str, Any]
    machine: Mapping[str, Any]
    resampling: Resampling
    costs: Mapping[str, float]
    items: tuple[Item, ...]
    failed: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def fallbacks(self) -> int:
        """Number of answers by a model other than the requested one."""
        return sum(count for name, count in self.answered_by.items() if name != self.model_id)

    @property
    def label(self) -> str:
        return f"{self.model_id}, verbatim" if self.verbatim else self.model_id

    def figures(self) -> Figures:
        """Return group -> metric -> figure; "all", then languages, then kinds."""
        figures: Figures = {}
        for group in groups_of(self.items):
            inside = [item for item in self.items if group in item.groups]
            clusters = self.resampling.clusters(inside)
            figures[group] = {}
            for metric in metrics_of(inside):
                found = bootstrap.estimate(
                    [item.scores.get(metric, (0.0, 0.0)) for item in inside],
                    clusters=clusters,
                    seed=self.resampling.seed,
                    rounds=self.resampling.rounds,
                    level=self.resampling.level,
                )
                if found is not None:
                    figures[group][metric] = found
        return figures

    def worst(self, count: int) -> list[Item]:
        """Return the items that are not right, worst first; costly failures before near misses."""
        ranked = sorted(self.items, key=lambda item: item.merit(self.task))
        return [item for item in ranked if _is_flawed(item, self.task)][:count]

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "task": self.task,
            "set": {"name": self.set_name, "digest": self.set_digest, "items": len(self.items)},
            "model_id": self.model_id,
            "verbatim": self.verbatim,
            "answered_by": dict(self.answered_by),
            "fallbacks": self.fallbacks,
            "settings": dict(self.settings),
            "machine": dict(self.machine),
            "bootstrap": {
                "seed": self.resampling.seed,
                "rounds": self.resampling.rounds,
                "level": self.resampling.level,
                "by": self.resampling.by,
            },
            "figures": {
                group: {metric: estimate_json(figure) for metric, figure in row.items()}
                for group, row in self.figures().items()
            },
            "costs": dict(self.costs),
            "failed": dict(self.failed),
            "left_out": dict(self.left_out),
            "items": [
                {
                    "key": item.key,
                    "groups": list(item.groups),
                    "scores": {metric: list(pair) for metric, pair in item.scores.items()},
                    "truth": dict(item.truth),
                    "prediction": dict(item.prediction),
                }
                for item in self.items
            ],
        }


def evaluate(
    engine: Engine,
    task: TaskName,
    truths: Sequence[Row],
    directory: Path,
    *,
    options: Options | None = None,
    set_name: str = "",
    resampling: Resampling | None = None,
    progress: Progress = lambda: None,
) -> Report:
    """Run a model over a set and score its predictions.

    Args:
        truths: lines as engine.evaluation.truths reads them.
        directory: folder of their files.
        progress: called after each prediction.
    Raises:
        ModelError: the model is unknown, not on this machine, or does not support the task.
        SettingsError: none of the documents could be opened.
    """
    asked = options or Options()
    predictions = predict(engine, task, truths, directory, asked, progress)
    items = score(task, truths, predictions)
    left_out = Counter(row["left_out"] for row in predictions if "left_out" in row)
    if not items:
        raise SettingsError("eval.nothing_left", reason=next(iter(left_out)))
    model_id = require_model(engine.settings, asked.model_id)
    usages = [row["usage"] for row in predictions if row.get("usage")]
    return Report(
        task=task,
        set_name=set_name,
        set_digest=_digest(truths),
        model_id=model_id,
        verbatim=asked.verbatim,
        answered_by=dict(Counter(usage["model_id"] for usage in usages)),
        settings=_settings_of(engine.settings, model_id),
        machine=machine_facts(),
        resampling=resampling or Resampling(),
        costs=costs(predictions),
        items=tuple(items),
        failed=dict(Counter(row["error"] for row in predictions if row.get("error"))),
        left_out=dict(left_out),
    )


def groups_of(items: Sequence[Item]) -> list[str]:
    """Return the groups of items: all first ones ("all"), then all second ones, and so on."""
    placed = ((place, name) for item in items for place, name in enumerate(item.groups))
    return list(dict.fromkeys(name for _, name in sorted(placed)))


def metrics_of(items: Sequence[Item]) -> list[str]:
    """Return the metrics of items, in scoring order."""
    found = dict.fromkeys(metric for item in items for metric in item.scores)
    # Categories occur in the order of the pages; sort them by name.
    plain = [name for name in found if not name.startswith("f1 ")]
    return plain + sorted(name for name in found if name.startswith("f1 "))


def estimate_json(figure: Estimate) -> dict[str, float | None]:
    low, high = (None if bound is None else round(bound, 4) for bound in (figure.low, figure.high))
    return {"value": round(figure.value, 4), "low": low, "high": high, "count": figure.count}


def read_report(path: Path) -> Report:
    """Read the report.json of an earlier run.

    Raises:
        SettingsError: the file cannot be read or is no report.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT or data["task"] not in get_args(TaskName):
            raise ValueError("another format")
        return Report(
            task=data["task"],
            set_name=data["set"]["name"],
            set_digest=data["set"]["digest"],
            model_id=data["model_id"],
            verbatim=data["verbatim"],
            answered_by=data["answered_by"],
            settings=data["settings"],
            machine=data["machine"],
            resampling=Resampling(**data["bootstrap"]),
            costs=data["costs"],
            items=tuple(
                Item(
                    key=row["key"],
                    groups=tuple(row["groups"]),
                    scores={
                        metric: (float(earned), float(possible))
                        for metric, (earned, possible) in row["scores"].items()
                    },
                    truth=row["truth"],
                    prediction=row["prediction"],
                )
                for row in data["items"]
            ),
            failed=data["failed"],
            left_out=data["left_out"],
        )
    except OSError as error:
        raise SettingsError("eval.no_report", path=str(path)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError("eval.bad_report", path=str(path)) from error


def _is_flawed(item: Item, task: TaskName) -> bool:
    if task == "text":
        return item.scores["cer"][0] > 0
    return any(
        earned < possible
        for metric, (earned, possible) in item.scores.items()
        if metric not in ("verbatim", "answered")
    )


def _digest(truths: Sequence[Row]) -> str:
    text = json.dumps([dict(row) for row in truths], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _settings_of(settings: Settings, model_id: str) -> dict[str, Any]:
    """Return the settings that affect answers and speed; a local folder without its path."""
    model = settings.model(model_id).model_dump(mode="json", exclude={"good_for", "licence"})
    if Path(model["repo_id"]).is_dir():
        model["repo_id"] = f"local folder {Path(model['repo_id']).name}"
    return {
        "model": model,
        "ocr": settings.ocr.model_dump(mode="json"),
        "preprocess": settings.preprocess.model_dump(mode="json"),
        "pdf_dpi": settings.limits.pdf_dpi,
        "max_new_tokens": settings.generation.max_new_tokens,
    }
