"""The character set of the recogniser, and the mapping between labels and text.

Label 0 is CTC's blank. The order is part of the weights: append, never reorder.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

RUSSIAN: Final = (
    "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
)  # fmt: skip
_UKRAINIAN_BELARUSIAN: Final = "ІіЇїЄєҐґЎў"
LATIN: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = "0123456789"
_ASCII_SIGNS: Final = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_SIGNS: Final = "«»„“”‘’—–…№€₽£¥§°©®™•·×÷±≤≥≈²³½¼µ☐☑✓→←"
_ACCENTED: Final = "ÄÖÜäöüßÀÂÇÉÈÊËÎÏÔÙÛàâçéèêëîïôùûñáíóúÁÍÓÚÑ"
# Other languages of Europe in Latin letters, Greek letters of formulas, and signs of forms. The
# published head knows all of them.
_EUROPEAN: Final = (
    "ÆæØøÅåŁłĄąĆćĘęŃńŚśŹźŻżĚěŠšČčŘřŽžÝýŮůĎďŤťŇňĹĺĽľŔŕŐőŰűÃãÕõĂăȘșȚțŞşĞğİıĐđÐðÞþ"
    "ĀāĒēĢģĪīĶķĻļŅņŪūĖėĮįŲųÌìÒòŒœ"
)
_GREEK: Final = "αβγδεθλπσφψωΔΣΩ"
FORM_SIGNS: Final = "☒□■●▪○✔†‡¶"
_MORE_SIGNS: Final = FORM_SIGNS + "¿ªº¢₴₸≠∞√∑∫¾¹″′‰"

# Stands for any letter of another script. A line with it is for another recogniser.
OTHER_LETTER: Final = "\ufffd"

CHARACTERS: Final = (
    RUSSIAN
    + _UKRAINIAN_BELARUSIAN
    + LATIN
    + _DIGITS
    + _ASCII_SIGNS
    + _SIGNS
    + _ACCENTED
    + " "
    + _EUROPEAN
    + _GREEK
    + _MORE_SIGNS
    + OTHER_LETTER
)  # fmt: skip
BLANK: Final = 0
CLASSES: Final = len(CHARACTERS) + 1
CYRILLIC: Final = frozenset(RUSSIAN + _UKRAINIAN_BELARUSIAN)

# A Cyrillic letter is initialised from the head's row of the known character that it resembles.
LOOK_ALIKES: Final = dict(
    zip(
        "АВЕКМНОРСТУХаеорсухІіЇїЁёЗзбпгтикь",
        "ABEKMHOPCTYXaeopcyxIiÏïËë336nrmukb",
        strict=True,
    )
)


def _accents() -> dict[str, str]:
    found: dict[str, str] = {}
    for character in _ACCENTED + _EUROPEAN:
        base = unicodedata.normalize("NFD", character)[0]
        base = dict(zip("ØøŁłĐđÐðıŒœÆæ", "OoLlDdDdiOoAa", strict=True)).get(base, base)
        if base in LATIN:
            found[base] = found.get(base, "") + character
    return found


# A Latin letter -> its accented forms in the set.
ACCENTS: Final = _accents()

_LABELS: Final = {character: label for label, character in enumerate(CHARACTERS, start=1)}


def is_known(text: str) -> bool:
    """Whether the character set covers `text`."""
    return all(character in _LABELS for character in text)


def known_part(text: str) -> str:
    """`text` without the characters outside the set."""
    return "".join(
        character for character in text if character in _LABELS and character != OTHER_LETTER
    )


def encode(text: str) -> list[int]:
    """Labels (1 to CLASSES - 1) of a text. Raises KeyError: a sign is not known.

    A letter outside the set has the label of OTHER_LETTER.
    """
    return [
        _LABELS[OTHER_LETTER if character not in _LABELS and character.isalpha() else character]
        for character in text
    ]


def target(text: str) -> str:
    """What the recogniser should return for a text: OTHER_LETTER for letters outside the set."""
    return "".join(CHARACTERS[label - 1] for label in encode(text))


def label_of(character: str) -> int:
    """The label of a character. Raises KeyError: it is not known."""
    return _LABELS[character]


def decode(labels: Sequence[int] | Iterable[int]) -> str:
    """Greedy CTC decoding: runs of one label become one character, blanks are dropped."""
    written: list[str] = []
    before = BLANK
    for label in labels:
        if label not in (before, BLANK):
            written.append(CHARACTERS[label - 1])
        before = label
    return "".join(written)
