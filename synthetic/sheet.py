"""A canvas with the elements of documents, and the questions that a template asks of its page.

The elements are label-value pairs, tables, logos, stamps and signatures.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from . import filler, fonts, phrases
from .artwork import Artwork
from .canvas import Color, plain
from .truth import Box, Question, union
from .values import Values, spellings
from .values_en import English
from .values_ru import Russian

INKS: list[Color] = [(25, 25, 28), (25, 25, 28), (15, 15, 15), (50, 50, 55), (20, 25, 60)]
UNANSWERABLE_SHARE = 0.08


@dataclass
class Cell:
    """A table cell, `span` columns wide and `down` rows high; covered cells of rows are None."""

    text: str
    span: int = 1
    down: int = 1
    align: str = ""
    style: str = ""


Row = Sequence["Cell | str | None"]


class Sheet(Artwork):
    """A canvas with random values of its language, document elements, and a list of questions."""

    def __init__(
        self,
        kind: str,
        language: str,
        split: str,
        rng: random.Random,
        pixels_wide: int,
        height: float = 1414,
        look: str = "any",
        bundled_only: bool = False,
    ) -> None:
        every = fonts.families(language, bundled_only)
        fitting = (
            [f for f in every if f.look == look]
            or [f for f in every if f.look != "mono"]
            or list(every)
        )
        super().__init__(pixels_wide, height, language, rng.choice(fitting), rng.choice(INKS))
        self.kind, self.split, self.rng = kind, split, rng
        self.en, self.ru = English(rng), Russian(rng)
        self.v: Values = self.en if language == "en" else self.ru
        self.today = self.v.day()
        self.fields: dict[str, str] = {}
        self.custom: list[tuple[str, str, str]] = []
        self.counted: list[tuple[str, int, str]] = []
        self.absent: list[str] = []

    # -- words ------------------------------------------------------------------------------------

    def t(self, en: str, ru: str) -> str:
        """The wording in the page's language; "a|b|c" gives one of several."""
        return self.rng.choice((en if self.language == "en" else ru).split("|"))

    def mark(self, key: str, value: str) -> str:
        """Record a value under a key and return it as marked-up text."""
        self.fields.setdefault(key, value)
        return f"{{{key}={value}}}"

    def near(self, first: int = 0, last: int = 0) -> date:
        """A random day, `first` to `last` days after the page's date (before it, if negative)."""
        return self.today + timedelta(days=self.rng.randint(first, last))

    def padded(self, theme: str, facts: list[str], low: int, high: int) -> list[str]:
        """Paragraphs with facts among `low` to `high` paragraphs without any."""
        extra = filler.paragraphs(self.rng, self.language, theme, self.rng.randint(low, high))
        return filler.mixed(self.rng, facts, extra)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    # -- questions --------------------------------------------------------------------------------

    def ask(self, key: str, kind: str, en: str, ru: str) -> None:
        """Add a question about a marked value in the template's words ("a|b": several wordings)."""
        self.custom.append((key, kind, self.t(en, ru)))

    def count(self, prefix: str, number: int, en: str, ru: str) -> None:
        """Ask how many values are marked with keys that start with `prefix`.

        The number itself is not printed.
        """
        self.counted.append((prefix, number, self.t(en, ru)))

    def cannot_tell(self, en: str, ru: str) -> None:
        """Add a question near the page's subject that the page does not answer."""
        self.absent += (en if self.language == "en" else ru).split("|")

    def questions(self) -> list[Question]:
        """Questions on all marked values, with boxes of the clean picture."""
        out: list[Question] = []
        asked = {key for key, _, _ in self.custom}
        for key, kind, text in self.custom:
            if key in self.marks:
                out.append(self._question(text, key, kind))
        for key in self.marks:
            if key in asked:
                continue
            wordings = phrases.fitting(self.kind, self.language, self.split, key, self.fields)
            if wordings:
                kind, text = self.rng.choice(wordings)
                out.append(self._question(text, key, kind))
        for prefix, number, text in self.counted:
            boxes = [
                b
                for k, found in self.marks.items()
                if k.startswith(prefix)
                for o in found
                for b in o.boxes
            ]
            if boxes:
                answers = spellings(str(number), self.language)
                out.append(Question(text, answers, [union(boxes)], "count", prefix, printed=False))
        return out + self._unanswerable(len(out))

    def _question(self, text: str, key: str, kind: str) -> Question:
        boxes: list[Box] = [union(found.boxes) for found in self.marks[key]]
        return Question(text, spellings(self.values[key], self.language), boxes, kind, key)

    def _unanswerable(self, answered: int) -> list[Question]:
        pool = list(self.absent)
        pool += phrases.not_on_page(
            self.kind, self.language, self.split, set(self.marks), self.fields
        )
        expected = answered * UNANSWERABLE_SHARE / (1 - UNANSWERABLE_SHARE)
        number = int(expected) + (self.rng.random() < expected % 1)
        self.rng.shuffle(pool)
        return [Question(text, [], [], "none") for text in pool[:number]]

    # -- pieces -----------------------------------------------------------------------------------

    def pairs(
        self,
        x: float,
        y: float,
        width: float,
        items: Sequence[tuple[str, str]],
        how: str = "right",
        size: float = 17,
        label: float = 0.4,
        gap: float = 8,
    ) -> float:
        """Draw labels with values; returns the y below, in units.

        how: "right", "dots" (leader between), "far" (value at the right edge), "below" (value under
        the label), "box" (value in a ruled box), "line" (value on a rule).
        """
        for name, value in items:
            if how == "below":
                y = self.line(x, y, name, size * 0.78, width=width)
                y = self.paragraph(x, y, width, value, size, "b") + gap
                continue
            if how == "box":
                self.line(x + 4, y, name, size * 0.72, width=width - 8)
                self.box(x, y + size * 1.05, width, size * 1.75)
                self.line(x + 8, y + size * 1.35, value, size, width=width - 16)
                y += size * 2.8 + gap
                continue
            left = x + width * label
            if how == "far":
                self.line(x, y, name, size, width=width * label)
                y = self.line(left, y, value, size, "b", "right", width * (1 - label)) + gap
                continue
            low = self.paragraph(x, y, width * label - 10, name, size, leading=1.25)
            if how == "dots":
                start = x + min(self.measure(name, size), width * label - 10) + 6
                self.rule(start, y + size, left - 6, y + size, 1, dash=3)
            end = self.paragraph(
                left, y, width * (1 - label), value, size, "b" if how == "dots" else ""
            )
            if how == "line":
                self.rule(left, end + 1, x + width, end + 1, 0.8)
            y = max(low, end) + gap
        return y

    def table(
        self,
        x: float,
        y: float,
        widths: Sequence[float],
        rows: Sequence[Row],
        head: int = 1,
        size: float = 15,
        aligns: str = "",
        rules: str = "grid",
        pad: float = 6,
        shade: Color | None = None,
        zebra: bool = False,
    ) -> float:
        """Draw a table as one region; returns the y below, in units.

        The first `head` rows are headers. aligns: a letter l, c or r per column. rules: "grid",
        "rows", "head" (above and below the header and at the end), "none", "frame".
        """
        aligns = (aligns or "l" * len(widths)).ljust(len(widths), "l")
        names = {"l": "left", "c": "center", "r": "right"}
        edges = [x]
        for w in widths:
            edges.append(edges[-1] + w)
        grid = [[Cell(c) if isinstance(c, str) else c for c in row] for row in rows]
        heights = []
        for r, row in enumerate(grid):
            tall = size * 1.3
            for c, cell in enumerate(row):
                if cell is not None and cell.down == 1:
                    room = edges[c + cell.span] - edges[c] - 2 * pad
                    tall = max(
                        tall,
                        self._lines(cell.text, size, "b" if r < head else cell.style, room)
                        * size
                        * 1.25,
                    )
            heights.append(tall + 2 * pad)
        with self.region("Table"):
            top = y
            for r in range(len(grid)):
                filled = shade if r < head else ((244, 244, 246) if zebra and r % 2 else None)
                if filled:
                    self.box(x, y, edges[-1] - x, heights[r], 0, fill=filled)
                y += heights[r]
            y = top
            for r, row in enumerate(grid):
                for c, cell in enumerate(row):
                    if cell is None:
                        continue
                    wide = edges[c + cell.span] - edges[c]
                    high = sum(heights[r : r + cell.down])
                    style = cell.style or ("b" if r < head else "")
                    align = cell.align or ("center" if r < head else names[aligns[c]])
                    count = self._lines(cell.text, size, style, wide - 2 * pad)
                    shift = (high - count * size * 1.25) / 2
                    self.paragraph(
                        edges[c] + pad,
                        y + shift,
                        wide - 2 * pad,
                        cell.text,
                        size,
                        style,
                        1.25,
                        align=align,
                    )
                    if rules == "grid":
                        self.box(edges[c], y, wide, high, 1)
                if rules == "rows" or (rules == "head" and r in (0, head)):
                    self.rule(x, y, edges[-1], y, 1)
                y += heights[r]
            if rules in ("rows", "head"):
                self.rule(x, y, edges[-1], y, 1.2)
            if rules == "frame":
                self.box(x, top, edges[-1] - x, y - top, 1.5)
            self.touch(x, top, edges[-1], y)
        return y

    def _lines(self, text: str, size: float, style: str, room: float) -> int:
        font, used, count = self.font(size, style), 0.0, 1
        space = font.getlength(" ")
        for word in plain(text).split():
            need = font.getlength(word)
            if used and used + need > room * self.scale:
                count, used = count + 1, 0.0
            used += need + space
        return count
