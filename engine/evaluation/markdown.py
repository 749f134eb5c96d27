"""Writer of reports and comparisons: report.md, report.json and pictures in one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from engine.core.settings import LimitSettings
from engine.evaluation.bootstrap import Difference, Estimate
from engine.evaluation.comparison import Comparison
from engine.evaluation.costs import named_costs
from engine.evaluation.pictures import Picture, draw_worst
from engine.evaluation.report import Report
from engine.evaluation.scoring import UNITS, Item

WORST: Final = 12
_MOST_CHANGES: Final = 60


def write_report(
    folder: Path,
    report: Report,
    documents: Path,
    limits: LimitSettings,
    *,
    comparison: Comparison | None = None,
    worst: int = WORST,
) -> None:
    """Write report.md, report.json and the worst cases as pictures; replaces an earlier report.

    Args:
        report: the run that the pictures show.
        documents: folder of the truths' files.
        comparison: included in both reports; its first run becomes report_first.json.
    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures = list(
        draw_worst(report.worst(worst), report.task, documents, folder / "pictures", limits)
    )
    data = report.to_json()
    if comparison is not None:
        data["comparison"] = comparison.to_json()
        _write_json(folder / "report_first.json", comparison.first.to_json())
    _write_json(folder / "report.json", data)
    text = as_markdown(report, pictures, folder, comparison)
    (folder / "report.md").write_text(text, encoding="utf-8")


def as_markdown(
    report: Report,
    pictures: Sequence[Picture] = (),
    folder: Path = Path(),
    comparison: Comparison | None = None,
) -> str:
    """Return the report as GitHub Markdown; links to pictures are relative to its folder."""
    unit = UNITS[report.task]
    drawn = report.resampling
    resampled = "whole documents" if drawn.by == "document" else f"single {unit}"
    parts = [
        f"# {report.label} on {report.set_name or 'a set'}",
        f"{len(report.items)} {unit}, scored as docs/evaluation.md says. "
        f"[Low, high]: {drawn.level:.0%} bootstrap interval over {resampled} "
        f"({drawn.rounds} rounds, seed {drawn.seed}).",
        *_warnings(report),
        "## Figures",
        _figures_table(report),
        "## Costs",
        _costs_table(report.costs, unit),
    ]
    if comparison is not None:
        parts += _comparison(comparison)
    parts += ["## Settings and machine", _facts(report)]
    if pictures:
        parts += ["## Worst cases", "Green: the truth. Red: what was predicted."]
        for picture in pictures:
            where = picture.path.relative_to(folder).as_posix()
            parts += [f"### {_cell(picture.item.key)}", f"![{_cell(picture.item.key)}]({where})"]
    return "\n\n".join(parts) + "\n"


def _warnings(report: Report) -> list[str]:
    lines = []
    if report.fallbacks:
        others = ", ".join(
            f"{name}: {count}"
            for name, count in report.answered_by.items()
            if name != report.model_id
        )
        lines.append(f"**{report.fallbacks} answers came from another model ({others}).**")
    if report.failed:
        causes = "; ".join(f"{count} x {text}" for text, count in report.failed.items())
        lines.append(f"**{sum(report.failed.values())} runs failed and count as wrong:** {causes}")
    if report.left_out:
        why = " ".join(f"{text} ({count})" for text, count in report.left_out.items())
        unit = UNITS[report.task]
        lines.append(f"**{sum(report.left_out.values())} {unit} were left out:** {why}")
    return lines


def _figures_table(report: Report) -> str:
    figures = report.figures()
    unit = UNITS[report.task]
    if len(figures) == 1:
        rows = [
            [name, _interval(figure), str(figure.count)] for name, figure in figures["all"].items()
        ]
        return _table(["metric", "figure [low, high]", unit], rows)
    names = list(figures["all"])
    rows = []
    for group, row in figures.items():
        inside = sum(group in item.groups for item in report.items)
        cells = [_interval(row[name]) if name in row else "" for name in names]
        rows.append([group, str(inside), *cells])
    return _table(["", unit, *names], rows)


def _comparison(comparison: Comparison) -> list[str]:
    one, two = comparison.labels()
    first, second = comparison.first.figures(), comparison.second.figures()
    rows = []
    for group, row in comparison.differences.items():
        for metric, found in row.items():
            rows.append(
                [
                    group,
                    metric,
                    *(
                        f"{side[group][metric].value:.3f}" if metric in side[group] else ""
                        for side in (first, second)
                    ),
                    _difference(found),
                    "yes" if found.beyond_chance else "no",
                ]
            )
    parts = [
        f"## {two} against {one}",
        f"Paired over {comparison.pairs} {UNITS[comparison.second.task]}"
        + (f"; {comparison.unpaired} are in one run only" if comparison.unpaired else "")
        + ". A difference is larger than chance where its interval leaves out 0; of many metrics "
        "and groups, one in twenty does by luck.",
        "\n".join(f"- {comparison.verdict(metric)}" for metric in comparison.differences["all"]),
        _table(["group", "metric", one, two, "difference [low, high]", "beyond chance"], rows),
    ]
    costs = {name for run in (comparison.first, comparison.second) for name in run.costs}
    parts.append(
        _table(
            ["cost", one, two],
            [
                [name, *(str(run.costs.get(name, "")) for run in _both(comparison))]
                for name in sorted(costs)
            ],
        )
    )
    settings = _changed_settings(comparison)
    if settings:
        parts += ["### What differs in the settings", _table(["setting", one, two], settings)]
    parts += ["### What changed", _changes(comparison)]
    if comparison.reworded:
        keys = ", ".join(_cell(key) for key in comparison.reworded)
        parts.append(f"Other answers with the same scores: {keys}.")
    return parts


def _both(comparison: Comparison) -> tuple[Report, Report]:
    return comparison.first, comparison.second


def _changes(comparison: Comparison) -> str:
    if not comparison.changes:
        return "No scores changed."
    one, two = comparison.labels()
    better = sum(change.is_better for change in comparison.changes)
    rows = [
        [
            "better" if change.is_better else "worse",
            _cell(change.second.key),
            _cell(_asked(change.second)),
            _cell(_answer_of(change.first)),
            _cell(_answer_of(change.second)),
        ]
        for change in comparison.changes[:_MOST_CHANGES]
    ]
    more = len(comparison.changes) - len(rows)
    return (
        f"{better} became better, {len(comparison.changes) - better} worse.\n\n"
        + _table(["", "key", "question and truth", one, two], rows)
        + (f"\n\n{more} more are in report.json." if more > 0 else "")
    )


def _asked(item: Item) -> str:
    truth = item.truth
    if "question" in truth:
        return f"{truth['question']} ({' | '.join(truth['answers'])})"
    return str(truth["file"])


def _answer_of(item: Item) -> str:
    """Return the answer, or the scores if the prediction is longer than a line."""
    if "question" in item.truth:
        answer = str(item.prediction.get("answer") or "(none)")
        hit = item.scores.get("evidence")
        return answer + ("" if hit is None else ", right place" if hit[0] else ", wrong place")
    shown = [
        f"{name} {earned / possible:.2f}"
        for name, (earned, possible) in item.scores.items()
        if possible and not name.startswith("f1 ")
    ]
    return ", ".join(shown)


def _changed_settings(comparison: Comparison) -> list[list[str]]:
    one, two = (_flat(run.settings) for run in _both(comparison))
    rows = [
        [name, str(one.get(name, "")), str(two.get(name, ""))]
        for name in dict.fromkeys([*one, *two])
        if one.get(name) != two.get(name)
    ]
    if comparison.first.verbatim != comparison.second.verbatim:
        rows.append(["verbatim", *(str(run.verbatim) for run in _both(comparison))])
    return rows


def _facts(report: Report) -> str:
    answered = ", ".join(f"{name} ({count})" for name, count in report.answered_by.items())
    rows = [
        ["asked", report.model_id],
        ["answered", answered or "-"],
        ["verbatim", str(report.verbatim)],
        ["set", f"{report.set_name or '-'} ({report.set_digest})"],
        *(
            [name, str(value)]
            for name, value in _flat(report.settings).items()
            if value is not None
        ),
        *([name, str(value)] for name, value in report.machine.items() if value is not None),
    ]
    return _table(["", ""], [[_cell(name), _cell(value)] for name, value in rows])


def _costs_table(costs: Mapping[str, float], unit: str) -> str:
    rows = [[name, str(value)] for name, value in named_costs(costs, unit.rstrip("s"))]
    return _table(["", ""], rows) if rows else "Nothing was measured."


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{before}{name}.")
        else:
            flat[before + name] = value
    return flat


def _interval(figure: Estimate) -> str:
    value = f"{figure.value:.3f}"
    return value if figure.low is None else f"{value} [{figure.low:.3f}, {figure.high:.3f}]"


def _difference(found: Difference) -> str:
    value = f"{found.value:+.3f}"
    return value if found.low is None else f"{value} [{found.low:+.3f}, {found.high:+.3f}]"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(text: str) -> str:
    """Escape text for a table cell: no markup, no line break."""
    one_line = " ".join(text.split())
    for mark in "\\`*[]<>|":
        one_line = one_line.replace(mark, f"\\{mark}" if mark != "<" else "&lt;")
    return one_line


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
