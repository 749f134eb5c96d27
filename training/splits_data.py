"""Files of several documents, as an office scanner makes them: page indexes and true beginnings.

The pages are specimens (`python -m synthetic.papers draw`), from drawn words or from OCR. A
document of several pages is a specimen that was cut between two lines into pages, with drawn pages
(synthetic.papers.continued) between them: its text continues across page ends. Some documents
number their pages, some repeat a running head. Empty pages and documents of the same sender that
differ only in their numbers (last month's bill) come in between.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from engine.core.schema import Page
from engine.core.settings_file import load_settings
from engine.index.builder import build_index
from engine.index.page_index import PageIndex
from synthetic.degrade import degrade
from synthetic.papers.continued import later_page
from synthetic.sheet import Sheet
from training.fields_data import Case
from training.page_edits import (
    cut,
    emptied,
    laid_out_again,
    on_a4,
    renumbered,
    with_head,
    with_line,
)
from training.reading_data import index_from_truth

# Types whose documents may have several pages, and how often they do.
_LONG: Final[Mapping[str, float]] = {
    "contract": 0.8,
    "report": 0.7,
    "bank_statement": 0.7,
    "letter": 0.4,
    "form": 0.5,
    "invoice": 0.35,
    "other": 0.4,
    "certificate": 0.1,
    "driver_licence": 0.4,
    "id_card": 0.4,
}
_CARDS: Final = ("driver_licence", "id_card")
# Formats of page numbers; {n} of {all}.
_COUNTERS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "train": {
        "en": ("Page {n} of {all}", "- {n} -", "{n}", "page {n}"),
        "ru": ("Страница {n} из {all}", "{n}", "- {n} -", "стр. {n}"),
    },
    "test": {
        "en": ("{n} / {all}", "Page {n}/{all}", "{n} of {all}", "p. {n}"),
        "ru": ("Лист {n} из {all}", "{n} / {all}", "Стр. {n} из {all}", "с. {n}"),
    },
}


@dataclass(frozen=True)
class SplitFile:
    """A file: its pages, and where its documents begin.

    Attributes:
        starts: position of the first page of each document; the first is 0.
        types: of the documents.
        groups: their templates.
    """

    pages: tuple[PageIndex, ...]
    starts: tuple[int, ...]
    types: tuple[str, ...]
    groups: tuple[tuple[str, str, str], ...]

    @property
    def documents(self) -> list[tuple[int, int, str]]:
        """(first page, page after the last, type) of each."""
        ends = (*self.starts[1:], len(self.pages))
        return list(zip(self.starts, ends, self.types, strict=True))


def draw_files(
    cases: Sequence[Case], count: int, split: str, seed: int, *, noise: float | None = 0.01
) -> list[SplitFile]:
    """Draw files of 1 to 5 documents from a set's specimens.

    Args:
        count: of files.
        split: "train" or "test": selects the later pages and the formats of page numbers.
        seed: of the files.
        noise: share of the words of later pages that are misread; None degrades them like scans and
            runs OCR (seconds a page).
    """
    rng = random.Random(f"files-{split}-{seed}")
    # Types take turns, so no type is rare because it has few specimens.
    by_type: dict[str, list[Case]] = {}
    for one in cases:
        by_type.setdefault(one.document_type, []).append(one)
    files = []
    for _ in range(count):
        many = rng.choices((1, 2, 3, 4, 5), (3, 2, 3, 2, 1))[0]
        documents: list[tuple[Case, list[PageIndex]]] = []
        language = rng.choice(("en", "ru"))
        while len(documents) < many:
            case = _next(by_type, documents[-1][0] if documents else None, language, rng)
            if case is not None:
                documents.append((case, _document(case, split, rng, noise)))
        documents = [
            (case, [laid_out_again(page, rng) for page in pages]) for case, pages in documents
        ]
        if rng.random() < 0.7:  # a scanner's bed: every page has one size
            documents = [(case, [on_a4(page) for page in pages]) for case, pages in documents]
        pages = [page for _, own in documents for page in own]
        starts = [sum(len(own) for _, own in documents[:at]) for at in range(many)]
        files.append(
            SplitFile(
                tuple(replace(page, page_index=at) for at, page in enumerate(pages)),
                tuple(starts),
                tuple(case.document_type for case, _ in documents),
                tuple(case.group for case, _ in documents),
            )
        )
    return files


def _next(
    by_type: Mapping[str, Sequence[Case]], before: Case | None, language: str, rng: random.Random
) -> Case | None:
    """Another specimen: often of the same type, sometimes the sender's next document."""
    if before is not None and rng.random() < 0.1:
        return replace(before, index=renumbered(before.index, rng))
    if before is not None and rng.random() < 0.3:
        kind = before.document_type
    else:
        kind = rng.choice(sorted(by_type))
    own = [case for case in by_type[kind] if case.language == language or rng.random() < 0.1]
    return rng.choice(own) if own else None


def _document(case: Case, split: str, rng: random.Random, noise: float | None) -> list[PageIndex]:
    """The pages of one document."""
    kind = case.document_type
    if rng.random() > _LONG.get(kind, 0.0):
        pages = [case.index]
    elif kind in _CARDS:
        pages = [case.index, *_later(case, split, 2, rng, noise)]
    else:
        parts = cut(case.index, rng.choice((2, 2, 2, 3)), rng)
        extra = rng.choice((0, 0, 1, 1, 2, 3))
        middle = [one for at in range(extra) for one in _later(case, split, at + 2, rng, noise)]
        if rng.random() < 0.25 and middle:  # an annex or a last page after the signatures
            pages = [*parts, *middle]
        else:
            pages = [*parts[:1], *middle, *parts[1:]]
    if len(pages) > 1 and kind not in _CARDS and rng.random() < 0.2:
        pages = [pages[0], *(with_head(page, pages[0], rng.randint(2, 7)) for page in pages[1:])]
    pages = _counted(pages, case, split, rng)
    if rng.random() < 0.06:
        pages.append(emptied(pages[-1], rng))
    return pages


def _later(
    case: Case, split: str, number: int, rng: random.Random, noise: float | None
) -> list[PageIndex]:
    sheet = later_page(
        case.document_type, case.language, split, rng.randrange(10**6), case.fields, number
    )
    return [] if sheet is None else [index_of_sheet(sheet, case.language, rng, noise)]


def index_of_sheet(
    sheet: Sheet, language: str, rng: random.Random, noise: float | None
) -> PageIndex:
    """The index of a drawn sheet, from its true words or (noise None) by OCR of a scan."""
    if noise is None:
        image = degrade(sheet.finished(), "scan", rng.randrange(2**31))[0].convert("RGB")
        page = Page("later", 0, image.width, image.height, lambda: image)
        return build_index(page, load_settings())
    width, height = sheet.finished().size
    row: dict[str, Any] = {
        "file": "later",
        "page_size": (width, height),
        "lang": language,
        "words": [
            {"text": w.text, "box": w.box, "line": w.line, "region": w.region} for w in sheet.words
        ],
        "regions": [{"id": r.id, "category": r.category, "box": r.box} for r in sheet.regions],
    }
    return index_from_truth(row, rng, noise)


def _counted(pages: list[PageIndex], case: Case, split: str, rng: random.Random) -> list[PageIndex]:
    """Add page numbers, and sometimes a running head with the document's number."""
    chance = 0.5 if len(pages) > 1 else 0.08
    if rng.random() < chance and case.document_type not in _CARDS:
        said = rng.choice(_COUNTERS[split][case.language])
        at_top, left = rng.random() < 0.2, rng.choice((0.1, 0.46, 0.8))
        first = rng.random() < 0.6 or len(pages) == 1
        pages = [
            with_line(page, said.format(n=at + 1, all=len(pages)), left, top=at_top)
            if at or first
            else page
            for at, page in enumerate(pages)
        ]
    known = case.fields.get("number") or case.fields.get("account")
    if known and len(pages) > 1 and rng.random() < 0.3:
        pages = [
            with_line(page, f"№ {known}", 0.6, top=True) if at else page
            for at, page in enumerate(pages)
        ]
    return pages
