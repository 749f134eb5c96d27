"""The app in its own process, in an environment that a test or a benchmark chooses."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running app. url: ends with a slash; log: the file of its output."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]


def free_port() -> int:
    """A port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    folder: Path,
    *arguments: str,
    program: Sequence[str] = ("gradio_app.py",),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """Start the app, wait for its address, and end it on exit.

    Args:
        folder: for its log.
        program: the arguments of Python.
        environment: added to this process's; "" removes a variable.
    """
    log = folder / "app.log"
    variables = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        "GRADIO_TEMP_DIR": str(folder / "gradio"),
        **(environment or {}),
    }
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            cwd=ROOT,
            env={name: value for name, value in variables.items() if value},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Served(_address(process, log), log, process)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        said = log.read_text(encoding="utf-8")
        if match := re.search(r"is ready: https?://[^:/\s]+:(\d+)", said):
            return f"http://127.0.0.1:{match[1]}/"
        time.sleep(0.1)
    raise RuntimeError("the app did not start:\n" + log.read_text(encoding="utf-8"))
