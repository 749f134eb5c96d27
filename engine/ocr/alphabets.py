"""Tests for Latin and Cyrillic words, and visual similarity of words across both alphabets."""

from __future__ import annotations

import re

from rapidfuzz.distance import Levenshtein

_LATIN = re.compile(r"[A-Za-z]")
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_CYRILLIC_WORD = re.compile(r"[\u0400-\u052f]+[.,:;)»\"]*")
# Characters that OCR confuses -> one shared letter; the keys are lower case.
_SHAPES = str.maketrans(
    {
        **dict(zip("абвгдеёзийклмнопрстухцчшщъьэя", "abbraee3uuknmhonpctyxuuwwbb3r", strict=True)),
        **{"ж": "x", "ф": "o", "ы": "bi", "ю": "io", "і": "i", "ї": "i"},
        **dict(zip("01lvzdqg6", "oiiy3audb", strict=True)),
    }
)


def has_latin(text: str) -> bool:
    """Whether a text has Latin letters."""
    return bool(_LATIN.search(text))


def is_latin(text: str) -> bool:
    """Whether a text has Latin letters and no Cyrillic ones."""
    return has_latin(text) and not _CYRILLIC.search(text)


def is_cyrillic_word(text: str) -> bool:
    """Whether a text is one word of Cyrillic letters, with or without closing punctuation."""
    return bool(_CYRILLIC_WORD.fullmatch(text))


def likeness(one: str, other: str) -> float:
    """Visual similarity of two words of either alphabet, 0 to 1; punctuation is ignored.

    "Cu." and `Сч.`, "py6." and `руб.`, "IIACIIOPT" and `ПАСПОРТ` are 1.
    """
    return float(Levenshtein.normalized_similarity(_shape(one), _shape(other)))


def _shape(text: str) -> str:
    letters = "".join(filter(str.isalnum, text.lower())).translate(_SHAPES)
    return letters.replace("ii", "n")
