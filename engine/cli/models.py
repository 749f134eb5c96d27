"""`python -m engine models`: list the models of the settings, their capabilities and memory."""

import argparse
import sys
from typing import Any

from engine.cli.console import write_json
from engine.core.hardware import device
from engine.core.i18n import say
from engine.core.settings import Settings
from engine.families import family_class
from engine.models.manager import ModelInfo, ModelManager
from engine.models.memory import memory_needed

_COLUMNS = (
    "model",
    "checkpoint",
    "does",
    "boxes",
    "parameters",
    "GPU memory: bf16, int8, int4",
    "good for",
    "licence",
)
# The precisions of the Markdown table's memory column.
_PRECISIONS = ("bfloat16", "int8", "int4")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--markdown", action="store_true", help="print README's table: settings, no machine"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    if args.markdown:
        sys.stdout.write(markdown_table(settings))
        return 0
    rows = [_row(info, settings) for info in ModelManager(settings).infos()]
    if args.json:
        write_json(rows)
        return 0
    for row in rows:
        mark = "*" if row["default"] else " "
        size = f"{row['size_bytes'] / 1e9:.1f} GB" if row["size_bytes"] else "-"
        cached = say("models.cached" if row["cached"] else "models.not_cached")
        facts = ", ".join([cached, size, row["licence"] or "-", _fits_text(row["fits_gpu"])])
        if row["server"]:
            facts = say("models.on_server", base_url=row["server"])
        sys.stdout.write(f"{mark} {row['model_id']:<16} {row['repo_id']:<40} {facts}\n")
        sys.stdout.write(f"{'':<19}{', '.join(row['tasks'])}\n")
        if row["good_for"]:
            uses = ", ".join(row["good_for"])
            sys.stdout.write(f"{'':<19}{say('models.good_for', uses=uses)}\n")
    sys.stdout.write(f"* {say('models.default')}\n")
    return 0


def _row(info: ModelInfo, settings: Settings) -> dict[str, Any]:
    """One model's row, as for --json. size_bytes: of its weights in memory; None if unknown.

    server: the URL of the server that runs it; None if this program does.
    """
    model = info.settings
    adapter = family_class(info.family, model_id=info.model_id)
    precision = model.dtype if model.quantization == "none" else model.quantization
    needed = memory_needed(model, precision)
    memory = device().memory_bytes
    return {
        "model_id": info.model_id,
        "family": info.family,
        "repo_id": info.repo_id,
        "revision": model.revision,
        "dtype": model.dtype,
        "quantization": model.quantization,
        "default": info.model_id == settings.default_model,
        "tasks": sorted(info.tasks),
        "chat": info.capabilities.chat,
        "multiple_pages": info.capabilities.multiple_pages,
        "boxes": info.capabilities.boxes,
        "cached": adapter.is_available(model) and not adapter.runs_elsewhere,
        "server": model.base_url,
        "size_bytes": memory_needed(model, precision, with_page=False),
        "licence": model.licence,
        "good_for": list(model.good_for),
        "fits_gpu": None if memory is None or needed is None else needed <= memory,
    }


def _fits_text(fits: bool | None) -> str:
    return say({None: "models.no_gpu", True: "models.fits", False: "models.fits_not"}[fits])


def markdown_table(settings: Settings) -> str:
    """README's model table, from settings and adapters only, so it is the same on any machine."""
    lines = ["| " + " | ".join(_COLUMNS) + " |", "|" + "---|" * len(_COLUMNS)]
    for info in ModelManager(settings).infos():
        can, count = info.capabilities, info.settings.parameters
        does = ["chat"] if can.chat else []
        does += sorted(can.tasks - {"question"}) if can.chat else sorted(can.tasks)
        sizes = [memory_needed(info.settings, name) for name in _PRECISIONS]
        known = [f"{size / 1e9:.1f}" for size in sizes if size is not None]
        elsewhere = family_class(info.family, model_id=info.model_id).runs_elsewhere
        unknown = "the server's" if elsewhere else "none needed"
        cells = (
            f"`{info.model_id}`",
            info.repo_id,
            ", ".join(does),
            "yes" if can.boxes else "no",
            "-" if count is None else f"{count / 1e9:.2f} B",
            f"{', '.join(known)} GB" if known else unknown,
            ", ".join(info.settings.good_for) or "-",
            info.settings.licence or "-",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
