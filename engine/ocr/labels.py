"""Rules that assign categories to blocks by position, size and first words.

The layout model has no classes for page titles, list items and footnotes, and on forms and receipts
it often detects nothing. These rules use only features that printed pages have in common.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from engine.core.geometry import union
from engine.core.schema import Line
from engine.ocr.blocks import Block, cut, line_height
from engine.ocr.formulas import with_formulas

_BULLET = re.compile(r"^\s*[•●▪■◦‣∙*·»–—-](\s|$|\w)")
_NUMBERED = re.compile(r"^\s*\(?(\d{1,2}|[a-zа-я])[.)]\s*(\s|$|[^\d\s])", re.IGNORECASE)
_HEADING_NUMBER = re.compile(
    r"^\s*((\d{1,2}\.)+\d{0,2}|[IVXLC]+\.|(article|section|chapter|part|статья|глава|раздел)\s+\S+)",
    re.IGNORECASE,
)
# Numbered ("Fig. 3a", "Table A-1") or lettered ("Table B").
_CAPTION = re.compile(
    r"^\s*(table|tab\.|figure|fig\.?|chart|таблица|табл\.|рисунок|рис\.)"
    r"(\s*\S{0,2}\d|\s+(?-i:[A-ZА-ЯЁ])(?![^\s.:,)—–-]))",
    re.IGNORECASE,
)
_NOTE_MARK = re.compile(
    r"^\s*([*†‡¹²³⁴-⁹]|(source|notes?|compiled by|источник|примечани[ея]|составлено)\s*:)", re.I
)
# An entry of a reference list: a number in brackets, or a year as in a citation.
_REFERENCE = re.compile(r"^\s*\[\w{1,12}\]|\((1[89]|20)\d\d[a-z]?\)|\b(1[89]|20)\d\d;")
# Maximum fraction of rows with several lines in running text; lists of pairs have more.
_PAIRED_ROWS = 0.35
# OCR of a signature or a mark hardly ever gives more characters than this.
_MAX_SCRAWL = 2
# Maximum number of words of a heading.
_MAX_HEADING = 14
# Titles are in this upper fraction of a page.
_UPPER = 0.5


def labelled(blocks: Sequence[Block], lines: Sequence[Line], *, height: float) -> list[Block]:
    """Assign categories to blocks, and split long blocks into paragraphs and list items.

    Args:
        blocks: in reading order.
        lines: the lines of the page.
        height: height of the page in pixels.
    """
    known = [_without_mistakes(block, lines) for block in blocks]
    parts = [part for block in known for part in _parts(block, lines)]
    usual = _usual_height(parts, lines)
    if not usual:
        return parts
    parts = [replace(part, category=_category(part, lines, usual)) for part in parts]
    parts = with_formulas(parts, lines)
    parts = _with_numbered_items(parts, lines)
    parts = _with_running_heads(parts, lines, height, usual)
    parts = _with_footnotes(parts, lines, height)
    return _with_title(parts, lines, height, usual)


def _without_mistakes(block: Block, lines: Sequence[Line]) -> Block:
    """Correct a misclassified block: signature as formula, prose as list, sentence as heading."""
    texts = [lines[i].text for i in block.lines]
    if block.category == "Formula" and len("".join(texts).replace(" ", "")) <= _MAX_SCRAWL:
        return replace(block, category="Picture")
    if block.category == "List-item" and not any(
        _is_marked(text) or _REFERENCE.search(text) for text in texts
    ):
        return replace(block, category="Text")
    if block.category == "Section-header" and _is_sentence(" ".join(texts)):
        return replace(block, category="Text")
    return block


def _is_sentence(text: str) -> bool:
    """Whether a text is too long for a heading and ends with a full stop."""
    return len(text.split()) > _MAX_HEADING and text.rstrip().endswith(".")


def _is_marked(text: str) -> bool:
    return bool(_BULLET.match(text) or _NUMBERED.match(text))


def _parts(block: Block, lines: Sequence[Line]) -> list[Block]:
    """Split a text block where a paragraph or a list item begins."""
    if block.category not in ("Text", "List-item") or len(block.lines) < 2:
        return [block]
    rows = block.rows(lines)
    if sum(len(row) > 1 for row in rows) > _PAIRED_ROWS * len(rows):
        return cut(block, rows, [1], lines) if _has_heading(rows, lines) else [block]
    boxes = [union(lines[i].bbox for i in row) for row in rows]
    texts = [lines[row[0]].text for row in rows]
    usual = sorted(box[3] - box[1] for box in boxes)[len(boxes) // 2]
    steps = sorted(lower[1] - upper[1] for upper, lower in itertools.pairwise(boxes))
    leading = max(steps[len(steps) // 2], usual * 0.8) if steps else usual
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    marks = [_is_marked(text) for text in texts]
    items = sum(marks) >= 2
    starts = []
    for i in range(1, len(rows)):
        wide_gap = boxes[i][1] - boxes[i - 1][1] > 1.4 * leading
        indented = 0.8 * usual < boxes[i][0] - left < 4 * usual and (
            boxes[i - 1][0] - left < 0.5 * usual
        )
        ended = boxes[i - 1][2] < right - 1.5 * usual
        heading = i == 1 and _has_heading(rows, lines)
        if wide_gap or heading or (indented and ended) or (items and marks[i]):
            starts.append(i)
    return cut(block, rows, starts, lines) if starts else [block]


def _has_heading(rows: Sequence[Sequence[int]], lines: Sequence[Line]) -> bool:
    """Whether the first row is a heading in capitals and the next one is not."""
    if len(rows) < 2 or len(rows[0]) > 1:
        return False
    first, second = lines[rows[0][0]].text, lines[rows[1][0]].text
    letters = sum(map(str.isalpha, first))
    plain = not any(map(str.isdigit, first)) and len(first.split()) <= 6
    return first.isupper() and letters >= 4 and plain and not second.isupper()


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


def _with_footnotes(blocks: Sequence[Block], lines: Sequence[Line], height: float) -> list[Block]:
    """Relabel as footnotes short blocks that begin like a note, directly after a table or in the
    bottom fifth of the page."""
    done = []
    before = ""
    for block in blocks:
        note = (
            block.category in ("Text", "List-item", "Section-header", "Caption", "Page-footer")
            and 0 < len(block.lines) <= 4
            and _NOTE_MARK.match(lines[block.lines[0]].text)
            and (before == "Table" or block.bbox[1] > 0.8 * height)
        )
        before = block.category
        done.append(replace(block, category="Footnote") if note else block)
    return done


def _with_numbered_items(blocks: Sequence[Block], lines: Sequence[Line]) -> list[Block]:
    """Relabel as list items consecutive paragraphs that are numbered in sequence (1, 2, 3)."""
    numbers = [_number_of(block, lines) for block in blocks]
    done = []
    for i, block in enumerate(blocks):
        near = [numbers[j] for j in (i - 1, i + 1) if 0 <= j < len(blocks)]
        own = numbers[i]
        listed = own is not None and (own - 1 in near or own + 1 in near)
        done.append(replace(block, category="List-item") if listed else block)
    return done


def _number_of(block: Block, lines: Sequence[Line]) -> int | None:
    """The number that a paragraph begins with, or None."""
    if block.category != "Text" or not block.lines:
        return None
    found = _NUMBERED.match(lines[block.lines[0]].text)
    return int(found[1]) if found and found[1].isdecimal() else None


def _with_running_heads(
    blocks: Sequence[Block], lines: Sequence[Line], height: float, usual: float
) -> list[Block]:
    """Relabel small single rows at the top and bottom edge as page headers and footers."""
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


def _with_title(
    blocks: Sequence[Block], lines: Sequence[Line], height: float, usual: float
) -> list[Block]:
    """Relabel as title the tallest heading before the running text; else a centred first one."""
    best = None
    for i, block in enumerate(blocks):
        if block.category in ("Text", "List-item", "Table") and len(block.lines) > 6:
            break
        if not _may_be_title(block, lines, height):
            continue
        tall = line_height(block, lines)
        if tall > 1.25 * usual and (best is None or tall > best[1]):
            best = (i, tall)
    place = best[0] if best is not None else _centred_heading(blocks, lines, height)
    done = list(blocks)
    if place is not None:
        done[place] = replace(done[place], category="Title")
    return done


def _may_be_title(block: Block, lines: Sequence[Line], height: float) -> bool:
    if block.category not in ("Text", "Section-header", "Page-header") or len(block.lines) > 3:
        return False
    text = " ".join(lines[i].text for i in block.lines)
    upper = block.bbox[1] < _UPPER * height
    return upper and sum(map(str.isalpha, text)) >= 3 and not _is_sentence(text)


def _centred_heading(blocks: Sequence[Block], lines: Sequence[Line], height: float) -> int | None:
    """Index of the first centred heading in the top quarter of the page; None if numbered."""
    printed = [block.bbox for block in blocks if block.lines]
    if len(printed) < 3:
        return None
    around = union(printed)
    middle, width = (around[0] + around[2]) / 2, around[2] - around[0]
    for i, block in enumerate(blocks):
        x0, y0, x1, _ = block.bbox
        centred = abs((x0 + x1) / 2 - middle) < 0.05 * width and x1 - x0 < 0.8 * width
        text = lines[block.lines[0]].text if block.lines else ""
        heads = block.category == "Section-header" or (
            block.category == "Page-header" and text.isupper()
        )
        if heads and centred and _may_be_title(block, lines, height) and y0 < 0.25 * height:
            return None if _HEADING_NUMBER.match(text) else i
    return None


def _usual_height(blocks: Sequence[Block], lines: Sequence[Line]) -> float:
    """Median line height, weighted by the number of characters; 0 without lines."""
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
