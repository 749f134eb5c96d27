"""`python -m engine doctor`: why is it slow, why does flash attention not work, does it read?"""

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path
from typing import Any

from engine import doctor
from engine.cli.console import write_json
from engine.settings import Settings
from engine.texts import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="ID", help="load this model and let it read a page")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    if args.model:
        settings.model(args.model)  # an unknown id is an error before anything is measured
    machine = doctor.examine(settings, args.model)
    reading: doctor.Reading | None = None
    away = machine.server is not None and not machine.server.works
    if args.model and not away:
        with tempfile.TemporaryDirectory() as directory:
            reading = doctor.try_model(settings, args.model, Path(directory))
    if args.json:
        write_json(_as_json(machine, reading))
    else:
        sys.stdout.write("\n".join(_as_lines(machine, reading)) + "\n")
    if away:
        return 1
    return 0 if reading is None or (reading.text_found and reading.box_hit is not False) else 1


def _as_json(machine: doctor.Machine, reading: doctor.Reading | None) -> dict[str, Any]:
    result = dataclasses.asdict(machine)
    if machine.server is not None:
        lines = [say(key, **values) for key, values in machine.server.lines]
        result["server"] = {"works": machine.server.works, "lines": lines}
    if reading is not None:
        result["reading"] = {
            "model": reading.answer.model_id,
            "answer": reading.answer.text,
            "text_found": reading.text_found,
            "box_hit": reading.box_hit,
        }
    return result


def _as_lines(machine: doctor.Machine, reading: doctor.Reading | None) -> list[str]:
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
    if reading is not None:
        key = "doctor.reads" if reading.text_found else "doctor.reads_not"
        lines += ["", say(key, model_id=reading.answer.model_id, answer=reading.answer.text)]
        if reading.box_hit is not None:
            lines.append(say("doctor.box_right" if reading.box_hit else "doctor.box_wrong"))
    return lines


def _device_line(machine: doctor.Machine) -> str:
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


def _flash_answer(machine: doctor.Machine) -> str:
    if machine.flash_attn_problem is None:
        return say("doctor.flash_works")
    key = "doctor.flash_not_needed" if machine.sdpa_problem is None else "doctor.flash_eager"
    return say(key, problem=machine.flash_attn_problem, sdpa=machine.sdpa_problem or "")
