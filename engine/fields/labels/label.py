"""A label inside a cell of a page: where it stands, how sure it is one, where it is said again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

OTHER: Final = "#other"
# The label again in a language that no template knows, to the end or a colon:
# "Authority / Behörde".
_FOREIGN: Final = re.compile(r"\s?[/·|]\s?[^\W\d][^\d:;]{1,40}?(?=\s?(?:\(\d{1,2}\))?\s*(?:$|:))")
_CAPITALS: Final = re.compile(r"(?<![^\W\d_])(?!№)[^\W\d_a-zа-яё]{2,}(?![^\W\d_])")


@dataclass(frozen=True, slots=True)
class Label:
    """A label inside a cell.

    Attributes:
        fields: the fields it may be the label of; OTHER for a label of none of them.
        cell: the cell's number in the view.
        start, end: characters of the cell's text, end exclusive.
        size: letters and digits of the synonym.
        exact: 1 where every letter agrees, less otherwise.
        numbered: it is a printed number ("4a.").
        standard: and so are other entries of the page, in their order.
        colon: a colon follows.
        whole: nothing else stands in the cell.
        leads: it, or a label around it ("Holder's surname:"), begins the cell.
        strong: it begins a value of its own wherever it stands; "no. 5 of 3 May" in running text
            does not.
        goes_on: its value continues that of its fields.
        alone: nothing but its number in the form stands before it.
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
    """The length of what says a label again behind a slash, set as it is: a value in capitals is
    none, and ends it."""
    match = _FOREIGN.match(text, at)
    if not match:
        return 0
    foreign = match.group()
    if not label.isupper():
        value = _CAPITALS.search(foreign)
        foreign = foreign[: value.start()] if value else foreign
    return len(foreign.rstrip()) if any(map(str.isalpha, foreign)) else 0
