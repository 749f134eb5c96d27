"""Draw one document: choose the template, draw, degrade, move the truth with the pixels."""

from __future__ import annotations

import random
from dataclasses import replace

from . import templates as _templates  # noqa: F401  (importing it registers the templates)
from .canvas import Canvas
from .degrade import Array, degrade, move_box
from .registry import LANGUAGES, REGISTRY, Template
from .sheet import Sheet
from .truth import Box, Line, Question, Region, SyntheticDocument, Word, union

SPLITS = ("train", "test")


def templates(split: str | None = None) -> list[Template]:
    """All templates, or those of a split ("train", "test"), in a fixed order."""
    return [REGISTRY[k] for k in sorted(REGISTRY) if split is None or REGISTRY[k].split == split]


def kinds() -> list[str]:
    """The kinds of documents."""
    return sorted({kind for kind, _, _ in REGISTRY})


def choose(kind: str, language: str, split: str | None, seed: int) -> Template:
    """A template of that kind, language and split, chosen by the seed."""
    options = [t for t in templates(split) if t.kind == kind and t.language == language]
    if not options:
        raise ValueError(f"no template for kind {kind!r}, language {language!r}, split {split!r}")
    return random.Random(f"template-{kind}-{language}-{split}-{seed}").choice(options)


def moved_truth(sheet: Canvas, matrix: Array) -> tuple[list[Word], list[Line], list[Region]]:
    """Words, lines and regions of a sheet, moved like its picture (see degrade)."""
    # A line's box is built from its moved words. Otherwise a turned long line would gain much
    # height.
    words = [replace(w, box=move_box(matrix, w.box)) for w in sheet.words]
    by_line: dict[int, list[Box]] = {}
    by_region: dict[int, list[str]] = {}
    for word in words:
        by_line.setdefault(word.line, []).append(word.box)
        by_region.setdefault(word.region, []).append(word.text)
    lines = [replace(line, box=union(by_line[line.id])) for line in sheet.lines]
    regions = [
        replace(r, box=move_box(matrix, r.box), text=" ".join(by_region.get(r.id, [])))
        for r in sheet.regions
        if r.box != (0.0, 0.0, 0.0, 0.0)
    ]
    return words, lines, regions


def _moved(sheet: Sheet, questions: list[Question], matrix: Array) -> list[Question]:
    out = []
    for question in questions:
        boxes: list[Box] = []
        if question.kind == "count" and not question.printed:
            found = [o for k, os in sheet.marks.items() if k.startswith(question.key) for o in os]
            boxes = [union(move_box(matrix, b) for o in found for b in o.boxes)]
        elif question.kind != "none":
            boxes = [union(move_box(matrix, b) for b in o.boxes) for o in sheet.marks[question.key]]
        out.append(replace(question, evidence_boxes=boxes))
    return out


def draw_document(
    kind: str,
    language: str,
    template: str | None = None,
    seed: int = 0,
    degradation: str = "clean",
    quarter_turn: int = 0,
    bundled_fonts: bool = False,
    split: str | None = None,
) -> SyntheticDocument:
    """Draw a document; the same arguments give the same picture on the same machine.

    Args:
        kind: one of kinds().
        language: "en" or "ru".
        template: a template's name, or None for one chosen by the seed (of `split`, if given).
        degradation: "clean", "scan", "photo" or "fax".
        quarter_turn: degrees clockwise (0, 90, 180, 270) by which the finished picture is turned;
            the truth stays in the upright frame.
        bundled_fonts: use only the fonts from PyPI, so that every machine draws the same.
    """
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}: one of {', '.join(LANGUAGES)}")
    if quarter_turn % 90:
        raise ValueError("quarter_turn is one of 0, 90, 180, 270")
    chosen = (
        choose(kind, language, split, seed)
        if template is None
        else REGISTRY.get((kind, language, template))
    )
    if chosen is None:
        raise ValueError(f"no template {template!r} for kind {kind!r}, language {language!r}")
    rng = random.Random(f"{kind}-{language}-{chosen.name}-{seed}")
    sheet = Sheet(
        kind,
        language,
        chosen.split,
        rng,
        rng.randint(*chosen.wide),
        chosen.height,
        chosen.look,
        bundled_fonts,
    )
    chosen.draw(sheet)
    questions = sheet.questions()
    picture, matrix = degrade(sheet.finished(), degradation, rng.randrange(2**31))
    words, lines, regions = moved_truth(sheet, matrix)
    size = picture.size
    if quarter_turn % 360:
        picture = picture.rotate(-quarter_turn, expand=True)
    return SyntheticDocument(
        image=picture,
        kind=kind,
        language=language,
        template=chosen.name,
        split=chosen.split,
        degradation=degradation,
        seed=seed,
        words=words,
        lines=lines,
        regions=regions,
        questions=_moved(sheet, questions, matrix),
        fields={
            key: value for key, value in sheet.fields.items() if key in sheet.marks or key == "name"
        },
        size=size,
        quarter_turn=quarter_turn % 360,
    )
