"""Display formulas: detection of those that the layout model missed, and joining of numbers.

The layout model detects the formula without its number, which stands at the edge of the column and
would become a separate text block. A formula that the model missed is detected by an equals sign
after a short symbol, in a block without words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from engine.core.geometry import union
from engine.core.schema import BBox, Line
from engine.ocr.blocks import Block

# A formula's number: (3), (2.14), (A-1), (3a), (А.2).
_NUMBER = re.compile(r"^\(\s*([A-ZА-Я][.–-]?)?\d{1,3}([.–-]\d{1,3})*\s?[a-zа-я]?\s*\)$")
# A symbol of one or two characters, an optional argument, and an equals sign.
_EQUATION = re.compile(r"(^|[\s(,])[^\W\d_]\w?('|\(\w{1,3}\))?\s*=")
_WORD = re.compile(r"[^\W\d_]{4,}")
_MAY_BE = frozenset({"Text", "Section-header", "Caption", "List-item"})
_MOST_ROWS = 4


def with_formulas(blocks: Sequence[Block], lines: Sequence[Line]) -> list[Block]:
    """Label formulas and join them with their numbers.

    Args:
        blocks: in reading order.
        lines: the lines of the page.
    """
    named = [
        replace(block, category="Formula") if _is_equation(block, lines) else block
        for block in blocks
    ]
    formulas = [i for i, block in enumerate(named) if block.category == "Formula"]
    taken: dict[int, int] = {}  # index of a number -> index of its formula
    for i, block in enumerate(named):
        if block.category in _MAY_BE and block.lines and _is_number(block, lines):
            home = _formula_of(block.bbox, formulas, named)
            if home is not None:
                taken[i] = home
    done = []
    for i, block in enumerate(named):
        if i in taken:
            continue
        own = [named[j] for j, home in taken.items() if home == i]
        bbox = union([block.bbox, *(one.bbox for one in own)])
        numbers = tuple(line for one in own for line in one.lines)
        done.append(replace(block, bbox=bbox, lines=(*block.lines, *numbers)) if own else block)
    return done


def _is_equation(block: Block, lines: Sequence[Line]) -> bool:
    if block.category not in _MAY_BE or not block.lines or len(block.lines) > _MOST_ROWS:
        return False
    texts = [lines[i].text for i in block.lines]
    return any(_EQUATION.search(text) for text in texts) and not _WORD.search(" ".join(texts))


def _is_number(block: Block, lines: Sequence[Line]) -> bool:
    return len(block.lines) == 1 and bool(_NUMBER.match(lines[block.lines[0]].text.strip()))


def _formula_of(bbox: BBox, formulas: Sequence[int], blocks: Sequence[Block]) -> int | None:
    """Index of the formula of a number: the nearest on its row with nothing in between, or None."""
    middle = (bbox[1] + bbox[3]) / 2
    level = [i for i in formulas if blocks[i].bbox[1] <= middle <= blocks[i].bbox[3]]
    nearest = min(level, key=lambda i: _gap(bbox, blocks[i].bbox), default=None)
    if nearest is None:
        return None
    other = blocks[nearest].bbox
    left, right = min(bbox[2], other[2]), max(bbox[0], other[0])
    between = any(
        block.bbox[1] <= middle <= block.bbox[3]
        and block.bbox[0] < right
        and block.bbox[2] > left
        and block.bbox not in (bbox, other)
        for block in blocks
    )
    return None if between else nearest


def _gap(first: BBox, second: BBox) -> float:
    """Horizontal distance between two boxes in pixels; 0 if they overlap."""
    return max(0.0, second[0] - first[2], first[0] - second[2])
