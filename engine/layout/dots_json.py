"""Streaming parser of JSON lists of cells, the output format of dots.ocr.

    [{"bbox": [x1, y1, x2, y2], "category": "Text", "text": "..."}, ...]

The parser reads a cell when its brace closes: first as strict JSON, then after repair. Pydantic
checks the result. The model may spoil a cell (one quote too many, one brace too few). Such a cell
ends where the next one visibly begins, and its readable part is recovered. Qwen's keys (`bbox_2d`,
`label`, `text_content`) are accepted too.
"""

import json
import re
from typing import Any, Final

from json_repair import repair_json
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator

from engine.core.schema import Notice
from engine.layout.cells import Cell, Collector, category_of

# A cell begins here even if the quotes before it are unbalanced: a valid string would escape this
# quote.
_START: Final = re.compile(r'\{\s*"(?:bbox|bbox_2d|category|label|text|text_content)"\s*:')
# The end of the text so far, which may still grow into the start of a cell.
_MAYBE_START: Final = re.compile(r'\{\s*(?:"[a-z_0-9]{0,12}(?:"\s*)?)?')
_HAS_BOX: Final = re.compile(r'"?bbox(?:_2d)?"?\s*:')
_HAS_WORDS: Final = re.compile(r'"(?:text|text_content|content|label)"\s*:')

# json-repair receives arbitrary text; what it fails on is no cell.
_CHOKED: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


class _Raw(BaseModel):
    """JSON object of one cell, with the keys of dots.ocr or Qwen. Unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore")

    bbox: list[float] = Field(validation_alias=AliasChoices("bbox", "bbox_2d"))
    category: str = ""
    label: str = ""
    text: str = Field("", validation_alias=AliasChoices("text", "text_content", "content"))

    @field_validator("category", "label", "text", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> str:
        if isinstance(value, list):
            return "\n".join(str(item) for item in value)
        return "" if value is None else str(value)


class DotsJsonParser:
    """A CellParser (see engine.layout.cells) for JSON.

    Args:
        default_category: category of a cell that names none; "" reports it as unknown.
    """

    def __init__(self, *, default_category: str = "") -> None:
        self._default = default_category
        self._collector = Collector()
        self._text = ""
        self._at = 0
        self._in_string = False
        # Position of each open brace, and whether a cell was found inside it.
        self._open: list[tuple[int, bool]] = []

    @property
    def warnings(self) -> list[Notice]:
        return self._collector.warnings

    def feed(self, text: str) -> list[Cell]:
        self._text += text
        found = self._scan(ended=False)
        self._forget()
        return found

    def close(self, *, cut: bool = False, loop: int = 0) -> list[Cell]:
        found = self._scan(ended=True)
        if loop:
            self._drop(loop)
        if not cut:
            found += self._give_up()
        self._text, self._at, self._open, self._in_string = "", 0, [], False
        return found

    def _scan(self, *, ended: bool) -> list[Cell]:
        """Scan the new characters. Stops where the decision needs characters to come."""
        found: list[Cell] = []
        text = self._text
        while self._at < len(text):
            character = text[self._at]
            if character == "{":
                if not ended and _MAYBE_START.fullmatch(text, self._at):
                    break
                if _START.match(text, self._at):
                    found += self._give_up()
                    self._open.append((self._at, False))
                elif not self._in_string:
                    self._open.append((self._at, False))
            elif character == "\\" and self._in_string:
                self._at += 1
            elif character == '"':
                self._in_string = bool(self._open) and not self._in_string
            elif character == "}" and not self._in_string and self._open:
                start, has_cell = self._open.pop()
                cells = [] if has_cell else self._read(text[start : self._at + 1])
                found += cells
                if self._open and (cells or has_cell):
                    self._open[-1] = (self._open[-1][0], True)
            self._at += 1
        return found

    def _give_up(self) -> list[Cell]:
        """Recover what it can of an unclosed cell; all text up to this position belongs to it."""
        self._in_string = False
        for place, (start, _) in enumerate(self._open):
            if _START.match(self._text, start):
                has_cell = any(inner for _, inner in self._open[place:])
                del self._open[place:]
                return [] if has_cell else self._read(self._text[start : self._at])
        return []

    def _drop(self, loop: int) -> None:
        """Drop the text of a loop. An open cell stays if its text key came before the loop."""
        self._at = max(len(self._text) - loop, 0)
        self._text = self._text[: self._at]
        self._open = [
            (start, has_cell)
            for start, has_cell in self._open
            if has_cell or _HAS_WORDS.search(self._text, start)
        ]

    def _read(self, text: str) -> list[Cell]:
        """Return the cell in one object's text, or [] where there is none."""
        if not _HAS_BOX.search(text):
            return []
        value = _strict(text)
        if value is None:
            value = _repaired(text)
            self._collector.counts["layout.repaired", ""] += 1
        try:
            raw = _Raw.model_validate(value)
        except ValidationError:
            self._collector.counts["layout.bad_box", ""] += 1
            return []
        category, content = raw.category, raw.text
        if not category.strip():
            # A label is either a category or the words that the model was asked to find.
            category = raw.label if category_of(raw.label) else self._default
            content = content or ("" if category_of(raw.label) else raw.label)
        cell = self._collector.cell(raw.bbox, category, content)
        return [] if cell is None else [cell]

    def _forget(self) -> None:
        """Drop text that no open cell needs. Parsing a page thus takes linear time."""
        keep = self._open[0][0] if self._open else self._at
        keep = min(keep, self._at)
        if keep:
            self._text = self._text[keep:]
            self._at -= keep
            self._open = [(start - keep, has_cell) for start, has_cell in self._open]


def _strict(text: str) -> Any:
    try:
        # Raw line breaks in strings are common and harmless.
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _repaired(text: str) -> Any:
    try:
        value = repair_json(text, return_objects=True, skip_json_loads=True)
    except _CHOKED:
        return None
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, dict)), None)
    return value
