"""Spans of a page that could be an answer, each a piece of the page's own text.

Values inside cells and sentences, whole cells, what follows a label in its cell, blocks of lines
under each other, names in capitals, and chunks of the sentences that share words with the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from engine.families.lite.kinds import kinds_of
from engine.families.lite.language import groups_in, lexicon, stem
from engine.families.lite.view import PageView
from engine.geometry import union
from engine.schema import BBox
from engine.values import Value, find_values

# Nobody asks for a part of these.
_WHOLE_KINDS: Final = frozenset({"percent", "phone", "email", "url", "iban"})
_PART_KINDS: Final = frozenset({"number", "id", "year", "amount"})
_OUTER: Final = " \t,;:|_—–=*•"
_LONGEST_CHUNK: Final = 8
_LONGEST_NAME: Final = 7
_BLOCK_LINES: Final = 5
_RANGE: Final = re.compile(
    r"(?<![\w-])(?:1[5-9]|20)\d\d\s?[-–—/]\s?(?:(?:1[5-9]|20)\d\d|\d\d)(?![\w-])"
)
_YEAR_UNIT: Final = re.compile(r"^(?:1[5-9]|20)\d\d\s(?:г\.|г$|год)", re.IGNORECASE)
_JOINS: Final = frozenset(["of", "the", "and", "de", "la", "du", "van", "von", "der", "&", "и"])


@dataclass(frozen=True)
class Candidate:
    """A piece of a page.

    Attributes:
        ranges: (first, last) word ranges, one per line, last exclusive, in reading order.
        skip: characters of the first word left out; keep: characters kept of the last word,
            or None for all of it.
        values: kinds of engine.values that the whole candidate is.
        source: how it was found.
    """

    view: PageView
    ranges: tuple[tuple[int, int], ...]
    skip: int
    keep: int | None
    values: frozenset[str]
    source: str

    @property
    def key(self) -> object:
        """The same for the same piece of the page."""
        return (self.ranges, self.skip, self.keep)

    @cached_property
    def text(self) -> str:
        return " ".join(self.lines)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The candidate's text, range by range, exactly as on the page."""
        texts = []
        for number, (first, last) in enumerate(self.ranges):
            words = list(self.view.words[first:last])
            if number == len(self.ranges) - 1 and self.keep is not None:
                words[-1] = words[-1][: self.keep]
            if number == 0:
                words[0] = words[0][self.skip :]
            texts.append(" ".join(words))
        return tuple(texts)

    @cached_property
    def kinds(self) -> dict[str, float]:
        """answer type -> likeness, 0 to 1."""
        return kinds_of(self.text, self.values)

    def boxes(self) -> tuple[BBox, ...]:
        """One box a range, page pixels; a part of a word gets its share of the word's box."""
        found = []
        for number, (first, last) in enumerate(self.ranges):
            boxes = list(self.view.boxes[first:last])
            if number == len(self.ranges) - 1 and self.keep is not None:
                x0, y0, x1, y1 = boxes[-1]
                share = self.keep / max(1, len(self.view.words[last - 1]))
                boxes[-1] = (x0, y0, x0 + (x1 - x0) * share, y1)
            if number == 0 and self.skip:
                x0, y0, x1, y1 = boxes[0]
                share = self.skip / max(1, len(self.view.words[first]))
                boxes[0] = (
                    min(
                        x1 - 1, self.view.boxes[first][0] + (self.view.boxes[first][2] - x0) * share
                    ),
                    y0,
                    x1,
                    y1,
                )
            found.append(union(boxes))
        return tuple(found)


def page_candidates(view: PageView) -> list[Candidate]:
    """The candidates of a page that do not depend on the question, each piece once."""
    return _distinct(_of_page(view))


def sentence_candidates(view: PageView, sentences: Sequence[int]) -> list[Candidate]:
    """Chunks of the given sentences: for those that share most with the question."""
    found: list[Candidate] = []
    for number in sentences:
        first, last = view.sentences[number]
        if last - first > 2:
            found += _chunks(view, first, last)
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
        yield from _values(view, cell.first, cell.last)
        yield from _whole(view, cell.first, cell.last, "cell")
        yield from _after_labels(view, cell.first, cell.last)
        yield from _names(view, cell.first, cell.last)
        yield from _blocks(view, number)
    for first, last in view.sentences:
        if view.cell_of[first] != view.cell_of[last - 1]:
            yield from _values(view, first, last)
            yield from _names(view, first, last)
    yield from _regions(view)


def piece(
    view: PageView,
    first: int,
    last: int,
    start: int,
    end: int,
    source: str,
    values: frozenset[str] = frozenset(),
) -> Candidate | None:
    """The candidate text(first, last)[start:end] without marks at its ends, or None if empty."""
    text = view.text(first, last)
    while start < end and text[start] in _OUTER:
        start += 1
    while end > start and text[end - 1] in _OUTER:
        end -= 1
    body = text[start:end]
    # Brackets and quotes only in pairs; a full stop stays where it ends an abbreviation.
    for opening, closing in (("(", ")"), ("«", "»"), ("“", "”"), ("[", "]")):
        if body.startswith(opening) and closing not in body:
            start += 1
        elif body.endswith(closing) and opening not in body:
            end -= 1
        body = text[start:end]
    if body.startswith('"') and body.count('"') == 1:
        start += 1
    if body.endswith('"') and body.count('"') == 1:
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start >= end:
        return None
    at, skip, keep = 0, 0, None
    begin = stop = first
    for word in range(first, last):
        length = len(view.words[word])
        if at <= start < at + length:
            begin, skip = word, start - at
        if at < end <= at + length:
            stop = word + 1
            keep = None if end == at + length else end - at
        at += length + 1
    if stop <= begin:
        return None
    return Candidate(view, _by_line(view, begin, stop), skip, keep, values, source)


def _by_line(view: PageView, first: int, last: int) -> tuple[tuple[int, int], ...]:
    """A word range cut where a cell ends."""
    ranges, start = [], first
    for word in range(first + 1, last):
        if view.cell_of[word] != view.cell_of[word - 1]:
            ranges.append((start, word))
            start = word
    ranges.append((start, last))
    return tuple(ranges)


def _whole(view: PageView, first: int, last: int, source: str) -> Iterator[Candidate]:
    text = view.text(first, last)
    found = piece(view, first, last, 0, len(text), source)
    if found:
        yield found
    if text.endswith("."):
        cut = piece(view, first, last, 0, len(text) - 1, source)
        if cut:
            yield cut


def _values(view: PageView, first: int, last: int) -> Iterator[Candidate]:
    text = view.text(first, last)
    if not any(character.isdigit() for character in text) and "@" not in text and "." not in text:
        return
    for match in _RANGE.finditer(text):
        found = piece(view, first, last, *match.span(), "value", frozenset(("year",)))
        if found:
            yield found
    values = find_values(text)
    wholes = [value for value in values if value.kind in _WHOLE_KINDS]
    for value in values:
        if value.kind in _PART_KINDS and any(_inside(value, whole) for whole in wholes):
            continue
        if value.kind == "year":
            bare = piece(
                view, first, last, value.start, value.start + 4, "value", frozenset(("year",))
            )
            if bare:
                yield bare
            continue
        found = piece(view, first, last, value.start, value.end, "value", frozenset((value.kind,)))
        if found:
            yield found
        if value.kind == "number":
            # With its unit: "14 days", "212 m", "3 people".
            rest = re.match(r"(?:\s?[^\s\d.,;:()]+){1,2}", text[value.end :])
            if rest and not _YEAR_UNIT.match(value.text + rest.group()):
                ends = [match.end() for match in re.finditer(r"\S+", rest.group())]
                for end in ends:
                    stop = value.end + end
                    if text[stop - 1] == "." and len(rest.group().split()[-1]) > 4:
                        stop -= 1
                    unit = piece(view, first, last, value.start, stop, "unit")
                    if unit:
                        yield unit


def _inside(value: Value, whole: Value) -> bool:
    """Whether a value is a smaller part of another: the 20 of "20%"."""
    return (
        whole.start <= value.start
        and value.end <= whole.end
        and whole.end - whole.start > value.end - value.start
    )


def _after_labels(view: PageView, first: int, last: int) -> Iterator[Candidate]:
    """What follows a colon, a number sign, or a known label at the head of a cell."""
    text = view.text(first, last)
    starts = {match.end() for match in re.finditer(r"[:#№=]\s*|\.{3,}\s*|[-–—]\s+", text)}
    offsets, at = [], 0
    for word in range(first, last):
        offsets.append(at)
        at += len(view.words[word]) + 1
    stop = lexicon().stop
    groups = groups_in(view.plain[first:last])
    for place in range(min(6, last - first - 1)):
        if groups[place] or (place == 0 and stem(view.plain[first]) in stop):
            starts.add(offsets[place + 1])
        elif view.plain[first + place] and stem(view.plain[first + place]) not in stop:
            starts.add(offsets[place + 1])
            break
    for start in starts:
        if start < len(text):
            found = piece(view, first, last, start, len(text), "after")
            if found and not re.search(r"[^\W\d]{4,}[.!?]\s", text[start:]):
                yield found
            comma = re.search(r"[;(]|,\s", text[start:])
            ended = re.search(r"[^\W\d]{4,}[.!?]\s", text[start:])
            if ended:
                cut = piece(view, first, last, start, start + ended.end() - 2, "after")
                if cut:
                    yield cut
            if comma:
                cut = piece(view, first, last, start, start + comma.start(), "after")
                if cut:
                    yield cut


def _names(view: PageView, first: int, last: int) -> Iterator[Candidate]:
    """Runs of capitalised words, and what stands in quotation marks (with the word before it)."""
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


def _blocks(view: PageView, number: int) -> Iterator[Candidate]:
    """A cell and the next lines under it, as an address or a title of several lines has them."""
    cell = view.cells[number]
    ranges = [(cell.first, cell.last)]
    current = number
    colon = view.text(cell.first, cell.last)
    label_end = re.search(r":\s+", colon)
    for _ in range(_BLOCK_LINES - 1):
        below = view.below[current]
        if below < 0:
            return
        upper, lower = view.cells[current].bbox, view.cells[below].bbox
        tall = max(upper[3] - upper[1], 1.0)
        aligned = (
            abs(lower[0] - cell.bbox[0]) < 1.5 * tall
            or abs(lower[0] + lower[2] - cell.bbox[0] - cell.bbox[2]) < 2.0 * tall
            or bool(label_end and current == number)
        )
        if lower[1] - upper[3] > 0.9 * tall or not aligned or lower[3] - lower[1] > 1.6 * tall:
            return
        ranges.append((view.cells[below].first, view.cells[below].last))
        current = below
        yield from _stacked(view, ranges, 0)
        if label_end:
            yield from _stacked(view, ranges, label_end.end())


def _stacked(view: PageView, ranges: Sequence[tuple[int, int]], start: int) -> Iterator[Candidate]:
    """Ranges one under the other as one candidate, from a character of the first."""
    first, last = ranges[0]
    head = piece(view, first, last, start, len(view.text(first, last)), "block")
    if head is None:
        return
    end_first, end_last = ranges[-1]
    tail_text = view.text(end_first, end_last)
    tail = piece(view, end_first, end_last, 0, len(tail_text), "block")
    if tail is None or tail.skip:
        return
    middle = tuple(ranges[1:-1])
    yield Candidate(
        view, (*head.ranges, *middle, *tail.ranges), head.skip, tail.keep, frozenset(), "block"
    )


def _regions(view: PageView) -> Iterator[Candidate]:
    """Whole titles and headings."""
    for number, lines in enumerate(view.index.region_lines):
        if view.index.regions[number].category not in ("Title", "Section-header", "Caption"):
            continue
        cells = [cell for cell in view.cells if cell.line in frozenset(lines)]
        if 1 < len(cells) <= _BLOCK_LINES:
            ranges = tuple((cell.first, cell.last) for cell in cells)
            yield Candidate(view, ranges, 0, None, frozenset(), "block")


def _chunks(view: PageView, first: int, last: int) -> Iterator[Candidate]:
    """Pieces of a sentence that begin and end at a word with a meaning, within its clauses."""
    stop = lexicon().stop
    small = [stem(view.plain[word]) in stop or not view.plain[word] for word in range(first, last)]
    for start in range(first, last):
        if small[start - first] and not any(c.isdigit() for c in view.words[start]):
            continue
        for end in range(start + 1, min(last, start + _LONGEST_CHUNK) + 1):
            word = view.words[end - 1]
            if not small[end - 1 - first] or any(c.isdigit() for c in word):
                text = view.text(start, end)
                length = len(text) - 1 if end == last and text.endswith(".") else len(text)
                found = piece(view, start, end, 0, length, "chunk")
                if found:
                    yield found
            if word[-1:] in ";:.!?" and len(word) > 3:
                break
