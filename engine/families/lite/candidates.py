"""Answer candidates: spans of the page's own text.

Candidates are values inside cells and sentences, whole cells, text after a label in its cell,
blocks of stacked lines, capitalised names, and chunks of sentences that share words with the
question.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.families.lite.blocks import blocks, chunks, headings
from engine.families.lite.cells import after_labels, printed_values, whole
from engine.index.page_numbers import PageNumbers
from engine.index.spans import Candidate, piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.families.lite.question import ParsedQuestion
    from engine.index.view import PageView

__all__ = ["Candidate", "page_candidates", "piece", "sentence_candidates", "without"]
_LONGEST_NAME: Final = 7
_JOINS: Final = frozenset(["of", "the", "and", "de", "la", "du", "van", "von", "der", "&", "и"])


def names(view: PageView, first: int, last: int) -> Iterator[Candidate]:
    """Yield runs of capitalised words, and quoted text with and without the word before it."""
    word = first
    while word < last:
        if not _is_capital(view.words[word]):
            word += 1
            continue
        end = word + 1
        while end < last and end - word < _LONGEST_NAME:
            before = view.words[end - 1]
            if before[-1:] in ",;:)" or (before.endswith(".") and len(before) > 4):
                break
            if _is_capital(view.words[end]):
                end += 1
            elif view.plain[end] in _JOINS and end + 1 < last and _is_capital(view.words[end + 1]):
                end += 2
            else:
                break
        for start in range(word, min(end, word + 3)):
            text = view.text(start, end)
            found = piece(view, start, end, 0, len(text), "name")
            if found:
                yield found
            if text.endswith(".") and not re.search(r"\b\w{1,3}\.$", text):
                cut = piece(view, start, end, 0, len(text) - 1, "name")
                if cut:
                    yield cut
        word = end
    text = view.text(first, last)
    for match in re.finditer(r"(?:\b[^\W\d_]+\s)?([«“\"][^«»“”\"]{2,80}[»”\"])", text):
        for start, end in (
            (match.start(), match.end()),
            match.span(1),
            (match.start(1) + 1, match.end() - 1),
        ):
            found = piece(view, first, last, start, end, "name")
            if found:
                yield found


def _is_capital(word: str) -> bool:
    bare = word.lstrip("(«“\"'")
    return bare[:1].isupper() and (len(bare) > 1 or bare == "I") and not bare.isdigit()


def page_candidates(view: PageView) -> list[Candidate]:
    """Return the candidates of a page that do not depend on the question, without duplicates."""
    return _distinct(_of_page(view))


def sentence_candidates(view: PageView, sentences: Sequence[int]) -> list[Candidate]:
    """Return chunks of the given sentences, those that share most with the question."""
    found: list[Candidate] = []
    for number in sentences:
        first, last = view.sentences[number]
        if last - first > 2:
            found += chunks(view, first, last)
    return _distinct(found)


def without(candidates: Sequence[Candidate], others: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates that are not among the others."""
    known = {candidate.key for candidate in others}
    return [candidate for candidate in candidates if candidate.key not in known]


def _distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Merge duplicates. A merged candidate has the value kinds of all of them."""
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


def without_counters(
    question: ParsedQuestion, candidates: Sequence[Candidate], counters: PageNumbers
) -> list[int]:
    """Return the indices of allowed candidates.

    Page numbers and page counts are allowed only for questions about pages, and are the only ones
    allowed if the question asks for nothing else and the page has them.
    """
    places = [{word for span in one.ranges for word in range(*span)} for one in candidates]
    if question.only_pages:
        asked = counters.pages if question.counts else counters.page
        kept = [at for at, own in enumerate(places) if own <= asked]
        if kept:
            return kept
    if question.about_pages:
        return list(range(len(candidates)))
    return [at for at, own in enumerate(places) if not own <= counters.words]
