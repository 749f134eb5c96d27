"""Names of running engines, to tell whether the process that was writing an answer is alive.

An owner is "pid:start:engine". A pid alone is not enough: after a restart another process may have
it. The process's start time distinguishes them.
"""

import os
import secrets
from functools import cache
from typing import Final

import psutil

_HERE: Final[set[str]] = set()
# Processes compute their start from the time of boot, which the kernel rounds to seconds.
_SAME_START_SECONDS: Final = 3.0


def new_owner() -> str:
    """The name of one engine in this process, valid until `retire`."""
    owner = f"{os.getpid()}:{_start(os.getpid()):.2f}:{secrets.token_hex(8)}"
    _HERE.add(owner)
    return owner


def retire(owner: str) -> None:
    """Mark an engine as closed; its unfinished answers count as cut off."""
    _HERE.discard(owner)


def is_alive(owner: str) -> bool:
    """Whether the engine that wrote this name still runs."""
    pid, _, rest = owner.partition(":")
    start = rest.partition(":")[0]
    if not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return owner in _HERE
    try:
        found = psutil.Process(int(pid))
        alive = found.status() != psutil.STATUS_ZOMBIE
        return bool(alive and abs(found.create_time() - float(start)) < _SAME_START_SECONDS)
    except (psutil.Error, ValueError):
        return False


@cache
def _start(pid: int) -> float:
    """The start time of a process, seconds since 1970."""
    return float(psutil.Process(pid).create_time())
