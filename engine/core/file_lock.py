"""A file that one process holds locked, so that others see that a folder is in use.

The system releases the lock when the process ends, however it ends: a crash leaves nothing behind
that has to be cleared away. flock(2) on POSIX, LockFile (msvcrt.locking) on Windows. Children
started with `subprocess` do not inherit the lock; a forked child holds it until it ends, too.
"""

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class FileLock:
    """A lock that is held. Make one with `try_lock`."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        """Let another process have the lock. The file stays."""
        os.close(self._handle)


def try_lock(path: Path) -> FileLock | None:
    """Lock a file, which is made for this user alone where there is none; never waits.

    Returns:
        None where somebody else holds the lock, this process included.
    Raises:
        OSError: the file cannot be made, or lies where nothing can be locked.
    """
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        os.close(handle)
        return None
    except OSError:
        os.close(handle)
        raise
    return FileLock(handle)
