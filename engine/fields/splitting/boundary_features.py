"""Features of a page boundary: does a page begin a document or continue the previous one?

`joint` compares a page with the document so far (the pages since the last beginning, without empty
ones). A linear model turns the features into a probability (splitter.py). `python -m
training.splits fit` fits its weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.fields.document_type import DOCUMENT_TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.fields.splitting.page_features import PageFeatures

SIGNS: Final = (
    "bias",
    "counter_one",
    "counter_next",
    "counter_later",
    "counter_done",
    "counter_inside",
    "counter_stops",
    "type_differs",
    "small_paper",
    "title",
    "named",
    "headed",
    "centred",
    "belongs",
    "heads_same",
    "heads_renumbered",
    "ids_none",
    "starts_midway",
    "clause_next",
    "clause_one",
    "rows_go_on",
    "filled_before",
    "script_differs",
    "shape_differs",
    "print_differs",
)
# Documents of one page, or of the two sides of a card.
_SMALL: Final = ("receipt", "passport", "driver_licence", "id_card")
_MOST_HEADS: Final = 3


def joint(before: Sequence[PageFeatures], page: PageFeatures) -> NDArray[np.float32]:
    """Return (SIGNS,) features, about 0 to 1 each.

    Args:
        before: the document so far, first page first, without empty pages; at least one.
        page: the page that follows; not empty.
    """
    first, last = before[0], before[-1]
    features = dict.fromkeys(SIGNS, 0.0)
    features["bias"] = 1.0
    _count(features, before, page)
    types = np.mean([one.types for one in (first, last)], axis=0)
    features["type_differs"] = 1.0 - float(np.sqrt(types * page.types).sum()) ** 2
    small = [DOCUMENT_TYPES.index(name) for name in _SMALL]
    features["small_paper"] = float(page.types[small].sum())
    features["title"] = page.title
    features["named"] = page.named
    features["headed"] = page.is_headed
    features["centred"] = page.is_centred
    features["belongs"] = page.belongs
    same, renumbered = _heads(first, page)
    # A head with another number only names the sender: all documents of the sender share it.
    features["heads_same"] = 0.0 if renumbered else min(same, _MOST_HEADS) / _MOST_HEADS
    features["heads_renumbered"] = float(renumbered > 0)
    known = frozenset().union(*(one.ids for one in before))
    features["ids_none"] = float(bool(page.ids) and bool(known) and not page.ids & known)
    features["starts_midway"] = page.starts_midway
    if page.clauses:
        own = page.clauses[0]
        features["clause_next"] = float(any(_follows(one, own) for one in last.clauses[-3:]))
        features["clause_one"] = float(own[0] == 1 and own[1] <= 1)
    features["rows_go_on"] = float(bool(set(page.cells_above) & set(last.cells_below)))
    features["filled_before"] = last.filled
    features["script_differs"] = float(page.view.index.script != last.view.index.script)
    features["shape_differs"] = min(1.0, abs(page.shape - last.shape))
    features["print_differs"] = min(1.0, abs(page.print_size - last.print_size))
    return np.array([features[name] for name in SIGNS], np.float32)


def _count(features: dict[str, float], before: Sequence[PageFeatures], page: PageFeatures) -> None:
    """Fill the features of the page counters, as far as pages have one."""
    number, of = page.counter
    last_number, last_of = before[-1].counter
    totals = [one.counter[1] for one in before if one.counter[1]]
    features["counter_one"] = float(number == 1)
    goes_on = last_number and number == last_number + 1 and of == last_of
    features["counter_next"] = float(bool(goes_on))
    features["counter_later"] = float(number > 1 and not goes_on)
    if totals:
        features["counter_done"] = float(last_number >= totals[-1])
        features["counter_inside"] = float(0 < last_number < totals[-1])
    features["counter_stops"] = float(bool(last_number) and not number)


def _heads(first: PageFeatures, page: PageFeatures) -> tuple[int, int]:
    """Count the rows of the head that the first page shares: (equal, equal except for digits).

    "Invoice 1041" and "Invoice 1042" are two documents of one sender.
    """
    same = sum(row in first.heads.values() for row in page.heads.values())
    other = sum(
        folded in first.heads and first.heads[folded] != row for folded, row in page.heads.items()
    )
    return same, other


def _follows(before: tuple[int, int], after: tuple[int, int]) -> bool:
    if before[0] == after[0]:
        return after[1] == before[1] + 1 or (not before[1] and after[1] == 1)
    return after[0] == before[0] + 1 and after[1] <= 1
