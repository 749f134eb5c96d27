"""Draw one specimen: choose the template, draw, add a background, degrade, move the truth."""

from __future__ import annotations

import random
from typing import Final, get_args

import numpy as np
from PIL import Image

from engine.fields.document_type import DOCUMENT_TYPES
from synthetic.degrade import Array, degrade, move_box
from synthetic.documents import moved_truth
from synthetic.papers import templates as _templates  # noqa: F401  (importing it registers them)
from synthetic.papers.registry import REGISTRY, SpecimenTemplate
from synthetic.papers.truth import (
    QUALITIES,
    TYPE_FIELDS,
    Language,
    Quality,
    Specimen,
    SpecimenField,
    Split,
)
from synthetic.sheet import Sheet
from synthetic.truth import union

_LEVELS: Final = {"scan": "scan", "phone": "photo", "clean": "clean"}
_TABLES: Final = ((96, 72, 50), (60, 62, 66), (140, 132, 120), (172, 160, 140), (200, 198, 192))


def specimen(
    document_type: str,
    language: Language,
    split: Split,
    seed: int,
    quality: Quality,
    *,
    template: str | None = None,
) -> Specimen:
    """Draw a specimen; the same arguments give the same picture on the same machine.

    Args:
        document_type: one of DOCUMENT_TYPES.
        language: of the printed words.
        split: templates of "train" and "test" differ in layout, labels and titles.
        seed: any number; it also chooses the template if none is named. Consecutive seeds take the
            templates of a type in turn.
        quality: "scan" (flat, slightly turned, noise), "phone" (perspective, uneven light, blur)
            or "clean" (as drawn).
        template: a template's name.
    Raises:
        ValueError: there is no such type, language, split, quality or template.
    """
    if document_type not in DOCUMENT_TYPES:
        raise ValueError(f"document type {document_type!r}: one of {', '.join(DOCUMENT_TYPES)}")
    if quality not in QUALITIES or split not in get_args(Split):
        raise ValueError(f"no quality {quality!r} or no split {split!r}")
    chosen = _choose(document_type, language, split, seed, template)
    drawn = chosen.template
    rng = random.Random(f"specimen-{document_type}-{language}-{drawn.name}-{seed}")
    sheet = Sheet(
        document_type, language, split, rng, rng.randint(*drawn.wide), drawn.height, drawn.look
    )
    drawn.draw(sheet)
    picture = sheet.finished()
    shift = (0, 0)
    if chosen.loose and quality != "clean":
        picture, shift = _laid_down(picture, quality, rng)
    picture, matrix = degrade(picture, _LEVELS[quality], rng.randrange(2**31))
    moved = matrix @ np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1]], dtype=np.float64)
    words, lines, regions = moved_truth(sheet, moved)
    return Specimen(
        document_type,
        language,
        split,
        drawn.name,
        quality,
        seed,
        picture.convert("RGB"),
        _fields(sheet, chosen, moved),
        tuple(words),
        tuple(lines),
        tuple(regions),
    )


def names_of(document_type: str, language: str, split: str) -> list[str]:
    """The names of a type's templates, in a fixed order."""
    return sorted(
        name
        for (kind, written, name), one in REGISTRY.items()
        if kind == document_type and written == language and one.template.split == split
    )


def _choose(
    document_type: str, language: str, split: str, seed: int, name: str | None
) -> SpecimenTemplate:
    names = names_of(document_type, language, split)
    if name is None and names:
        name = names[seed % len(names)]
    if name not in names:
        raise ValueError(f"no template {name!r} of {document_type}, {language}, {split}: {names}")
    return REGISTRY[document_type, language, name]


def _laid_down(
    picture: Image.Image, quality: str, rng: random.Random
) -> tuple[Image.Image, tuple[int, int]]:
    """The document on a white sheet (scan) or a table (phone), slightly larger than itself."""
    w, h = picture.size
    left, right, top, bottom = (round(w * rng.uniform(0.03, 0.16)) for _ in range(4))
    if quality == "scan" and rng.random() < 0.25:
        bottom += round(h * rng.uniform(0.3, 0.9))  # a card at the top of a larger sheet
    color = (255, 255, 255) if quality == "scan" else rng.choice(_TABLES)
    out = Image.new("RGB", (w + left + right, h + top + bottom), color)
    out.paste(picture, (left, top))
    return out, (left, top)


def _fields(sheet: Sheet, chosen: SpecimenTemplate, matrix: Array) -> dict[str, SpecimenField]:
    """Marks -> fields; "mrz.1" and "mrz.2" are the parts of one field, in the order drawn."""
    parts: dict[str, list[str]] = {}
    for key in sheet.marks:
        name = chosen.keys.get(key, key.partition(".")[0] if key[-1].isdigit() else key)
        if name in TYPE_FIELDS[chosen.template.kind]:
            parts.setdefault(name, []).append(key)
    out = {}
    for name, keys in parts.items():
        places = [
            [union(move_box(matrix, box) for box in found.boxes) for found in sheet.marks[key]]
            for key in keys
        ]
        text = ("\n" if name == "mrz" else " ").join(sheet.values[key] for key in keys)
        first = union(boxes[0] for boxes in places)
        also = tuple(places[0][1:]) if len(keys) == 1 else ()
        out[name] = SpecimenField(text, first, also)
    return out
