"""Parser of the boxes that Qwen's models write in answers and in layouts.

Qwen2-VL (report arXiv:2409.12191, section 3.1) writes thousandths of the image between special
tokens. Qwen2.5-VL (arXiv:2502.13923) and Qwen3-VL write JSON: Qwen2.5-VL in pixels of the resized
image, Qwen3-VL in thousandths.

    <|object_ref_start|>total<|object_ref_end|><|box_start|>(12,40),(80,60)<|box_end|>
    ```json
    [{"bbox_2d": [12, 40, 80, 60], "label": "total"}]
    ```
"""

import re
from typing import Final

from engine.core.schema import Notice
from engine.layout.cells import Cell, Collector, category_of
from engine.layout.dots_json import DotsJsonParser

_NUMBER: Final = r"\s*(-?\d+(?:\.\d+)?)\s*"
_TAGGED: Final = re.compile(
    r"(?:<\|object_ref_start\|>(?P<label>[^<]{0,2000})<\|object_ref_end\|>\s*)?"
    rf"<\|box_start\|>\s*\({_NUMBER},{_NUMBER}\)\s*,\s*\({_NUMBER},{_NUMBER}\)\s*<\|box_end\|>"
)
_END: Final = "<|box_end|>"


class QwenBoxParser:
    """A CellParser (see engine.layout.cells) for both forms."""

    def __init__(self) -> None:
        self._json = DotsJsonParser(default_category="Text")
        self._collector = Collector()
        self._text = ""

    @property
    def warnings(self) -> list[Notice]:
        return [*self._collector.warnings, *self._json.warnings]

    def feed(self, text: str) -> list[Cell]:
        self._text += text
        found: list[Cell] = []
        while _END in self._text:
            tagged, self._text = self._text.split(_END, 1)
            found += self._tagged(tagged + _END)
        # A label and its box are shorter than this.
        self._text = self._text[-4000:]
        return [*found, *self._json.feed(text)]

    def close(self, *, cut: bool = False, loop: int = 0) -> list[Cell]:
        self._text = ""
        return self._json.close(cut=cut, loop=loop)

    def _tagged(self, text: str) -> list[Cell]:
        match = next(_TAGGED.finditer(text), None)
        if match is None:
            self._collector.counts["layout.bad_box", ""] += 1
            return []
        label = (match["label"] or "").strip()
        category = category_of(label)
        numbers = match.groups()[1:]
        cell = self._collector.cell(numbers, category or "Text", "" if category else label)
        return [] if cell is None else [cell]
