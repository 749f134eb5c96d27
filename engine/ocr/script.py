"""Script detection of a page, from RapidOCR's results for a few lines.

RapidOCR's bundled models omit Cyrillic glyphs: for a Russian line they return spaces and a few
digits. The number of characters per line height of width (`RecognisedText.coverage`) therefore
shows the script: about 2 for recognised print, about 0.1 for omitted print. No line is recognised
twice: the caller reuses the results for the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from engine.ocr.rapid import RecognisedText

Script: TypeAlias = Literal["latin", "cyrillic", "other"]

# Characters per line height of width. Recognised print has 1.6 or more, even in capitals.
READ_COVERAGE = 1.2
READ_SCORE = 0.75


def was_read(reading: RecognisedText) -> bool:
    """Whether the recogniser recognised this line, by coverage and score."""
    return reading.coverage >= READ_COVERAGE and reading.score >= READ_SCORE


def was_skipped(reading: RecognisedText) -> bool:
    """Whether the line has print for which the recogniser lacks glyphs."""
    return reading.coverage < READ_COVERAGE and reading.aspect >= 1.5


def sampled_script(readings: Iterable[RecognisedText]) -> Script:
    """The script of an upright page, from RapidOCR's results for some of its lines.

    Lines of digits and punctuation do not count, since a Russian form has many of them.
    """
    read = skipped = 0.0
    for reading in readings:
        if was_skipped(reading):
            skipped += reading.aspect
        elif sum(char.isalpha() for char in reading.text) >= 3:
            read += reading.aspect
    return "cyrillic" if skipped > read else "latin"


def script_of(text: str) -> Script:
    """The script of most letters of a text; "latin" if there are no letters."""
    latin = cyrillic = other = 0
    for char in text:
        if "\u0400" <= char <= "\u052f":
            cyrillic += 1
        elif char.isalpha():
            if char < "\u0250":
                latin += 1
            else:
                other += 1
    if cyrillic > max(latin, other):
        return "cyrillic"
    return "other" if other > latin else "latin"
