"""Candidates inside a cell or sentence: the whole, values in it, and text after a label."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.index.spans import piece
from engine.text import Amount, Value, find_values
from engine.text.language import groups_in, lexicon, stem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.index.spans import Candidate
    from engine.index.view import PageView

# Parts of these are not candidates.
_WHOLE_KINDS: Final = frozenset({"percent", "phone", "email", "url", "iban"})
_PART_KINDS: Final = frozenset({"number", "id", "year", "amount"})
_RANGE: Final = re.compile(
    r"(?<![\w-])(?:1[5-9]|20)\d\d\s?[-–—/]\s?(?:(?:1[5-9]|20)\d\d|\d\d)(?![\w-])"
)
_YEAR_UNIT: Final = re.compile(r"^(?:1[5-9]|20)\d\d\s(?:г\.|г$|год)", re.IGNORECASE)
_TOTALS: Final = frozenset(["total", "итого", "всего", "sum", "итог", "overall"])


def whole(view: PageView, first: int, last: int, source: str) -> Iterator[Candidate]:
    """Yield words[first:last], and again without a full stop at the end."""
    text = view.text(first, last)
    found = piece(view, first, last, 0, len(text), source)
    if found:
        yield found
    if text.endswith("."):
        cut = piece(view, first, last, 0, len(text) - 1, source)
        if cut:
            yield cut


def printed_values(view: PageView, first: int, last: int) -> Iterator[Candidate]:
    """Yield the values in a text: dates, amounts, numbers (with units), ranges of years, etc."""
    text = view.text(first, last)
    if not any(character.isdigit() for character in text) and "@" not in text and "." not in text:
        return
    for match in _RANGE.finditer(text):
        found = piece(view, first, last, *match.span(), "value", frozenset(("year",)))
        if found:
            yield found
    values = find_values(text)
    wholes = [value for value in values if value.kind in _WHOLE_KINDS]
    # "108.43" is not the amount where "108.43 CR" or "(108.43)" is printed.
    signed = [value for value in values if value.signed]
    for value in values:
        if any(_inside(value, amount) for amount in signed):
            continue
        if value.kind in _PART_KINDS and any(_inside(value, whole) for whole in wholes):
            continue
        if value.kind == "year":
            bare = piece(
                view, first, last, value.start, value.start + 4, "value", frozenset(("year",))
            )
            if bare:
                yield bare
            continue
        found = piece(view, first, last, value.start, value.end, "value", frozenset((value.kind,)))
        if found:
            yield found
        if value.kind == "number":
            # With its unit: "14 days", "212 m", "3 people".
            rest = re.match(r"(?:\s?[^\s\d.,;:()]+){1,2}", text[value.end :])
            if rest and not _YEAR_UNIT.match(value.text + rest.group()):
                ends = [match.end() for match in re.finditer(r"\S+", rest.group())]
                for end in ends:
                    stop = value.end + end
                    if text[stop - 1] == "." and len(rest.group().split()[-1]) > 4:
                        stop -= 1
                    unit = piece(view, first, last, value.start, stop, "unit")
                    if unit:
                        yield unit


def after_labels(view: PageView, first: int, last: int) -> Iterator[Candidate]:
    """Yield the text after a colon, a number sign or a known label at the start of a cell."""
    text = view.text(first, last)
    starts = {match.end() for match in re.finditer(r"[:#№=]\s*|\.{3,}\s*|[-–—]\s+", text)}
    offsets, at = [], 0
    for word in range(first, last):
        offsets.append(at)
        at += len(view.words[word]) + 1
    stop = lexicon().stop
    groups = groups_in(view.plain[first:last])
    for place in range(min(6, last - first - 1)):
        if groups[place] or (place == 0 and stem(view.plain[first]) in stop):
            starts.add(offsets[place + 1])
        elif view.plain[first + place] and stem(view.plain[first + place]) not in stop:
            starts.add(offsets[place + 1])
            break
    for start in starts:
        if start < len(text):
            found = piece(view, first, last, start, len(text), "after")
            if found and not re.search(r"[^\W\d]{4,}[.!?]\s", text[start:]):
                yield found
            comma = re.search(r"[;(]|,\s", text[start:])
            ended = re.search(r"[^\W\d]{4,}[.!?]\s", text[start:])
            if ended:
                cut = piece(view, first, last, start, start + ended.end() - 2, "after")
                if cut:
                    yield cut
            if comma:
                cut = piece(view, first, last, start, start + comma.start(), "after")
                if cut:
                    yield cut


def _inside(value: Value, whole: Value) -> bool:
    """Whether a value is a proper part of another, such as the 20 of "20%"."""
    return (
        whole.start <= value.start
        and value.end <= whole.end
        and whole.end - whole.start > value.end - value.start
    )


def cell_number(view: PageView, number: int) -> Decimal | None:
    """Return the number of a cell that holds only a number, else None."""
    cell = view.cells[number]
    if cell.last - cell.first > 4:
        return None
    text = view.text(cell.first, cell.last)
    if not any(character.isdigit() for character in text):
        return None
    for value in find_values(text):
        if value.kind in ("number", "amount", "percent") and len(value.text) >= 0.7 * len(text):
            parsed = value.parsed
            if isinstance(parsed, Amount):
                return parsed.value
            return parsed if isinstance(parsed, Decimal) else None
    return None


def is_year(text: str) -> bool:
    """Whether a cell's text is a year from 1800 to 2099, as in a column header."""
    bare = "".join(character for character in text if character.isdigit())
    return len(bare) == 4 and bare[:2] in ("18", "19", "20") and len(text) <= 10 and "," not in text


def is_total(view: PageView, number: int) -> bool:
    """Whether a cell is in a total row: the row's first cell contains a word such as "total"."""
    row = view.rows[view.cells[number].row]
    first = view.cells[row[0]]
    return any(word in _TOTALS for word in view.plain[first.first : first.last])
