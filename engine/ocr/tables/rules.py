"""Printed rules of a table in its flat view: straight dark lines along rows and columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

# Shortest piece of a rule in heights of a word: longer than a dash, taller than a letter.
_ALONG_ROWS: Final = 3.0
_ALONG_COLUMNS: Final = 1.8
# A rule is darker than the mean around it by this share of the picture's contrast.
_DARKER: Final = 0.12
_LEAST_DARKER: Final = 10
# Thicker than this share of a word's height, it is a bar or a filled row.
_THICKEST: Final = 0.5
# Pixels: boxes of a text layer are no higher than the letters.
_LEAST_ACROSS: Final = 40
_LEAST_DOWN: Final = 22
_LEAST_THICK: Final = 9


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, across at `at`. length: the share of the table's side that it covers, 0 to 1."""

    at: float
    length: float


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a table; all in pixels of the flat view.

    Attributes:
        origin: (u, v) of the masks' first pixel.
        horizontal, vertical: masks of the pixels of rules.
        rows, columns: horizontal rules by v and vertical ones by u, ascending.
    """

    origin: tuple[int, int]
    horizontal: Mask
    vertical: Mask
    rows: tuple[Rule, ...]
    columns: tuple[Rule, ...]

    def row_ink(self, v: float, left: float, right: float, slack: float) -> float:
        """Share of the way from left to right that has a horizontal rule at v, 0 to 1."""
        return _ink(self.horizontal, self.origin, v, left, right, slack)

    def column_ink(self, u: float, top: float, bottom: float, slack: float) -> float:
        """Share of the way from top to bottom that has a vertical rule at u, 0 to 1."""
        return _ink(self.vertical.T, self.origin[::-1], u, top, bottom, slack)


def find_rules(flat: Picture, origin: tuple[int, int], height: float) -> Rules:
    """Find the rules of a table.

    Args:
        flat: (rows, columns) grey values of the table and a margin.
        origin: flat pixel of its first pixel.
        height: usual height of a word.
    """
    import cv2

    contrast = float(np.percentile(flat, 95)) - float(np.percentile(flat, 1))
    darker = max(_LEAST_DARKER, _DARKER * contrast)
    around = cv2.blur(flat, (2 * round(1.5 * height) + 1,) * 2)
    ink = np.asarray(around.astype(np.int16) - flat > darker, np.uint8)
    horizontal = _opened(ink, (max(_LEAST_ACROSS, round(_ALONG_ROWS * height)), 1), height)
    vertical = _opened(
        np.ascontiguousarray(ink.T), (max(_LEAST_DOWN, round(_ALONG_COLUMNS * height)), 1), height
    ).T
    return Rules(
        origin,
        horizontal,
        vertical,
        tuple(_gathered(horizontal, origin[1], height)),
        tuple(_gathered(vertical.T, origin[0], height)),
    )


def _opened(ink: NDArray[np.uint8], size: tuple[int, int], height: float) -> Mask:
    """Pixels of ink in runs of `size`; a rule may wander by a pixel from its row."""
    import cv2

    wide = cv2.dilate(ink, np.ones((3, 3), np.uint8))
    runs = cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones(size[::-1], np.uint8))
    # What is as thick as print is none.
    thickest = max(_LEAST_THICK, round(_THICKEST * height) + 2)
    thick = cv2.morphologyEx(runs, cv2.MORPH_OPEN, np.ones((thickest, 3), np.uint8))
    return np.asarray((runs > 0) & ~(thick > 0), np.bool_)


def _gathered(mask: Mask, start: int, height: float) -> list[Rule]:
    """Rules from the rows of a mask: local peaks of the covered share, a word's height apart."""
    if not mask.size:
        return []
    near = max(1, round(0.15 * height))
    padded = np.pad(mask, ((near, near), (0, 0)))
    spread = np.zeros_like(mask)
    for shift in range(2 * near + 1):
        spread |= padded[shift : shift + mask.shape[0]]
    share = spread.mean(axis=1)
    found: list[Rule] = []
    apart = max(8.0, height)
    for at in np.argsort(-share, kind="stable"):
        if share[at] < 0.02:
            break
        if all(abs(at + start - other.at) >= apart for other in found):
            plateau = np.flatnonzero(share[at : at + 2 * near + 2] >= 0.98 * share[at])
            steps = np.flatnonzero(np.diff(plateau) > 1)
            last = plateau[steps[0]] if steps.size else plateau[-1]
            found.append(Rule(float(at + start + last / 2), float(share[at])))
    return sorted(found, key=lambda rule: rule.at)


def _ink(
    mask: Mask, origin: tuple[int, int], at: float, first: float, last: float, slack: float
) -> float:
    low, high = round(at - slack) - origin[1], round(at + slack) + 1 - origin[1]
    begin, end = round(first) - origin[0], round(last) + 1 - origin[0]
    part = mask[max(0, low) : max(0, high), max(0, begin) : max(0, end)]
    return float(part.any(axis=0).mean()) if part.size else 0.0
