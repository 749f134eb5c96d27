"""Similarity of a piece to the content of a field: by words, format, or usual format."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import Levenshtein

from engine.fields.codes.mrz import icao_latin
from engine.fields.ranking.spans import fits
from engine.text.answer_types import kinds_of

if TYPE_CHECKING:
    from engine.fields.ranking.spans import Span
    from engine.fields.templates import FieldTemplate

# Of Russia, Malaysia, the United States (five or six digits at an end), the United Kingdom.
POSTCODE: Final = re.compile(
    r"^\W*\d{5,6}\b(?!-)|\b\d{5}(?:-\d{4})?\W*$|\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b"
)
# Least similarity of a name to the one in the MRZ at which it is the same name, misread.
SAME_NAME: Final = 0.7
# On Russian cards an address may be only a region or a town.
_REGION: Final = re.compile(
    r"\b(?:обл|область|край|респ|республика|р-н|район|г|гор|пос|дер|с)\b", re.IGNORECASE
)
_SOME: Final = 0.8
_NAME: Final = re.compile(r"^[A-ZА-ЯЁ]['’A-Za-zА-Яа-яЁё]{2,}$")
_WHOSE: Final[Mapping[str, tuple[str, ...]]] = {
    "surname": ("person",),
    "given_names": ("person",),
    "organisation": ("org",),
}
TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("person", "org"),
    "address": ("address",),
    "text": ("text",),
}


def likeness(span: Span, template: FieldTemplate) -> float:
    if template.choices or template.pattern:
        return float(fits(span.piece.text, template, small=span.area.label is not None))
    if template.likely and template.type == "text":
        return float(re.search(template.likely, span.piece.text, re.IGNORECASE) is not None)
    if template.likely:
        bare = re.sub(r"\s", "", span.parsed.value)
        return float(re.fullmatch(template.likely, bare) is not None)
    kinds = span.piece.kinds
    own = _WHOSE.get(template.who) or TEXTS.get(template.type, ())
    if template.type == "address" and _REGION.search(span.piece.text):
        return max(_SOME, kinds.get("address", 0.0))
    if "person" in own and template.who:
        return _likeness_of_person(span.piece.text, kinds.get("person", 0.0))
    return max((kinds.get(kind, 0.0) for kind in own), default=0.0)


def _likeness_of_person(text: str, shape: float) -> float:
    """Score a surname or given names alone: each a word of three letters or more."""
    words = re.split(r"[\s-]+", text)
    if not all(_NAME.match(word) for word in words):
        return 0.0
    return 0.7 if len(words) == 1 else shape


def line_likeness(text: str, template: FieldTemplate) -> float:
    """Score how likely a single line is part of the field's value."""
    kinds = kinds_of(text, ())
    own = max(kinds.get(kind, 0.0) for kind in _WHOSE.get(template.who) or TEXTS[template.type])
    return max(own, 0.8) if template.type == "address" and POSTCODE.search(text) else own


def likeness_of_names(text: str, mrz_name: str, *, given: bool) -> float:
    """Return the similarity of two names, 0 to 1, in either spelling.

    The MRZ may leave out the patronymic.
    """
    letters = re.sub(r"[^\w ]", "", text.upper())
    tries = {letters}
    if given and " " in letters and " " not in mrz_name:
        tries.add(letters.split()[0])
    known = re.sub(r"\W", "", mrz_name.upper())
    return max(
        Levenshtein.normalized_similarity(re.sub(r"\W", "", way(one)), known)
        for one in tries
        for way in (str, icao_latin)
    )
