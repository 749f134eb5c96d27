"""A label inside a cell of a page: its position, its properties, its repetition after a slash."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

OTHER: Final = "#other"
# Repetition of the label in a language without a template, up to the end or a colon:
# "Authority / Behörde".
_FOREIGN: Final = re.compile(r"\s?[/·|]\s?[^\W\d][^\d:;]{1,40}?(?=\s?(?:\(\d{1,2}\))?\s*(?:$|:))")
_CAPITALS: Final = re.compile(r"(?<![^\W\d_])(?!№)[^\W\d_a-zа-яё]{2,}(?![^\W\d_])")


@dataclass(frozen=True, slots=True)
class Label:
    """A label inside a cell.

    Attributes:
        fields: the fields that it may name; OTHER for a label of no field.
        cell: the cell's number in the view.
        start, end: characters of the cell's text, end exclusive.
        size: number of letters and digits of the synonym.
        exact: 1 if every letter matches, less otherwise.
        numbered: it is a printed number ("4a.").
        standard: the page's numbered entries are in the standard order.
        colon: a colon follows.
        whole: nothing else stands in the cell.
        leads: it, or a label around it ("Holder's surname:"), begins the cell.
        strong: a value follows it wherever it stands. "no. 5 of 3 May" in running text is not
            strong.
        goes_on: its value continues that of its fields.
        alone: nothing precedes it but its number in the form.
    """

    fields: frozenset[str]
    cell: int
    start: int
    end: int
    size: int
    exact: float
    numbered: bool = False
    standard: bool = False
    colon: bool = False
    whole: bool = False
    leads: bool = True
    strong: bool = True
    goes_on: bool = False
    alone: bool = True


def said_again(label: str, text: str, at: int) -> int:
    """Return the length of a label's repetition after a slash.

    The repetition has the same letter case: capitals are a value and end it.
    """
    match = _FOREIGN.match(text, at)
    if not match:
        return 0
    foreign = match.group()
    if not label.isupper():
        value = _CAPITALS.search(foreign)
        foreign = foreign[: value.start()] if value else foreign
    return len(foreign.rstrip()) if any(map(str.isalpha, foreign)) else 0
