"""Page indexes of a drawn set: index/NAME.pkl, as OCR reads the picture docs/NAME.

Reading takes seconds a page, so a page whose index is stored is not read again.
"""

from __future__ import annotations

import pickle
from pathlib import Path

from PIL import Image

from engine.core.schema import Page
from engine.core.settings_file import load_settings
from engine.index.builder import build_index


def store_index(folder: Path, name: str, image: Image.Image) -> None:
    """Read a page by OCR and store its index, unless the folder has it.

    Args:
        folder: of the set.
        name: of the picture inside docs/.
        image: the picture, RGB.
    Raises:
        EngineError: see engine.index.builder.build_index.
    """
    stored = folder / "index" / f"{name}.pkl"
    if stored.exists():
        return
    page = Page(f"docs/{name}", 0, image.width, image.height, lambda: image)
    stored.parent.mkdir(exist_ok=True)
    # Half a file would count as a page that is read.
    part = stored.with_suffix(".part")
    part.write_bytes(pickle.dumps(build_index(page, load_settings())))
    part.replace(stored)
