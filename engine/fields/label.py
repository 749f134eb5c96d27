"""A label inside a cell of a page: where it stands and how sure it is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OTHER: Final = "#other"


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
