"""Classifier of document types from the words and layout of page indexes, on CPU.

    from engine.fields.document_type import classify
    classify(indexes)[0]        # TypeGuess(document_type="invoice", confidence=0.93)

It uses no picture. A portrait without words, or a page whose text OCR cannot read, is "other" with
low confidence. Importing it loads numpy and nothing heavier.

Try it: `python -m engine parse scan.png --task document_type`; `python -m training.document_types`
measures it (docs/fields.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.fields.document_type.features import features, places_of, titles_of, words_of
from engine.fields.document_type.model import classifier, softmax
from engine.fields.document_type.names import DOCUMENT_TYPES, parse_type, title

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.core.schema import Line
    from engine.index.page_index import PageIndex

__all__ = ["DOCUMENT_TYPES", "TypeGuess", "classify", "deciding_lines", "parse_type", "title"]

# Weights of the first pages; other pages are ignored. The first page defines the type.
_PAGES: Final = (1.0, 0.4, 0.2)
# With fewer letters and digits on the pages, the prediction leans to "other".
_ENOUGH_CHARACTERS: Final = 60
# Without any evidence "other" leads by a small margin.
_UNKNOWN_OTHER: Final = 0.2


@dataclass(frozen=True, slots=True)
class TypeGuess:
    """A type and its probability, 0 to 1; the guesses for one document sum to 1."""

    document_type: str
    confidence: float


def classify(indexes: Sequence[PageIndex]) -> tuple[TypeGuess, ...]:
    """Return every type with its probability, best first.

    Args:
        indexes: the document's pages in order; no page counts as an empty page.
    """
    shares = _probabilities(indexes)
    order = np.argsort(-shares, kind="stable")
    return tuple(TypeGuess(DOCUMENT_TYPES[at], float(shares[at])) for at in order)


def deciding_lines(index: PageIndex, document_type: str, *, most: int = 2) -> tuple[Line, ...]:
    """Return the lines of a page that are the strongest evidence for a type, best first.

    At most `most` lines; a line of evidence against the type is never included.

    Raises:
        ValueError: there is no such type.
    """
    number = DOCUMENT_TYPES.index(document_type)
    weight = classifier().weight
    gains: list[tuple[float, int]] = []
    for at, (line, is_title) in enumerate(zip(index.lines, titles_of(index), strict=True)):
        words = words_of(line)
        if not any(len(word) > 2 and word.isalpha() for word in words):
            continue  # a bare number explains nothing to the user
        hits = places_of(words, is_title=is_title)
        rows = weight[list(hits)]
        gain = float((rows[:, number] - rows.mean(axis=1)).sum())
        # Long lines collect more evidence: divide by the square root of the length.
        gains.append((gain / len(hits) ** 0.5, at))
    best = sorted(gains, key=lambda pair: (-pair[0], pair[1]))[:most]
    return tuple(index.lines[at] for gain, at in best if gain > 0)


def _probabilities(indexes: Sequence[PageIndex]) -> NDArray[np.float32]:
    unknown = np.full(
        len(DOCUMENT_TYPES), (1 - _UNKNOWN_OTHER) / (len(DOCUMENT_TYPES) - 1), np.float32
    )
    unknown[DOCUMENT_TYPES.index("other")] = _UNKNOWN_OTHER
    seen = [(index, share) for index, share in zip(indexes, _PAGES, strict=False) if index.lines]
    if not seen:
        return unknown
    shares = np.array([share for _, share in seen], np.float32)
    logits = classifier().logits(np.stack([features(index) for index, _ in seen]))
    told = softmax(shares @ logits / shares.sum())
    characters = sum(c.isalnum() for index, _ in seen for line in index.lines for c in line.text)
    known = min(1.0, characters / _ENOUGH_CHARACTERS)
    return np.asarray(known * told + (1 - known) * unknown, np.float32)
