"""Truth of a specimen: its type, its template, and the place of each field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from PIL import Image

from engine.core.schema import BBox
from synthetic import Line, Region, Word

Split = Literal["train", "test", "fresh"]
Language = Literal["en", "ru"]
Quality = Literal["scan", "phone", "clean"]
QUALITIES: Final[tuple[Quality, ...]] = ("scan", "phone", "clean")

_IDENTITY: Final = (
    "surname given_names birth_date birth_place sex nationality document_number issue_date "
    "expiry_date authority"
)
# Fields that a specimen of a type may have; see the package's docstring.
TYPE_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(fields.split())
    for name, fields in (
        ("receipt", "company address date number subtotal tax total inn"),
        ("invoice", "number date due_date seller buyer subtotal tax total iban account bik inn"),
        ("passport", f"{_IDENTITY} mrz"),
        ("driver_licence", f"{_IDENTITY} categories address"),
        ("id_card", f"{_IDENTITY} address mrz"),
        (
            "bank_statement",
            "holder account iban inn bik date period_start period_end opening_balance balance",
        ),
        (
            "payment_order",
            "number date amount purpose payer payer_account payer_inn payer_bik payee account iban "
            "inn bik",
        ),
        ("contract", "number date seller buyer total"),
        ("letter", "date"),
        ("form", "number date address"),
        ("certificate", "number date holder authority"),
        ("report", ""),
        ("other", ""),
    )
}
FIELD_NAMES: Final = frozenset().union(*TYPE_FIELDS.values())


@dataclass(frozen=True)
class SpecimenField:
    """A field as printed. bbox: its first place; also: its other places.

    `text` is the printed text; the lines of an MRZ are joined by a newline, other lines by a space.
    """

    text: str
    bbox: BBox
    also: tuple[BBox, ...] = ()


@dataclass(frozen=True)
class Specimen:
    """A drawn document. Every box is in pixels of `image`, which is upright (RGB)."""

    document_type: str
    language: Language
    split: Split
    template: str
    quality: Quality
    seed: int
    image: Image.Image
    fields: Mapping[str, SpecimenField]
    words: tuple[Word, ...]
    lines: tuple[Line, ...]
    regions: tuple[Region, ...]
