"""Specimens with page indexes, to fit and to measure field extraction on.

A set is a folder written by `python -m synthetic.papers draw`. Its indexes come from OCR (slow,
stored in the folder) or from the drawn words with imitated OCR errors (fast).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from engine.index.page_index import PageIndex
from training.reading_data import ocr_indexes, truth_indexes

Words = Literal["ocr", "drawn"]
NOISE: Final = 0.01


@dataclass(frozen=True)
class Case:
    """A specimen's truth and its index. fields: name -> text as printed."""

    file: str
    document_type: str
    language: str
    template: str
    quality: str
    fields: Mapping[str, str]
    index: PageIndex

    @property
    def group(self) -> tuple[str, str, str]:
        """The group of specimens that share its layout."""
        return (self.document_type, self.language, self.template)


def read_cases(
    folder: Path, words: Words, *, types: Iterable[str] = (), noise: float = NOISE
) -> list[Case]:
    """Read the specimens of a set.

    Args:
        words: "ocr" takes the pages that OCR has read so far, "drawn" the drawn words.
        types: document types; none means all.
        noise: share of the drawn words that are misread.
    """
    wanted = set(types)
    indexes = ocr_indexes(folder) if words == "ocr" else truth_indexes(folder, noise=noise)
    lines = (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [
        Case(
            file=row["file"],
            document_type=row["document_type"],
            language=row["lang"],
            template=row["template"],
            quality=row["quality"],
            fields={name: field["text"] for name, field in row["fields"].items()},
            index=indexes[row["file"]],
        )
        for row in rows
        if row["file"] in indexes and (not wanted or row["document_type"] in wanted)
    ]
