"""Printed numbers in place of labels, as standards for documents require: "4a." on a licence.

Driving licences number their entries by Directive 2006/126/EC (annex I), the Vienna convention of
1968 (annex 6) and the card design standard of AAMVA: 1 is the surname, 2 the given names, and so on
in this order down the card. Neighbours therefore reveal a number that OCR misread or lost: 2 stands
between 1 and 3. Only numbers that the order determines without doubt are filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import Levenshtein

from engine.fields.codes.mrz import icao_latin
from engine.fields.labels.label import OTHER, Label

if TYPE_CHECKING:
    from engine.fields.templates import DocumentTemplate
    from engine.index.view import PageView

Numbers = Mapping[str, frozenset[str]]
# OCR lost the space in "3 15.08.1976" or "1 SMITH".
_GLUED: Final = re.compile(r"(\d)(?:\d{2}[./-]\d{2}[./-]\d{4}|[A-ZА-ЯЁ]{3})")
# A day of a date is no entry number: "12.08.2016"; "3.15.08.1976" contains both.
_PRINTED: Final = re.compile(
    r"(?<![\w.,/-])\(?(\d{1,2}[a-dа-гс]?)"
    r"(?:[.):](?!\d\d?[./-]\d{2,4}(?!\d|[./-]\d))|$|(?=\s))"
)
_AS_LATIN: Final = str.maketrans("авсг", "abcd")
# Entry numbers whose letter OCR reads as a digit.
_MISREAD: Final = {"46": "4b", "4б": "4b", "4ь": "4b", "4в": "4b", "4d": "4d"}
# "4a 01.02.2020 4b 01.02.2030": the line is one of entries.
_ENTRY_BEFORE: Final = re.compile(r"\W*\d[a-cа-гс]?[.):]?\s")
# Possible OCR result of a number at the head of a line.
_HEAD: Final = re.compile(r"\W*([^\W_]{1,2})(?:\s?[.):,]\s*|\s+)(?=[^\W_]{2}|\d)")
_CODE: Final = re.compile(r"([^\W_])(?=[A-ZА-ЯЁ]{1,2}\d?(?:[\s,;/]|$))")
_HEADS: Final[Mapping[str, str]] = {
    "l": "1", "i": "1", "|": "1", "т": "1", "z": "2", "г": "2", "з": "3", "s": "5",
    "б": "5", "b": "8", "в": "8", "g": "9", "q": "9", "д": "9", "э": "9", "4": "4a", "48": "4a",
    "40": "4c", "4e": "4c", "4о": "4c", "4o": "4c",
}  # fmt: skip
# In line heights: alignment of the heads of entries, and distance of a value from its number.
_ALIGNED: Final = 1.2
_BESIDE: Final = 4.0
# Least number of aligned numbers in order that make a page a numbered form.
_FEWEST: Final = 3
# Least similarity of a line that repeats the one above in Latin letters.
_SAME_LETTERS: Final = 0.6


def numbers_of(template: DocumentTemplate) -> Numbers:
    """Return number -> its fields; OTHER for entries of no field."""
    found: dict[str, frozenset[str]] = {
        number.casefold(): frozenset([OTHER]) for number in template.other_numbers
    }
    for name, field in template.fields.items():
        for number in field.printed_numbers:
            own = found.get(number.casefold(), frozenset()) - {OTHER}
            found[number.casefold()] = own | {name}
    return found


def numbers_in(text: str, cell: int, numbers: Numbers) -> Iterable[Label]:
    """Find "4a." at the head of a cell, or inside it after a gap that OCR lost."""
    glued = _GLUED.match(text)
    if glued and glued.group(1) in numbers:
        yield _label(numbers[glued.group(1)], cell, 0, 1)
    for match in _PRINTED.finditer(text):
        number = match.group(1).casefold().translate(_AS_LATIN)
        number = number if number in numbers else _MISREAD.get(number, number)
        if number not in numbers:
            continue
        dotted = text[match.end(1) : match.end(1) + 1] in (".", ")", ":")
        other = numbers[number] == {OTHER}  # "15 March": without a dot it is no entry number
        lettered = number[-1].isalpha() and not other and _ENTRY_BEFORE.match(text) is not None
        if dotted or (match.start() == 0 and not other) or lettered:
            yield _label(numbers[number], cell, match.start(), match.end())


def completed(view: PageView, labels: Sequence[Label], numbers: Numbers) -> list[Label]:
    """Add labels for numbers that OCR misread or lost.

    On a page that numbers its entries all numbers are marked as standard.
    """
    chain = _chain(view, labels, numbers)
    if len(chain) < _FEWEST:
        return list(labels)
    order = _order(numbers)
    places = dict(chain)
    column = _column(view, chain)
    known = {label.cell for label in labels}
    found: list[Label] = []
    seen = _seen(labels, numbers)
    for (upper, above), (lower, below) in pairwise(chain):
        wanted = [number for number in order[upper + 1 : lower] if number not in seen]
        between = [
            cell
            for cell in _between(view, column, above.cell, below.cell)
            if cell not in known and not repeats_in_latin(view, cell)
        ]
        found += _filled(view, between, wanted, numbers)
    # The categories stand last, apart from the rest: no number follows theirs.
    last, foot = chain[-1]
    under = [cell for cell in column if view.cells[cell].bbox[1] >= view.cells[foot.cell].bbox[3]]
    wanted = [number for number in order[last + 1 :] if number not in seen]
    found += _glued(view, [cell for cell in under if cell not in known], wanted, numbers)
    first = min(places)
    if 0 < first <= 2:
        over = [cell for cell in _over(view, column, places[first].cell) if cell not in known]
        found += _filled(view, over[-first:], list(order[:first]), numbers)
    sure = [replace(one, standard=True) if one.numbered else one for one in labels]
    return sorted([*sure, *found], key=lambda one: (one.cell, one.start))


def _label(fields: frozenset[str], cell: int, start: int, end: int) -> Label:
    return Label(fields, cell, start, end, 3, 1.0, numbered=True)


def _order(numbers: Numbers) -> tuple[str, ...]:
    """Return the entry numbers of fields in their order on the document: 1, 2, 3, 4a, ..."""
    own = [number for number, fields in numbers.items() if fields != {OTHER}]
    return tuple(sorted(own, key=lambda number: (int(re.sub(r"\D", "", number)), number)))


def _seen(labels: Sequence[Label], numbers: Numbers) -> set[str]:
    """Return numbers that stand anywhere on the page: "4a. 01.02.2020 4b. 01.02.2030"."""
    fields = {label.fields for label in labels if label.numbered}
    return {number for number, own in numbers.items() if own in fields}


def _chain(view: PageView, labels: Sequence[Label], numbers: Numbers) -> list[tuple[int, Label]]:
    """Return (position in the order, label): the longest run of aligned heads in rising order."""
    order = _order(numbers)
    place_of = {numbers[number]: place for place, number in enumerate(order)}
    heads = sorted(
        (one for one in labels if one.numbered and one.start <= 1 and one.fields in place_of),
        key=lambda one: view.cells[one.cell].bbox[1],
    )
    best: list[tuple[int, Label]] = []
    runs: list[list[tuple[int, Label]]] = []
    for head in heads:
        place = place_of[head.fields]
        left = view.cells[head.cell].bbox[0]
        fitting = [
            run
            for run in runs
            if run[-1][0] < place
            and abs(view.cells[run[-1][1].cell].bbox[0] - left) <= _ALIGNED * view.line_height
        ]
        run = [*max(fitting, key=len, default=[]), (place, head)]
        runs.append(run)
        best = max(best, run, key=len)
    return best


def _column(view: PageView, chain: Sequence[tuple[int, Label]]) -> list[int]:
    """Return the cells that may be lines of entries, from the top.

    They are aligned with the heads. If the numbers are separate cells, they are aligned with the
    values beside the numbers.
    """
    cells = view.cells
    heads = [cells[label.cell].bbox[0] for _, label in chain]
    values = []
    for _, label in chain:
        row = view.rows[cells[label.cell].row]
        after = row[row.index(label.cell) + 1 :][:1]
        if label.whole and after:
            gap = cells[after[0]].bbox[0] - cells[label.cell].bbox[2]
            if gap <= _BESIDE * view.line_height:
                values.append(cells[after[0]].bbox[0])
    edges = [*heads, *values]
    near = _ALIGNED * view.line_height
    found = [
        number
        for number, cell in enumerate(cells)
        if any(abs(cell.bbox[0] - edge) <= near for edge in edges)
    ]
    return sorted(found, key=lambda number: cells[number].bbox[1])


def _between(view: PageView, column: Sequence[int], upper: int, lower: int) -> list[int]:
    """Return the cells of the column below one cell's row and above another's."""
    top, foot = view.cells[upper].bbox[3], view.cells[lower].bbox[1]
    middle = [(view.cells[cell].bbox[1] + view.cells[cell].bbox[3]) / 2 for cell in column]
    return [cell for cell, at in zip(column, middle, strict=True) if top < at < foot]


def _over(view: PageView, column: Sequence[int], first: int) -> list[int]:
    """Return the cells of the column right above the first head, in the same print size."""
    top, tall = view.cells[first].bbox[1], view.line_height
    found: list[int] = []
    for cell in reversed([one for one in column if view.cells[one].bbox[3] <= top + 0.4 * tall]):
        box = view.cells[cell].bbox
        lower = view.cells[found[-1]].bbox if found else view.cells[first].bbox
        alike = 0.75 < (box[3] - box[1]) / max(1.0, lower[3] - lower[1]) < 1.35
        if lower[1] - box[3] > 1.2 * tall or not alike:
            break
        found.append(cell)
    return found[::-1]


def repeats_in_latin(view: PageView, cell: int) -> bool:
    """Whether a line repeats the one above in Latin letters."""
    above = view.above[cell][:1]
    if not above:
        return False
    upper, own = (
        re.sub(r"[\W\d_]", "", view.text(view.cells[one].first, view.cells[one].last))
        for one in (above[0], cell)
    )
    latin = icao_latin(upper).upper()
    return (
        bool(own)
        and own.isascii()
        and not upper.isascii()
        and Levenshtein.normalized_similarity(latin[-len(own) :], own.upper()) >= _SAME_LETTERS
    )


def _glued(
    view: PageView, cells: Sequence[int], wanted: Sequence[str], numbers: Numbers
) -> list[Label]:
    """Return a label for a number misread at the head of a line: "ЭА, В" for "9 A, B"."""
    found: list[Label] = []
    for cell in cells:
        own = view.cells[cell]
        text = view.text(own.first, own.last)
        head = _CODE.match(text) or _HEAD.match(text)
        head_number = _HEADS.get(head.group(1).casefold(), "") if head else ""
        if head and head_number in wanted:
            found.append(replace(_label(numbers[head_number], cell, 0, head.end()), standard=True))
            break
    return found


def _filled(
    view: PageView, cells: Sequence[int], wanted: Sequence[str], numbers: Numbers
) -> list[Label]:
    """Return labels for the missing numbers.

    A number may be misread at the head of a line, or the count of free lines equals the count of
    missing numbers.
    """
    found: list[Label] = []
    missing = list(wanted)
    left: list[int] = []
    for cell in cells:
        own = view.cells[cell]
        text = view.text(own.first, own.last)
        head = _HEAD.match(text)
        head_number = _HEADS.get(head.group(1).casefold(), "") if head else ""
        if head and head_number in missing:
            found.append(replace(_label(numbers[head_number], cell, 0, head.end()), standard=True))
            missing = missing[missing.index(head_number) + 1 :]
            left = []
        else:
            left.append(cell)
    if missing and len(missing) == len(left):
        for cell, number in zip(left, missing, strict=True):
            found.append(replace(_label(numbers[number], cell, 0, 0), standard=True))
    return found
