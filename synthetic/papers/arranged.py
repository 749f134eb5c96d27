"""Labels with values in one of the many arrangements that documents use."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from synthetic.papers.pieces import row, stack
from synthetic.sheet import Sheet

# Label over value; before it; over it in pairs; aligned at one edge; in one line with a colon;
# under it in small print; in a ruled box.
WAYS: Final = ("below", "right", "pairs", "flush", "inline", "caption", "box")


def wording(rng: random.Random, text: str) -> str:
    """One of several wordings: "a|b|c"."""
    return rng.choice(text.split("|"))


def arranged(
    s: Sheet,
    x: float,
    y: float,
    width: float,
    items: Sequence[tuple[str, str]],
    how: str,
    size: float = 20,
    gap: float = 6,
) -> float:
    """Draw labels with values in a column; how: one of WAYS. Returns the y below."""
    if how == "pairs":
        for first, second in zip(items[::2], items[1::2], strict=False):
            y = row(s, x, y, [(*first, width / 2), (*second, width / 2)], size)
        return stack(s, x, y, width, items[-1:], size) if len(items) % 2 else y
    if how in ("below", "right", "box"):
        return stack(s, x, y, width, items, size, gap, how, 0.4)
    with s.region("Text"):
        for label, value in items:
            if how == "inline":
                y = s.paragraph(x, y, width, f"{label}: {value}", size) + gap
            elif how == "flush":
                part = 0.38 * width
                s.line(x, y, label, size * 0.9, "", "right", part - 12)
                y = s.paragraph(x + part, y, width - part, value, size, "b") + gap
            else:
                y = s.paragraph(x, y, width, value, size, "b")
                y = s.line(x, y + 1, label, size * 0.66, "i", width=width) + gap + 6
    return y
