"""Elements of identity documents.

They are tinted ground, portrait, machine readable lines, and upright text along an edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PIL import Image, ImageDraw

from synthetic import Line, Word, fonts
from synthetic.canvas import Color, Occurrence
from synthetic.sheet import Sheet

PALE: tuple[Color, ...] = (
    (246, 238, 240),
    (238, 244, 246),
    (240, 246, 238),
    (247, 243, 233),
    (242, 240, 248),
)


def ground(s: Sheet, tint: Color | None = None) -> None:
    """Pale security printing beneath all later content."""
    color = tint or s.rng.choice(PALE)
    s.box(0, 0, 1000, s.height * 1.6, 0, fill=color)
    line = (color[0] - 14, color[1] - 12, color[2] - 10)
    phase, step = s.rng.uniform(0, 6), s.rng.choice([14, 18, 24])
    for k in range(int(s.height * 1.2 / step)):
        points: list[float] = []
        for x in range(0, 1001, 25):
            wave = 9 * math.sin(x / 60 + phase + k * 0.7)
            points += s.px(float(x), k * step + wave)
        s.pen.line(points, fill=line, width=1)


def portrait(s: Sheet, x: float, y: float, w: float, h: float) -> None:
    """A photograph of nobody: background, shoulders, head, hair."""
    r = s.rng
    back = r.choice([(214, 222, 230), (228, 228, 224), (205, 214, 220)])
    skin = r.choice([(224, 186, 160), (198, 150, 118), (150, 104, 80), (236, 204, 180)])
    hair = r.choice([(60, 42, 30), (30, 28, 28), (120, 90, 50), (150, 150, 150)])
    with s.region("Picture"):
        s.box(x, y, w, h, 0, fill=back)
        for color, box in (
            ((r.randint(30, 110),) * 3, (0.12, 0.74, 0.88, 1.5)),
            (hair, (0.27, 0.1, 0.73, 0.62)),
            (skin, (0.31, 0.2, 0.69, 0.74)),
        ):
            a, b, c, d = box
            edge = s.px(x + w * a, y + h * b, x + w * c, min(y + h, y + h * d))
            if d > 1:
                s.pen.rounded_rectangle(edge, radius=w * 0.2 * s.scale, fill=color)
            else:
                s.pen.ellipse(edge, fill=color)
        s.touch(x, y, x + w, y + h)


@contextmanager
def in_look(s: Sheet, look: str) -> Iterator[None]:
    """Set text drawn inside in a family of that look, if there is one."""
    own = s.family
    s.family = next((f for f in fonts.families(s.language) if f.look == look), own)
    try:
        yield
    finally:
        s.family = own


def zone(s: Sheet, x: float, y: float, width: float, lines: Sequence[str]) -> float:
    """Machine readable lines as the field "mrz"; returns the y below."""
    size = width / len(lines[0]) / 0.605
    with s.region("Text"), in_look(s, "mono"):
        for number, text in enumerate(lines, start=1):
            y = s.line(x, y, s.mark(f"mrz.{number}", text), size, width=width) + size * 0.35
    return y


def along_edge(
    s: Sheet, x: float, y: float, text: str, key: str, size: float, color: Color
) -> None:
    """A marked value in upright text, read from bottom to top, its upper left corner at x, y."""
    font = s.font(size, "b")
    left, top, right, bottom = font.getbbox(text)
    tile = Image.new("L", (round(right - left), round(bottom - top)), 0)
    ImageDraw.Draw(tile).text((-left, -top), text, font=font, fill=255)
    tile = tile.rotate(90, expand=True)
    at = (round(x * s.scale), round(y * s.scale))
    with s.region("Text"):
        s.image.paste(color, at, tile)
        box = (float(at[0]), float(at[1]), float(at[0] + tile.width), float(at[1] + tile.height))
        s.mark(key, text)
        s.values[key] = text
        s.marks.setdefault(key, []).append(Occurrence([box]))
        line = Line(len(s.lines), text, box, len(s.regions) - 1)
        s.lines.append(line)
        s.words.append(Word(text, box, line.id, line.region))
        s.touch(*(value / s.scale for value in box))


def stack(
    s: Sheet,
    x: float,
    y: float,
    width: float,
    items: Sequence[tuple[str, str]],
    size: float = 22,
    gap: float = 8,
    how: str = "below",
    label: float = 0.4,
) -> float:
    """Labels with values as one region (see Sheet.pairs)."""
    with s.region("Text"):
        return s.pairs(x, y, width, items, how, size, label, gap)


def row(
    s: Sheet,
    x: float,
    y: float,
    items: Sequence[tuple[str, str, float]],
    size: float = 22,
) -> float:
    """Labels with values side by side, each (label, value, width); returns the y below."""
    low = y
    for label, value, width in items:
        low = max(low, stack(s, x, y, width - 14, [(label, value)], size))
        x += width
    return low
