"""Cost of the embedded default model: seconds to index a page, to the first token, to the answer.

Each start is its own process, so that nothing is warm by accident: `cold` has an empty cache
directory (the weights are converted), `warm` finds them converted.

    python -m bench.lite [--pages 6] [--json FILE]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthetic import draw_document

KINDS = (("invoice", "en"), ("receipt", "en"), ("ledger", "en"), ("letter", "ru"), ("form", "ru"))
QUESTION = {"en": "What is the date?", "ru": "Какая дата?"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2, help="documents of each kind")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        print(json.dumps(measure(Path(args.worker[0]), Path(args.worker[1]))))
        return 0
    with tempfile.TemporaryDirectory() as directory:
        pages = list(draw_pages(Path(directory), args.rounds))
        cache = Path(directory) / "cache"
        cold, warm = (run_worker(Path(directory), cache) for _ in range(2))
    figures = {"pages": len(pages), "cold": cold, "warm": warm}
    print(as_table(figures))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def draw_pages(directory: Path, rounds: int) -> Iterator[Path]:
    """Scans of each kind, with names that tell the worker their language."""
    for number in range(rounds):
        for kind, language in KINDS:
            path = directory / f"{language}-{kind}-{number}.png"
            document = draw_document(kind, language, seed=number, degradation="scan")
            document.image.save(path)
            yield path


def run_worker(directory: Path, cache: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.lite", "--worker", str(directory), str(cache)]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures | {"process_seconds": time.monotonic() - started}


def measure(directory: Path, cache: Path) -> dict[str, Any]:
    """Index every page, then ask each a question and a second one; runs in the worker."""
    overlay = directory / "bench.toml"
    overlay.write_text(f"cache_dir = '{cache}'\n", encoding="utf-8")
    started = time.monotonic()
    from engine import Engine, load_settings

    rows = []
    with Engine(load_settings(overlay)) as engine:
        ready = time.monotonic() - started
        for path in sorted(directory.glob("*.png")):
            language, kind = path.stem.split("-")[:2]
            session_id = engine.create_session()
            engine.add_document(session_id, path, name=path.name)
            began = time.monotonic()
            engine.ask(session_id, task="ocr").answer()
            indexed = time.monotonic() - began
            first = engine.ask(session_id, QUESTION[language], language=language).answer()
            again = engine.ask(session_id, QUESTION[language], language=language).answer()
            engine.delete_session(session_id)
            rows.append(
                {
                    "kind": kind,
                    "language": language,
                    "index_seconds": indexed,
                    "load_seconds": first.usage.load_seconds,
                    "ttft_seconds": again.usage.ttft_seconds,
                    "answer_seconds": again.usage.total_seconds,
                    "peak_memory_bytes": again.usage.peak_memory_bytes,
                }
            )
    return {"ready_seconds": ready, "rows": rows}


def as_table(figures: dict[str, Any]) -> str:
    """The figures as the Markdown table of docs/benchmarks.md; medians over the pages."""
    lines = ["| | cold start | warm start |", "|---|---|---|"]

    def row(label: str, pick: Any) -> None:
        values = [pick(figures[start]) for start in ("cold", "warm")]
        lines.append(f"| {label} | {values[0]} | {values[1]} |")

    def median(key: str, language: str, start: dict[str, Any]) -> str:
        # The first page of a process includes loading, which has its own row.
        rows = [one[key] for one in start["rows"][1:] if one["language"] == language]
        return f"{statistics.median(rows):.2f} s"

    row("first page, from process start to its text", lambda start: first_page(start))
    for language in ("en", "ru"):
        row(f"index a page ({language})", lambda s, x=language: median("index_seconds", x, s))
        row(f"first token ({language})", lambda s, x=language: median("ttft_seconds", x, s))
        row(f"whole answer ({language})", lambda s, x=language: median("answer_seconds", x, s))
    row("peak memory", lambda s: f"{max(r['peak_memory_bytes'] for r in s['rows']) / 1e9:.2f} GB")
    return "\n".join(lines)


def first_page(start: dict[str, Any]) -> str:
    return f"{start['ready_seconds'] + start['rows'][0]['index_seconds']:.1f} s"


if __name__ == "__main__":
    raise SystemExit(main())
