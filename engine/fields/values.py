"""Result types of extraction: a document's fields with places, values and checks. Immutable.

A field's `text` is printed on the page exactly so; `value` is its parsed meaning. Both are strings,
so JSON, CSV and cells show every value in the same form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from engine.core.i18n import DEFAULT_LANGUAGE, say
from engine.core.schema import BBox, Values
from engine.text import UNKNOWN, Conventions

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)


def day_in(value: str) -> date | None:
    """Parse the value of a date field; None if it is no ISO date."""
    try:
        return date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except ValueError:
        return None


def number_in(value: str) -> Decimal | None:
    """Parse the value of an amount or number field; None if it is no number."""
    return Decimal(value) if _NUMBER.fullmatch(value) else None


@dataclass(frozen=True, slots=True)
class FieldCheck:
    """Result of a validation rule.

    key: text key in engine/core/texts, formatted with `values`.
    """

    name: str
    passed: bool
    key: str
    values: Values = field(default_factory=dict)

    def text(self, language: str = DEFAULT_LANGUAGE) -> str:
        return say(self.key, language, **self.values)


@dataclass(frozen=True, slots=True)
class FieldCell:
    """One cell of a row of items. text: as printed; value: parsed; bbox: page pixels."""

    text: str
    value: str
    bbox: BBox


@dataclass(frozen=True, slots=True)
class Field:
    """One field found on a page.

    Attributes:
        name: its key in the template.
        title: for people, in the requested language.
        type: one of engine.fields.templates.FIELD_TYPES.
        text: a span of the page, its lines joined by spaces; for items, rows joined by newlines
            and their cells by tabs.
        value: parsed: ISO 8601 date, decimal string, id or IBAN without spaces, MRZ lines joined
            by newlines; the text itself if it cannot be parsed or needs no parsing.
        currency: ISO 4217 code of an amount, "" if none is printed.
        bbox: page pixels, around all its lines; None for a value that the user wrote where
            nothing was extracted.
        page_index: 0-based; None where bbox is.
        boxes: one per line of the text, page pixels.
        confidence: 0 to 1.
        checks: all checks, passed or not; a failed one never hides the value.
        rows: for items: column -> cell, row by row.
    """

    name: str
    title: str
    type: str
    text: str
    value: str
    bbox: BBox | None
    page_index: int | None
    confidence: float
    boxes: tuple[BBox, ...] = ()
    currency: str = ""
    checks: tuple[FieldCheck, ...] = ()
    rows: tuple[Mapping[str, FieldCell], ...] = ()


@dataclass(frozen=True, slots=True)
class FieldsPage:
    """Size of one page in pixels, the frame of its boxes."""

    page_index: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class DocumentFields:
    """The fields of one document.

    Attributes:
        document_type: the template's name.
        confidence: confidence in the type, 0 to 1; 1.0 for a type named by the caller.
        titles: field name -> title of every field of the template, found or not, in its order.
        fields: the fields found, in the template's order.
        conventions: how the document prints its values.
    """

    document_id: str
    name: str
    document_type: str
    confidence: float
    model_id: str
    pages: tuple[FieldsPage, ...]
    titles: Mapping[str, str]
    fields: Mapping[str, Field]
    conventions: Conventions = UNKNOWN

    def to_json(self, language: str = DEFAULT_LANGUAGE) -> dict[str, Any]:
        """Return the JSON object that the command line prints; boxes rounded to 0.1 pixel."""
        return {
            "document": self.name,
            "document_type": self.document_type,
            "confidence": round(self.confidence, 3),
            "model": self.model_id,
            "pages": [
                {"page_index": page.page_index, "width": page.width, "height": page.height}
                for page in self.pages
            ],
            "fields": {name: _field_json(field, language) for name, field in self.fields.items()},
        }


def _field_json(field: Field, language: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": field.title,
        "type": field.type,
        "text": field.text,
        "value": field.value,
        "bbox": None if field.bbox is None else _rounded(field.bbox),
        "page_index": field.page_index,
        "confidence": round(field.confidence, 3),
        "checks": [
            {"name": check.name, "passed": check.passed, "text": check.text(language)}
            for check in field.checks
        ],
    }
    if field.currency:
        found["currency"] = field.currency
    if field.type == "items":
        found["rows"] = [
            {
                column: {"text": cell.text, "value": cell.value, "bbox": _rounded(cell.bbox)}
                for column, cell in row.items()
            }
            for row in field.rows
        ]
    return found


def _rounded(bbox: BBox) -> list[float]:
    return [round(value, 1) for value in bbox]
