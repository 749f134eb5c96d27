"""Sums among a page's amounts: totals with tax, column sums, cash less change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from engine.text import amounts_in

if TYPE_CHECKING:
    from engine.index.view import PageView

CENT: Final = 0.011
# Largest difference of a total that is rounded to the smallest coins.
COINS: Final = 0.051
# Highest tax as a fraction of the amount before tax.
_HIGHEST_TAX: Final = 0.3
# In line heights: tolerance between the right edges of one column.
_SAME_EDGE: Final = 2.0
_PAID: Final = re.compile(
    r"\b(?:cash|tender(?:ed)?|received|paid|payment|налич\w*|получено|внесено|принято|оплачено)\b",
    re.IGNORECASE,
)
_CHANGE: Final = re.compile(r"\b(?:change(?: due)?|сдача)\b", re.IGNORECASE)


def sum_on_page(texts: Sequence[str]) -> tuple[float, float, float] | None:
    """Return (total, before tax, tax) with the largest total among the amounts, or None."""
    found = {round(float(amount.value), 2) for text in texts for amount in amounts_in(text)}
    best: tuple[float, float, float] | None = None
    amounts = sorted((one for one in found if one > 0), reverse=True)
    for total, before in ((a, b) for a in amounts for b in amounts if b < a):
        tax = round(total - before, 2)
        if tax <= _HIGHEST_TAX * before and tax in found and (best is None or total > best[0]):
            best = (total, before, tax)
    return best


def column_sums(view: PageView, texts: Sequence[str]) -> frozenset[int]:
    """Return cells whose amount is the sum of two or more amounts above it at one right edge."""
    amounts: dict[int, float] = {}
    for cell, text in enumerate(texts):
        found = amounts_in(text)
        if found:
            amounts[cell] = float(found[-1].value)
    sums = set()
    for cell, amount in amounts.items():
        edge = view.cells[cell].bbox[2]
        column = [
            amounts[other]
            for other in view.above[cell]
            if other in amounts
            and abs(view.cells[other].bbox[2] - edge) < _SAME_EDGE * view.line_height
        ]
        for start in range(min(2, len(column))):
            total = column[start]
            for one in column[start + 1 :]:
                total += one
                if abs(total - amount) < CENT:
                    sums.add(cell)
    return frozenset(sums)


def paid_less_change(view: PageView, texts: Sequence[str]) -> frozenset[float]:
    """Return a receipt's cash less its change: the total, whatever other sums are printed."""
    paid: set[float] = set()
    change: set[float] = set()
    for row in view.rows:
        whole = " ".join(texts[cell] for cell in row)
        gave, got = _PAID.search(whole), _CHANGE.search(whole)
        if not gave and not got:
            continue
        amounts = [float(one.value) for cell in row for one in amounts_in(texts[cell])]
        if amounts:
            (change if got else paid).add(amounts[-1])
    return frozenset(
        round(whole - back, 2) for whole in paid for back in change if 0 <= back < whole
    )
