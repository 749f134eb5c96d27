"""`python -m engine models`: what the settings offer and what each model can do."""

import argparse
import sys
from typing import Any

from engine.cli.console import write_json
from engine.model_manager import ModelManager
from engine.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    rows: list[dict[str, Any]] = [
        {
            "model_id": info.model_id,
            "family": info.family,
            "repo_id": info.repo_id,
            "revision": info.settings.revision,
            "dtype": info.settings.dtype,
            "quantization": info.settings.quantization,
            "default": info.model_id == settings.default_model,
            "tasks": sorted(info.capabilities.tasks),
            "chat": info.capabilities.chat,
            "multiple_pages": info.capabilities.multiple_pages,
            "boxes": info.capabilities.boxes,
        }
        for info in ModelManager(settings).infos()
    ]
    if args.json:
        write_json(rows)
        return 0
    for row in rows:
        mark = "*" if row["default"] else " "
        tasks = ", ".join(row["tasks"])
        sys.stdout.write(f"{mark} {row['model_id']:<16} {row['repo_id']:<40} {tasks}\n")
    sys.stdout.write("* the default\n")
    return 0
