"""Parser of dots.mocr's output for text in photos.

    (x1, y1), (x2, y2), (x3, y3), (x4, y4) text (x1, y1), ...

Each cell has the four corners of a rotated box in pixels of the resized image, then its words up to
the next corners. Source: dots_ocr/utils/layout_utils.py of rednote-hilab's repository
(prompt_scene_spotting).
"""

import re
from itertools import pairwise
from typing import Final

from engine.core.schema import Notice
from engine.layout.cells import Cell, Collector

_CORNERS: Final = re.compile(r"(?:\(\s*-?\d{1,6}\s*,\s*-?\d{1,6}\s*\)\s*,?\s*){4}")
_NUMBER: Final = re.compile(r"-?\d+")


class SceneTextParser:
    """A CellParser (see engine.layout.cells). A cell ends where the next corners begin."""

    def __init__(self) -> None:
        self._collector = Collector()
        self._text = ""

    @property
    def warnings(self) -> list[Notice]:
        return self._collector.warnings

    def feed(self, text: str) -> list[Cell]:
        self._text += text
        starts = list(_CORNERS.finditer(self._text))
        if len(starts) < 2:
            return []
        found = [
            self._cell(corners[0], self._text[corners.end() : following.start()])
            for corners, following in pairwise(starts)
        ]
        self._text = self._text[starts[-1].start() :]
        return [cell for cell in found if cell is not None]

    def close(self, *, cut: bool = False, loop: int = 0) -> list[Cell]:
        text, self._text = self._text[: max(len(self._text) - loop, 0)], ""
        corners = _CORNERS.search(text)
        if corners is None or cut:
            return []
        cell = self._cell(corners[0], text[corners.end() :])
        return [] if cell is None else [cell]

    def _cell(self, corners: str, text: str) -> Cell | None:
        numbers = [int(number) for number in _NUMBER.findall(corners)]
        across, down = numbers[::2], numbers[1::2]
        box = (min(across), min(down), max(across), max(down))
        return self._collector.cell(box, "Text", text)
