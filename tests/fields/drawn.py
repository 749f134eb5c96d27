"""Page indexes and specimens for the tests of fields; the drawn words are the index."""

from __future__ import annotations

from typing import cast

from engine.core.geometry import union
from engine.core.schema import Line, Region, Word
from engine.index.page_index import PageIndex
from synthetic.papers import Specimen, specimen
from synthetic.papers.truth import Language, Quality


def specimen_of(kind: str, language: str, seed: int, quality: str = "clean") -> Specimen:
    return specimen(kind, cast(Language, language), "train", seed, cast(Quality, quality))


def drawn_index(drawn: Specimen) -> PageIndex:
    """The index of a specimen's drawn words."""
    by_line: dict[int, list[Word]] = {}
    for word in drawn.words:
        by_line.setdefault(word.line, []).append(Word(word.text, word.box))
    lines = [
        Line(tuple(words), union(word.bbox for word in words))
        for number in sorted(by_line)
        if (words := by_line[number])
    ]
    return index_of(lines, drawn.image.size, script=drawn.language)


def index_of(
    lines: list[Line], size: tuple[int, int] = (900, 600), *, script: str = "en"
) -> PageIndex:
    """An index of one region."""
    region = Region(
        union(line.bbox for line in lines), "Text", "\n".join(line.text for line in lines), 0
    )
    return PageIndex(
        document_id="drawn",
        page_index=0,
        width=size[0],
        height=size[1],
        lines=tuple(lines),
        regions=(region,),
        region_lines=(tuple(range(len(lines))),),
        script="cyrillic" if script == "ru" else "latin",
    )


def typed(*texts: str, height: float = 30.0) -> PageIndex:
    """Lines under each other, 10 pixels a character; two spaces part cells."""
    lines = []
    for number, text in enumerate(texts):
        words, x, y = [], 40.0, 40.0 + number * 1.6 * height
        for part in text.split(" "):
            if part:
                words.append(Word(part, (x, y, x + 10 * len(part), y + height)))
            x += 10 * len(part) + (10 if part else 60)
        lines.append(Line(tuple(words), union(word.bbox for word in words)))
    return index_of(lines, (1200, 1600))
