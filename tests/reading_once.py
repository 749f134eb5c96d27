"""Pages of the same picture are read once for all tests of a run.

Reading one takes one to five seconds of OCR, most tests draw the same few pages, and few of them
are about reading. What is remembered is what `build_index` really gave: in this process, and in a
folder for the run's other processes, which are test workers and apps that tests start.
"""

import atexit
import hashlib
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from engine.core.schema import Page
from engine.core.settings import PreprocessSettings, Settings
from engine.index.page_index import PageIndex

BuildIndex = Callable[..., PageIndex]
_FOLDER = "SCANCHAT_TESTS_READINGS"


def _folder() -> Path:
    """The run's folder; the process that makes it deletes it at its end."""
    if _FOLDER not in os.environ:
        os.environ[_FOLDER] = tempfile.mkdtemp(prefix="scanchat-readings-")
        atexit.register(shutil.rmtree, os.environ[_FOLDER], ignore_errors=True)
    return Path(os.environ[_FOLDER])


def reading_once(build_index: BuildIndex) -> BuildIndex:
    """build_index as the engine calls it, remembering; a failure is not remembered."""
    folder = _folder()
    known: dict[str, PageIndex] = {}

    def read(page: Page, settings: Settings, *, preprocess: PreprocessSettings) -> PageIndex:
        image = page.load_image()
        picture = hashlib.sha256(image.tobytes()).hexdigest()
        asked = repr((picture, image.size, page.load_words(), settings.ocr, preprocess))
        key = hashlib.sha256(asked.encode()).hexdigest()
        if key not in known:
            path = folder / key
            if path.is_file():
                known[key] = pickle.loads(path.read_bytes())
            else:
                known[key] = build_index(page, settings, preprocess=preprocess)
                _keep(known[key], path)
        # The same picture may be a page of another document.
        return replace(known[key], document_id=page.document_id, page_index=page.page_index)

    return read


def _keep(index: PageIndex, path: Path) -> None:
    """Whole or not at all: another process may look for it meanwhile."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(pickle.dumps(index))
    Path(file.name).replace(path)
