"""The processes that PDFium runs in: started when the first PDF comes, ended by their own limits.

Each answers one wish at a time (engine/documents/pdf_process.py), so PDFium, which is not safe for
threads, needs no lock. A process that dies or takes too long costs its own wish; the next one
starts another.

A message is a line of JSON and as many raw bytes as it says under "bytes".
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from typing import IO, Any, Final

# How many PDFs are read at once: one that takes its whole time leaves a way for the others.
_AT_ONCE: Final = 2
# By the clock on the wall; the process limits its own seconds of work far lower, but a machine
# that is busy with other things must not cost a file.
_LONGEST_SECONDS: Final = 60.0
# A process that reads hostile files gets no keys and tokens of ours.
_ENVIRONMENT: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR", "TEMP")


class ProcessDiedError(Exception):
    """The process ended, or was ended, before it had answered."""


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
    """At most _AT_ONCE processes, the one that was used last taken first."""

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
        """An idle process that lives."""
        with self._guard:
            while self._idle:
                process = self._idle.pop()
                if process.is_alive:
                    return process
        return None


def ask(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """What PDFium says of a file; waits for its turn.

    Args:
        wish: {"what": "sizes" | "image" | "words", ...}, see pdf_process.
        data: the file.
    Returns:
        The answer, and raw bytes that belong to it.
    Raises:
        ProcessDiedError: it took more time or memory than it may, or PDFium crashed.
    """
    return _pool.ask(request, data)


def write(pipe: IO[bytes], message: dict[str, Any], raw: bytes | memoryview) -> None:
    pipe.write(json.dumps({**message, "bytes": len(raw)}).encode("ascii") + b"\n")
    pipe.write(raw)
    pipe.flush()


def read(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """The next message; None at the end."""
    line = pipe.readline()
    if not line.endswith(b"\n"):
        return None
    message: dict[str, Any] = json.loads(line)
    raw = pipe.read(message["bytes"])
    return (message, raw) if len(raw) == message["bytes"] else None


_pool = _Pool()


def _start_anew() -> None:
    """A forked process must not share its parent's pipes, nor a lock that a thread there holds."""
    global _pool
    _pool = _Pool()


atexit.register(lambda: _pool.close())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
