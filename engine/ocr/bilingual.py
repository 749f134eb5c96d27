"""Lines of a Russian page that seem to have English in them, settled word by word.

Tesseract with both languages is the best reader of Russian papers, but it takes short Russian words
for English ones of the same shapes ("Cu." for `Сч.`, "UHH" for `ИНН`), and it likes to stay in the
alphabet that it began a word with ("Фамилия/Зитате" for `Фамилия/Surname`). Its confidence does not
tell (0.55 to 0.95). Two more readings do, made of such lines alone:

- Tesseract with Russian alone, of the line. English print becomes nonsense in it.
- RapidOCR, of a word or of one side of a slash, cut out. It knows no Cyrillic: of Russian words it
  says nothing, or letters of the same shapes ("Homep" for `Номер`); of English ones it is sure.
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
_LEAST_CONFIDENCE = 0.6  # of the Russian reading of a whole word
_SAME_PRINT = 0.85  # likeness of two readings of one print
_LEAST_SCORE = 0.92  # of RapidOCR
_NOTHING_READ = 0.5  # RapidOCR's characters per line height
_TWO_READERS = 0.75  # the least confidence of a word that they agree on
_ENGLISH = re.compile(r"[A-Za-z]{3,}[.,:]?")
# Line heights: how much is cut out on each side of a part.
_MARGIN = 0.1


@dataclass(frozen=True, slots=True)
class _Part:
    """One side of a slash, or a word without one.

    Attributes:
        line, word: which.
        start, end: its characters in the word's text.
        russian: what the Russian reading has in its place; empty where that is not known.
        asks: whether RapidOCR is asked.
    """

    line: int
    word: int
    start: int
    end: int
    russian: str
    asks: bool


def is_doubtful(words: Sequence[Word]) -> bool:
    """Whether a line of a Russian page may have print in the alphabet that it was not read in."""
    return any(has_latin(word.text) or "/" in word.text.strip("/") for word in words)


def settled(
    lines: Sequence[Sequence[Word]],
    russian: Sequence[Sequence[Word]],
    crops: Sequence[Picture],
) -> list[list[Word]]:
    """The words of doubtful lines, each in the alphabet that it is printed in.

    Args:
        lines: as read with both languages; boxes in shares of the line.
        russian: the same lines as read with Russian alone, in the same frame.
        crops: the picture of each line.
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
    # From the last to the first: the places of those before stay what they are.
    for part in reversed(parts):
        word = done[part.line][part.word]
        text = _decided(word, part, said.get(part))
        if text is not None:
            whole = word.text[: part.start] + text + word.text[part.end :]
            sure = max(word.confidence, _TWO_READERS)
            done[part.line][part.word] = replace(word, text=whole, confidence=sure)
    return done


def _decided(word: Word, part: _Part, reading: RecognisedText | None) -> str | None:
    """What the part says, where it is not what was read at first."""
    seen = word.text[part.start : part.end]
    nothing = reading is not None and reading.coverage < _NOTHING_READ
    russian = part.russian if is_latin(seen) and is_cyrillic_word(part.russian) else ""
    if russian and (nothing or likeness(seen, russian) >= _SAME_PRINT):
        return russian
    if reading is None or reading.score < _LEAST_SCORE or reading.coverage < READ_COVERAGE:
        return None
    # The cut may hold the slash and a letter of the other side.
    sides = reading.text.strip(" /").split("/")
    english = sides[-1 if part.start else 0].strip()
    if not _ENGLISH.fullmatch(english) or english == seen:
        return None
    return english if is_latin(seen) or likeness(seen, english) < _SAME_PRINT else None


def _paired(words: Sequence[Word], russian: Sequence[Word]) -> list[tuple[Word, str]]:
    """The words with what the Russian reading has in their place.

    Where it has "Гражданство/Ма{опаМу" for words like "[pak" and "JaHcTBo/Nationality", that is the
    word: there was no space.
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
    """Whether more than half of the word's width lies where the other stands."""
    return _shared(word, other) > 0.5 * (word.bbox[2] - word.bbox[0])


def _cut(crop: Picture, words: Sequence[Word], part: _Part) -> Picture:
    """The picture of a part: its letters are taken to be equally wide."""
    height, width = crop.shape[:2]
    word = words[part.word]
    left, step = word.bbox[0] * width, (word.bbox[2] - word.bbox[0]) * width / len(word.text)
    start = max(0, int(left + part.start * step - _MARGIN * height))
    end = min(width, max(start + 1, int(left + part.end * step + _MARGIN * height) + 1))
    return np.ascontiguousarray(crop[:, start:end])
