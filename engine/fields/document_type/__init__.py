"""What kind of document is this? From the words and the layout of its page indexes, on CPU.

    from engine.fields.document_type import classify
    classify(indexes)[0]        # TypeGuess(document_type="invoice", confidence=0.93)

It looks at no picture: a portrait without words, or a page whose text nobody could read, is "other"
with little confidence. Importing it brings numpy and nothing heavier.

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

# Pages looked at, and how much each counts: the first page says what a document is.
_PAGES: Final = (1.0, 0.4, 0.2)
# With fewer letters and digits than this on the pages, the guess leans to "other".
_ENOUGH_CHARACTERS: Final = 60
# Where nothing is known: "other" leads by a little.
_UNKNOWN_OTHER: Final = 0.2


@dataclass(frozen=True, slots=True)
class TypeGuess:
    """A type and how likely it is, 0 to 1; the guesses of one document sum to 1."""

    document_type: str
    confidence: float


def classify(indexes: Sequence[PageIndex]) -> tuple[TypeGuess, ...]:
    """Every type with its probability, best first.

    Args:
        indexes: the document's pages in order; no page at all is like an empty one.
    """
    shares = _probabilities(indexes)
    order = np.argsort(-shares, kind="stable")
    return tuple(TypeGuess(DOCUMENT_TYPES[at], float(shares[at])) for at in order)


def deciding_lines(index: PageIndex, document_type: str, *, most: int = 2) -> tuple[Line, ...]:
    """The lines of a page that speak most for a type: at most so many, best first; none that
    speaks against it.

    Raises:
        ValueError: there is no such type.
    """
    number = DOCUMENT_TYPES.index(document_type)
    weight = classifier().weight
    gains: list[tuple[float, int]] = []
    for at, (line, is_title) in enumerate(zip(index.lines, titles_of(index), strict=True)):
        words = words_of(line)
        if not any(len(word) > 2 and word.isalpha() for word in words):
            continue  # a bare number decides nothing that a person could follow
        hits = places_of(words, is_title=is_title)
        rows = weight[list(hits)]
        gain = float((rows[:, number] - rows.mean(axis=1)).sum())
        # Long lines say more by being long: what a line says counts for its length's root.
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
