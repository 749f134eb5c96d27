"""Tests for Latin and Cyrillic letters, and the script of a text."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

Script: TypeAlias = Literal["latin", "cyrillic", "other"]


def is_latin_letter(character: str) -> bool:
    """Whether a character is a Latin letter, with or without an accent."""
    return character.isalpha() and character < "\u0250"


def is_cyrillic_letter(character: str) -> bool:
    """Whether a character is a Cyrillic letter."""
    return character.isalpha() and "\u0400" <= character <= "\u052f"


# Letters of one shape in both alphabets: Latin -> Cyrillic.
TWINS: Final = dict(zip("ABCEHKMOPTXYaceopxy", "АВСЕНКМОРТХУасеорху", strict=True))
_TWINS_IN: Final = {
    "latin": str.maketrans({cyrillic: latin for latin, cyrillic in TWINS.items()}),
    "cyrillic": str.maketrans(TWINS),
}
_WITH_TWIN: Final = frozenset((*TWINS, *TWINS.values()))


def in_letters_of(script: Script, text: str) -> str:
    """A line whose words of twins are in the letters of its other words, or of its page.

    Every letter of such a word looks the same in both alphabets: "M-40772", "Kappa". The other
    words of the line decide; if it has none, the page does. A line with words of both alphabets
    stays as it is.

    Args:
        script: the script of the page.
    """
    letters = [one for one in text if one.isalpha() and one not in _WITH_TWIN]
    scripts = {script_of(one) for one in letters}
    wanted = script if not scripts else scripts.pop() if len(scripts) == 1 else "other"
    if wanted == "other":
        return text
    return "".join(
        word.translate(_TWINS_IN[wanted])
        if all(one in _WITH_TWIN for one in word if one.isalpha())
        else word
        for word in re.split(r"(\s+)", text)
    )


def script_of(text: str) -> Script:
    """The script of most letters of a text; "latin" if there are no letters."""
    latin = cyrillic = other = 0
    for character in text:
        if is_cyrillic_letter(character):
            cyrillic += 1
        elif is_latin_letter(character):
            latin += 1
        elif character.isalpha():
            other += 1
    if cyrillic > max(latin, other):
        return "cyrillic"
    return "other" if other > latin else "latin"
