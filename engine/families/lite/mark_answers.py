"""Answers from the marks of pages: signatures, ticked boxes, codes and stamps, with their boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.core.i18n import say
from engine.core.schema import BBox, Evidence, Mark, MarkKind
from engine.families.lite.mark_question import MarkQuestion, content_words, parse
from engine.text.language import likeness, tokens

if TYPE_CHECKING:
    from engine.index.page_index import PageIndex

_BOXES: Final = ("check_box", "radio_button")
_ALIKE: Final = 0.8
# Least part of a question's words that the label has, if the question does not speak of boxes.
_SHARED: Final = 0.6
# A heading is no further above its boxes than this many heights of a box.
_HEADING: Final = 3.0
_YES: Final = frozenset(("yes", "да"))
_NO: Final = frozenset(("no", "нет"))


@dataclass(frozen=True, slots=True)
class MarkAnswer:
    """An answer and the marks that support it."""

    text: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A mark, its page, and the words of its label and of the heading over its group."""

    mark: Mark
    index: PageIndex
    label: frozenset[str]
    heading: frozenset[str]

    def evidence(self) -> Evidence:
        mark, index = self.mark, self.index
        text = mark.text or index.text_in(mark.bbox)
        return Evidence(index.document_id, index.page_index, mark.bbox, text, mark.confidence)


def answer_from_marks(question: str, indexes: Sequence[PageIndex]) -> MarkAnswer | None:
    """Answer a question about marks; None for any other question.

    If the question can be about nothing but marks and there are none, the answer says so.

    Args:
        question: the user's words; yes, no and the sentences are in its language.
    """
    asked = parse(question)
    if asked is None:
        return None
    language = "ru" if any("а" <= letter <= "я" for letter in question.casefold()) else "en"
    match asked.asked:
        case "signed":
            return _signed(asked, indexes, language)
        case "code" | "stamp":
            return _said(asked, indexes, language)
        case "ticked":
            return _ticked(asked, indexes, language)
        case _:
            return _box(asked, indexes, language)


def _signed(asked: MarkQuestion, indexes: Sequence[PageIndex], language: str) -> MarkAnswer:
    found = _of_kinds(indexes, ("signature",))
    found = [one for one in found if _shares(asked.words, one.label)] or found
    signed = [one for one in found if one.mark.state == "signed"]
    unclear = [one for one in found if one.mark.state == "unclear"]
    if signed and len(signed) == len(found):
        return _answer(say("lite.yes", language), signed)
    if signed:
        text = say("lite.signed_partly", language, signed=len(signed), count=len(found))
        return _answer(text, signed)
    if unclear:
        return _answer(say("lite.maybe_smudge", language), unclear)
    if found:
        return _answer(say("lite.no", language), found)
    return MarkAnswer(say("lite.no_signature", language))


def _said(asked: MarkQuestion, indexes: Sequence[PageIndex], language: str) -> MarkAnswer:
    kind: MarkKind = "code" if asked.asked == "code" else "stamp"
    found = _of_kinds(indexes, (kind,))
    if not found:
        return MarkAnswer(say(f"lite.no_{kind}", language))
    if asked.yes_no:
        return _answer(say("lite.yes", language), found)
    read = [one for one in found if one.mark.text]
    if not read:
        return _answer(say("lite.stamp_unread", language), found)
    return _answer("\n".join(one.mark.text for one in read), read)


def _ticked(asked: MarkQuestion, indexes: Sequence[PageIndex], language: str) -> MarkAnswer | None:
    boxes = _of_kinds(indexes, _BOXES)
    if not boxes:
        return MarkAnswer(say("lite.no_boxes", language)) if asked.is_plain else None
    group = [one for one in boxes if _shares(asked.words, one.heading)]
    boxes = group or boxes
    ticked = [one for one in boxes if one.mark.state == "checked"]
    if ticked:
        return _answer(", ".join(one.mark.text for one in ticked), ticked)
    unclear = [one for one in boxes if one.mark.state == "unclear"]
    if unclear:
        labels = ", ".join(one.mark.text for one in unclear)
        return _answer(say("lite.tick_unclear", language, labels=labels), unclear)
    return _answer(say("lite.none_ticked", language), boxes)


def _box(asked: MarkQuestion, indexes: Sequence[PageIndex], language: str) -> MarkAnswer | None:
    """Whether the box is ticked whose label, or heading over "yes" and "no", the question names."""
    boxes = _of_kinds(indexes, _BOXES)
    if not boxes:
        return MarkAnswer(say("lite.no_boxes", language)) if asked.is_plain else None
    rated = [(_rating(asked, one), one) for one in boxes]
    best = max(rated, key=lambda pair: pair[0])
    if best[0] <= 0:
        return None
    named = [one for rating, one in rated if rating == best[0]]
    own = [one for one in named if _polarity(one.mark) is not None]
    if own:
        ticked = [one for one in own if one.mark.state == "checked"]
        if len(ticked) != 1:
            return _answer(say("lite.none_ticked", language), own)
        key = "lite.yes" if _polarity(ticked[0].mark) else "lite.no"
        return _answer(say(key, language), ticked)
    states = {one.mark.state for one in named}
    if "unclear" in states and "checked" not in states:
        labels = ", ".join(one.mark.text for one in named)
        return _answer(say("lite.tick_unclear", language, labels=labels), named)
    key = "lite.yes" if "checked" in states else "lite.no"
    return _answer(say(key, language), named)


def _rating(asked: MarkQuestion, one: _Found) -> float:
    """How surely a question is about this box; 0: it is not."""
    words = one.heading if _polarity(one.mark) is not None else one.label
    shared = sum(any(_is_like(word, other) for other in words) for word in asked.words)
    if not shared:
        return 0.0
    of_question, of_label = shared / len(asked.words), min(1.0, shared / max(1, len(words)))
    if not asked.is_plain and of_question < _SHARED:
        return 0.0
    return of_question + of_label


def _polarity(mark: Mark) -> bool | None:
    """True for a box labelled yes, False for one labelled no, else None."""
    words = frozenset(tokens(mark.text))
    if len(words) != 1:
        return None
    return True if words & _YES else False if words & _NO else None


def _of_kinds(indexes: Sequence[PageIndex], kinds: Sequence[MarkKind]) -> list[_Found]:
    return [
        _Found(mark, index, content_words(mark.text), content_words(_heading(mark, index)))
        for index in indexes
        for mark in index.marks
        if mark.kind in kinds
    ]


def _heading(mark: Mark, index: PageIndex) -> str:
    """The text that says what the group of a box is about.

    It is the line over the group, which goes on upwards from box to box, and the words left of the
    group in the box's own row.
    """
    if mark.kind not in _BOXES:
        return ""
    group = _group(mark, index)
    top = min(other.bbox[1] for other in group)
    left = min(other.bbox[0] for other in group)
    side = mark.bbox[3] - mark.bbox[1]
    labels = [other.text for other in group]
    above, beside = [], []
    for line in index.lines:
        x0, y0, x1, y1 = line.bbox
        middle = (mark.bbox[1] + mark.bbox[3]) / 2
        if y0 < middle < y1 and x0 < left:
            beside.append(" ".join(w.text for w in line.words if w.bbox[2] <= left + 0.3 * side))
        gap = top - y1
        near = x0 < max(other.bbox[2] for other in group) + 20 * side and x1 > left - 2 * side
        if -0.5 * side < gap <= _HEADING * side and near and line.text not in labels:
            above.append((gap, line.text))
    nearest = min(above, default=(0.0, ""))[1]
    return " ".join((nearest, *beside))


def _group(mark: Mark, index: PageIndex) -> list[Mark]:
    """The boxes of one column or row with a box, each near the next one."""
    group, grew = [mark], True
    while grew:
        grew = False
        for other in index.marks:
            is_new = other.kind == mark.kind and other not in group
            if is_new and any(_is_near(other.bbox, member.bbox) for member in group):
                group.append(other)
                grew = True
    return group


def _is_near(one: BBox, other: BBox) -> bool:
    side = one[3] - one[1]
    below = abs(one[1] - other[1])
    in_column = abs(one[0] - other[0]) < 0.8 * side and below < 2.6 * side
    in_row = below < 0.6 * side and abs(one[0] - other[0]) < 16 * side
    return in_column or in_row


def _shares(words: frozenset[str], others: frozenset[str]) -> bool:
    return any(_is_like(word, other) for word in words for other in others)


def _is_like(word: str, other: str) -> bool:
    return likeness(word, other) >= _ALIKE


def _answer(text: str, found: Sequence[_Found]) -> MarkAnswer:
    return MarkAnswer(text, tuple(one.evidence() for one in found))
