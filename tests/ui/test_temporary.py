"""What an earlier run of the app left is deleted, and nothing else; the new folder is its own."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from engine.core.file_lock import try_lock
from ui.security.temp_files import use_own_folder

CRASH = """
import os
from ui.security.temp_files import use_own_folder
print(use_own_folder())
os._exit(9)
"""
FORK = """
import os, sys
from ui.security.temp_files import use_own_folder
folder = use_own_folder()
(folder / "scan.png").write_bytes(b"a page")
if os.fork() == 0:
    sys.exit()
os.wait()
print(folder.exists())
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "gradio"
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(root))
    return root


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def test_uploads_go_to_a_folder_that_only_this_user_opens(root: Path) -> None:
    folder = use_own_folder()
    assert folder.parent == root
    assert get_upload_folder() == str(folder)
    if sys.platform != "win32":
        assert folder.stat().st_mode & 0o777 == 0o700


def test_the_scans_of_an_app_that_was_killed_go_when_the_next_one_starts(root: Path) -> None:
    left = Path(run(CRASH))
    assert left.parent == root and left.is_dir()
    (left / "scan.png").write_bytes(b"a page")
    mine = use_own_folder()
    assert list(root.iterdir()) == [mine]


def test_what_runs_and_what_is_not_ours_stays(root: Path) -> None:
    running, old, unowned = (root / name for name in ("scanchat-a", "scanchat-b", "scanchat-c"))
    other = root / "9f8e" / "scan.png"
    for folder in (running, old, unowned, other.parent):
        folder.mkdir(parents=True)
    other.write_bytes(b"another app's")
    lock = try_lock(running / ".lock")
    assert lock is not None
    day = time.time() - 25 * 3600
    os.utime(old, (day, day))  # of a version that locked nothing
    mine = use_own_folder()
    assert set(root.iterdir()) == {running, unowned, other.parent, mine}
    assert other.read_bytes() == b"another app's"
    lock.release()


def test_where_no_folder_can_be_made_the_app_starts_with_gradios(root: Path) -> None:
    root.write_bytes(b"a file in its place")
    assert use_own_folder() == root
    assert get_upload_folder() == str(root)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_the_folder_goes_with_its_process_and_not_with_one_forked_from_it(root: Path) -> None:
    assert run(FORK) == "True"
    assert list(root.iterdir()) == []
