"""Spans of a page that could be an answer, each a piece of the page's own text.

Values inside cells and sentences, whole cells, what follows a label in its cell, blocks of lines
under each other, names in capitals, and chunks of the sentences that share words with the question.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.families.lite.blocks import blocks, headings
from engine.families.lite.cell_parts import after_labels, printed_values, whole
from engine.families.lite.chunks import chunks
from engine.families.lite.names import names
from engine.index.spans import Candidate, piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.index.view import PageView

__all__ = ["Candidate", "page_candidates", "piece", "sentence_candidates", "without"]


def page_candidates(view: PageView) -> list[Candidate]:
    """The candidates of a page that do not depend on the question, each piece once."""
    return _distinct(_of_page(view))


def sentence_candidates(view: PageView, sentences: Sequence[int]) -> list[Candidate]:
    """Chunks of the given sentences: for those that share most with the question."""
    found: list[Candidate] = []
    for number in sentences:
        first, last = view.sentences[number]
        if last - first > 2:
            found += chunks(view, first, last)
    return _distinct(found)


def without(candidates: Sequence[Candidate], others: Sequence[Candidate]) -> list[Candidate]:
    """The candidates that are not among the others."""
    known = {candidate.key for candidate in others}
    return [candidate for candidate in candidates if candidate.key not in known]


def _distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Each piece once, with all its kinds of values."""
    found: dict[object, Candidate] = {}
    for candidate in candidates:
        known = found.get(candidate.key)
        if known is None:
            found[candidate.key] = candidate
        elif candidate.values - known.values:
            found[candidate.key] = replace(known, values=known.values | candidate.values)
    return [candidate for candidate in found.values() if candidate.text.strip()]


def _of_page(view: PageView) -> Iterator[Candidate]:
    for number, cell in enumerate(view.cells):
        yield from printed_values(view, cell.first, cell.last)
        yield from whole(view, cell.first, cell.last, "cell")
        yield from after_labels(view, cell.first, cell.last)
        yield from names(view, cell.first, cell.last)
        yield from blocks(view, number)
    for first, last in view.sentences:
        if view.cell_of[first] != view.cell_of[last - 1]:
            yield from printed_values(view, first, last)
            yield from names(view, first, last)
    yield from headings(view)
