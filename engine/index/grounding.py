"""Grounding of a free-form answer: the places on the pages where its facts are printed.

Facts are the answer's dates, amounts, numbers, ids, quoted words and names. Values are compared by
meaning ("1,250.00" equals "1 250,00", "14 March 2026" equals "2026-03-14"). Names are compared word
by word and tolerate OCR errors. If a fact is printed several times, the place whose surroundings
share most words with the question and the answer wins. A bare number of one or two digits needs
such a place: "2" does not highlight every 2. A fact on no page is returned without evidence, so an
invented number becomes visible.

Try it: `.venv/bin/python -m pytest tests/index/test_grounding.py`
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from engine.core.geometry import union
from engine.core.schema import BBox, Evidence, Line
from engine.index.conventions import printed_conventions
from engine.index.page_index import PageIndex
from engine.text import (
    Conventions,
    Value,
    find_values,
    find_values_in_words,
    parse_amount,
    same_value,
)

# Kinds by how specific they are: of several kinds at one place the first one counts.
_KINDS: Final = (
    "email",
    "url",
    "iban",
    "date",
    "phone",
    "percent",
    "time",
    "amount",
    "id",
    "number",
    "year",
)
# Kinds of printed values that can match a fact of a kind.
_SERVES: Final = {
    "amount": ("amount", "number", "time"),
    "number": ("number", "amount", "percent", "year"),
    "year": ("year", "number", "date"),
    "id": ("id", "iban", "phone", "number"),
    "phone": ("phone", "id", "number", "amount"),
}
_QUOTED: Final = re.compile(r"[\"“«„]([^\"”»“]{2,120})[\"”»“]")
_NAME: Final = re.compile(
    r"(?:[A-ZА-ЯЁ][\w'’&.-]*)(?:\s+(?:(?:of|the|and|de|van|von|и|&)\s+)?[A-ZА-ЯЁ][\w'’&.-]*)*"
)
_WORD: Final = re.compile(r"\w+", re.UNICODE)
# Two words of at least this similarity are one word with OCR errors.
_ALIKE: Final = 0.78
# This fraction of a name's words must be found side by side.
_MOST: Final = 0.75
_LINES_AROUND: Final = 1
_WHOLE_WORDS: Final = 12
_SURE: Final = 1.0
_BY_VALUE: Final = 0.9


@dataclass(frozen=True, slots=True)
class GroundedFact:
    """One fact of an answer: text[start:end].

    Attributes:
        kind: a kind of engine.text, or "words" for a name, a quote or a whole short answer.
        evidence: its place, one Evidence per line; empty if it is on no page.
    """

    start: int
    end: int
    text: str
    kind: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class _Fact:
    start: int
    end: int
    text: str
    kind: str  # a kind of engine.text, or "words"


@dataclass(frozen=True, slots=True)
class PrintedPlace:
    """A place where something is printed.

    Attributes:
        line: position in index.lines of its first line.
        parts: (text, box in page pixels) of each of its lines.
        score: similarity to the text sought, 0 to 1.
    """

    index: PageIndex
    line: int
    parts: tuple[tuple[str, BBox], ...]
    score: float


def ground(answer: str, indexes: Sequence[PageIndex], *, question: str = "") -> list[GroundedFact]:
    """Return the facts of an answer in order, each with its place.

    Args:
        answer: the model's answer.
        indexes: indexes of the pages that the answer is about.
        question: the user's question; its words help to choose between equal prints.
    """
    context = _terms(f"{question} {answer}")
    how = _conventions(indexes)
    found = []
    for fact in _facts(answer):
        places = [
            place for index in indexes for place in _places(fact, index, how[index.document_id])
        ]
        best = _chosen(fact, places, context)
        found.append(GroundedFact(fact.start, fact.end, fact.text, fact.kind, _evidence(best)))
    return found


def _conventions(indexes: Sequence[PageIndex]) -> dict[str, Conventions]:
    """Return document id -> how the document prints its values."""
    pages: dict[str, list[PageIndex]] = {}
    for index in indexes:
        pages.setdefault(index.document_id, []).append(index)
    return {document: printed_conventions(own) for document, own in pages.items()}


def most_akin(places: Sequence[PrintedPlace], question: str) -> PrintedPlace:
    """Return the place whose surroundings share most words with a question.

    The first one wins a tie.
    """
    context = _terms(question)
    return max(places, key=lambda place: _kinship(place, context))


def _facts(answer: str) -> list[_Fact]:
    """Return values, quotes and names without overlap; a short answer without any is one fact."""
    facts: list[_Fact] = []

    def add(start: int, end: int, kind: str) -> None:
        text = answer[start:end].strip(" .,;:")
        start += answer[start:end].find(text) if text else 0
        end = start + len(text)
        if _WORD.search(text) and all(end <= fact.start or start >= fact.end for fact in facts):
            facts.append(_Fact(start, end, text, kind))

    for match in _QUOTED.finditer(answer):
        add(*match.span(1), "words")
    for value in sorted(_values(answer), key=lambda one: (_rank(one), one.start - one.end)):
        add(value.start, value.end, value.kind)
    for match in _NAME.finditer(answer):
        words = match.group().split()
        begins = match.start() == 0 or answer[: match.start()].rstrip().endswith((".", "!", "?"))
        # The first word of a sentence has a capital in any case.
        if len(words) > 1 or not begins:
            add(*match.span(), "words")
    if not facts and 0 < len(answer.split()) <= _WHOLE_WORDS:
        add(0, len(answer), "words")
    return _joined(sorted(facts, key=lambda fact: fact.start), answer)


def _values(answer: str) -> Iterator[Value]:
    """Return the typed values of an answer without false interpretations.

    "9704.37" looks like a telephone number and "11.49" like a time, but both are amounts. "10,5"
    contains no id.
    """
    values = find_values(answer)
    sums = [(one.start, one.end) for one in values if one.kind == "amount"]
    numbers = [(one.start, one.end) for one in values if one.kind == "number"]
    for one in values:
        span = (one.start, one.end)
        if one.kind in ("phone", "time") and any(_holds(other, span) for other in sums):
            continue
        if one.kind == "id" and any(_holds(other, span) and other != span for other in numbers):
            continue
        yield one


def _holds(whole: tuple[int, int], part: tuple[int, int]) -> bool:
    return whole[0] <= part[0] and part[1] <= whole[1]


def _joined(facts: Sequence[_Fact], answer: str) -> list[_Fact]:
    """Join names that only a quotation mark separates: ООО «Каменка»."""
    joined: list[_Fact] = []
    for fact in facts:
        before = joined[-1] if joined else None
        if (
            before is not None
            and before.kind == fact.kind == "words"
            and not answer[before.end : fact.start].strip(' "“«„')
        ):
            text = answer[before.start : fact.end]
            joined[-1] = _Fact(before.start, fact.end, text, "words")
        else:
            joined.append(fact)
    return joined


def _rank(value: Value) -> int:
    return _KINDS.index(value.kind)


def _places(fact: _Fact, index: PageIndex, conventions: Conventions) -> Iterator[PrintedPlace]:
    if fact.kind == "words":
        yield from _word_places(fact.text, index)
        return
    kinds = _SERVES.get(fact.kind, (fact.kind,))
    amount = parse_amount(fact.text, conventions)
    in_a_currency = amount is not None and amount.currency is not None
    for number, line in enumerate(index.lines):
        words = [word.text for word in line.words]
        seen: set[tuple[int, int]] = set()
        values = find_values_in_words(words, conventions)
        sums = [(one.value.start, one.value.end) for one in values if one.value.kind == "amount"]
        for span in values:
            if span.value.kind not in kinds or (span.first, span.last) in seen:
                continue
            at = (span.value.start, span.value.end)
            is_bare = in_a_currency and span.value.kind in ("number", "time")
            if is_bare and any(_holds(one, at) and one != at for one in sums):
                continue  # "$42" is not 42 of another currency
            if same_value(fact.text, span.value.text, conventions):
                seen.add((span.first, span.last))
                part = _part(line, span.first, span.last + 1)
                exact = part[0].casefold() == fact.text.casefold()
                yield PrintedPlace(index, number, (part,), _SURE if exact else _BY_VALUE)


def _word_places(text: str, index: PageIndex) -> Iterator[PrintedPlace]:
    """Find the places where the words of a text follow one another, also across lines."""
    wanted = [word.casefold().replace("ё", "е") for word in _WORD.findall(text)]
    if not wanted:
        return
    stream = [
        (number, at, piece)
        for number, line in enumerate(index.lines)
        for at, word in enumerate(line.words)
        for piece in _WORD.findall(word.text.casefold().replace("ё", "е"))
    ]
    for start, (_, _, first) in enumerate(stream):
        if not _alike(wanted[0], first):
            continue
        window = stream[start : start + len(wanted)]
        hits = sum(_alike(word, entry[2]) for word, entry in zip(wanted, window, strict=False))
        if hits < min(_MOST * len(wanted), len(wanted) - 0.5):
            continue
        parts = []
        for number in sorted({entry[0] for entry in window}):
            at = [entry[1] for entry in window if entry[0] == number]
            parts.append(_part(index.lines[number], min(at), max(at) + 1))
        yield PrintedPlace(index, window[0][0], tuple(parts), hits / len(wanted))


def _alike(word: str, other: str) -> bool:
    if word == other:
        return True
    if min(len(word), len(other)) < 4 or any(c.isdigit() for c in word + other):
        return False
    return SequenceMatcher(None, word, other, autojunk=False).ratio() >= _ALIKE


def _part(line: Line, first: int, last: int) -> tuple[str, BBox]:
    words = line.words[first:last]
    return " ".join(word.text for word in words), union(word.bbox for word in words)


def _chosen(
    fact: _Fact, places: Sequence[PrintedPlace], context: frozenset[str]
) -> PrintedPlace | None:
    """Return the best place, or None.

    A bare number of one or two digits must be unique or share words with its surroundings.
    """
    if not places:
        return None
    own = _terms(fact.text)
    scored = [(place.score + 0.5 * _kinship(place, context - own), place) for place in places]
    score, best = max(scored, key=lambda one: one[0])
    small = fact.kind in ("number", "id") and sum(c.isdigit() for c in fact.text) <= 2
    if small and score - best.score <= 0 and len(places) > 1:
        return None
    return best


def _kinship(place: PrintedPlace, context: frozenset[str]) -> float:
    """Score the context's words near a place, 0 to 1.

    Words on the place's row count twice, words on the lines around it once.
    """
    if not context:
        return 0.0
    lines = place.index.lines
    first, last = place.line - _LINES_AROUND, place.line + _LINES_AROUND + 1
    around = " ".join(line.text for line in lines[max(0, first) : last])
    row = " ".join(line.text for line in lines if _on_one_row(line.bbox, lines[place.line].bbox))
    near, same = _terms(around), _terms(row)
    return (len(context & near) + 2 * len(context & same)) / (3 * len(context))


def _on_one_row(first: BBox, second: BBox) -> bool:
    shared = min(first[3], second[3]) - max(first[1], second[1])
    return shared > 0.5 * min(first[3] - first[1], second[3] - second[1])


def _terms(text: str) -> frozenset[str]:
    """Return words of three letters or more, cut to five letters because endings differ."""
    words = (word.casefold().replace("ё", "е") for word in _WORD.findall(text))
    return frozenset(word[:5] for word in words if len(word) > 2 and not word.isdigit())


def _evidence(place: PrintedPlace | None) -> tuple[Evidence, ...]:
    if place is None:
        return ()
    index, score = place.index, min(1.0, place.score)
    return tuple(
        Evidence(index.document_id, index.page_index, bbox, text, score)
        for text, bbox in place.parts
    )
