"""Printed labels on a page: where a template's synonyms and printed numbers stand.

Words are compared without case, spaces and marks, with letters that OCR confuses made alike (0 and
O, Latin and Cyrillic look-alikes) and a few wrong letters allowed in long labels. Of labels that
overlap the longest one counts: "Date of birth" is no "Date".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import Levenshtein

if TYPE_CHECKING:
    from engine.families.lite.view import PageView
    from engine.fields.templates import DocumentTemplate

OTHER: Final = "#other"
# One wrong letter for every so many; shorter labels must be exact.
_LETTERS_PER_ERROR: Final = 6
_ALIKE: Final = str.maketrans("авекмнорстухіё013|", "abekmhopctyxieol3l")
_MARKS_BETWEEN: Final = re.compile(r"[\s/|,.:;()\[\]–—-]*")
_MOST_WORDS: Final = 7
# Words without digits before a label, and behind it up to its colon, that belong to it.
_HEAD: Final = re.compile(r"[^\d:;]{0,24}")
_TAIL: Final = re.compile(r"\s[^\d:;,/]{1,24}(?=:)")
_SHORTEST_STRONG: Final = 3


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
        colon: a colon follows.
        whole: nothing else stands in the cell.
        leads: it, or a label around it ("Holder's surname:"), begins the cell.
        strong: it begins a value of its own wherever it stands; "no. 5 of 3 May" in running text
            does not.
        goes_on: its value continues that of its fields.
    """

    fields: frozenset[str]
    cell: int
    start: int
    end: int
    size: int
    exact: float
    numbered: bool = False
    colon: bool = False
    whole: bool = False
    leads: bool = True
    strong: bool = True
    goes_on: bool = False


@lru_cache(maxsize=65_536)
def flat(text: str) -> str:
    """Letters and digits alone, with those that OCR confuses made alike."""
    return re.sub(r"[\W_]", "", text.casefold().replace("ё", "е")).translate(_ALIKE)


def find_labels(view: PageView, template: DocumentTemplate) -> list[Label]:
    """The labels of a page, by cell and place."""
    known = _synonyms(template)
    continued = {
        flat(synonym): name
        for name, field in template.fields.items()
        for synonym in field.continued.every
    }
    known |= {word: frozenset([name]) for word, name in continued.items()}
    numbers: dict[str, frozenset[str]] = {}
    for name, field in template.fields.items():
        for number in field.printed_numbers:
            own_fields = numbers.get(number.casefold(), frozenset())
            numbers[number.casefold()] = own_fields | {name}
    found: list[Label] = []
    in_two = _of_two_lines(view, known)
    for at, cell in enumerate(view.cells):
        text = view.text(cell.first, cell.last)
        if at in in_two:
            found.append(in_two[at])
            continue
        own = [*_in_text(text, at, known), *_numbers(text, at, numbers)]
        for label in _longest(own):
            goes_on = flat(text[label.start : label.end]) in continued
            found.append(replace(_marked(label, text), goes_on=goes_on))
    return found


def _of_two_lines(view: PageView, known: Mapping[str, frozenset[str]]) -> dict[int, Label]:
    """cell -> label, for labels that narrow forms break: "Place of" over "birth"."""
    found: dict[int, Label] = {}
    for at, cell in enumerate(view.cells):
        below = view.below[at]
        if below < 0:
            continue
        lower = view.cells[below]
        tall = cell.bbox[3] - cell.bbox[1]
        near = lower.bbox[1] - cell.bbox[3] < 1.4 * tall
        if not near or abs(lower.bbox[0] - cell.bbox[0]) > tall:
            continue
        texts = [view.text(one.first, one.last) for one in (cell, lower)]
        said = "".join(map(flat, texts))
        if said in known and flat(texts[0]) not in known:
            for number, text in zip((at, below), texts, strict=True):
                found[number] = Label(known[said], number, 0, len(text), len(said), 1.0, whole=True)
    return found


def _synonyms(template: DocumentTemplate) -> dict[str, frozenset[str]]:
    """flat synonym -> fields"""
    known: dict[str, set[str]] = {}
    for name, field in template.fields.items():
        for synonym in field.synonyms.every:
            known.setdefault(flat(synonym), set()).add(name)
        for labels in field.columns.values():
            for synonym in labels.every:
                known.setdefault(flat(synonym), set()).add(OTHER)
    for synonym in template.other_labels.every:
        known.setdefault(flat(synonym), set()).add(OTHER)
    return {word: frozenset(fields - {OTHER} or fields) for word, fields in known.items() if word}


def _in_text(text: str, cell: int, known: Mapping[str, frozenset[str]]) -> Iterable[Label]:
    starts = [match.start() for match in re.finditer(r"(?<![^\W_])[^\W_]", text)]
    by_size: dict[int, list[str]] = {}
    for word in known:
        by_size.setdefault(len(word), []).append(word)
    for start in starts:
        ends = _ends(text, start)
        for end in ends:
            said = flat(text[start:end])
            if said in known:
                yield Label(known[said], cell, start, end, len(said), 1.0)
                continue
            errors = len(said) // _LETTERS_PER_ERROR
            if not errors:
                continue
            near = [
                (Levenshtein.distance(said, word, score_cutoff=errors), word)
                for size in range(len(said) - 1, len(said) + 2)
                for word in by_size.get(size, ())
                if len(word) >= _LETTERS_PER_ERROR
            ]
            wrong, word = min(near, default=(errors + 1, ""))
            if wrong <= errors:
                exact = 1 - wrong / len(word)
                yield Label(known[word], cell, start, end, len(word), exact)


def _ends(text: str, start: int) -> list[int]:
    """Where a label that starts here may end: at the end of a word, or before a digit in one."""
    ends = []
    for number, match in enumerate(re.finditer(r"[^\W\d_]+|\d+|[^\w\s]", text[start:])):
        if number >= 2 * _MOST_WORDS:
            break
        if match.group()[0].isalnum():
            ends.append(start + match.end())
    return ends


def _numbers(text: str, cell: int, numbers: Mapping[str, frozenset[str]]) -> Iterable[Label]:
    """ "4a." at the head of a cell, or in it after a gap that OCR has lost."""
    for match in re.finditer(r"(?<![\w.,/-])\(?(\d{1,2}[a-dа-г]?)(?:[.):]|$|(?=\s))", text):
        said = match.group(1).casefold().translate(str.maketrans("авсг", "abcd"))
        if said not in numbers:
            continue
        dotted = text[match.end(1) : match.end(1) + 1] in (".", ")", ":")
        if match.start() == 0 or dotted:
            yield Label(numbers[said], cell, match.start(), match.end(), 3, 1.0, numbered=True)


def _longest(labels: Iterable[Label]) -> list[Label]:
    """Labels that do not overlap, longer ones first; equals are joined."""
    kept: list[Label] = []
    for label in sorted(labels, key=lambda one: (-one.size * one.exact, one.start, one.end)):
        if all(label.end <= other.start or label.start >= other.end for other in kept):
            kept.append(label)
    return sorted(kept, key=lambda one: one.start)


def _marked(label: Label, text: str) -> Label:
    """The label with what its surroundings say of it, up to the colon that ends it."""
    tail = _TAIL.match(text, label.end)
    end = tail.end() if tail and not label.numbered else label.end
    after = _MARKS_BETWEEN.match(text, end)
    marks = after.group() if after else ""
    head = text[: label.start]
    alone = _MARKS_BETWEEN.fullmatch(head) is not None
    colon = ":" in marks
    ends = end + len(marks) == len(text)
    around = (colon or ends) and _HEAD.fullmatch(head) is not None
    shouts = text[label.start].isupper() and label.size >= _SHORTEST_STRONG
    return replace(
        label,
        end=end,
        colon=colon,
        whole=(alone or around) and ends,
        leads=alone or around,
        strong=alone or label.numbered or colon or shouts,
    )
