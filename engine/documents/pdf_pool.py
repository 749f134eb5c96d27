"""Pool of PDFium processes, started on demand.

Each process answers one request at a time (engine/documents/pdf_process.py), so PDFium, which is
not thread-safe, needs no lock. If a process crashes or exceeds its limits of time or memory, only
its current request fails; the next request starts a new process.

A message is one line of JSON, followed by as many raw bytes as its "bytes" field states.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from typing import IO, Any, Final

# Maximum number of processes. With two, a PDF that uses its whole time does not block the others.
_AT_ONCE: Final = 2
# Wall-clock time. The process limits its own CPU time to far less; this limit is long so that no
# file fails because the machine is busy.
_LONGEST_SECONDS: Final = 60.0
# Allowlist: a process that parses untrusted files must not inherit keys and tokens.
_ENVIRONMENT: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR", "TEMP")


class ProcessDiedError(Exception):
    """The process exited or was killed before it answered."""


class _Process:
    def __init__(self) -> None:
        environment = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine.documents.pdf_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """Raises ProcessDiedError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        timer = threading.Timer(_LONGEST_SECONDS, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            write(self._process.stdin, request, data)
            answer = read(self._process.stdout)
        except (OSError, ValueError) as error:
            self.end()
            raise ProcessDiedError from error
        finally:
            timer.cancel()
        if answer is None:
            self.end()
            raise ProcessDiedError
        return answer

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.detach()  # type: ignore[attr-defined]  # unflushed bytes are of no use


class _Pool:
    """At most _AT_ONCE processes; the most recently used idle one is reused first."""

    def __init__(self) -> None:
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._idle: list[_Process] = []
        self._guard = threading.Lock()

    def ask(self, request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """Raises ProcessDiedError."""
        with self._room:
            process = self._taken() or _Process()
            answer = process.ask(request, data)
            with self._guard:
                self._idle.append(process)
            return answer

    def close(self) -> None:
        while (process := self._taken()) is not None:
            process.end()

    def _taken(self) -> _Process | None:
        """Take a live idle process from the pool; None if there is none."""
        with self._guard:
            while self._idle:
                process = self._idle.pop()
                if process.is_alive:
                    return process
        return None


def ask(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Send a request about a file to a PDFium process; blocks until one is free.

    Args:
        request: {"what": "sizes" | "image" | "words", ...}, see pdf_process.
        data: the bytes of the file.
    Returns:
        The answer, and the raw bytes that belong to it.
    Raises:
        ProcessDiedError: the request exceeded its time or memory limit, or PDFium crashed.
    """
    return _pool.ask(request, data)


def write(pipe: IO[bytes], message: dict[str, Any], raw: bytes | memoryview) -> None:
    pipe.write(json.dumps({**message, "bytes": len(raw)}).encode("ascii") + b"\n")
    pipe.write(raw)
    pipe.flush()


def read(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read the next message; None at end of file."""
    line = pipe.readline()
    if not line.endswith(b"\n"):
        return None
    message: dict[str, Any] = json.loads(line)
    raw = pipe.read(message["bytes"])
    return (message, raw) if len(raw) == message["bytes"] else None


_pool = _Pool()


def _start_anew() -> None:
    """Replace the pool after a fork: the child must not share the parent's pipes and locks."""
    global _pool
    _pool = _Pool()


atexit.register(lambda: _pool.close())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
