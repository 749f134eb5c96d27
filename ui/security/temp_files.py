"""A folder of this process's own for what browsers send and are shown; it goes with the process.

Gradio has one folder for all its apps and all times, and empties it by age while an app runs: of an
app that was killed, the scans and the pictures of their pages would lie there for good.
"""

import atexit
import logging
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Final

from gradio.utils import get_upload_folder

from engine.core.file_lock import FileLock, try_lock

logger = logging.getLogger(__name__)

_VARIABLE: Final = "GRADIO_TEMP_DIR"
_PREFIX: Final = "scanchat-"
# In a folder: held locked by the process whose it is.
_LOCK: Final = ".lock"
# A folder is made before its lock.
_UNLOCKED_SECONDS: Final = 24 * 3600.0


def use_own_folder() -> Path:
    """Have Gradio keep uploads in a new folder, and delete those of processes that are gone.

    It lies where $GRADIO_TEMP_DIR says, which names it from now on, or where Gradio's own would.
    Call it before a component is made: each notes where uploads lie. Where no folder can be made,
    Gradio's own stays; what an upload then meets is told to who sent it.
    """
    root = Path(get_upload_folder()).resolve()
    try:
        root.mkdir(parents=True, exist_ok=True)
        _clear_left(root)
        folder, lock = _new_folder(root)
    except OSError as error:
        logger.warning("uploads lie in Gradio's folder, for no other can be made: %s", error)
        return root
    os.environ[_VARIABLE] = str(folder)
    # A process that was forked from this one ends, too, and must leave it alone.
    atexit.register(_clear, folder, lock, os.getpid())
    return folder


def _new_folder(root: Path) -> tuple[Path, FileLock]:
    while True:
        folder = root / f"{_PREFIX}{secrets.token_urlsafe(24)}"
        folder.mkdir(mode=0o700)
        lock = try_lock(folder / _LOCK)
        # Between the file and its lock, another app that starts may have taken the folder for left.
        if lock is not None and (folder / _LOCK).exists():
            return folder, lock


def _clear(folder: Path, lock: FileLock, pid: int) -> None:
    if os.getpid() == pid:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
        # Windows deletes no open file.
        shutil.rmtree(folder, ignore_errors=True)


def _clear_left(root: Path) -> None:
    """Delete the folders of processes that are gone."""
    for folder in root.glob(f"{_PREFIX}*"):
        try:
            if (folder / _LOCK).exists():
                lock = try_lock(folder / _LOCK)
                if lock is not None:
                    _clear(folder, lock, os.getpid())
            elif folder.is_dir() and time.time() - folder.stat().st_mtime > _UNLOCKED_SECONDS:
                shutil.rmtree(folder)
        except OSError as error:  # another user's, or another process was quicker
            logger.info("a folder of an earlier run stays: %s", error)
