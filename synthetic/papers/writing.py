"""Write a set of specimens to a folder: docs/ (pictures), truth.jsonl, and with OCR index/.

The folder has the format of `python -m synthetic`, so training.reading_data reads its indexes: from
the truth with imitated noise, or those made by OCR (index/*.pkl).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.core.schema import BBox
from engine.fields.document_type import DOCUMENT_TYPES
from synthetic import LANGUAGES
from synthetic.page_indexes import store_index
from synthetic.papers.drawing import names_of, specimen
from synthetic.papers.truth import Language, Quality, Specimen, Split

SET_QUALITIES: tuple[Quality, ...] = ("scan", "phone")


def some_specimens(
    count: int,
    split: Split,
    seed: int,
    *,
    types: Sequence[str] = DOCUMENT_TYPES,
    languages: Sequence[str] = LANGUAGES,
    qualities: Sequence[Quality] = SET_QUALITIES,
    templates: Sequence[str] = (),
) -> Iterator[Specimen]:
    """Draw `count` specimens: types and languages take turns, then qualities and templates.

    Args:
        templates: only these; none means all of the split.
    """
    combinations = [(kind, language) for kind in types for language in languages]
    for number in range(count):
        kind, language = combinations[number % len(combinations)]
        turn = number // len(combinations)
        # Not strictly in turn: of a type with two templates, one would always be scanned.
        quality = qualities[(turn + turn // len(qualities)) % len(qualities)]
        known: Language = "ru" if language == "ru" else "en"
        names = [one for one in names_of(kind, known, split) if one in templates]
        template = names[turn % len(names)] if names else None
        yield specimen(kind, known, split, seed * 1_000 + turn, quality, template=template)


def truth_row(drawn: Specimen, name: str) -> dict[str, Any]:
    """The line of truth.jsonl for one specimen saved under `name`."""
    return {
        "file": name,
        "page_size": list(drawn.image.size),
        "lang": drawn.language,
        "document_type": drawn.document_type,
        "template": drawn.template,
        "split": drawn.split,
        "quality": drawn.quality,
        "seed": drawn.seed,
        "fields": {
            key: {
                "text": field.text,
                "bbox": _rounded(field.bbox),
                "also": [_rounded(box) for box in field.also],
            }
            for key, field in drawn.fields.items()
        },
        "words": [
            {"text": w.text, "box": _rounded(w.box), "line": w.line, "region": w.region}
            for w in drawn.words
        ],
        "regions": [
            {"id": r.id, "category": r.category, "box": _rounded(r.box)} for r in drawn.regions
        ],
    }


def write_specimens(directory: Path, drawn: Iterator[Specimen], *, ocr: bool = False) -> int:
    """Write specimens and return their number; pages that have an index are not read again.

    Raises:
        EngineError: see engine.index.builder.build_index.
    """
    (directory / "docs").mkdir(parents=True, exist_ok=True)
    number = 0
    with (directory / "truth.jsonl").open("w", encoding="utf-8") as truth:
        for number, one in enumerate(drawn, start=1):
            name = f"{number - 1:05d}-{one.document_type}-{one.language}.jpg"
            one.image.save(directory / "docs" / name, quality=90)
            truth.write(json.dumps(truth_row(one, f"docs/{name}"), ensure_ascii=False) + "\n")
            if ocr:
                store_index(directory, name, one.image)
    return number


def _rounded(box: BBox) -> list[float]:
    return [round(value, 1) for value in box]
