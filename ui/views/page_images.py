"""Display pictures of pages: small files that the browser loads from an unguessable URL.

A page at 200 dpi is several megabytes. The screen gets a WebP of at most 1600 pixels on the long
side, written once. The files are in Gradio's upload folder, so its file route serves them behind
its login. Each screen state has its own directory there, named by 192 random bits.
"""

import secrets
import shutil
from pathlib import Path
from typing import Final

from gradio.utils import get_upload_folder
from PIL import Image

from engine import Page

LONG_SIDE: Final = 1600  # pixels
_THUMBNAIL_SIDE: Final = 360  # pixels
_STRIP_SIDE: Final = 200  # pixels; shown at 84 CSS pixels, also on screens of double density
_QUALITY: Final = 82


def new_folder() -> Path:
    """Create a new private directory from which Gradio serves files."""
    folder = Path(get_upload_folder()).resolve() / f"scanchat-{secrets.token_urlsafe(24)}"
    folder.mkdir(parents=True, mode=0o700)
    return folder


def write_page(page: Page, folder: Path) -> Path:
    """Write the page's display picture and return its path.

    Raises:
        DocumentError: the file is broken at this page.
    """
    target = folder / f"{secrets.token_urlsafe(12)}.webp"
    _reduced(page.load_image(), LONG_SIDE).save(target, "WEBP", quality=_QUALITY, method=2)
    return target


def write_small(page: Page, shown: Path | None, folder: Path) -> Path:
    """Write the page's thumbnail for the strip and return its path.

    Args:
        shown: the page's display picture if it exists; it is faster to shrink than the page.
    Raises:
        DocumentError: the file is broken at this page.
    """
    target = folder / f"{secrets.token_urlsafe(12)}.webp"
    if shown is None:
        small = _reduced(page.load_image(), _STRIP_SIDE)
    else:
        with Image.open(shown) as image:
            small = _reduced(image.convert("RGB"), _STRIP_SIDE)
    small.save(target, "WEBP", quality=_QUALITY, method=2)
    return target


def write_thumbnail(source: Path, folder: Path) -> Path:
    """Write a small picture of an example and return its path."""
    target = folder / f"{source.stem}.webp"
    with Image.open(source) as image:
        _reduced(image.convert("RGB"), _THUMBNAIL_SIDE).save(target, "WEBP", quality=_QUALITY)
    return target


def remove(folder: Path | None) -> None:
    """Delete the folder of a screen state's pictures, if there is one."""
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _reduced(image: Image.Image, side: int) -> Image.Image:
    scale = side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    # reducing_gap makes shrinking a large page cheap, with no visible loss.
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
