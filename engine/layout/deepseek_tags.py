"""Parser of DeepSeek-OCR's tagged text.

    <|ref|>label<|/ref|><|det|>[[x0, y0, x1, y1], ...]<|/det|>
    the text of that region, up to the next <|ref|>

Coordinates run from 0 to 999 along both sides of the page (pixel = value / 999 * side). The model's
frame is therefore (999, 999). Source: DeepSeek-OCR (arXiv:2510.18234) and its published examples.
"""

import re
from typing import Final

from engine.core.schema import Notice
from engine.layout.cells import Cell, Collector, category_of

_OPEN: Final = "<|ref|>"
_TAGGED: Final = re.compile(
    r"\s*(?P<label>[^<]*)<\|/ref\|>\s*<\|det\|>(?P<boxes>[^<]*)<\|/det\|>(?P<text>.*)", re.DOTALL
)
_BOX: Final = re.compile(r"\[([^\[\]]*)\]")
_CENTRED: Final = re.compile(r"</?center>", re.IGNORECASE)


class DeepseekTagParser:
    """A CellParser (see engine.layout.cells). A cell ends where the next tag begins."""

    def __init__(self) -> None:
        self._collector = Collector()
        self._text = ""
        self._begun = False

    @property
    def warnings(self) -> list[Notice]:
        return self._collector.warnings

    def feed(self, text: str) -> list[Cell]:
        self._text += text
        found: list[Cell] = []
        while _OPEN in self._text:
            before, self._text = self._text.split(_OPEN, 1)
            if self._begun:
                found += self._read(before)
            self._begun = True
        return found

    def close(self, *, cut: bool = False, loop: int = 0) -> list[Cell]:
        text, self._text = self._text[: max(len(self._text) - loop, 0)], ""
        begun, self._begun = self._begun, False
        return self._read(text) if begun and not cut and (text or not loop) else []

    def _read(self, text: str) -> list[Cell]:
        match = _TAGGED.fullmatch(text)
        if match is None:
            self._collector.counts["layout.bad_box", ""] += 1
            return []
        label, content = match["label"].strip(), _CENTRED.sub("", match["text"]).strip()
        category = category_of(label)
        if category is None:
            # The label is no category: it repeats the words that the model was asked to find.
            category, content = "Text", content or label
        boxes = _BOX.findall(match["boxes"]) or [""]
        cells = [
            # Several boxes share one text; only the first box carries it.
            self._collector.cell(box.split(","), category, content if number == 0 else "")
            for number, box in enumerate(boxes)
        ]
        return [cell for cell in cells if cell is not None]
