"""Label detection: finds a template's synonyms and printed numbers on a page.

The comparison ignores case, spaces and marks. Letters that OCR confuses are equal (0 and O, Latin
and Cyrillic look-alikes), and long labels may have a few wrong letters. Of overlapping labels the
longest one counts: "Date of birth" does not contain the label "Date".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import Levenshtein

from engine.fields.labels.label import OTHER, Label, said_again
from engine.fields.labels.numbered_form import completed, numbers_in, numbers_of
from engine.fields.labels.script import script_of

if TYPE_CHECKING:
    from engine.fields.templates import DocumentTemplate
    from engine.index.view import PageView

# One wrong letter is allowed per this many letters; shorter labels must match exactly.
_LETTERS_PER_ERROR: Final = 6
_ALIKE: Final = str.maketrans("авекмнорстухіё013|", "abekmhopctyxieol3l")
_MARKS_BETWEEN: Final = re.compile(r"[\s/|,.:;()\[\]·•–—-]*")
_MOST_WORDS: Final = 7
# A short word before small letters is part of a sentence: "To settle", "no refunds".
_SHORT_WORD: Final = 4
# "store", "company": at the end of a name they are part of it.
_SHORT_PLACE: Final = 8
_IN_SENTENCE: Final = re.compile(r"\s+(?=[a-zа-яё])")
# Text that belongs to a label: its number in the form and words before it; after it a remark in
# brackets, and words up to its colon.
_HEAD: Final = re.compile(r"\W*(?:\d{1,2}[a-dа-г]?(?:\s?[.)]\s*|\s+))?[^\d:;]{0,24}")
_ENTRY: Final = re.compile(r"\W*\d{1,2}[a-dа-г]?(?:\s?[.)]\s*|\s+)")
_TAIL: Final = re.compile(r"\s?\([^()\d]{1,24}\)|\s[^\d:;,/]{1,24}(?=:)|,\s[a-zа-яё][^\d:;]*$")
# Labels joined by one of these words form one label of both fields. Other connectives give a label
# of the first one ("office of issue").
_AND: Final = frozenset(("and", "&", "и", "или"))
_CONNECTIVES: Final = _AND | {"of", "the"}
_TRANSLATED: Final = re.compile(r"\s*[/·•]\s*")
# "INV-1234" is a number with a prefix, not a label with a value.
_NUMBERED: Final = re.compile(r"[-/]\d")
_SHORTEST_STRONG: Final = 3
_CYRILLIC: Final = re.compile("[а-яё]", re.IGNORECASE)


@lru_cache(maxsize=65_536)
def flat(text: str) -> str:
    """Return letters and digits alone; letters that OCR confuses become equal."""
    return re.sub(r"[\W_]", "", text.casefold().replace("ё", "е")).translate(_ALIKE)


def find_labels(view: PageView, template: DocumentTemplate) -> list[Label]:
    """Return the labels of a page, ordered by cell and position."""
    known = _synonyms(template, latin=script_of(view.words) == "latin")
    continued = {
        flat(synonym): name
        for name, field in template.fields.items()
        for synonym in field.continued.every
    }
    known |= {word: frozenset([name]) for word, name in continued.items()}
    numbers = numbers_of(template)
    found: list[Label] = []
    in_two = _of_two_lines(view, known)
    for at, cell in enumerate(view.cells):
        text = view.text(cell.first, cell.last)
        if at in in_two:
            found.append(in_two[at])
            continue
        own = [*_in_text(text, at, known), *numbers_in(text, at, numbers)]
        for label in _joined(_longest(own), text):
            if _is_phrase(label, text, template):
                continue
            goes_on = flat(text[label.start : label.end]) in continued
            marked = replace(_marked(label, text), goes_on=goes_on)
            # In the middle of a line only a certain match is a label.
            sure = label.exact == 1 or marked.alone or marked.colon or marked.whole
            if sure or text[: label.start].rstrip().endswith("/"):
                found.append(marked)
    found = _ranked(_without_values(view, _of_two_languages(view, found)), view, template)
    return completed(view, found, numbers) if numbers else found


def _ranked(labels: Sequence[Label], view: PageView, template: DocumentTemplate) -> list[Label]:
    """Detach lesser labels from a field if one of its better labels is printed on the page.

    Example: the date of supply beside an invoice's date.
    """
    lesser = {
        name: {flat(word) for word in field.lesser.every} for name, field in template.fields.items()
    }

    def is_lesser(label: Label, name: str) -> bool:
        cell = view.cells[label.cell]
        text = flat(view.text(cell.first, cell.last)[label.start : label.end])
        return any(text.startswith(word) for word in lesser.get(name, ()))

    better = {
        name
        for label in labels
        for name in label.fields
        if lesser.get(name) and label.leads and not label.numbered and not is_lesser(label, name)
    }

    def without_lesser(label: Label) -> Label:
        own = {one for one in label.fields if not (one in better and is_lesser(label, one))}
        return replace(label, fields=frozenset(own) or frozenset([OTHER]))

    return [without_lesser(label) for label in labels]


def _of_two_languages(view: PageView, labels: Sequence[Label]) -> list[Label]:
    """Add the upper lines of labels in two languages: "Где родился /" over "Birthplace"."""
    own: dict[int, list[Label]] = {}
    for label in labels:
        own.setdefault(label.cell, []).append(label)
    for at, cell in enumerate(view.cells):
        text, below = view.text(cell.first, cell.last), view.below[at]
        lower = own.get(below, [])
        if not text.rstrip().endswith("/") or len(lower) != 1 or not lower[0].whole:
            continue
        tall = cell.bbox[3] - cell.bbox[1]
        if abs(view.cells[below].bbox[0] - cell.bbox[0]) > tall:
            continue
        upper = own.get(at, [])
        if not any(one.fields & lower[0].fields for one in upper):
            own[at] = [replace(lower[0], cell=at, start=0, end=len(text), colon=False)]
    return [label for at in sorted(own) for label in own[at]]


def _is_phrase(label: Label, text: str, template: DocumentTemplate) -> bool:
    """Whether a label is only part of a phrase: "Passport Office" is no label of a number."""
    if label.numbered or text[label.end : label.end + 1] == ":":
        return False
    rest = text[label.end :]
    if label.size <= _SHORT_WORD and _IN_SENTENCE.match(rest) and not any(map(str.isdigit, rest)):
        return True
    known = [template.fields[name] for name in label.fields if name in template.fields]
    if known and not rest.strip() and all(one.who == "organisation" for one in known):
        # "Orient Book Store" is a name; "Name of the store" would end in a colon.
        return any(map(str.isalpha, text[: label.start])) and label.size <= _SHORT_PLACE
    types = {one.type for one in known}
    words = re.sub(r"\([^)]*\)", "", rest)
    return types == {"id"} and re.match(r"\s+[^\W\d]{3}[^\d/:]*$", words) is not None


def _joined(labels: list[Label], text: str) -> list[Label]:
    """Join labels of one phrase; give both halves of a bilingual label the same fields."""
    found: list[Label] = []
    for label in labels:
        last = found[-1] if found else None
        between = text[last.end : label.start] if last else ""
        words = set(between.casefold().replace(",", " ").split())
        if last and not last.numbered and words and words <= _CONNECTIVES:
            fields = last.fields | label.fields if words & _AND else last.fields
            found[-1] = replace(last, fields=fields, end=label.end, size=last.size + label.size)
        elif last and _TRANSLATED.fullmatch(between) and not label.numbered:
            both = last.fields & label.fields
            fields = (
                both or max(last, label, key=lambda one: (one.fields != {OTHER}, one.size)).fields
            )
            found[-1] = replace(last, fields=fields)
            found.append(replace(label, fields=fields))
        else:
            found.append(label)
    return found


def _without_values(view: PageView, labels: Sequence[Label]) -> list[Label]:
    """Drop words that are the value of a label beside or above: "Office: | HOME OFFICE"."""
    whole: dict[int, list[Label]] = {}
    for label in labels:
        if label.whole and label.alone:
            whole.setdefault(label.cell, []).append(label)

    def is_value(label: Label) -> bool:
        if label.alone or label.colon:
            return False
        upper = view.above[label.cell][:1]
        near = [at for at in (view.left[label.cell], *upper) if at >= 0]
        return any(one.fields & label.fields for at in near for one in whole.get(at, ()))

    return [label for label in labels if not is_value(label)]


def _of_two_lines(view: PageView, known: Mapping[str, frozenset[str]]) -> dict[int, Label]:
    """Return cell -> label for labels that narrow forms break: "Place of" over "birth"."""
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
        joined = "".join(map(flat, texts))
        if joined in known and flat(texts[0]) not in known:
            for number, text in zip((at, below), texts, strict=True):
                found[number] = Label(
                    known[joined], number, 0, len(text), len(joined), 1.0, whole=True
                )
    return found


def _synonyms(template: DocumentTemplate, *, latin: bool) -> dict[str, frozenset[str]]:
    """Return flat synonym -> fields.

    Args:
        latin: the page has no Cyrillic letters. Short Cyrillic labels are left out, because they
            would match Latin words of the same shape ("ву" in "by").
    """
    known: dict[str, set[str]] = {}

    def fits(synonym: str) -> bool:
        return not latin or len(flat(synonym)) > _SHORTEST_STRONG or not _CYRILLIC.search(synonym)

    for name, field in template.fields.items():
        for synonym in filter(fits, (*field.synonyms.every, *field.lesser.every)):
            known.setdefault(flat(synonym), set()).add(name)
        for labels in field.columns.values():
            for synonym in labels.every:
                known.setdefault(flat(synonym), set()).add(OTHER)
    for synonym in filter(fits, template.other_labels.every):
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
            if _NUMBERED.match(text, end):
                continue
            phrase = flat(text[start:end])
            if phrase in known:
                yield Label(known[phrase], cell, start, end, len(phrase), 1.0)
                continue
            errors = len(phrase) // _LETTERS_PER_ERROR
            if not errors:
                continue
            near = [
                (Levenshtein.distance(phrase, word, score_cutoff=errors), word)
                for size in range(len(phrase) - 1, len(phrase) + 2)
                for word in by_size.get(size, ())
                if len(word) >= _LETTERS_PER_ERROR
            ]
            wrong, word = min(near, default=(errors + 1, ""))
            if wrong <= errors:
                exact = 1 - wrong / len(word)
                yield Label(known[word], cell, start, end, len(word), exact)


def _ends(text: str, start: int) -> list[int]:
    """Return the possible ends of a label that starts here: after a word or a run of digits."""
    ends = []
    for number, match in enumerate(re.finditer(r"[^\W\d_]+|\d+|[^\w\s]", text[start:])):
        if number >= 2 * _MOST_WORDS:
            break
        if match.group()[0].isalnum():
            ends.append(start + match.end())
    return ends


def _longest(labels: Iterable[Label]) -> list[Label]:
    """Return labels that do not overlap; longer ones win."""
    chosen: list[Label] = []
    for label in sorted(labels, key=lambda one: (-one.size * one.exact, one.start, one.end)):
        if all(label.end <= other.start or label.start >= other.end for other in chosen):
            chosen.append(label)
    return sorted(chosen, key=lambda one: one.start)


def _marked(label: Label, text: str) -> Label:
    """Add the properties that depend on the surrounding text, and extend the label to its colon."""
    tail = _TAIL.match(text, label.end)
    end = tail.end() if tail and not label.numbered else label.end
    if not label.numbered:
        end += said_again(text[label.start : label.end], text, end)
    after = _MARKS_BETWEEN.match(text, end)
    marks = after.group() if after else ""
    head = text[: label.start]
    alone = _MARKS_BETWEEN.fullmatch(head) is not None or _ENTRY.fullmatch(head) is not None
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
        alone=alone,
    )
