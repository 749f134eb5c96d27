"""Pages of the trained reader: four rows of a label and a value, one glyph per cell.

A cell is 28 x 28 pixels, which is one visual token of Qwen2-VL. A checksum decides which values are
never drawn in training, so tests can use those alone.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass

from font_roboto import Roboto
from PIL import Image, ImageDraw, ImageFont

LABELS = ("Total", "Date", "Room", "Name")
CELL = 28  # pixels of a visual token's side: 2 x 2 patches of 14
COLUMNS, ROWS = 10, len(LABELS)
VALUE_COLUMN, VALUE_LENGTH = 6, 4
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# A value whose checksum is divisible by this is never drawn in training.
HELD_OUT = 5


def is_held_out(value: str) -> bool:
    """Whether a value is reserved for tests."""
    return zlib.crc32(value.encode()) % HELD_OUT == 0


@dataclass(frozen=True, slots=True)
class ReaderPage:
    """rows: (label, value) from top to bottom, a value of at most four capitals or digits."""

    rows: tuple[tuple[str, str], ...]

    def value(self, label: str) -> str:
        return dict(self.rows)[label]

    def cells(self) -> str:
        """The page as ROWS x COLUMNS characters, row by row."""
        lines = (f"{label:{VALUE_COLUMN}}{value}" for label, value in self.rows)
        return "".join(f"{line:{COLUMNS}}" for line in lines).ljust(ROWS * COLUMNS)

    def labels_and_places(self) -> list[tuple[int, int]]:
        """For each cell its row's label, and its place in the value (VALUE_LENGTH: none)."""
        places = [min(max(c - VALUE_COLUMN, -1) % COLUMNS, VALUE_LENGTH) for c in range(COLUMNS)]
        return [(LABELS.index(label), place) for label, _ in self.rows for place in places]

    def draw(self, chance: random.Random) -> Image.Image:
        """The page in pixels, (280, 112), with random variation from `chance`."""
        paper, ink = chance.randint(225, 255), chance.randint(0, 90)
        image = Image.new("L", (COLUMNS * CELL, ROWS * CELL), paper)
        pen, font = ImageDraw.Draw(image), _font(chance.randint(20, 24))
        across, down = chance.uniform(-2, 2), chance.uniform(-2, 2)
        for place, glyph in enumerate(self.cells()):
            row, column = divmod(place, COLUMNS)
            x = column * CELL + CELL / 2 + across + chance.uniform(-1, 1)
            y = row * CELL + CELL - 6 + down
            if glyph != " ":
                pen.text((x, y), glyph, fill=ink, font=font, anchor="ms")
        return image.convert("RGB")


def random_page(chance: random.Random, *, held_out: bool = False) -> ReaderPage:
    """A page with every label once, in any row; values reserved for tests, or for training."""
    labels = chance.sample(LABELS, len(LABELS))
    return ReaderPage(tuple((label, _value(chance, held_out)) for label in labels))


def _value(chance: random.Random, held_out: bool) -> str:
    while True:
        glyphs = "0123456789" if chance.random() < 0.5 else LETTERS
        value = "".join(chance.choice(glyphs) for _ in range(chance.randint(1, VALUE_LENGTH)))
        if is_held_out(value) == held_out:
            return value


_FONTS: dict[int, ImageFont.FreeTypeFont] = {}


def _font(size: int) -> ImageFont.FreeTypeFont:
    if size not in _FONTS:
        _FONTS[size] = ImageFont.truetype(Roboto, size)
    return _FONTS[size]
