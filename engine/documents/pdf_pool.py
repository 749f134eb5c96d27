"""Pool of PDFium processes, started on demand.

Each process answers one request at a time (engine/documents/pdf_process.py), so PDFium, which is
not thread-safe, needs no lock. If a process crashes or exceeds its limits of time or memory, only
its current request fails; the next request starts a new process.

A message is JSON, and raw bytes that belong to it: nothing that such a process sends is unpickled.
"""

import atexit
import json
import os
import threading
from typing import Any, Final

from engine.core.child_process import Channel, ChildProcess

# Maximum number of processes. With two, a PDF that uses its whole time does not block the others.
_AT_ONCE: Final = 2
# Wall-clock time. The process limits its own CPU time to far less; this limit is long so that no
# file fails because the machine is busy.
_LONGEST_SECONDS: Final = 60.0
# Allowlist: a process that parses untrusted files must not inherit keys and tokens.
_ENVIRONMENT: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR", "TEMP")


class ProcessDiedError(Exception):
    """The process exited or was killed before it answered."""


class _Pool:
    """At most _AT_ONCE processes; the most recently used idle one is reused first."""

    def __init__(self) -> None:
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._idle: list[ChildProcess] = []
        self._guard = threading.Lock()

    def ask(self, request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """Raises ProcessDiedError."""
        with self._room:
            process = self._taken() or _start()
            try:
                with process.deadline(_LONGEST_SECONDS):
                    write(process, request, data)
                    answer = read(process)
            except (OSError, EOFError, ValueError) as error:
                process.end()
                raise ProcessDiedError from error
            with self._guard:
                self._idle.append(process)
            return answer

    def close(self) -> None:
        while (process := self._taken()) is not None:
            process.end()

    def _taken(self) -> ChildProcess | None:
        """An idle process that lives."""
        with self._guard:
            while self._idle:
                process = self._idle.pop()
                if process.is_alive:
                    return process
        return None


def _start() -> ChildProcess:
    environment = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
    return ChildProcess("engine.documents.pdf_process", environment, is_silent=True)


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


def write(channel: Channel, message: dict[str, Any], raw: bytes | memoryview) -> None:
    """Raises OSError: the other side has ended."""
    channel.send(json.dumps(message).encode("ascii"))
    channel.send(raw)


def read(channel: Channel) -> tuple[dict[str, Any], bytes]:
    """Raises EOFError: the other side has ended. Raises ValueError: it sent no message."""
    return json.loads(channel.receive()), channel.receive()


_pool = _Pool()


def _start_anew() -> None:
    """Replace the pool after a fork: the child must not share the parent's pipes and locks."""
    global _pool
    _pool = _Pool()


atexit.register(lambda: _pool.close())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
