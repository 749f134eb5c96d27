"""A crowd on the real app, over loopback: the visitors' observations, and what the app retains."""

import asyncio
import contextlib
import importlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from bench import app_process
from bench.soak.crowd import Seen, Visitor
from bench.soak.echo import LOG_VARIABLE, overtaken
from bench.soak.tab import Tab

# How long the app may take to release everything after the last visitor.
_SETTLE_SECONDS: Final = 40.0
_IDLE_SESSIONS: Final = 200
_MOST_GROWTH: Final = 50 * 1024**2
# In its first minute the app still grows to its peak demand: pools, allocators, models of OCR. A
# page that stays would take 10 MB, and a run of seconds uploads dozens.
_MOST_GROWTH_EARLY: Final = 150 * 1024**2
_WARM_SECONDS: Final = 120.0
_MOST_IDLE: Final = 2 * 1024**2
# Thread pools grow to their peak demand and stay: asyncio's by the cores, and a few others.
_MORE_THREADS: Final = min(32, (os.cpu_count() or 1) + 4) + 8
_SETTINGS: Final = """
data_dir = '{folder}/data'
cache_dir = '{cache}'
default_model = "echo"
[generation]
resident_models = 2
[models.echo]
family = "echo"
repo_id = "bench/echo"
dtype = "float32"
"""
_TINY: Final = """
[models.tiny]
family = "qwen_vl"
repo_id = '{folder}/tiny'
dtype = "float32"
max_pixels = 50_176
generation = {{ max_new_tokens = 12 }}
"""


@dataclass(frozen=True, slots=True)
class Served:
    url: str
    process: psutil.Process
    folder: Path

    def kept_files(self) -> list[str]:
        """The scans and pictures on disk that belong to sessions."""
        roots = (self.folder / "data" / "conversations" / "pages", *self._screen_states())
        return [path.name for root in roots for path in root.rglob("*") if path.is_file()]

    def _screen_states(self) -> list[Path]:
        return list((self.folder / "gradio").glob("scanchat-*/scanchat-*"))


def run(
    *,
    sessions: int,
    seconds: float,
    seed: int,
    with_models: bool = True,
    idle_sessions: int = _IDLE_SESSIONS,
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Run the crowd. Returns the figures, and under "problems" every violation.

    Args:
        with_models: send some questions to lite and to a tiny vision-language model, too.
    """
    with serving(with_models=with_models) as app:
        return asyncio.run(_crowd(app, sessions, seconds, seed, with_models, idle_sessions, say))


async def _crowd(
    app: Served,
    sessions: int,
    seconds: float,
    seed: int,
    with_models: bool,
    idle_sessions: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    limits = httpx.Limits(max_connections=None)
    options: dict[str, Any] = {"base_url": app.url, "timeout": 600, "trust_env": False}
    async with httpx.AsyncClient(limits=limits, **options) as http:
        seen = Seen()
        # The first question loads the models, which is not counted as waiting time.
        models = ("echo",) * 8 + (("lite", "tiny") if with_models else ())
        first = [
            Visitor(900 + number, seed, http, Seen(), (model,))
            for number, model in enumerate(sorted(set(models)))
        ]
        for visitor in first:
            await visitor.stay(time.monotonic() + 3)
            await visitor.wipe()
        before = _state(app)
        say(f"the app is warm: {before}")
        crowd = [Visitor(number, seed, http, seen, models) for number in range(sessions)]
        started = time.monotonic()
        samples: list[tuple[float, int]] = []
        watching = asyncio.create_task(_watch(app, started, samples, say))
        await asyncio.gather(*(visitor.stay(started + seconds) for visitor in crowd))
        for visitor in crowd:
            await visitor.check()
        watching.cancel()
        end = _state(app)
        for visitor in crowd:
            await visitor.wipe()
        after = await _settled(app, before)
        idle = await _idle_bytes(app, http, idle_sessions)
    runs = [json.loads(line) for line in (app.folder / "runs").read_text("utf-8").splitlines()]
    minute = [rss for at, rss in samples if at >= min(60.0, seconds / 2)] or [end["rss"]]
    report = {
        "sessions": sessions,
        "seconds": round(seconds),
        **{
            name: getattr(seen, name)
            for name in ("asked", "answered", "stopped", "uploads", "reloads", "closings",
                         "deleted")
        },
        "first_text_seconds": _quantiles(seen.first_text),
        "whole_answer_seconds": _quantiles(seen.whole),
        "served_by_echo": len(runs),
        "overtaken": overtaken(runs),
        "rss_mb": {
            "warm": _mb(before["rss"]),
            "after_a_minute": _mb(minute[0]),
            "end": _mb(end["rss"]),
            "growth": _mb(growth(minute)),
        },
        "threads": [before["threads"], after["threads"]],
        "open_files": [before["fds"], after["fds"]],
        "files_left": len(after["files"]),
        "idle_session_kb": round(idle / 1024),
        "problems": list(dict.fromkeys(seen.problems))[:20],
    }  # fmt: skip
    report["problems"] += _problems(report, minute, idle)
    return report


def _problems(report: dict[str, Any], minute: list[int], idle: float) -> list[str]:
    found = []
    most = _MOST_GROWTH if report["seconds"] >= _WARM_SECONDS else _MOST_GROWTH_EARLY
    if growth(minute) > most:
        found.append(f"the memory grew: {report['rss_mb']}")
    if idle > _MOST_IDLE:
        found.append(f"an idle session takes {idle / 1024**2:.1f} MB")
    if report["overtaken"]:
        found.append(f"{report['overtaken']} runs were overtaken")
    if report["files_left"]:
        found.append(f"{report['files_left']} files are left")
    if report["threads"][1] > report["threads"][0] + _MORE_THREADS:
        found.append(f"threads are left: {report['threads']}")
    if report["open_files"][1] > report["open_files"][0] + 16:
        found.append(f"open files are left: {report['open_files']}")
    if not report["answered"]:
        found.append("nobody was answered")
    return found


def growth(sizes: list[int]) -> int:
    """By how much the least memory of the last third exceeds that of the first third, in bytes.

    A single sample says nothing: pages that are being read take more than 100 MB for a moment.
    """
    third = max(1, len(sizes) // 3)
    return min(sizes[-third:]) - min(sizes[:third])


async def _watch(
    app: Served, started: float, samples: list[tuple[float, int]], say: Callable[[str], None]
) -> None:
    """Sample the app's memory four times a second."""
    while True:
        at = time.monotonic() - started
        samples.append((at, app.process.memory_info().rss))
        if len(samples) % 120 == 0:
            say(f"{at:4.0f} s: {_mb(samples[-1][1])} MB, {app.process.num_threads()} threads")
        await asyncio.sleep(0.25)


def _state(app: Served) -> dict[str, Any]:
    with app.process.oneshot():
        return {
            "rss": app.process.memory_info().rss,
            "threads": app.process.num_threads(),
            "fds": app.process.num_fds() if hasattr(app.process, "num_fds") else 0,
            "files": app.kept_files(),
        }


async def _settled(app: Served, before: dict[str, Any]) -> dict[str, Any]:
    """The state once everything is released, or after the time limit."""
    end = time.monotonic() + _SETTLE_SECONDS
    while True:
        state = _state(app)
        state["files"] = sorted(set(state["files"]) - set(before["files"]))
        is_clean = not state["files"] and state["threads"] <= before["threads"] + _MORE_THREADS
        if is_clean or time.monotonic() > end:
            return state
        await asyncio.sleep(1)


async def _idle_bytes(app: Served, http: httpx.AsyncClient, count: int) -> float:
    """Memory per visitor that has loaded the page and asked nothing yet."""
    before = app.process.memory_info().rss
    for start in range(0, count, 10):
        await asyncio.gather(*(Tab(http).load() for _ in range(start, min(start + 10, count))))
    grown: int = app.process.memory_info().rss - before
    return grown / max(1, count)


def _quantiles(values: list[float]) -> dict[str, float]:
    if len(values) < 2:
        return {}
    cuts = statistics.quantiles(values, n=20)
    return {"p50": round(cuts[9], 2), "p95": round(cuts[18], 2), "most": round(max(values), 2)}


def _mb(size: float) -> int:
    return round(size / 1024**2)


@contextlib.contextmanager
def serving(
    *,
    with_models: bool,
    folder: Path | None = None,
) -> Iterator[Served]:
    """The real app in its own process, with the soak test's model.

    Args:
        folder: for all files of the app; None takes a temporary one, which is deleted.
    """
    with tempfile.TemporaryDirectory(prefix="scanchat-soak-") as name:
        folder = folder or Path(name)
        settings = folder / "settings.toml"
        cache = "" if with_models else f"{folder}/cache"
        text = _SETTINGS.format(folder=folder, cache=cache)
        if with_models:
            # Not imported by name: the tests' types are not checked as strictly as ours.
            importlib.import_module("tests.families.tiny").save_qwen2_vl(folder / "tiny")
            text += _TINY.format(folder=folder)
        settings.write_text(text, encoding="utf-8")
        environment = {
            LOG_VARIABLE: str(folder / "runs"),
            "GRADIO_TEMP_DIR": str(folder / "gradio"),
        }
        arguments = ("--settings", str(settings), "--host", "127.0.0.1", "--port", "0")
        program = ("-m", "bench.soak.app")
        with app_process.serving(
            folder, *arguments, program=program, environment=environment
        ) as app:
            try:
                yield Served(app.url, psutil.Process(app.process.pid), folder)
            finally:
                said = app.log.read_text("utf-8")
                if "Traceback" in said:
                    sys.stderr.write(said[-4000:] + "\n")
