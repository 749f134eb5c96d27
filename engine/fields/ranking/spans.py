"""Candidate spans of a field's value, each with the area that led to it.

A candidate is text of the page by construction: nothing is invented, joined across gaps or
corrected here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from engine.fields.labels.areas import LabelArea, alphabet_of
from engine.fields.labels.person_names import is_rest_of_company, split_name
from engine.fields.parsing import ParsedValue, as_coded, parse_field
from engine.index.spans import Candidate, piece
from engine.text import UNKNOWN, Conventions, find_values

if TYPE_CHECKING:
    from engine.fields.labels.areas import LabelAreas
    from engine.fields.templates import FieldTemplate
    from engine.index.view import PageView

# Types with a printed value, and the matching kinds of engine.text.
_VALUE_KINDS: Final = {
    "date": ("date",),
    "amount": ("amount", "number"),
    "number": ("number", "amount"),
    "id": ("id", "number", "phone", "iban"),
    "inn": ("id", "number", "phone"),
    "iban": ("iban", "id"),
}
_FREE_AMOUNT: Final = ("amount",)
_MOST_VALUES: Final = 4
# Digits in groups, with a prefix of letters: the usual format of document numbers.
_GROUPED: Final = re.compile(r"(?:№\s?)?(?=[^\d]*\d)[A-ZА-ЯЁ0-9]+(?:[\s/-]{1,3}[A-ZА-ЯЁ0-9]*\d+)*")
_FURTHEST: Final = 10
_PERSON: Final = ("surname", "given_names")
_NAME_LINE: Final = re.compile(r"^[^\W\d_]{2,}(?:[ '’-][^\W\d_]{2,}){0,2}$")
# "ИНН/КПП 7701234567/770101001"
_INN: Final = re.compile(r"(?<!\d)\d{10}(?:\d{2})?(?=\s?/)")
# OCR joins the dates of a period into one word.
_PERIOD: Final = re.compile(
    r"(\d{1,2}[./]\d{1,2}[./]\d{2,4})\s?[-–—]\s?(\d{1,2}[./]\d{1,2}[./]\d{2,4})"
)
_NUMBER_PART: Final = re.compile(r"[^\W\d_]{1,3}|\S*\d\S*")
# OCR reads "№" as "Ne" and "N2".
_NUMBER_SIGN: Final = re.compile(r"(?:№|N[oº°]\.?|#|N[eе2°]\s)\s*")
_WORD: Final = re.compile(r"[^\W\d_]{2}|^[^\W\d_]$")
_ELECTRONIC: Final = re.compile(r"@|www\.|https?:", re.IGNORECASE)
# A note after a name is not part of it: "(2)", "(123456-X)".
_NOTE: Final = re.compile(r"\([^()]*\d[^()]*\)?\W*$|\s\d{4,}-[A-Z]\W*$")
_LATIN: Final = re.compile(r"(?<=[^\W\d])\s?/\s?(?=[^\W\d])")


@dataclass(frozen=True, slots=True)
class Span:
    """A candidate span with the way that led to it.

    Attributes:
        rank: position among the values of its area, from 0.
        share: fraction of the area's first line that it covers, 0 to 1.
        extra_lines: number of lines after the first.
        whole_block: no further line could have been added.
        whose: for a name, what its words indicate. "part": this field's part of a full name.
            "full": a name that includes another field's part. "maybe ...": only the list of given
            names indicates it. "" otherwise.
    """

    piece: Candidate
    area: LabelArea
    parsed: ParsedValue
    rank: int
    share: float
    extra_lines: int
    whole_block: bool
    whose: str = ""


def spans_of(
    view: PageView,
    areas: LabelAreas,
    template: FieldTemplate,
    reachable: Iterable[LabelArea],
    conventions: Conventions = UNKNOWN,
) -> Iterator[Span]:
    """Yield the candidates of one field.

    Args:
        reachable: the areas of its labels, and the page's cells without a label.
        conventions: of the document.
    """
    for area in reachable:
        if template.choices or template.pattern:
            yield from _matching(view, areas, area, template)
            continue
        if template.type in _VALUE_KINDS:
            yield from _values(view, areas, area, template, conventions)
        if template.type in ("text", "name", "address"):
            yield from _texts(view, areas, area, template)


def _values(
    view: PageView,
    areas: LabelAreas,
    area: LabelArea,
    template: FieldTemplate,
    conventions: Conventions,
) -> Iterator[Span]:
    cell = view.cells[area.cell]
    text = areas.text(area.cell)[area.start : area.end]
    if not any(character.isdigit() for character in text):
        return
    kinds = _VALUE_KINDS[template.type]
    if template.type == "amount" and area.label is None:
        kinds = _FREE_AMOUNT
    taken: list[tuple[int, int]] = []
    places = [(one.start, one.end) for one in find_values(text) if one.kind in kinds]
    if template.type == "date":
        places += [match.span(part) for match in _PERIOD.finditer(text) for part in (1, 2)]
    if template.type in ("id", "inn", "iban"):
        places += [match.span() for match in _GROUPED.finditer(text)]
    if template.type == "inn":
        places += [match.span() for match in _INN.finditer(text)]
    if area.label is None and template.type == "id":
        # Without a label, a phone number is not the number of the document.
        phones = [(one.start, one.end) for one in find_values(text) if one.kind == "phone"]
        places = [one for one in places if not any(a < one[1] and one[0] < b for a, b in phones)]
    rank = 0
    places = [(start + _sign(text[start:end]), end) for start, end in places]
    for start, end in sorted(places, key=lambda place: (place[0], place[0] - place[1])):
        if (start, end) in taken or rank >= _MOST_VALUES:
            continue
        inside = any(first <= start and end <= last for first, last in taken)
        if inside and template.type in ("amount", "number", "date"):
            continue
        taken.append((start, end))
        found = _span(view, areas, area, template, start, end, rank, conventions)
        if found is not None and (found.parsed.sure or template.type == "id"):
            if template.type == "id" and len(found.piece.text) < 2 and area.relation != "inline":
                continue  # a speck, or a portrait that OCR reads as "0"
            yield found
            if not inside:
                rank += 1
    if template.type in ("id", "iban", "inn") and area.label is not None and cell.last > cell.first:
        found = _span(view, areas, area, template, 0, len(text), 0)
        if found is not None and all(map(_NUMBER_PART.fullmatch, found.piece.text.split())):
            yield found


def _sign(text: str) -> int:
    """Return the length of the number sign at the beginning of an id."""
    match = _NUMBER_SIGN.match(text)
    return match.end() if match and match.end() < len(text) else 0


def _matching(
    view: PageView, areas: LabelAreas, area: LabelArea, template: FieldTemplate
) -> Iterator[Span]:
    """Yield runs of words that are a choice, or whose characters match the pattern."""
    text = areas.text(area.cell)[area.start : area.end]
    words = [match.span() for match in re.finditer(r"[^\s,;:/]+", text)]
    rank = 0
    for first in range(len(words)):
        for last in reversed(range(first, min(len(words), first + _FURTHEST))):
            start, end = words[first][0], words[last][1]
            if not fits(text[start:end], template, small=area.label is not None):
                continue
            found = _span(view, areas, area, template, start, end, rank)
            if found is not None and fits(found.piece.text, template, small=True):
                yield found
                rank += 1
                break


def fits(text: str, template: FieldTemplate, *, small: bool = False) -> bool:
    """Whether a text is one of the field's choices, or matches its pattern.

    Args:
        small: also accept letters that OCR reads as small: "в, м" under "Категории".
    """
    if template.choices:
        return parse_field(text, template).sure
    if not template.pattern:
        return False
    bare = re.sub(r"\s", "", text).strip(".,;:")
    return bool(re.fullmatch(template.pattern, bare)) or bool(
        re.fullmatch(template.pattern, as_coded(bare if not small else bare.upper()))
    )


def _texts(
    view: PageView, areas: LabelAreas, area: LabelArea, template: FieldTemplate
) -> Iterator[Span]:
    """Yield the area's line alone, and with each of the lines that continue it."""
    text = areas.text(area.cell)[area.start : area.end]
    parts = list(_parts(text))
    first = _span(view, areas, area, template, 0, len(text), 1 if parts else 0)
    if first is None or not _WORD.search(first.piece.text):
        return  # "(123456-X)" is no name
    if text.rstrip().endswith(":"):
        return  # a label, possibly an unknown one
    is_company = template.who == "organisation"
    if is_company and area.label is None and is_rest_of_company(text):
        return
    # Ends that would separate a company's name from its legal form.
    cut = {
        number
        for number, more in enumerate(area.more)
        if is_company and is_rest_of_company(areas.text(more))
    }
    if template.type == "name" and _ELECTRONIC.search(first.piece.text):
        return
    if not (parts and template.type == "name" and _NOTE.search(first.piece.text)):
        # A label of one part alone is no label of a full name.
        whole = area.label is None or len(area.label.fields) > 1
        split = split_name(text) if whole and template.who in _PERSON else None
        if split is not None and not split.sure and _name_beside(view, areas, area):
            split = None  # the other part has a separate line
        if split is None:
            if 0 not in cut:
                yield first
        else:
            yield replace(first, whose="full" if split.sure else "maybe full")
            start, end = split.surname if template.who == "surname" else split.given_names
            own = _span(view, areas, area, template, start, end, 0)
            if own is not None:
                yield replace(own, whose="part" if split.sure else "maybe part")
    for number, (start, end) in enumerate(parts):
        part = _span(view, areas, area, template, start, end, 2 * number)
        if part is not None and any(character.isalpha() for character in part.piece.text):
            yield part
    cell = view.cells[area.cell]
    head = piece(view, cell.first, cell.last, area.start, area.end, "field")
    if head is None or area.end < len(areas.text(area.cell)):
        return
    # Up to the cell's end: a comma there belongs to a text that continues.
    ranges = [(head.ranges[0][0], cell.last)]
    for number, more in enumerate(area.more, start=1):
        line = view.cells[more]
        ranges.append((line.first, line.last))
        if number in cut:
            continue
        tail = piece(view, line.first, line.last, 0, len(areas.text(more)), "field")
        keep = tail.keep if tail is not None else None
        block = Candidate(view, tuple(ranges), head.skip, keep, frozenset(), "field")
        parsed = parse_field(block.text, template, block.lines)
        yield Span(block, area, parsed, 0, first.share, number, number == len(area.more))


def _name_beside(view: PageView, areas: LabelAreas, area: LabelArea) -> bool:
    """Whether the line above or below, in the same print size, may be a name."""
    box = view.cells[area.cell].bbox
    tall = max(1.0, box[3] - box[1])
    for cell in (*view.above[area.cell][:1], view.below[area.cell]):
        if cell < 0 or areas.is_label(cell) or not _NAME_LINE.match(areas.text(cell)):
            continue
        other = view.cells[cell].bbox
        gap = max(other[1] - box[3], box[1] - other[3])
        alike = 0.75 < (other[3] - other[1]) / tall < 1.35
        if gap < tall and alike and abs(other[0] - box[0]) < 2 * tall:
            return True
    return False


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Yield parts of a line that may be separate values.

    They stand before a bracket, beside a slash, or after a date.
    """
    dates = [one for one in find_values(text) if one.kind == "date"]
    if dates and dates[0].start <= 1:
        yield dates[0].end, len(text)
    slash = _LATIN.search(text)
    sides = (
        {alphabet_of(text[: slash.start()]), alphabet_of(text[slash.end() :])} if slash else set()
    )
    # In one alphabet both sides form the value: "NORSK/NORWEGIAN".
    if slash and slash.start() > 0 and sides != {"latin"}:
        yield 0, slash.start()
        yield slash.end(), len(text)
    cut = re.search(r"\s?\(|;|\s\d{4,7}-[A-Z]\b", text)
    if cut and cut.start() > 1:
        yield 0, cut.start()


def joined_spans(
    view: PageView, template: FieldTemplate, spans: Iterable[Span], more: Iterable[Span]
) -> Iterator[Span]:
    """Yield each labelled value joined with the value of a label that continues it."""
    tails = [one for one in more if one.extra_lines == 0 and one.rank == 0]
    for span in spans:
        label = span.area.label
        if label is None or label.goes_on or span.extra_lines or span.piece.keep is not None:
            continue
        for tail in tails:
            if tail.piece.skip or tail.area.relation != span.area.relation:
                continue
            ranges = (*span.piece.ranges, *tail.piece.ranges)
            whole = Candidate(view, ranges, span.piece.skip, tail.piece.keep, frozenset(), "field")
            parsed = parse_field(whole.text, template, whole.lines)
            yield Span(whole, span.area, parsed, 0, span.share, 1, True)


def _span(
    view: PageView,
    areas: LabelAreas,
    area: LabelArea,
    template: FieldTemplate,
    start: int,
    end: int,
    rank: int,
    conventions: Conventions = UNKNOWN,
) -> Span | None:
    """Build the candidate area.text[start:end]."""
    cell = view.cells[area.cell]
    found = piece(view, cell.first, cell.last, area.start + start, area.start + end, "field")
    if found is None:
        return None
    parsed = parse_field(found.text, template, found.lines, conventions)
    length = max(1, len(areas.text(area.cell)[area.start : area.end].strip()))
    share = min(1.0, len(found.text) / length)
    return Span(found, area, parsed, rank, share, 0, not area.more)
