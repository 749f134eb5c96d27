"""Displayed formulas: fractions, sums, integrals, roots and Greek letters, laid out in boxes.

A formula is a tree of boxes. Each has a width and extents above and below the baseline, and draws
itself there. Sizes are in pixels. TeX is not parsed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PIL import ImageFont

from . import fonts
from .canvas import Canvas, Color

# The least size of an exponent, as a share of its base's size.
_SMALL = 0.68
_GAP = 0.22
_GREEK = "αβγδελμρσφω"
_LETTERS = "abcdghkmnpqrstuvxyz"


@dataclass
class Pen:
    """The drawing context of a formula. font: returns the face for some characters at a size."""

    canvas: Canvas
    font: Callable[[str, float], ImageFont.FreeTypeFont]
    ink: Color


@dataclass
class Box:
    """A laid-out part. up, down: pixels above and below the baseline."""

    width: float
    up: float
    down: float
    draw: Callable[[float, float], None]  # at (left, baseline)


Node = Callable[[Pen, float], Box]  # laid out at a size


def text(words: str) -> Node:
    """Characters on the baseline."""

    def lay(pen: Pen, size: float) -> Box:
        font = pen.font(words, size)
        _, top, _, bottom = font.getbbox(words, anchor="ls")
        width = font.getlength(words)

        def draw(x: float, y: float) -> None:
            pen.canvas.pen.text((x, y), words, font=font, fill=pen.ink, anchor="ls")

        return Box(width, -top, bottom, draw)

    return lay


def row(*parts: Node | str) -> Node:
    """Parts side by side; strings are text."""
    nodes = [text(part) if isinstance(part, str) else part for part in parts]

    def lay(pen: Pen, size: float) -> Box:
        boxes = [node(pen, size) for node in nodes]
        gap = _GAP * size

        def draw(x: float, y: float) -> None:
            for box in boxes:
                box.draw(x, y)
                x += box.width + gap

        width = sum(box.width for box in boxes) + gap * (len(boxes) - 1)
        return Box(width, max(b.up for b in boxes), max(b.down for b in boxes), draw)

    return lay


def fraction(top: Node | str, bottom: Node | str) -> Node:
    """One part over another, separated by a line."""

    def lay(pen: Pen, size: float) -> Box:
        above, below = row(top)(pen, size), row(bottom)(pen, size)
        width = max(above.width, below.width) + 0.3 * size
        axis, air, thick = 0.3 * size, 0.18 * size, max(1, round(size / 18))

        def draw(x: float, y: float) -> None:
            middle = y - axis
            above.draw(x + (width - above.width) / 2, middle - air - above.down)
            below.draw(x + (width - below.width) / 2, middle + air + below.up)
            pen.canvas.pen.line((x, middle, x + width, middle), fill=pen.ink, width=thick)

        up = axis + air + above.up + above.down
        return Box(width, up, below.up + below.down + air - axis, draw)

    return lay


def script(base: Node | str, above: str = "", below: str = "") -> Node:
    """A part with an exponent, an index or both."""

    def lay(pen: Pen, size: float) -> Box:
        core = row(base)(pen, size)
        upper = text(above)(pen, size * _SMALL) if above else None
        lower = text(below)(pen, size * _SMALL) if below else None
        rise, fall = core.up - 0.3 * size, core.down + 0.22 * size

        def draw(x: float, y: float) -> None:
            core.draw(x, y)
            if upper:
                upper.draw(x + core.width + 1, y - rise)
            if lower:
                lower.draw(x + core.width + 1, y + fall)

        side = max((box.width for box in (upper, lower) if box), default=0.0)
        up = max(core.up, rise + upper.up if upper else 0.0)
        down = max(core.down, fall + lower.down if lower else 0.0)
        return Box(core.width + side + 1, up, down, draw)

    return lay


def big(sign: str, below: str = "", above: str = "") -> Node:
    """A large sign (sum, product, integral) with its limits over and under it."""

    def lay(pen: Pen, size: float) -> Box:
        core = text(sign)(pen, size * 1.7)
        upper = text(above)(pen, size * _SMALL) if above else None
        lower = text(below)(pen, size * _SMALL) if below else None
        width = max(box.width for box in (core, upper, lower) if box)
        air, drop = 0.12 * size, 0.25 * size

        def draw(x: float, y: float) -> None:
            core.draw(x + (width - core.width) / 2, y + drop)
            if upper:
                upper.draw(x + (width - upper.width) / 2, y + drop - core.up - air - upper.down)
            if lower:
                lower.draw(x + (width - lower.width) / 2, y + drop + core.down + air + lower.up)

        up = core.up - drop + (air + upper.up + upper.down if upper else 0.0)
        down = core.down + drop + (air + lower.up + lower.down if lower else 0.0)
        return Box(width, up, down, draw)

    return lay


def root(inner: Node | str) -> Node:
    """A square root: the sign is drawn as lines, as high as its content."""

    def lay(pen: Pen, size: float) -> Box:
        core = row(inner)(pen, size)
        lead, air, thick = 0.6 * size, 0.18 * size, max(1, round(size / 18))
        up = core.up + air

        def draw(x: float, y: float) -> None:
            points = [
                (x, y - 0.3 * size),
                (x + 0.2 * size, y - 0.36 * size),
                (x + 0.38 * size, y + core.down),
                (x + lead, y - up),
                (x + lead + core.width + 0.1 * size, y - up),
            ]
            pen.canvas.pen.line(points, fill=pen.ink, width=thick, joint="curve")
            core.draw(x + lead, y)

        return Box(lead + core.width + 0.1 * size, up + thick, core.down, draw)

    return lay


def draw_formula(
    canvas: Canvas,
    x: float,
    y: float,
    width: float,
    node: Node,
    size: float,
    number: str = "",
    align: str = "center",
) -> float:
    """Draw a formula as one region, its number at the right edge; units. Returns the y below."""
    faces = [fonts.Family.face(canvas.family, "i", canvas.language), canvas.family.regular]
    pen = Pen(canvas, partial(_face, faces), canvas.ink)
    box = node(pen, size * canvas.scale)
    left = x * canvas.scale
    if align == "center":
        left += max(0.0, (width * canvas.scale - box.width) / 2)
    base = y * canvas.scale + box.up
    with canvas.region("Formula"):
        box.draw(left, base)
        unit = canvas.scale
        canvas.touch(left / unit, y, (left + box.width) / unit, (base + box.down) / unit)
        if number:
            canvas.line(x, base / unit - size, number, size, align="right", width=width)
    return (base + box.down) / canvas.scale


def _face(faces: Sequence[str], words: str, size: float) -> ImageFont.FreeTypeFont:
    """The first face that has the characters; letters are italic, digits and signs upright."""
    upright = not any(char.isalpha() for char in words)
    wanted = [*reversed(faces), *_symbol_faces()] if upright else [*faces, *_symbol_faces()]
    path = next((path for path in wanted if fonts.covers(path, words)), wanted[-1])
    return fonts.load(path, max(7, round(size)))


def _symbol_faces() -> list[str]:
    """Faces with Greek letters and mathematical signs."""
    known = fonts.families("en")
    first = [family.regular for family in known if family.name in ("DejaVu Serif", "DejaVu Sans")]
    return [*first, *(family.regular for family in known)]


def _symbols(rng: random.Random, count: int) -> list[str]:
    return rng.sample(_LETTERS, count)


def ratio(rng: random.Random) -> Node:
    """A fraction of sums."""
    a, b, c, d = _symbols(rng, 4)
    return row(a, "=", fraction(f"{b} + {rng.randint(2, 90)}{c}", f"{rng.randint(2, 9)}{d}"))


def series(rng: random.Random) -> Node:
    """A sum with limits."""
    a, b, c = _symbols(rng, 3)
    end = rng.choice(("n", "N", str(rng.randint(5, 50))))
    return row(a, "=", big("∑", "i=1", end), script(b, below="i"), script(c, rng.choice("23")))


def law(rng: random.Random) -> Node:
    """Greek letters, indices and powers in a line."""
    a, b, c = _symbols(rng, 3)
    first, second = rng.sample(_GREEK, 2)
    return row(
        script(a, below="0"), "=", first, script(b, "2"), "−", f"{rng.randint(2, 9)}{second}{c}"
    )


def balance(rng: random.Random) -> Node:
    """Two fractions in brackets and a tail: wide, with space between its parts."""
    a, b, c, d = _symbols(rng, 4)
    first, second = rng.sample(_GREEK, 2)
    middle = row("(", fraction(first, f"{rng.randint(2, 9)}{b}"), "+", fraction(second, c), ")")
    return row(f"{a}({b}, {c})", "=", middle, script(d, "2"), "+", big("∏", "j=1", "m"), f"{d}{c}")


def area_under(rng: random.Random) -> Node:
    """An integral with limits."""
    a, b, c = _symbols(rng, 3)
    greek = rng.choice(_GREEK)
    return row(f"{a}({b})", "=", big("∫", "0", rng.choice(("∞", "1", "T"))), f"{greek}{c}(t)", "dt")


def spread(rng: random.Random) -> Node:
    """A root over a mean of squares."""
    a, b = _symbols(rng, 2)
    greek = rng.choice("σρδ")
    squares = row(big("∑", "i=1", "n"), "(", script(a, below="i"), "−", f"{b}", script(")", "2"))
    return row(greek, "=", root(fraction(squares, "n − 1")))


def decay(rng: random.Random) -> Node:
    """An exponential over a product."""
    a, b, c = _symbols(rng, 3)
    greek = rng.choice(_GREEK)
    share = fraction(script("e", f"−{greek}{c}"), f"{rng.randint(2, 12)}π{b}")
    return row(f"{a}({c})", "=", share, "+", script(b, rng.choice("23"), "0"))


# The forms of each split: parameters chosen on one are tested on the other.
FORMS: dict[str, tuple[Callable[[random.Random], Node], ...]] = {
    "train": (ratio, series, law, balance),
    "test": (area_under, spread, decay),
}


def some_formula(rng: random.Random, split: str) -> Node:
    """A formula in one of the split's forms."""
    return rng.choice(FORMS[split])(rng)
