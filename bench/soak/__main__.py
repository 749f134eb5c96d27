"""All figures of docs/reliability.md from one command.

python -m bench.soak --seed 8 --per-format 5000 --seconds 600 --sessions 50 --out soak.json
python -m bench.soak --only files --formats pdf tiff --per-format 200
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from bench.soak import bombs, files
from bench.soak.specimens import FORMATS

_PARTS = ("files", "bombs", "load")


def main(arguments: list[str] | None = None) -> int:
    """Run the requested parts; 1 if any of them found a failure."""
    options = _parser().parse_args(arguments)
    started = time.monotonic()
    report: dict[str, Any] = {"command": _command(options), "machine": _machine()}
    parts = [options.only] if options.only else _PARTS
    if "files" in parts:
        report["files"] = {kind: _fuzzed(kind, options) for kind in options.formats}
    if "bombs" in parts:
        report["bombs"] = bombed()
    if "load" in parts:
        from bench.soak.load import run

        report["load"] = run(
            sessions=options.sessions, seconds=options.seconds, seed=options.seed, say=_say
        )
    report["minutes"] = round((time.monotonic() - started) / 60, 1)
    text = json.dumps(report, indent=1, ensure_ascii=False)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    print(text)
    return 1 if _found(report) else 0


def bombed(names: list[str] | None = None) -> dict[str, Any]:
    """Read every bomb in its own process; return the outcome, the work and the peak memory."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bomb"
        for name in names or bombs.BOMBS:
            data = bombs.BOMBS[name]()
            path.write_bytes(data)
            reader = files.Reader()
            # The start of the process is not measured.
            reader.read({"kind": "gif", "seed": 0, "number": 0, "folder": ""})
            before = reader.work()
            one = reader.read({"path": str(path)})
            work = reader.work() - before
            reader.close()
            found[name] = {
                "file_bytes": len(data),
                "said": one.get("said") or f"{one['what']}: {one['detail']}",
                "work_seconds": round(work, 1),
                "peak_mb": round(reader.peak_bytes / 1024**2),
                "is_bad": "what" in one,
            }
    return found


def _fuzzed(kind: str, options: argparse.Namespace) -> dict[str, Any]:
    _say(f"{kind}: {options.per_format} files")
    found = files.fuzz(
        kind, options.per_format, options.seed, folder=options.folder, say=_say
    )  # fmt: skip
    return found.summary()


def _found(report: dict[str, Any]) -> bool:
    fuzzed = report.get("files", {}).values()
    bombs_found = report.get("bombs", {}).values()
    return (
        any(one["crashes"] or one["hangs"] or one["leaks"] for one in fuzzed)
        or any(one["is_bad"] for one in bombs_found)
        or bool(report.get("load", {}).get("problems"))
    )


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1024**3),
        "load_average": [round(value, 1) for value in psutil.getloadavg()],
    }


def _command(options: argparse.Namespace) -> str:
    return (
        f"python -m bench.soak --seed {options.seed} --per-format {options.per_format} "
        f"--seconds {options.seconds:g} --sessions {options.sessions}"
        + (f" --only {options.only}" if options.only else "")
        + (" --folder …" if options.folder else "")
    )


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--only", choices=_PARTS, help="this part alone")
    parser.add_argument("--per-format", type=int, default=5000, help="mutated files of each format")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--folder", type=Path, help="further real files to mutate")
    parser.add_argument("--seconds", type=float, default=600.0, help="of load")
    parser.add_argument("--sessions", type=int, default=50, help="at once")
    parser.add_argument("--out", type=Path, help="a JSON file for the report")
    return parser


if __name__ == "__main__":
    sys.exit(main())
