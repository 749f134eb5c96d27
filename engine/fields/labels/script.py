"""Words that OCR has put into the wrong alphabet: "EPOXUH" on a Russian page is ЕРОХИН.

Only letters that look alike in both alphabets are exchanged, and only in words that then belong to
the page's alphabet altogether; the printed text of a field stays as it was read, its value is what
is written here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# The same shapes; and those that OCR takes for each other: И is read as U.
_SHAPES: Final = dict(zip("ABCEHKMOPTXYaceopxy", "АВСЕНКМОРТХУасеорху", strict=True))
_READ_AS: Final = _SHAPES | {"U": "И"}
_BACK: Final = {cyrillic: latin for latin, cyrillic in _SHAPES.items()}
_CYRILLIC: Final = re.compile("[а-яё]", re.IGNORECASE)
_LATIN: Final = re.compile("[a-z]", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]+")
_NOUGHTS: Final = re.compile(r"^000(?=\s+[^\W\d_«\"]|\s+[«\"])")
_NOUGHT: Final = re.compile(r"(?<![\w.,])0(?=[А-ЯЁа-яё]{1,3}\b)")
# Abbreviations of addresses that are read letter by letter in the other alphabet.
_ABBREVIATIONS: Final = {"yn": "ул", "kopn": "корп"}
# A single letter ("C", "M") may be of either alphabet.
_SHORTEST: Final = 2
_SHARE: Final = 0.25


def in_alphabet(text: str, script: str) -> str:
    """The text with misread words in the page's alphabet.

    Args:
        script: "cyrillic" or "latin", of the page; anything else leaves the text alone.
    """
    if script not in ("cyrillic", "latin"):
        return text

    if script == "cyrillic":
        # "ООО" is read as noughts, "оф." as "0φ.".
        text = _NOUGHTS.sub("ООО", text.replace("φ", "ф"))
        text = _NOUGHT.sub("О", text)

    def mended(match: re.Match[str]) -> str:
        word = match.group()
        if len(word) < _SHORTEST:
            return word
        known = _ABBREVIATIONS.get(word.lower()) if script == "cyrillic" else None
        if known:
            return known.upper() if word.isupper() else known
        if script == "cyrillic" and _LATIN.search(word):
            table = _SHAPES if _CYRILLIC.search(word) else _READ_AS
            if all(letter in table or not _LATIN.match(letter) for letter in word):
                return "".join(table.get(letter, letter) for letter in word)
        mixed = _CYRILLIC.search(word) and _LATIN.search(word)
        alike = all(letter in _BACK or not _CYRILLIC.match(letter) for letter in word)
        if script == "latin" and mixed and alike:
            return "".join(_BACK.get(letter, letter) for letter in word)
        return word

    return _WORD.sub(mended, text)


def script_of(words: Iterable[str]) -> str:
    """The alphabet of a page: cyrillic where a quarter of its letters is (Russian papers say much
    again in Latin letters), latin otherwise."""
    letters = [letter for word in words for letter in word if letter.isalpha()]
    cyrillic = sum(_CYRILLIC.match(letter) is not None for letter in letters)
    return "cyrillic" if letters and cyrillic >= _SHARE * len(letters) else "latin"
