"""Start of a worker process, up to its connection."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
import time
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from typing import Any, Final

from engine.core.errors import ModelError

_START_SECONDS: Final = 120.0
# How often the watch thread checks that the process is alive.
_TICK_SECONDS: Final = 0.5


def start_worker(model_id: str) -> tuple[subprocess.Popen[str], Connection]:
    """Start a worker process and return it with its connection.

    `multiprocessing`'s spawn does not serve: it runs the app's main module again in the child.

    Raises:
        ModelError: the process ended, or did not connect in time.
    """
    key = secrets.token_bytes(32)
    with Listener(authkey=key) as listener:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = subprocess.Popen(
            [sys.executable, "-m", "engine.models.worker", str(listener.address)],
            stdin=subprocess.PIPE,
            text=True,
            env=environment,
        )
        connected = threading.Event()
        watch = threading.Thread(
            target=_watch_start, args=(process, listener.address, connected), daemon=True
        )
        watch.start()
        try:
            if process.stdin is not None:
                with process.stdin as pipe:
                    pipe.write(key.hex() + "\n")
            return process, listener.accept()
        except (OSError, EOFError, AuthenticationError) as error:
            process.kill()
            detail = f"its process ended with status {process.wait()}"
            raise ModelError("model.load_failed", model_id=model_id, detail=detail) from error
        finally:
            connected.set()


def _watch_start(process: subprocess.Popen[str], address: Any, connected: threading.Event) -> None:
    """Unblock `accept` if the process exits or hangs before it connects."""
    deadline = time.monotonic() + _START_SECONDS
    while not connected.wait(_TICK_SECONDS):
        if process.poll() is not None or time.monotonic() > deadline:
            # A connection without the key: `accept` refuses it and returns.
            Client(address).close()
            return
