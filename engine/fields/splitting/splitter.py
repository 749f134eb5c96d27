"""Divides a file into documents: a scanner may put an invoice, a passport and two receipts into
one PDF.

Each page is compared with the document so far (boundary_features.py). A linear model gives the
probability that a new document begins. Splitting a contract is worse than missing the start of a
receipt, so a page begins a document only above THRESHOLD. Empty pages belong to the document before
them. The method is logistic regression (Bishop, Pattern Recognition and Machine Learning, 2006,
section 4.3.2); docs/fields.md has its figures and what was tried.

    from engine.fields.splitting.splitter import split
    split(indexes)        # ((0, 1), (2,), (3, 4)): positions of pages
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.fields.splitting.boundary_features import SIGNS, joint
from engine.fields.splitting.page_features import PageFeatures, signs_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.index.page_index import PageIndex

WEIGHTS_FILE: Final = Path(__file__).parent / "weights.json"
# Chosen on drawn files (docs/fields.md): it splits about one in 35 documents of several pages.
THRESHOLD: Final = 0.85


@cache
def load_joint_weights(path: Path = WEIGHTS_FILE) -> NDArray[np.float64]:
    """Load the (SIGNS,) fitted weights."""
    table: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    return np.array([table.get(name, 0.0) for name in SIGNS])


def split(
    indexes: Sequence[PageIndex], *, threshold: float = THRESHOLD
) -> tuple[tuple[int, ...], ...]:
    """Return the documents of a file as positions in `indexes`; each page is in one, in order.

    Args:
        indexes: the file's pages in order; no pages give no document.
        threshold: least probability of a beginning, 0 to 1.
    """
    if len(indexes) < 2:
        return ((0,),) if indexes else ()
    return split_signs([signs_of(index) for index in indexes], threshold=threshold)


def split_signs(
    pages: Sequence[PageFeatures],
    *,
    threshold: float = THRESHOLD,
    weights: NDArray[np.float64] | None = None,
) -> tuple[tuple[int, ...], ...]:
    """Like `split`, for prepared pages. weights: None uses the fitted ones."""
    chosen = load_joint_weights() if weights is None else weights
    documents: list[list[int]] = []
    so_far: list[PageFeatures] = []
    for number, page in enumerate(pages):
        begins = not documents
        if so_far and not page.is_empty:
            begins = probability(so_far, page, chosen) > threshold
        if begins:
            documents.append([])
            so_far = []
        documents[-1].append(number)
        if not page.is_empty:
            so_far.append(page)
    return tuple(tuple(own) for own in documents)


def probability(
    before: Sequence[PageFeatures], page: PageFeatures, weights: NDArray[np.float64]
) -> float:
    """Return the probability that a page begins a document, 0 to 1; see boundary_features.joint."""
    return float(1.0 / (1.0 + np.exp(-float(joint(before, page) @ weights))))
