"""A page canvas that records the place of everything drawn.

Frames: templates work in units in which the page is `WIDTH` (1000) wide, whatever its size in
pixels. Truth (boxes of words, lines and regions) is in pixels of the drawn picture, origin top
left, as x1, y1, x2, y2.

Values that questions ask for are marked in the text itself: "Total due: {total=$120.00}" draws
"Total due: $120.00" and records the place of the value under the key "total".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from PIL import Image, ImageDraw, ImageFont

from . import fonts
from .truth import Box, Line, Region, Word, union

WIDTH = 1000.0
Color = tuple[int, int, int]
BLACK: Color = (25, 25, 28)

_MARK = re.compile(r"\{([\w.]+)=([^{}]*)\}")


@dataclass
class Token:
    """One word of marked-up text: its letters, and which parts of it belong to which key."""

    text: str
    parts: list[tuple[str, int, int]] = field(default_factory=list)


@dataclass
class Occurrence:
    """One place of a marked value: a box (pixels) for each word or part of a word."""

    boxes: list[Box] = field(default_factory=list)


def plain(text: str) -> str:
    """The text as it is drawn, without marks."""
    return _MARK.sub(lambda m: m.group(2), text)


def tokens(text: str) -> tuple[list[Token], dict[str, str]]:
    """Split marked-up text into words; also the marked values by key."""
    # A value that ends in a full stop ("5 руб.", "2 Ltd.") also ends the sentence.
    text = text.replace(".}.", ".}")
    letters: list[tuple[str, str | None]] = []
    values: dict[str, str] = {}
    at = 0
    for match in _MARK.finditer(text):
        letters += [(c, None) for c in text[at : match.start()]]
        letters += [(c, match.group(1)) for c in match.group(2)]
        values[match.group(1)] = match.group(2)
        at = match.end()
    letters += [(c, None) for c in text[at:]]
    out: list[Token] = []
    current: Token | None = None
    for char, key in letters:
        if char.isspace():
            current = None
            continue
        if current is None:
            current = Token("")
            out.append(current)
        spot = len(current.text)
        current.text += char
        if key is None:
            continue
        if current.parts and current.parts[-1][0] == key and current.parts[-1][2] == spot:
            current.parts[-1] = (key, current.parts[-1][1], spot + 1)
        else:
            current.parts.append((key, spot, spot + 1))
    return out, values


class Canvas:
    """A growing page, `height` units high or as high as longer content needs."""

    def __init__(
        self,
        pixels_wide: int,
        height: float,
        language: str,
        family: fonts.Family,
        ink: Color = BLACK,
    ) -> None:
        self.scale = pixels_wide / WIDTH
        self.height = height
        self.language = language
        self.family = family
        self.ink = ink
        self.image = Image.new("RGB", (pixels_wide, round(height * self.scale * 1.6)), "white")
        self.pen = ImageDraw.Draw(self.image)
        self.words: list[Word] = []
        self.lines: list[Line] = []
        self.regions: list[Region] = []
        self.marks: dict[str, list[Occurrence]] = {}
        self.values: dict[str, str] = {}
        self.bottom = 0.0
        self._stack: list[int] = []

    # -- regions ----------------------------------------------------------------------------------

    @contextmanager
    def region(self, category: str) -> Iterator[None]:
        """Group words and shapes drawn inside into one region of a category (dots.ocr's names)."""
        self.regions.append(Region(len(self.regions), category, (0.0, 0.0, 0.0, 0.0)))
        self._stack.append(self.regions[-1].id)
        try:
            yield
        finally:
            self._stack.pop()

    def _grow(self, region: int, box: Box) -> None:
        self.bottom = max(self.bottom, box[3])
        if region >= 0:
            known = self.regions[region].box
            self.regions[region].box = box if known == (0.0, 0.0, 0.0, 0.0) else union([known, box])

    @property
    def _region(self) -> int:
        return self._stack[-1] if self._stack else -1

    # -- text -------------------------------------------------------------------------------------

    def font(
        self, size: float, style: str = "", family: fonts.Family | None = None
    ) -> ImageFont.FreeTypeFont:
        """Font for a size in units (height of the em square)."""
        path = (family or self.family).face(style, self.language)
        return fonts.load(path, max(7, round(size * self.scale)))

    def _font_for(self, word: str, size: float, style: str) -> ImageFont.FreeTypeFont:
        path = self.family.face(style, self.language)
        if fonts.covers(path, word):
            return self.font(size, style)
        return self.font(size, style, fonts.fallback(self.language))

    def measure(self, text: str, size: float, style: str = "") -> float:
        """Width of the text in units, without marks."""
        return self.font(size, style).getlength(plain(text)) / self.scale

    def line(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 17,
        style: str = "",
        align: str = "left",
        width: float | None = None,
        color: Color | None = None,
    ) -> float:
        """Draw one line with its top at y; returns the y below it. All in units.

        With `width` the line is aligned within x..x+width and shrunk if it does not fit. Without it
        "right" and "center" align to the point x.
        """
        items, values = tokens(text)
        if not items:
            return y + size * 1.3
        need = self.measure(text, size, style)
        if width is not None and need > width:
            size, need = max(size * width / need, size * 0.5), min(need, width)
        room = width or 0.0
        if align == "right":
            x += room - need
        elif align == "center":
            x += (room - need) / 2
        space = self.font(size, style).getlength(" ")
        self._draw(items, values, x, y, size, style, space, color or self.ink, {})
        return y + size * 1.3

    def paragraph(
        self,
        x: float,
        y: float,
        width: float,
        text: str,
        size: float = 17,
        style: str = "",
        leading: float = 1.4,
        indent: float = 0.0,
        align: str = "left",
        color: Color | None = None,
    ) -> float:
        """Draw wrapped text ("left", "justify", "center", "right").

        Returns the y below it, in units.
        """
        items, values = tokens(text)
        font = self.font(size, style)
        space = font.getlength(" ")
        limit = width * self.scale
        rows: list[list[Token]] = [[]]
        used = indent * self.scale
        for item in items:
            need = font.getlength(item.text)
            if rows[-1] and used + need > limit:
                rows.append([])
                used = 0.0
            rows[-1].append(item)
            used += need + space
        open_marks: dict[str, Occurrence] = {}
        for index, row in enumerate(rows):
            left = x + (indent if index == 0 else 0.0)
            slack = limit - (left - x) * self.scale - sum(font.getlength(t.text) for t in row)
            gap = space
            if align == "justify" and index < len(rows) - 1 and len(row) > 1:
                gap = min(slack / (len(row) - 1), space * 3)
            free = max(0.0, slack - space * (len(row) - 1)) / self.scale
            if align == "center":
                left += free / 2
            elif align == "right":
                left += free
            self._draw(row, values, left, y, size, style, gap, color or self.ink, open_marks)
            y += size * leading
        return y

    def _draw(
        self,
        row: list[Token],
        values: dict[str, str],
        x: float,
        y: float,
        size: float,
        style: str,
        space: float,
        color: Color,
        open_marks: dict[str, Occurrence],
    ) -> None:
        if not row:
            return
        # A value that continues on the next line of a paragraph stays one occurrence, which
        # `open_marks` carries.
        at, base = x * self.scale, (y + size * 0.95) * self.scale
        line = Line(len(self.lines), " ".join(t.text for t in row), (0, 0, 0, 0), self._region)
        boxes: list[Box] = []
        for item in row:
            font = self._font_for(item.text, size, style)
            self.pen.text((at, base), item.text, font=font, fill=color, anchor="ls")
            x1, y1, x2, y2 = font.getbbox(item.text, anchor="ls")
            box = (at + x1, base + y1, at + x2, base + y2)
            boxes.append(box)
            self.words.append(Word(item.text, box, line.id, self._region))
            for key, start, end in item.parts:
                if key not in open_marks:
                    open_marks[key] = Occurrence()
                    self.marks.setdefault(key, []).append(open_marks[key])
                    self.values[key] = values[key]
                left = at + (font.getlength(item.text[:start]) if start else x1)
                right = at + (font.getlength(item.text[:end]) if end < len(item.text) else x2)
                open_marks[key].boxes.append((left, box[1], right, box[3]))
            at += font.getlength(item.text) + space
        line.box = union(boxes)
        self.lines.append(line)
        self._grow(self._region, line.box)

    # -- shapes -----------------------------------------------------------------------------------

    def px(self, *values: float) -> list[float]:
        """Units to pixels."""
        return [v * self.scale for v in values]

    def touch(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Add a drawn shape (units) to the current region."""
        a, b, c, d = self.px(x1, y1, x2, y2)
        self._grow(self._region, (a, b, c, d))

    def rule(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        thick: float = 1.2,
        color: Color | None = None,
        dash: float = 0,
    ) -> None:
        """A straight line; `dash` is the length of a dash in units, 0 for an unbroken line."""
        ink, wide = color or self.ink, max(1, round(thick * self.scale))
        if not dash:
            self.pen.line(self.px(x1, y1, x2, y2), fill=ink, width=wide)
            return
        step = dash * 2
        for k in range(int((x2 - x1) / step)):
            self.pen.line(
                self.px(x1 + k * step, y1, x1 + k * step + dash, y2), fill=ink, width=wide
            )

    def box(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        thick: float = 1.2,
        color: Color | None = None,
        fill: Color | None = None,
    ) -> None:
        """A rectangle with an outline (none if thick is 0) and optionally a fill."""
        self.pen.rectangle(
            self.px(x, y, x + w, y + h),
            outline=(color or self.ink) if thick else None,
            width=max(1, round(thick * self.scale)) if thick else 0,
            fill=fill,
        )

    def finished(self) -> Image.Image:
        """The picture, cropped to the page or to longer content."""
        low = max(self.height * self.scale, self.bottom + 40 * self.scale)
        return self.image.crop((0, 0, self.image.width, round(min(low, self.image.height))))
