"""Choice of the alphabet, word by word, on lines of a Russian page that may contain English.

Tesseract with both languages has the best results on Russian documents. But it mistakes short
Russian words for English ones of the same shape ("Cu." for `Сч.`, "UHH" for `ИНН`), and it tends to
continue in the alphabet in which it began a word ("Фамилия/Зитате" for `Фамилия/Surname`). Its
confidence does not show such errors (0.55 to 0.95). Two more OCR passes over these lines do:

- Tesseract with Russian only, on the line. English print gives nonsense.
- RapidOCR on the crop of a word or of one side of a slash. It has no Cyrillic glyphs: for a Russian
  word it returns nothing or letters of the same shapes ("Homep" for `Номер`); for an English word
  its score is high.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np

from engine.core.schema import Word
from engine.ocr import rapid
from engine.ocr.alphabets import has_latin, is_cyrillic_word, is_latin, likeness
from engine.ocr.script import READ_COVERAGE

if TYPE_CHECKING:
    from engine.ocr.rapid import Picture, RecognisedText

# Chosen on 2,769 Russian lines of train templates (docs/ocr.md).
_LEAST_CONFIDENCE = 0.6  # minimum confidence of a whole word in the Russian-only pass
_SAME_PRINT = 0.85  # minimum likeness of two OCR results of the same print
_LEAST_SCORE = 0.92  # minimum score of RapidOCR
_NOTHING_READ = 0.5  # RapidOCR's coverage below which it recognised nothing
_TWO_READERS = 0.75  # minimum confidence assigned to a word that a second pass decided
_ENGLISH = re.compile(r"[A-Za-z]{3,}[.,:]?")
# Margin of a crop on each side of a part, in line heights.
_MARGIN = 0.1


@dataclass(frozen=True, slots=True)
class _Part:
    """One side of a slash, or a word without a slash.

    Attributes:
        line, word: indexes of its line and word.
        start, end: character offsets in the word's text.
        russian: the text of the Russian-only pass at its place; empty if unknown.
        asks: whether RapidOCR recognises it too.
    """

    line: int
    word: int
    start: int
    end: int
    russian: str
    asks: bool


def is_doubtful(words: Sequence[Word]) -> bool:
    """Whether a line of a Russian page may hold words recognised in the wrong alphabet."""
    return any(has_latin(word.text) or "/" in word.text.strip("/") for word in words)


def settled(
    lines: Sequence[Sequence[Word]],
    russian: Sequence[Sequence[Word]],
    crops: Sequence[Picture],
) -> list[list[Word]]:
    """Correct the words of doubtful lines to the alphabet in which they are printed.

    Args:
        lines: from Tesseract with both languages; boxes in fractions of the line, 0 to 1.
        russian: the same lines from Tesseract with Russian only, in the same frame.
        crops: the image of each line, (height, width, 3), uint8, RGB.
    """
    done: list[list[Word]] = []
    parts: list[_Part] = []
    for number, (words, again) in enumerate(zip(lines, russian, strict=True)):
        pairs = _paired(words, again)
        done.append([word for word, _ in pairs])
        parts += _parts(number, pairs)
    asked = [part for part in parts if part.asks]
    readings = rapid.recognise([_cut(crops[one.line], done[one.line], one) for one in asked])
    said = dict(zip(asked, readings, strict=True))
    # From the last to the first, so the offsets of earlier parts remain valid.
    for part in reversed(parts):
        word = done[part.line][part.word]
        text = _decided(word, part, said.get(part))
        if text is not None:
            whole = word.text[: part.start] + text + word.text[part.end :]
            sure = max(word.confidence, _TWO_READERS)
            done[part.line][part.word] = replace(word, text=whole, confidence=sure)
    return done


def _decided(word: Word, part: _Part, reading: RecognisedText | None) -> str | None:
    """The corrected text of a part; None if the first result stands."""
    seen = word.text[part.start : part.end]
    nothing = reading is not None and reading.coverage < _NOTHING_READ
    russian = part.russian if is_latin(seen) and is_cyrillic_word(part.russian) else ""
    if russian and (nothing or likeness(seen, russian) >= _SAME_PRINT):
        return russian
    if reading is None or reading.score < _LEAST_SCORE or reading.coverage < READ_COVERAGE:
        return None
    # The crop may include the slash and a letter of the other side.
    sides = reading.text.strip(" /").split("/")
    english = sides[-1 if part.start else 0].strip()
    if not _ENGLISH.fullmatch(english) or english == seen:
        return None
    return english if is_latin(seen) or likeness(seen, english) < _SAME_PRINT else None


def _paired(words: Sequence[Word], russian: Sequence[Word]) -> list[tuple[Word, str]]:
    """Pair each word with the text of the Russian-only pass at its place.

    If that pass has one word with a slash, "Гражданство/Ма{опаМу", where the first pass has several
    ("[pak" and "JaHcTBo/Nationality"), its word replaces them: the first pass inserted a space that
    is not printed.
    """
    pairs: list[tuple[Word, str]] = []
    left = list(words)
    while left:
        there = [one for one in russian if _shared(left[0], one) > 0]
        whole = next((one for one in there if is_cyrillic_word(one.text.partition("/")[0])), None)
        under = [] if whole is None else list(takewhile(partial(_is_under, other=whole), left))
        if whole is not None and "/" in whole.text and len(under) > 1:
            box = (under[0].bbox[0], whole.bbox[1], under[-1].bbox[2], whole.bbox[3])
            pairs.append((Word(whole.text, box, whole.confidence), ""))
            left = left[len(under) :]
        else:
            own = [one for one in there if _is_under(one, left[0])]
            sure = "/" in left[0].text or all(one.confidence >= _LEAST_CONFIDENCE for one in own)
            pairs.append((left[0], "".join(one.text for one in own) if sure else ""))
            left = left[1:]
    return pairs


def _parts(line: int, pairs: Sequence[tuple[Word, str]]) -> list[_Part]:
    found, behind_slash = [], False
    for number, (word, russian) in enumerate(pairs):
        sides = list(re.finditer(r"[^/]+", word.text))
        again = re.findall(r"[^/]+", russian)
        for i, side in enumerate(sides):
            behind_slash = behind_slash or side.start() > 0
            text = side.group()
            asks = len(sides) > 1 or is_latin(text) or behind_slash
            found.append(
                _Part(
                    line,
                    number,
                    side.start(),
                    side.end(),
                    again[i] if len(again) == len(sides) else "",
                    asks and sum(map(str.isalpha, text)) >= 3,
                )
            )
        behind_slash = behind_slash or word.text.endswith("/")
    return found


def _shared(word: Word, other: Word) -> float:
    return min(word.bbox[2], other.bbox[2]) - max(word.bbox[0], other.bbox[0])


def _is_under(word: Word, other: Word) -> bool:
    """Whether the other word covers more than half of this word's width."""
    return _shared(word, other) > 0.5 * (word.bbox[2] - word.bbox[0])


def _cut(crop: Picture, words: Sequence[Word], part: _Part) -> Picture:
    """Crop the image of a part, assuming that the letters of a word are equally wide."""
    height, width = crop.shape[:2]
    word = words[part.word]
    left, step = word.bbox[0] * width, (word.bbox[2] - word.bbox[0]) * width / len(word.text)
    start = max(0, int(left + part.start * step - _MARGIN * height))
    end = min(width, max(start + 1, int(left + part.end * step + _MARGIN * height) + 1))
    return np.ascontiguousarray(crop[:, start:end])
