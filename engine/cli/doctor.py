"""`python -m engine doctor`: report of device, attention kernels and memory; checks of a model.

With --model, the command also runs the checks of engine.cli.model_check. If one fails, or the
model's server does not work, the exit code is 1.
"""

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path
from typing import Any

from engine.cli import diagnosis, model_check
from engine.cli.console import write_json
from engine.core.i18n import say
from engine.core.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="ID", help="load this model and try it on drawn pages")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    if args.model:
        settings.model(args.model)  # an unknown id is an error before anything is measured
    machine = diagnosis.examine(settings, args.model)
    trial: model_check.Trial | None = None
    away = machine.server is not None and not machine.server.works
    if args.model and not away:
        with tempfile.TemporaryDirectory() as directory:
            trial = model_check.try_model(settings, args.model, Path(directory))
    if args.json:
        write_json(_as_json(machine, trial))
    else:
        sys.stdout.write("\n".join(_as_lines(machine, trial)) + "\n")
    return 1 if away or (trial is not None and not trial.ok) else 0


def _as_json(machine: diagnosis.Machine, trial: model_check.Trial | None) -> dict[str, Any]:
    result = dataclasses.asdict(machine)
    if machine.server is not None:
        lines = [say(key, **values) for key, values in machine.server.lines]
        result["server"] = {"works": machine.server.works, "lines": lines}
    if trial is None:
        return result
    if trial.reading is not None:
        result["reading"] = {
            "model": trial.reading.answer.model_id,
            "answer": trial.reading.answer.text,
            "text_found": trial.reading.text_found,
            "box_hit": trial.reading.box_hit,
        }
    result["checks"] = [
        {"name": check.name, "ok": check.ok, "text": check.text()} for check in trial.checks
    ]
    result["ran"] = {**trial.facts, **dataclasses.asdict(trial.usage)}
    return result


def _as_lines(machine: diagnosis.Machine, trial: model_check.Trial | None) -> list[str]:
    versions = ", ".join(f"{name} {found or '-'}" for name, found in machine.packages.items())
    lines = [
        say("doctor.versions", python=machine.python, packages=versions),
        _device_line(machine),
        "",
        say("doctor.flash_question"),
        "  " + _flash_answer(machine),
        "",
        say("doctor.kernels", dtype=machine.dtype, head_size=machine.head_size),
    ]
    for name, problem in machine.kernels.items():
        lines.append(f"  {name:<20} {problem or say('doctor.runs')}")
    lines.append(
        say(
            "doctor.attention",
            ratio=f"{machine.attention.eager_over_sdpa:.2f}",
            difference=f"{machine.attention.max_difference:.2g}",
            dtype=machine.dtype,
        )
    )
    if machine.choice is not None:
        lines.append(say("doctor.choice", reason=machine.choice.reason()))
    if machine.precision is not None:
        lines.append(say("doctor.precision", reason=machine.precision.reason()))
    if machine.fits and machine.memory_bytes:
        lines += ["", say("doctor.fits")]
        for fit in machine.fits:
            sizes = ", ".join(
                f"{name} {size / 1e9:.1f} GB {'+' if fits else '-'}"
                for name, size, fits in fit.precisions
            )
            lines.append(f"  {fit.model_id:<16} {sizes}")
    if machine.server is not None:
        lines += ["", *(say(key, **values) for key, values in machine.server.lines)]
    return lines if trial is None else [*lines, "", *_trial_lines(trial)]


def _trial_lines(trial: model_check.Trial) -> list[str]:
    """One line per check, and the lines about how the model ran."""
    lines = []
    for check in trial.checks:
        mark = say("doctor.check_ok" if check.ok else "doctor.check_problem")
        lines.append(f"{mark:<8} {check.name:<10} {check.text()}")
    if trial.reading is not None:
        usage = trial.usage
        if "attention" in trial.facts:
            lines.append(say("doctor.how", **trial.facts))
        lines.append(
            say(
                "doctor.ran",
                load=f"{usage.load_seconds:.1f}",
                ttft=f"{usage.ttft_seconds:.2f}",
                prompt_tokens=usage.prompt_tokens,
                speed=f"{usage.tokens_per_second:.1f}",
                peak=f"{usage.peak_memory_bytes / 1e9:.1f}",
            )
        )
    return lines


def _device_line(machine: diagnosis.Machine) -> str:
    if machine.memory_bytes is None:
        return say("doctor.no_gpu", cuda=machine.cuda_build or "-")
    return say(
        "doctor.gpu",
        name=machine.device_name,
        capability=machine.capability,
        total=round(machine.memory_bytes / 1e9, 1),
        free=round((machine.free_bytes or 0) / 1e9, 1),
        cuda=machine.cuda_build,
    )


def _flash_answer(machine: diagnosis.Machine) -> str:
    if machine.flash_attn_problem is None:
        return say("doctor.flash_works")
    key = "doctor.flash_not_needed" if machine.sdpa_problem is None else "doctor.flash_eager"
    return say(key, problem=machine.flash_attn_problem, sdpa=machine.sdpa_problem or "")
