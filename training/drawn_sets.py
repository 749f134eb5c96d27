"""The drawn sets that the shipped weights are fitted on, and how each is drawn once.

Input: none. Output: a folder a set, in the format of `python -m synthetic.papers` (documents with
fields) or `python -m synthetic` (documents with questions). Seeds: those of SETS. All sets are of
the train split; docs/fields.md and docs/lite.md name the sets to measure on. training.fit draws
them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from engine.fields.document_type import DOCUMENT_TYPES
from synthetic import LANGUAGES, write_set
from synthetic.papers.truth import Quality
from synthetic.papers.writing import SET_QUALITIES, some_specimens, write_specimens

Package = Literal["synthetic.papers", "synthetic"]
_VARIED: Final = (
    "standard",
    "abbreviated",
    "arranged",
    "bilingual",
    "internal_again",
    "abroad_again",
    "two_columns",
    "bill_again",
    "waybill",
)
# File of a set's folder: the DrawnSet that it holds.
_DESCRIPTION: Final = "set.json"


@dataclass(frozen=True)
class DrawnSet:
    """One set, as drawn.

    Attributes:
        name: also of its folder.
        package: what draws it.
        documents: how many; one page each.
        seed: of the documents.
        types: of synthetic.papers; none means all.
        languages: none means all.
        qualities: of synthetic.papers; none means scans and photos in turn.
        templates: none means all of the train split.
        ocr: whether OCR reads each page, too (seconds a page).
        least: so many documents are drawn for a trial, however small.
    """

    name: str
    package: Package
    documents: int
    seed: int
    types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    qualities: tuple[Quality, ...] = ()
    templates: tuple[str, ...] = ()
    ocr: bool = False
    least: int = 2

    def scaled(self, share: float, *, ocr: bool = True) -> DrawnSet:
        """The set for a trial: a share (0 to 1) of the documents, without OCR unless `ocr`."""
        documents = min(self.documents, max(self.least, round(self.documents * share)))
        return replace(self, documents=documents, ocr=self.ocr and ocr)


def _papers(name: str, documents: int, seed: int, **limits: Any) -> DrawnSet:
    return DrawnSet(name, "synthetic.papers", documents, seed, **limits)


_THREE: Final = ("driver_licence", "passport", "invoice")
_SETS: Final = (
    # Two documents of each type and language: of one, there is no template to leave out.
    _papers("DRAWN", 780, 5, qualities=("clean",), least=2 * len(DOCUMENT_TYPES) * len(LANGUAGES)),
    _papers("T1", 48, 21, types=_THREE, ocr=True),
    _papers("T2", 72, 31, types=("receipt",), ocr=True),
    _papers("T3", 32, 41, types=("id_card", "payment_order"), ocr=True),
    _papers(
        "T4",
        48,
        51,
        types=("driver_licence", "passport"),
        templates=("envelope", "consular"),
        ocr=True,
    ),
    _papers("N", 240, 61, types=_THREE, templates=_VARIED),
    _papers("N1", 72, 71, types=_THREE, templates=_VARIED, ocr=True),
    _papers("N2", 24, 81, types=("passport",), languages=("en",), templates=("bilingual",)),
    DrawnSet("PAGES", "synthetic", 360, 1, ocr=True, least=12),
    DrawnSet("ARRANGED", "synthetic", 128, 2, templates=("arranged", "parts"), least=8),
)
SETS: Final = {one.name: one for one in _SETS}


def draw(wanted: DrawnSet, folder: Path) -> Path:
    """Draw a set unless it is there; a set that was cut off keeps the pages that OCR has read.

    The set gets its name when it is complete.

    Args:
        folder: of all sets.
    Returns:
        The set's folder.
    Raises:
        ValueError: the folder has another set of this name.
        EngineError: see engine.index.builder.build_index.
    """
    done, part = folder / wanted.name, folder / f"{wanted.name}.part"
    if done.exists():
        _check(done, wanted)
        return done
    if (part / _DESCRIPTION).exists():
        _check(part, wanted)
    part.mkdir(parents=True, exist_ok=True)
    (part / _DESCRIPTION).write_text(_described(wanted), encoding="utf-8")
    _write(wanted, part)
    part.rename(done)
    return done


def _described(wanted: DrawnSet) -> str:
    return json.dumps(asdict(wanted), indent=1) + "\n"


def _check(folder: Path, wanted: DrawnSet) -> None:
    found = folder / _DESCRIPTION
    if not found.exists() or found.read_text(encoding="utf-8") != _described(wanted):
        raise ValueError(
            f"{folder} is not the set of {wanted.documents} documents that is wanted: its "
            f"{_DESCRIPTION} differs or is missing. Delete the folder, or choose another --out."
        )


def _write(wanted: DrawnSet, folder: Path) -> None:
    if wanted.package == "synthetic":
        write_set(
            folder,
            wanted.documents,
            "train",
            wanted.seed,
            languages=wanted.languages or LANGUAGES,
            degradations=wanted.qualities,
            named=wanted.templates,
            ocr=wanted.ocr,
        )
        return
    drawn = some_specimens(
        wanted.documents,
        "train",
        wanted.seed,
        types=wanted.types or DOCUMENT_TYPES,
        languages=wanted.languages or LANGUAGES,
        qualities=wanted.qualities or SET_QUALITIES,
        templates=wanted.templates,
    )
    write_specimens(folder, drawn, ocr=wanted.ocr)
