"""Tests for Latin and Cyrillic letters, and the script of a text."""

from __future__ import annotations

from typing import Literal, TypeAlias

Script: TypeAlias = Literal["latin", "cyrillic", "other"]


def is_latin_letter(character: str) -> bool:
    """Whether a character is a Latin letter, with or without an accent."""
    return character.isalpha() and character < "\u0250"


def is_cyrillic_letter(character: str) -> bool:
    """Whether a character is a Cyrillic letter."""
    return character.isalpha() and "\u0400" <= character <= "\u052f"


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
