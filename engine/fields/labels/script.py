"""Correction of words that OCR put into the wrong alphabet: "EPOXUH" on a Russian page is ЕРОХИН.

Only look-alike letters are exchanged, and only in words that then belong entirely to the page's
alphabet. The printed text of a field stays as OCR gave it; only its value is corrected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from engine.text.alphabets import TWINS

# Besides letters of the same shape, OCR confuses others: И is read as U.
_READ_AS: Final = TWINS | {"U": "И"}
_BACK: Final = {cyrillic: latin for latin, cyrillic in TWINS.items()}
_CYRILLIC: Final = re.compile("[а-яё]", re.IGNORECASE)
_LATIN: Final = re.compile("[a-z]", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]+")
_NOUGHTS: Final = re.compile(r"^000(?=\s+[^\W\d_«\"]|\s+[«\"])")
_NOUGHT: Final = re.compile(r"(?<![\w.,])0(?=[А-ЯЁа-яё]{1,3}\b)")
# Address abbreviations that OCR reads letter by letter in the other alphabet.
_ABBREVIATIONS: Final = {"yn": "ул", "kopn": "корп"}
# A single letter ("C", "M") may belong to either alphabet.
_SHORTEST: Final = 2
_SHARE: Final = 0.25


def in_alphabet(text: str, script: str) -> str:
    """Return the text with misread words in the page's alphabet.

    Args:
        script: the page's alphabet, "cyrillic" or "latin"; any other value changes nothing.
    """
    if script not in ("cyrillic", "latin"):
        return text

    if script == "cyrillic":
        # OCR reads "ООО" as zeros and "оф." as "0φ.".
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
            table = TWINS if _CYRILLIC.search(word) else _READ_AS
            if all(letter in table or not _LATIN.match(letter) for letter in word):
                return "".join(table.get(letter, letter) for letter in word)
        mixed = _CYRILLIC.search(word) and _LATIN.search(word)
        alike = all(letter in _BACK or not _CYRILLIC.match(letter) for letter in word)
        if script == "latin" and mixed and alike:
            return "".join(_BACK.get(letter, letter) for letter in word)
        return word

    return _WORD.sub(mended, text)


def script_of(words: Iterable[str]) -> str:
    """Return the alphabet of a page: "cyrillic" if a quarter of its letters is, else "latin".

    A quarter suffices, because Russian documents repeat much of their text in Latin letters.
    """
    letters = [letter for word in words for letter in word if letter.isalpha()]
    cyrillic = sum(_CYRILLIC.match(letter) is not None for letter in letters)
    return "cyrillic" if letters and cyrillic >= _SHARE * len(letters) else "latin"
