"""`python -m engine eval`: score a model on documents with known answers. Downloads nothing."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engine.chat.engine import Engine
from engine.cli.console import write_json
from engine.core.errors import SettingsError
from engine.core.i18n import say
from engine.core.settings import Settings
from engine.core.settings_file import load_settings
from engine.evaluation import bootstrap
from engine.evaluation.comparison import Comparison, compare
from engine.evaluation.markdown import WORST, write_report
from engine.evaluation.report import Report, Resampling, evaluate, read_report
from engine.evaluation.running import Options, require_model
from engine.evaluation.scoring import UNITS
from engine.evaluation.terminal import costs_text, figures_text
from engine.evaluation.truths import (
    Row,
    TaskName,
    read_fields,
    read_layouts,
    read_questions,
    read_texts,
    sample,
)

_EPILOGUE = """
A bad line in FILE ends the command with one sentence and exit code 2 before a model runs. A
document that is missing, broken or has no such page is named on stderr and left out, and the rest
goes on; its questions are in no figure. When nothing is left, the exit code is 2. A run that fails
counts as a wrong answer. A model that is not on this machine is an error: nothing is
downloaded. docs/evaluation.md explains the sets and the metrics.
"""


@dataclass(frozen=True, slots=True)
class _Set:
    """An evaluation set: its task, ground truth, folder of documents and name."""

    task: TaskName
    truths: Sequence[Row]
    documents: Path
    name: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOGUE
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--qa", type=Path, metavar="FILE", help="questions, one JSON object a line")
    what.add_argument(
        "--receipts", type=Path, metavar="FILE", help="documents with their fields, one a line"
    )
    what.add_argument("--text", type=Path, metavar="DIR", help="pages with NAME.txt beside them")
    what.add_argument("--layout", type=Path, metavar="FILE", help="regions, one page a line")
    parser.add_argument(
        "--docs", type=Path, metavar="DIR", help="where the documents are (default: beside FILE)"
    )
    parser.add_argument(
        "--model",
        metavar="ID",
        action="append",
        help="a model of settings.toml; given twice, the second is compared with the first",
    )
    parser.add_argument(
        "--verbatim", action="store_true", help="answer questions with words of the page alone"
    )
    parser.add_argument("--limit", type=_count, metavar="N", help="a sample of N, by the seed")
    parser.add_argument(
        "--seed",
        type=int,
        default=bootstrap.SEED,
        help="of the sample and of the intervals (default: %(default)s)",
    )
    parser.add_argument(
        "--resample",
        choices=("item", "document"),
        default="item",
        help="what intervals draw: single questions or pages, or whole documents",
    )
    parser.add_argument(
        "--settings-b",
        type=Path,
        metavar="FILE",
        help="run again with these settings and compare them with the first",
    )
    parser.add_argument(
        "--against", type=Path, metavar="FILE", help="compare with the report.json of another run"
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="write report.md, report.json and pictures of the worst cases "
        "(of two runs, the second's)",
    )
    parser.add_argument(
        "--worst", type=_count, default=WORST, metavar="N", help="pictures (default: %(default)s)"
    )
    parser.add_argument(
        "--predictions",
        type=Path,
        metavar="FILE",
        help="write what was answered, one JSON object a line (of two runs, the second's)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    # The Hub's client and the model processes read this at start.
    os.environ["HF_HUB_OFFLINE"] = "1"
    models: list[str | None] = args.model or [None]
    if len(models) > 2 or (len(models) == 2) + bool(args.settings_b) + bool(args.against) > 1:
        raise SettingsError("eval.one_comparison")
    asked = _read_set(args)
    earlier = read_report(args.against) if args.against else None
    runs: list[tuple[Settings, str | None]] = [(settings, model) for model in models]
    if args.settings_b:
        runs.append((load_settings(args.settings_b), models[0]))
    for one_settings, model_id in runs:
        require_model(one_settings, model_id)
    reports = [_evaluate(args, asked, *one) for one in runs]
    report = reports[-1]
    first = earlier or (reports[0] if len(reports) == 2 else None)
    comparison = compare(first, report) if first is not None else None
    if args.predictions:
        rows = (dict(item.prediction) for item in report.items)
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        _write(args.predictions, lambda: args.predictions.write_text("".join(lines), "utf-8"))
    if args.report:
        _write(
            args.report,
            lambda: write_report(
                args.report,
                report,
                asked.documents,
                settings.limits,
                comparison=comparison,
                worst=args.worst,
            ),
        )
    if args.json:
        write_json(_as_json(reports, comparison))
    else:
        _print(reports, comparison)
    return 0


def _read_set(args: argparse.Namespace) -> _Set:
    task: TaskName
    if args.text:
        task, truths, path, documents = "text", read_texts(args.text), args.text, args.text
    elif args.qa:
        beside = args.qa.parent / "docs"
        documents = beside if beside.is_dir() else args.qa.parent
        task, truths, path = "qa", read_questions(args.qa), args.qa
    elif args.receipts:
        task, truths, path = "receipts", read_fields(args.receipts), args.receipts
        documents = path.parent
    else:
        task, truths, path = "layout", read_layouts(args.layout), args.layout
        documents = path.parent
    chosen = sample(truths, args.limit, args.seed)
    return _Set(task, chosen, args.docs or documents, path.name)


def _evaluate(
    args: argparse.Namespace, asked: _Set, settings: Settings, model_id: str | None
) -> Report:
    with (
        Engine(settings) as engine,
        # disable=None: a progress bar only if stderr is a terminal.
        tqdm(
            total=len(asked.truths),
            unit=UNITS[asked.task].removesuffix("s"),
            desc=model_id or settings.default_model,
            file=sys.stderr,
            disable=None,
        ) as bar,
    ):
        report = evaluate(
            engine,
            asked.task,
            asked.truths,
            asked.documents,
            options=Options(model_id, args.verbatim and asked.task == "qa"),
            set_name=asked.name,
            resampling=Resampling(seed=args.seed, by=args.resample),
            progress=lambda: bar.update() and None,
        )
    for reason, truths in report.left_out.items():
        counted = {"truths": truths, "all": len(asked.truths)}
        sys.stderr.write(say("eval.left_out", "en", **counted, reason=reason) + "\n")
    return report


def _as_json(reports: Sequence[Report], comparison: Comparison | None) -> dict[str, Any]:
    """The figures of one run by group; for two runs, both and their comparison."""
    if comparison is None:
        return _plain(reports[-1])
    return {
        "first": _plain(comparison.first),
        "second": _plain(comparison.second),
        "comparison": comparison.to_json(),
    }


def _plain(report: Report) -> dict[str, dict[str, Any]]:
    """Group -> metric -> value; "all" also has intervals, costs and the models that answered."""
    plain: dict[str, dict[str, Any]] = {}
    for group, row in report.figures().items():
        inside = sum(group in item.groups for item in report.items)
        values = {metric.replace(" ", "_"): round(one.value, 4) for metric, one in row.items()}
        plain[group] = {UNITS[report.task]: inside, **values}
    plain["all"] |= {
        "intervals": {
            metric.replace(" ", "_"): [one["low"], one["high"]]
            for metric, one in report.to_json()["figures"]["all"].items()
        },
        **report.costs,
        "model": report.model_id,
        "answered_by": dict(report.answered_by),
        "fallbacks": report.fallbacks,
        "failed": sum(report.failed.values()),
        "left_out": sum(report.left_out.values()),
    }
    return plain


def _print(reports: Sequence[Report], comparison: Comparison | None) -> None:
    for report in reports:
        if len(reports) > 1:
            sys.stdout.write(f"{report.label}\n")
        sys.stdout.write(figures_text(report) + costs_text(report))
        if report.fallbacks:
            sys.stdout.write(f"answered by other models: {report.fallbacks}\n")
        if report.failed:
            sys.stdout.write(f"failed runs, counted as wrong: {sum(report.failed.values())}\n")
    if comparison is not None:
        for metric in comparison.differences["all"]:
            sys.stdout.write(comparison.verdict(metric) + "\n")
        better = sum(change.is_better for change in comparison.changes)
        worse = len(comparison.changes) - better
        sys.stdout.write(f"{better} became better, {worse} worse, of {comparison.pairs}\n")


def _write(path: Path, write: Callable[[], object]) -> None:
    """Call `write`. Raises SettingsError: the file cannot be written."""
    try:
        write()
    except OSError as error:
        raise SettingsError("eval.not_written", path=str(path)) from error


def _count(text: str) -> int:
    """Parse an integer of 1 or more; argparse reports any other text."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not a number of 1 or more")
    return number
