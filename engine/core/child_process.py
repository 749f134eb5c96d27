"""A Python module in a process of its own, and the messages between it and the app.

Both talk over the child's standard input and output. A pipe ends with the process at its other end,
however that ended, so neither side needs anything else to notice: the app's `receive` raises when
the child is gone, and the child's when the app is, so that no child outlives the app.

Not `multiprocessing`'s spawn, which runs the app's main module again in the child.

    app:    child = ChildProcess("package.module", os.environ); child.send(b"..."); child.receive()
    child:  channel = channel_to_app(); channel.receive(); channel.send(b"...")
"""

import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Final

# Before each message, its bytes. Four bytes: one that lies about it costs address space alone.
_LENGTH: Final = struct.Struct("!I")


class Channel:
    """Messages, each any bytes below 4 GiB. Any thread may send; one at a time receives."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._sending = threading.Lock()

    def send(self, message: bytes | memoryview) -> None:
        """Raises OSError: the other side has ended, or this one was closed."""
        with self._sending:
            if self._outgoing.closed:
                raise BrokenPipeError
            self._outgoing.write(_LENGTH.pack(len(message)))
            self._outgoing.write(message)
            self._outgoing.flush()

    def receive(self) -> bytes:
        """The next message; waits for it. Raises EOFError: the other side has ended."""
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        return self._read(length)

    def _read(self, length: int) -> bytes:
        try:
            data = self._incoming.read(length)
        except ValueError as error:  # `end` closed it meanwhile
            raise EOFError from error
        if len(data) < length:
            raise EOFError
        return data


class ChildProcess(Channel):
    """`python -m module`, running. End it with `end`; it must end itself when its input does.

    Args:
        environment: all of it; PYTHONPATH is added, so that the child imports what this one does.
        is_silent: whether what it writes to its standard error is dropped.
    Raises (constructor):
        OSError: the system starts no more processes.
    """

    def __init__(
        self, module: str, environment: Mapping[str, str], *, is_silent: bool = False
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if is_silent else None,
            env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        super().__init__(self._process.stdout, self._process.stdin)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Kill the process where what is done meanwhile takes longer: `receive` raises then."""
        timer = threading.Timer(seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def end(self, grace_seconds: float = 0.0) -> int:
        """End the process; its `status`. May be called again, and from several threads.

        Args:
            grace_seconds: how long it may take to end by itself, now that its input ends, before it
                is killed.
        """
        # A sender that waits for a child that does not read holds the lock until the child is gone.
        if self._sending.acquire(timeout=grace_seconds):
            with suppress(OSError):
                self._outgoing.close()
            self._sending.release()
        try:
            self._process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
        status = self._process.wait()
        self._incoming.close()
        return status


def channel_to_app() -> Channel:
    """The child's side: call it once, before importing what may print.

    The pipes are taken from standard input and output: what a library prints goes to standard
    error, and what it reads is empty.
    """
    channel = Channel(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return channel
