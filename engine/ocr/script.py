"""Which script a page is in, from a few lines tried with RapidOCR.

RapidOCR's bundled models leave Cyrillic glyphs out: a Russian line comes back as spaces and a few
digits. So the characters read per line height of width (`RecognisedText.coverage`) tell the script:
about 2 where print was read, about 0.1 where it was not. Nothing is recognised twice: the caller
keeps the readings for the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from engine.ocr.rapid import RecognisedText

Script: TypeAlias = Literal["latin", "cyrillic", "other"]

# Characters per line height of width. Print that was read has 1.6 or more, even in capitals.
READ_COVERAGE = 1.2
READ_SCORE = 0.75


def was_read(reading: RecognisedText) -> bool:
    """Whether the recogniser really read this line: dense and sure."""
    return reading.coverage >= READ_COVERAGE and reading.score >= READ_SCORE


def was_skipped(reading: RecognisedText) -> bool:
    """Whether the line holds print that the recogniser has no glyphs for."""
    return reading.coverage < READ_COVERAGE and reading.aspect >= 1.5


def sampled_script(readings: Iterable[RecognisedText]) -> Script:
    """The script of an upright page, from readings of some of its lines.

    Lines of digits and signs vote for no script: a Russian form is full of them.
    """
    read = skipped = 0.0
    for reading in readings:
        if was_skipped(reading):
            skipped += reading.aspect
        elif sum(char.isalpha() for char in reading.text) >= 3:
            read += reading.aspect
    return "cyrillic" if skipped > read else "latin"


def script_of(text: str) -> Script:
    """The script that most letters of a text are in; "latin" when there are none."""
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
