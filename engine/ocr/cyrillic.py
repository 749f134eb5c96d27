"""Correction of Tesseract's homoglyph errors in Russian print: Latin letters and zeros.

Words are changed only on lines that are in Cyrillic, and only if every Latin letter has a Cyrillic
homoglyph.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from engine.core.schema import Word
from engine.ocr.script import script_of

_TWINS = str.maketrans("ABCEHKMOPTXYaceopxyk", "АВСЕНКМОРТХУасеорхук")
_LATIN = re.compile(r"[A-Za-z]")
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_ROUND = re.compile(r"[0OoОо]{3}")
_QUOTES = ("«", '"', "„", "“", "<")


def repaired(words: Sequence[Word]) -> list[Word]:
    """Correct the homoglyphs in the words of one line.

    - Latin letters that all have a Cyrillic homoglyph, in a word with Cyrillic letters or in a word
      of up to four characters: `Cч.`, `OOO`, `AO`.
    - Three round glyphs before a quoted name are a legal form, not a number: `000 «Заря»`.
    - A lone capital P after an amount is the rouble sign, which Tesseract does not know.
    """
    others = " ".join(word.text for word in words)
    if script_of(others) != "cyrillic":
        return list(words)
    done: list[Word] = []
    for i, word in enumerate(words):
        text = word.text
        after = words[i + 1].text if i + 1 < len(words) else ""
        before = words[i - 1].text if i else ""
        if _ROUND.fullmatch(text) and after.startswith(_QUOTES):
            text = "ООО"
        elif text in ("P", "Р", "P.", "Р.") and before[-1:].isdigit():
            text = text.replace("P", "₽").replace("Р", "₽")
        elif _LATIN.search(text):
            translated = text.translate(_TWINS)
            mixed = bool(_CYRILLIC.search(text))
            if not _LATIN.search(translated) and (mixed or len(text) <= 4):
                text = translated
        done.append(word if text == word.text else replace(word, text=text))
    return done
