"""Verbatim check: whether an answer's words are in the page index, word by word.

Only whole words count: "50" is not on a page that prints "1250", and "250" not on one that prints
"1,250.00". The words of an answer must follow one another. They may continue in the next line of
the region, or in the printed line right below, like the lines of a table cell.
"""

import itertools
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from engine.core.schema import Line
from engine.evaluation.answers import FOLDED
from engine.index.page_index import PageIndex

# Marks that separate words unless digits stand on both sides: "Total:42.00" is two words, "14:05"
# is one. Full stops, commas, slashes and dashes stay inside words and are stripped from their ends.
_BETWEEN: Final = re.compile(r"[:;=|()\[\]{}\"'№#*_…<>]+")
# "No.1105" is a label and its value without a space.
_ABBREVIATED: Final = re.compile(r"(?<=[^\W\d_])\.(?=\d)")
_IN_A_NUMBER: Final = re.compile(r"(?<=\d)[:'](?=\d)")
_KEPT: Final = "\x00"  # replaces a mark inside a number while words are separated
_ENDS: Final = ".,!?-+/\\&$€£¥₽"
# In line heights: largest distance of a line right below.
_LINE_STEP: Final = 1.5

Token = tuple[str, int]  # the folded word, the position of the printed word that contains it


def is_verbatim(answer: str, index: PageIndex) -> bool:
    """Whether the answer's words are on the page, one after the other.

    Case, kinds of quotes and dashes, ё and punctuation around words are ignored. An answer without
    a word is on no page.
    """
    wanted = _tokens(answer)
    if not wanted:
        return False
    lines = [_line_tokens(line) for line in index.lines]
    return any(
        _stands(wanted, index, lines, number, start)
        for number, tokens in enumerate(lines)
        for start in range(len(tokens))
    )


def _stands(
    wanted: Sequence[str],
    index: PageIndex,
    tokens: Sequence[Sequence[Token]],
    number: int,
    start: int,
) -> bool:
    """Whether all wanted words follow one another from a word of a line on."""
    here = tokens[number]
    for offset, word in enumerate(wanted):
        at = start + offset
        if at >= len(here):
            return any(
                _stands(wanted[offset:], index, tokens, below, begin)
                for below, begin in _ways_on(index, tokens, number, start, at - 1)
            )
        if here[at][0] != word:
            cut = _cut_word(index.lines[number], here, at)
            if cut is not None and word.startswith(cut) and word != cut:
                # A word that is hyphenated at the end of its line.
                rest = [word[len(cut) :], *wanted[offset + 1 :]]
                return any(
                    _stands(rest, index, tokens, below, begin)
                    for below, begin in _ways_on(index, tokens, number, start, at)
                )
            # A cell ends before the printed line does, where the next cell begins.
            return at > start and any(
                _stands(wanted[offset:], index, tokens, below, begin)
                for below, begin in _ways_on(index, tokens, number, start, at - 1, cell=True)
            )
    return True


def _ways_on(
    index: PageIndex,
    tokens: Sequence[Sequence[Token]],
    number: int,
    first: int,
    last: int,
    *,
    cell: bool = False,
) -> list[tuple[int, int]]:
    """Return where a run tokens[number][first:last + 1] may continue: (line, first token).

    cell: the run ends inside its line, so only a line below whose words begin under it counts.
    """
    lines, line = index.lines, index.lines[number]
    following = () if cell else _following(index, number)
    ways = [(other, 0) for other in following if tokens[other]]
    x0 = line.words[tokens[number][first][1]].bbox[0]
    x1 = line.words[tokens[number][last][1]].bbox[2]
    height = line.bbox[3] - line.bbox[1]
    for below, other in enumerate(lines):
        top = other.bbox[1] - line.bbox[1]
        if below == number or not 0.5 * height < top < (1 + _LINE_STEP) * height:
            continue
        under = [
            at
            for at, (_, word) in enumerate(tokens[below])
            if other.words[word].bbox[2] > x0 and other.words[word].bbox[0] < x1
        ]
        if under and (below, under[0]) not in ways:
            ways.append((below, under[0]))
    return ways


def _following(index: PageIndex, number: int) -> tuple[int, ...]:
    """Return the next line of the region, or of the page if it has no regions."""
    if not index.region_lines:
        return (number + 1,) if number + 1 < len(index.lines) else ()
    pairs = (pair for inside in index.region_lines for pair in itertools.pairwise(inside))
    return tuple(other for one, other in pairs if one == number)


def _cut_word(line: Line, tokens: Sequence[Token], at: int) -> str | None:
    """Return the part of a word that is hyphenated at the end of its line."""
    printed = line.words[tokens[at][1]].text.translate(FOLDED)
    is_last = at == len(tokens) - 1
    return tokens[at][0] if is_last and printed.endswith("-") else None


def _line_tokens(line: Line) -> list[Token]:
    return [
        (token, position)
        for position, word in enumerate(line.words)
        for token in _tokens(word.text)
    ]


def _tokens(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).translate(FOLDED).casefold()
    parted = _ABBREVIATED.sub(" ", folded)
    marked = _IN_A_NUMBER.sub(lambda mark: _KEPT + mark.group(), parted)
    parts = [_unkept(part) for part in _split(marked)]
    stripped = (part.strip(_ENDS) for part in parts)
    return [part for part in stripped if part]


def _split(text: str) -> list[str]:
    # A mark after _KEPT is inside a number: it does not separate words.
    parted = re.sub(rf"(?<!{_KEPT}){_BETWEEN.pattern}", " ", text)
    return parted.split()


def _unkept(text: str) -> str:
    return text.replace(_KEPT, "")
