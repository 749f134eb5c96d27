"""Questions with page indexes, to fit and to measure the reader of `lite` on.

A set is a folder written by `python -m synthetic`. Its indexes come from OCR (slow, stored beside
the set as pickles) or from the drawn truth with imitated OCR noise (fast).
"""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.geometry import union
from engine.core.schema import BBox, Line, Region, Word
from engine.index.page_index import PageIndex

# Pairs that OCR confuses.
_CONFUSED = [
    "0O",
    "1l",
    "1I",
    "5S",
    "8B",
    "rn",
    "cl",
    "ао",
    "ео",
    "ши",
    "нп",
    "ъь",
    "еe",
    "сc",
    "0о",
    "гr",
    "е3",
]


@dataclass(frozen=True)
class Example:
    """One question of a set. boxes: of its answers; none if the page does not answer it."""

    id: str
    file: str
    question: str
    answers: tuple[str, ...]
    boxes: tuple[BBox, ...]
    kind: str
    language: str
    document_kind: str
    template: str
    printed: bool
    page_size: tuple[int, int]


def read_examples(folder: Path) -> list[Example]:
    """The questions of a set, in file order."""
    rows = [json.loads(line) for line in (folder / "qa.jsonl").read_text("utf-8").splitlines()]
    return [
        Example(
            id=row["id"],
            file=row["file"],
            question=row["question"],
            answers=tuple(row["answers"]),
            boxes=tuple(
                tuple(box)
                for box in [row.get("evidence_box"), *row.get("evidence_alts", [])]
                if box
            ),
            kind=row["kind"],
            language=row["lang"],
            document_kind=row.get("doc_kind", ""),
            template=row.get("template", ""),
            printed=row.get("printed", True),
            page_size=tuple(row["page_size"]),
        )
        for row in rows
    ]


def truth_indexes(folder: Path, *, noise: float = 0.01, seed: int = 0) -> dict[str, PageIndex]:
    """file -> index from the drawn truth, with a share `noise` of its words misread."""
    rng = random.Random(seed)
    lines = (folder / "truth.jsonl").read_text("utf-8").splitlines()
    return {row["file"]: index_from_truth(row, rng, noise) for row in map(json.loads, lines)}


def ocr_indexes(folder: Path) -> dict[str, PageIndex]:
    """file -> index as build_index made it; only the pages that OCR has read so far."""
    return {
        f"docs/{path.name.removesuffix('.pkl')}": pickle.loads(path.read_bytes())
        for path in sorted((folder / "index").glob("*.pkl"))
    }


def index_from_truth(row: dict[str, Any], rng: random.Random, noise: float) -> PageIndex:
    """The index of one line of truth.jsonl, with a share `noise` of its words misread."""
    by_line: dict[int, list[Word]] = {}
    region_of: dict[int, int] = {}
    for word in row["words"]:
        text = _misread(word["text"], rng) if rng.random() < noise else word["text"]
        by_line.setdefault(word["line"], []).append(Word(text, tuple(word["box"])))
        region_of[word["line"]] = word["region"]
    known = {region["id"]: region for region in row["regions"]}
    members: dict[int, list[Line]] = {}
    for number, words in by_line.items():
        glued = list(_glued(words, rng, noise))
        line = Line(tuple(glued), union(word.bbox for word in glued))
        members.setdefault(region_of[number], []).append(line)
    lines: list[Line] = []
    regions: list[Region] = []
    places: list[tuple[int, ...]] = []
    for number, own in members.items():
        box = known[number]["box"] if number in known else union(line.bbox for line in own)
        category = known[number]["category"] if number in known else "Text"
        text = "\n".join(line.text for line in own)
        regions.append(Region(tuple(box), category, text, len(regions)))
        places.append(tuple(range(len(lines), len(lines) + len(own))))
        lines += own
    return PageIndex(
        document_id=row["file"],
        page_index=0,
        width=row["page_size"][0],
        height=row["page_size"][1],
        lines=tuple(lines),
        regions=tuple(regions),
        region_lines=tuple(places),
        script="cyrillic" if row["lang"] == "ru" else "latin",
    )


def _misread(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text))
    for pair in rng.sample(_CONFUSED, len(_CONFUSED)):
        for seen, read in (tuple(pair), tuple(reversed(pair))):
            if text[at] == seen:
                return text[:at] + read + text[at + 1 :]
    return text[:at] + text[at + 1 :] if len(text) > 4 and rng.random() < 0.3 else text


def _glued(words: list[Word], rng: random.Random, noise: float) -> Iterator[Word]:
    """Join some words: OCR sometimes loses a space after a punctuation mark."""
    held: Word | None = None
    for word in words:
        if held is not None:
            word = Word(held.text + word.text, union((held.bbox, word.bbox)))
            held = None
        if word.text[-1] in ":.," and rng.random() < 3 * noise:
            held = word
        else:
            yield word
    if held is not None:
        yield held
