"""What a block is, from its place, size and first words, where the layout model did not say.

The layout model knows neither titles of a whole page nor list items or footnotes, and on forms and
receipts it often sees nothing. These rules look only at what printed pages have in common.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from engine.ocr.blocks import Block, cut, line_height
from engine.schema import Line

_BULLET = re.compile(r"^\s*[•●▪■◦‣∙*·»–—-](\s|$|\w)")
_NUMBERED = re.compile(r"^\s*\(?(\d{1,2}|[a-zа-я])[.)]\s*(\s|$|[^\d\s])", re.IGNORECASE)
_HEADING_NUMBER = re.compile(
    r"^\s*((\d{1,2}\.)+\d{0,2}|[IVXLC]+\.|(article|section|chapter|part|статья|глава|раздел)\s+\S+)",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"^\s*(table|tab\.|figure|fig\.?|chart|таблица|табл\.|рисунок|рис\.)\s*\S{0,2}\d", re.IGNORECASE
)
_NOTE_MARK = re.compile(
    r"^\s*(\*|†|‡|[¹²³⁴-⁹]|\d{1,2}\s|(source|note|источник|примечание)\s*:)", re.I
)


def labelled(blocks: Sequence[Block], lines: Sequence[Line], *, height: float) -> list[Block]:
    """Blocks with their categories, long ones cut into paragraphs and list items.

    Args:
        blocks: in reading order.
        lines: of the page.
        height: of the page, pixels.
    """
    parts = [part for block in blocks for part in _parts(block, lines)]
    usual = _usual_height(parts, lines)
    if not usual:
        return parts
    parts = [replace(part, category=_category(part, lines, usual)) for part in parts]
    parts = _with_running_heads(parts, lines, height, usual)
    return _with_title(parts, lines, usual)


def _parts(block: Block, lines: Sequence[Line]) -> list[Block]:
    """A text block cut where a paragraph or a list item begins."""
    if block.category not in ("Text", "List-item") or len(block.lines) < 2:
        return [block]
    rows = block.rows(lines)
    if any(len(row) > 1 for row in rows):
        return [block]
    boxes = [lines[row[0]].bbox for row in rows]
    texts = [lines[row[0]].text for row in rows]
    usual = sorted(box[3] - box[1] for box in boxes)[len(boxes) // 2]
    steps = sorted(lower[1] - upper[1] for upper, lower in itertools.pairwise(boxes))
    leading = max(steps[len(steps) // 2], usual * 0.8) if steps else usual
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    marks = [bool(_BULLET.match(text) or _NUMBERED.match(text)) for text in texts]
    items = sum(marks) >= 2
    starts = []
    for i in range(1, len(rows)):
        wide_gap = boxes[i][1] - boxes[i - 1][1] > 1.4 * leading
        indented = 0.8 * usual < boxes[i][0] - left < 4 * usual and (
            boxes[i - 1][0] - left < 0.5 * usual
        )
        ended = boxes[i - 1][2] < right - 1.5 * usual
        if wide_gap or (indented and ended) or (items and marks[i]):
            starts.append(i)
    return cut(block, rows, starts, lines) if starts else [block]


def _category(block: Block, lines: Sequence[Line], usual: float) -> str:
    if block.category not in ("Text", "List-item", "Section-header", "Caption"):
        return block.category
    if not block.lines:
        return block.category
    text = lines[block.lines[0]].text
    rows = block.rows(lines)
    if _CAPTION.match(text) and len(rows) <= 4:
        return "Caption"
    if block.category in ("List-item", "Section-header"):
        return block.category
    if len(rows) <= 2 and len(rows) == len(block.lines):
        words = sum(len(lines[i].words) for i in block.lines)
        tall = line_height(block, lines) > 1.2 * usual
        numbered = bool(_HEADING_NUMBER.match(text)) and text.rstrip()[-1:] not in ".;:,"
        capitals = text.isupper() and sum(char.isalpha() for char in text) >= 4
        lettered = sum(char.isalpha() for char in text) >= 0.5 * len(text)
        if words <= 12 and len(rows) == 1 and lettered and (tall or numbered or capitals):
            return "Section-header"
    if _BULLET.match(text) and len(lines[block.lines[0]].words) >= 2:
        return "List-item"
    if block.category == "Caption":
        return "Text"
    return block.category


def _with_running_heads(
    blocks: Sequence[Block], lines: Sequence[Line], height: float, usual: float
) -> list[Block]:
    """The outermost small lines of a page are its running head and foot."""
    printed = [block for block in blocks if block.lines]
    if len(printed) < 4:
        return list(blocks)
    done = []
    for block in blocks:
        small = (
            block.category in ("Text", "Section-header", "Caption")
            and len(block.rows(lines)) == 1
            and line_height(block, lines) <= 1.2 * usual
        )
        if small and block.bbox[3] < 0.07 * height:
            done.append(replace(block, category="Page-header"))
        elif small and block.bbox[1] > 0.93 * height:
            done.append(replace(block, category="Page-footer"))
        else:
            done.append(block)
    return done


def _with_title(blocks: Sequence[Block], lines: Sequence[Line], usual: float) -> list[Block]:
    """The tallest heading, if it stands before the running text."""
    best = None
    for i, block in enumerate(blocks):
        if block.category in ("Text", "List-item", "Table") and len(block.lines) > 6:
            break
        if block.category in ("Text", "Section-header", "Page-header") and len(block.lines) <= 3:
            tall = line_height(block, lines)
            if tall > 1.25 * usual and (best is None or tall > best[1]):
                best = (i, tall)
    done = list(blocks)
    if best is not None:
        done[best[0]] = replace(done[best[0]], category="Title")
    return done


def _usual_height(blocks: Sequence[Block], lines: Sequence[Line]) -> float:
    """The height of the line that half of the page's characters are in."""
    sizes = sorted(
        (lines[i].bbox[3] - lines[i].bbox[1], len(lines[i].text))
        for block in blocks
        for i in block.lines
    )
    total = sum(count for _, count in sizes)
    passed = 0
    for size, count in sizes:
        passed += count
        if passed * 2 >= total:
            return size
    return 0.0
