"""Write a set of documents to a folder: pictures, questions, words and regions, receipts' fields.

qa.jsonl: a line per question; truth.jsonl: a line per picture; receipts.jsonl: a line per receipt;
with OCR, index/: the index of each page.
Boxes are pixels of the picture as saved, rounded to a tenth.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .documents import draw_document, kinds, templates
from .registry import LANGUAGES
from .truth import Box, SyntheticDocument

# Most real uploads are scans; some are photographs, few are clean or faxed.
LEVEL_SHARES = {"scan": 0.55, "photo": 0.2, "clean": 0.15, "fax": 0.1}


def _round(box: Box, size: tuple[int, int]) -> list[float]:
    x1, y1, x2, y2 = box
    w, h = size
    return [
        round(min(max(v, 0.0), top), 1)
        for v, top in zip((x1, y1, x2, y2), (w, h, w, h), strict=True)
    ]


def question_rows(document: SyntheticDocument, name: str) -> Iterator[dict[str, Any]]:
    """The lines of qa.jsonl for one document saved under `name`."""
    stem = Path(name).stem
    for number, question in enumerate(document.questions):
        row: dict[str, Any] = {
            "id": f"{stem}-{number:02d}",
            "file": name,
            "page": 1,
            "page_size": list(document.size),
            "question": question.question,
            "answers": question.answers,
        }
        if question.evidence_boxes:
            boxes = [_round(box, document.size) for box in question.evidence_boxes]
            row["evidence_box"], row["evidence_alts"] = boxes[0], boxes[1:]
        row |= {
            "kind": question.kind,
            "printed": question.printed,
            "lang": document.language,
            "doc_kind": document.kind,
            "template": document.template,
            "degradation": document.degradation,
        }
        yield row


def truth_row(document: SyntheticDocument, name: str) -> dict[str, Any]:
    """The line of truth.jsonl for one document."""
    return {
        "file": name,
        "page_size": list(document.size),
        "lang": document.language,
        "doc_kind": document.kind,
        "template": document.template,
        "split": document.split,
        "degradation": document.degradation,
        "fields": document.fields,
        "words": [
            {
                "text": w.text,
                "box": _round(w.box, document.size),
                "line": w.line,
                "region": w.region,
            }
            for w in document.words
        ],
        "regions": [
            {
                "id": r.id,
                "category": r.category,
                "box": _round(r.box, document.size),
                "text": r.text,
            }
            for r in document.regions
        ],
    }


def save_picture(document: SyntheticDocument, folder: Path, stem: str) -> str:
    """Save the picture and return its name.

    The format is PNG if clean or faxed, otherwise JPEG, as scanners and phones use it.
    """
    if document.degradation in ("scan", "photo"):
        document.image.save(folder / f"{stem}.jpg", quality=88)
        return f"{stem}.jpg"
    image = document.image.convert("1") if document.degradation == "fax" else document.image
    image.save(folder / f"{stem}.png")
    return f"{stem}.png"


def write_set(
    directory: str | Path,
    count: int,
    split: str,
    seed: int,
    languages: Sequence[str] = LANGUAGES,
    only: Sequence[str] = (),
    degradations: Sequence[str] = (),
    named: Sequence[str] = (),
    *,
    ocr: bool = False,
) -> int:
    """Write `count` documents of a split; returns the number of questions.

    Kinds, languages and templates take turns, so a small set contains them all. `only` limits the
    kinds, `named` the templates and `degradations` the levels (otherwise drawn with LEVEL_SHARES).
    `ocr` reads each page, too (seconds a page); a page that has an index is not read again.

    Raises:
        ValueError: no template of the split fits.
        EngineError: see engine.index.builder.build_index.
    """
    folder = Path(directory)
    (folder / "docs").mkdir(parents=True, exist_ok=True)
    rng = random.Random(f"set-{split}-{seed}")
    wanted = [
        t
        for t in templates(split)
        if t.language in languages and t.kind in (only or kinds()) and t.name in (named or [t.name])
    ]
    if not wanted:
        raise ValueError(f"no template of split {split!r} fits the chosen languages and kinds")
    questions = 0
    with (
        (folder / "qa.jsonl").open("w", encoding="utf-8") as qa,
        (folder / "truth.jsonl").open("w", encoding="utf-8") as truth,
        (folder / "receipts.jsonl").open("w", encoding="utf-8") as receipts,
    ):
        turn: list[Any] = []
        for number in range(count):
            if not turn:
                turn = rng.sample(wanted, len(wanted))
            chosen = turn.pop()
            level = rng.choice(list(degradations)) if degradations else rng.choices(*_shares())[0]
            document = draw_document(
                chosen.kind,
                chosen.language,
                chosen.name,
                seed=seed * 1_000_003 + number,
                degradation=level,
            )
            stem = f"{number:05d}-{chosen.kind}-{chosen.language}"
            name = "docs/" + save_picture(document, folder / "docs", stem)
            for row in question_rows(document, name):
                qa.write(json.dumps(row, ensure_ascii=False) + "\n")
                questions += 1
            truth.write(json.dumps(truth_row(document, name), ensure_ascii=False) + "\n")
            if ocr:
                from .page_indexes import store_index  # imports the engine and its OCR

                store_index(folder, Path(name).name, document.image.convert("RGB"))
            if chosen.kind == "receipt":
                four = {
                    key: document.fields.get(key, "")
                    for key in ("company", "date", "address", "total")
                }
                receipts.write(json.dumps({"file": name, **four}, ensure_ascii=False) + "\n")
    return questions


def _shares() -> tuple[list[str], list[float]]:
    return list(LEVEL_SHARES), list(LEVEL_SHARES.values())
