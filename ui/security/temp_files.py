"""A temporary folder of this process for uploads and display pictures, deleted when it ends.

Gradio shares one folder among all its apps and deletes old files only while an app runs. The scans
and page pictures of a killed app would stay there for ever.
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
# File in a folder that names the owning process.
_OWNER: Final = ".owner"
# A folder without an owner file may be new: it is created first. It counts as left after this time.
_UNOWNED_SECONDS: Final = 24 * 3600.0


def use_own_folder() -> Path:
    """Make Gradio store uploads in a new folder, and delete the folders of ended processes.

    The folder is inside $GRADIO_TEMP_DIR or, without it, inside Gradio's default folder;
    $GRADIO_TEMP_DIR names the new folder from then on. Call this before creating components: each
    one records the upload folder. If no folder can be created, Gradio's folder is used, and an
    upload that fails reports the error to its sender.

    Returns:
        The folder in use.
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
    # A process forked from this one also runs this handler, and must not delete the folder.
    atexit.register(_clear, folder, os.getpid())
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
    """Delete the folders of processes that have ended."""
    for folder in root.glob(f"{_PREFIX}*"):
        try:
            if (folder / _LOCK).exists():
                lock = try_lock(folder / _LOCK)
                if lock is not None:
                    _clear(folder, lock, os.getpid())
            elif folder.is_dir() and time.time() - folder.stat().st_mtime > _UNLOCKED_SECONDS:
                shutil.rmtree(folder)
        except OSError as error:  # another user's folder, or another process deleted it first
            logger.info("a folder of an earlier run stays: %s", error)
