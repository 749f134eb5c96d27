"""Areas where the value of a label may stand: after it, right of it, below it, above it.

An area is a run of characters in one cell, with the aligned lines below it as continuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from engine.fields.labels.numbered_form import repeats_in_latin
from engine.fields.labels.person_names import is_rest_of_company

if TYPE_CHECKING:
    from engine.fields.labels.label import Label
    from engine.index.view import PageView

Relation = Literal["inline", "right", "below", "above", "none"]
# A note in brackets is skipped, a negative amount in brackets is the value.
_LEAD: Final = re.compile(
    r"[\s:;,.|/=_·•–—-]*(?:\((?![\d\s.,'’$€£₽]*\d[.,]\d{2,3}\)\s*$)[^()]{0,12}\)[\s:]*)?"
)
# In line heights: largest distance of a value below its label or below the line before.
_BELOW_GAP: Final = 2.2
_LINE_GAP: Final = 0.9
_FURTHEST_RIGHT: Final = 3
MOST_LINES: Final = 5
_LABEL_WORDS: Final = 4
_UNKNOWN: Final = re.compile(r"[^\d:;,]{2,40}:\s+(?=\S)")
_BOTH: Final = {"cyrillic", "latin"}
_OF_BOTH: Final = frozenset("АВЕКМНОРСТХУаеорсухABEKMHOPCTXYaeopcyx")
_FEWEST_LETTERS: Final = 2
# Such a line continues no other line: it begins with a label of its own ("Tel: 555"), or contains
# a mail or web address, a phone number, a time or a long number.
_CONTACT: Final = re.compile(
    r"^\W*(?:[^\W\d]+\W?\s?){1,3}[:#]|@|\bwww\.|\b(?:tel|fax|phone|тел|факс)\b|\(\d{3,4}\)\s?\d"
    r"|^\W*(?:t|т|p|ph|m|м|моб)\W{0,3}[+(\d][\d\s()-]{5,}$|\d{8}|\b\d{1,2}:\d{2}\b|^\W*\d{5,7}\s?-\s?[A-Z]\W*$|^(?:\W*\d){7,}\W*$",
    re.IGNORECASE,
)

_LEGAL_FORM: Final = re.compile(
    r"^(?:\([^()]{1,12}\)\s)?(?:sdn|bhd|ltd|limited|llc|inc|plc|pte|co|corp|gmbh)\b", re.IGNORECASE
)
_OPEN_END: Final = re.compile(
    r"(?:[,&/(–—-]|\b(?:of|and|the|for|и|по|в|на|ул|д|кв|оф|корп|стр|г|гор|им|no|st|р-н|обл)\.?)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LabelArea:
    """text(cell)[start:end]. label: None for a cell without a label.

    Attributes:
        step: number of cells between the label and the area.
        gap: distance from the label, in line heights.
        more: cells of the lines that may continue the value.
    """

    cell: int
    start: int
    end: int
    label: Label | None
    relation: Relation
    step: int = 0
    gap: float = 0.0
    more: tuple[int, ...] = ()


class LabelAreas:
    """The value areas of a page for a template's labels."""

    def __init__(self, view: PageView, labels: Sequence[Label]) -> None:
        self._view = view
        self.labels_of: Mapping[int, list[Label]] = _by_cell(labels)
        self._under: dict[int, list[int]] = {}
        for number, above in enumerate(view.above):
            for other in above[:2]:
                self._under.setdefault(other, []).append(number)

    def text(self, cell: int) -> str:
        own = self._view.cells[cell]
        return self._view.text(own.first, own.last)

    def is_label(self, cell: int) -> bool:
        """Whether a cell begins with a label."""
        return any(one.leads for one in self.labels_of.get(cell, ()))

    def of_label(self, label: Label) -> Iterator[LabelArea]:
        """Yield the areas where this label's value may stand, most usual first."""
        text = self.text(label.cell)
        start = _after(text, label.end)
        own = self.labels_of[label.cell]
        following = [
            one
            for one in own
            if one.start >= label.end and one.strong and not _says_itself(one, label, start)
        ]
        while following and following[0].start <= start and following[0].fields & label.fields:
            # The same label in another language: "Surname / Фамилия".
            start = _after(text, following[0].end)
            following = following[1:]
        end = following[0].start if following else len(text)
        if text[label.end :].lstrip().startswith("/"):
            # A third language repeats the label here, up to a colon.
            colon = text.find(":", start, end)
            capitals = text[start:end].isupper() and not text[label.start : label.end].isupper()
            if colon >= 0 or not capitals:
                start = _after(text, colon) if colon >= 0 else end
        if text[start:end].strip(" .:;,/|-–—_"):
            more = self.continued(label.cell) if end == len(text) else ()
            yield LabelArea(label.cell, start, end, label, "inline", more=more)
            yield from self._shared(label, more, "inline")
        if not following:
            yield from self._right(label)
            yield from self._below(label)
        if label.start == 0 or label.alone:
            yield from self._above(label)

    def free(self) -> Iterator[LabelArea]:
        """Yield every cell as an area without a label, and the text after an unknown label."""
        for cell in range(len(self._view.cells)):
            text = self.text(cell)
            own = self.labels_of.get(cell, ())
            # "8. 12 Elm Street": the entry's number is no part of the value.
            start = _after(text, own[0].end) if own and own[0].standard and own[0].leads else 0
            yield LabelArea(cell, start, len(text), None, "none", more=self.continued(cell))
            unknown = _UNKNOWN.match(text)
            if unknown and not self.is_label(cell):
                start = unknown.end()
                yield LabelArea(cell, start, len(text), None, "none", more=self.continued(cell))

    def _shared(self, label: Label, more: Sequence[int], relation: Relation) -> Iterator[LabelArea]:
        """Yield the next line for a label of several fields.

        "Name:" may stand before a surname with the given names in the line below.
        """
        if len(label.fields) > 1:
            for cell in more[:1]:
                yield LabelArea(cell, 0, self._end(cell, 0), label, relation, 1, 0.0)

    def _right(self, label: Label) -> Iterator[LabelArea]:
        view = self._view
        row = view.rows[view.cells[label.cell].row]
        place = row.index(label.cell)
        edge = view.cells[label.cell].bbox[2]
        for step, cell in enumerate(row[place + 1 : place + 1 + _FURTHEST_RIGHT]):
            if self.is_label(cell):
                return
            box = view.cells[cell].bbox
            gap = (box[0] - edge) / view.line_height
            text = self.text(cell)
            start = _after(text, 0)
            first = [
                one for one in self.labels_of.get(cell, ()) if one.start > start and one.strong
            ]
            end = first[0].start if first else len(text)
            more = self.continued(cell)
            yield LabelArea(cell, start, end, label, "right", step, gap, more)
            if step == 0:
                yield from self._shared(label, more, "right")

    def _below(self, label: Label) -> Iterator[LabelArea]:
        view = self._view
        cell, passed = label.cell, 0
        for cell in self._down(label):
            gap = (view.cells[cell].bbox[1] - view.cells[label.cell].bbox[3]) / view.line_height
            if self.is_label(cell):
                own = self.labels_of[cell]
                if not own[0].fields & label.fields:
                    continue
                passed += 1
                continue
            text = self.text(cell)
            end = self._end(cell, 0)
            yield LabelArea(
                cell, _after(text, 0), end, label, "below", passed, gap, self.continued(cell)
            )
            passed += 1

    def _end(self, cell: int, start: int) -> int:
        """Return the end of a value that begins at `start`: a strong label or the cell's end."""
        own = self.labels_of.get(cell, ())
        later = [one.start for one in own if one.start > start and one.strong]
        return min(later, default=len(self.text(cell)))

    def _down(self, label: Label) -> Iterator[int]:
        """Yield the cells below a label; a second label of the same field is passed through."""
        view = self._view
        limit = _BELOW_GAP * view.line_height
        left, _, right, foot = view.cells[label.cell].bbox
        for cell in sorted(self._under.get(label.cell, ()), key=lambda at: view.cells[at].bbox[1]):
            box = view.cells[cell].bbox
            if box[1] - foot > limit:
                continue
            # A cell that begins under the end of the label belongs to the next column.
            if box[0] > left + 0.6 * (right - left) and box[0] - left > 2 * view.line_height:
                continue
            yield cell
            same = self.labels_of.get(cell, ())
            if same and same[0].fields & label.fields and same[0].whole:
                for further in self._under.get(cell, ()):
                    if view.cells[further].bbox[1] - box[3] <= limit:
                        yield further

    def _above(self, label: Label) -> Iterator[LabelArea]:
        view = self._view
        for cell in view.above[label.cell][:1]:
            gap = (view.cells[label.cell].bbox[1] - view.cells[cell].bbox[3]) / view.line_height
            if gap <= _BELOW_GAP and not self.is_label(cell):
                text = self.text(cell)
                yield LabelArea(cell, _after(text, 0), len(text), label, "above", 0, gap)
                for upper in view.above[cell][:1]:
                    lines = () if self.is_label(upper) else self.continued(upper)
                    if cell in lines:  # a value of two lines above its caption
                        text = self.text(upper)
                        more = lines[: lines.index(cell) + 1]
                        yield LabelArea(
                            upper, _after(text, 0), len(text), label, "above", 0, gap, more
                        )

    def continued(self, cell: int) -> tuple[int, ...]:
        """Return the lines below that continue a cell: near, aligned, of its size, no labels."""
        view = self._view
        found: list[int] = []
        first = view.cells[cell].bbox
        current = cell
        while len(found) < MOST_LINES - 1:
            below = view.below[current]
            if below < 0 or self.is_label(below):
                break
            upper, lower = view.cells[current].bbox, view.cells[below].bbox
            tall = max(upper[3] - upper[1], 1.0)
            starts = abs(lower[0] - upper[0]) < 1.2 * tall or (
                current == cell and first[0] - tall < lower[0] < first[2]
            )
            centred = abs(lower[0] + lower[2] - upper[0] - upper[2]) < 2.0 * tall
            near = lower[1] - upper[3] <= _LINE_GAP * tall
            alike = 0.6 < (lower[3] - lower[1]) / tall < 1.6
            # A legal form alone is the end of the name above it, wherever it stands.
            ends = is_rest_of_company(self.text(below))
            if not (near and alike and (starts or centred or ends)):
                break
            if {alphabet_of(self.text(current)), alphabet_of(self.text(below))} == _BOTH:
                break  # a repetition in the other alphabet
            if _CONTACT.search(self.text(below)) or self._is_of_another(current, below):
                break
            if repeats_in_latin(view, below):
                break
            found.append(below)
            current = below
        return tuple(found)

    def _is_of_another(self, cell: int, below: int) -> bool:
        """Whether the cell left of the lower line is a label, known or unknown."""
        left = self._view.left[below]
        if left < 0:
            return False
        text = self.text(left)
        return self._view.left[cell] < 0 or (
            not any(map(str.isdigit, text)) and len(text.split()) <= _LABEL_WORDS
        )


def _says_itself(later: Label, label: Label, start: int) -> bool:
    """Whether a later label is a word of the field's value: "4c. Road Safety Authority"."""
    return later.fields <= label.fields and not later.colon and later.start > start


def alphabet_of(text: str) -> str:
    """Return "cyrillic" or "latin", the alphabet of most letters.

    "" for too few letters that occur in only one alphabet; such a text fits both.
    """
    letters = [letter for letter in text if letter.isalpha() and letter not in _OF_BOTH]
    if len(letters) < _FEWEST_LETTERS:
        return ""
    cyrillic = len(re.findall("[а-яё]", "".join(letters), re.IGNORECASE))
    return "cyrillic" if 2 * cyrillic > len(letters) else "latin"


def _by_cell(labels: Sequence[Label]) -> dict[int, list[Label]]:
    found: dict[int, list[Label]] = {}
    for label in labels:
        found.setdefault(label.cell, []).append(label)
    return found


def _after(text: str, at: int) -> int:
    match = _LEAD.match(text, at)
    return match.end() if match else at


def is_unfinished(text: str, following: str) -> bool:
    """Whether a line continues on the next one.

    It ends in a comma or a word like "of", or the next line begins with a small letter, a mark or
    a company's legal form.
    """
    head = following[:1]
    opens = _OPEN_END.search(text.rstrip()) or _LEGAL_FORM.match(following)
    return bool(opens) or head.islower() or head in (",", "/", ")")
