"""Tesseract as a subprocess: Russian and English words with boxes.

It calls the program directly, without a Python wrapper, and parses its TSV output. It does not
rotate pages. engine.ocr.reader decides when Tesseract is used.

Try it: `python -c "from engine.ocr import tesseract; print(tesseract.available())"`
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from engine.core.errors import OcrError
from engine.core.schema import Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LANGUAGES = ("rus", "eng")
TIMEOUT_SECONDS = 120
AUTO_PAGE = 3
ONE_BLOCK = 6


def available() -> bool:
    """Whether the program and its Russian data are installed. Searches PATH on every call."""
    program = shutil.which("tesseract")
    return program is not None and "rus" in _languages(program)


def read_words(
    picture: NDArray[np.uint8],
    *,
    page_mode: int = AUTO_PAGE,
    languages: Sequence[str] = LANGUAGES,
) -> list[Word]:
    """Recognise the words of an image.

    Args:
        picture: (height, width) grey or (height, width, 3) RGB, uint8, upright.
        page_mode: Tesseract's --psm.
        languages: names of Tesseract's language data; those that are not installed are skipped.
    Returns:
        Words in Tesseract's order; boxes in image pixels, confidence 0 to 1.
    Raises:
        OcrError: Tesseract is missing, failed, or took longer than TIMEOUT_SECONDS.
    """
    from PIL import Image

    program = shutil.which("tesseract")
    if program is None:
        raise OcrError("ocr.tesseract_failed", detail="not installed")
    known = _languages(program)
    wanted = "+".join(name for name in languages if name in known) or "eng"
    buffer = io.BytesIO()
    Image.fromarray(picture).convert("L").save(buffer, "PNG", compress_level=1)
    command = [program, "-", "-", "-l", wanted, "--psm", str(page_mode), "--dpi", "200", "tsv"]
    # One thread per process: Tesseract's own threads mostly wait for each other. Callers that want
    # more throughput process several images in parallel.
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    try:
        done = subprocess.run(
            command,
            input=buffer.getvalue(),
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            env=environment,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        detail = f"no result in {TIMEOUT_SECONDS} s"
        raise OcrError("ocr.tesseract_failed", detail=detail) from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise OcrError("ocr.tesseract_failed", detail=type(error).__name__) from error
    return _words(done.stdout.decode("utf-8", errors="replace"))


def _words(tsv: str) -> list[Word]:
    """The level-5 rows (words) of Tesseract's TSV."""
    words = []
    for row in tsv.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != "5" or not cells[11].strip():
            continue
        x, y, width, height = (float(cell) for cell in cells[6:10])
        confidence = max(0.0, float(cells[10])) / 100
        words.append(Word(cells[11].strip(), (x, y, x + width, y + height), confidence))
    return words


@cache
def _languages(program: str) -> frozenset[str]:
    try:
        done = subprocess.run(
            [program, "--list-langs"], capture_output=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(done.stdout.decode("utf-8", errors="replace").split())
