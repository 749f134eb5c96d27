"""Parser of printed text by field type. Text that cannot be parsed is its own value.

engine.text parses dates and amounts. This module only chooses the parser for a type and formats
its result.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from engine.fields.codes.mrz import parse_mrz
from engine.fields.templates import FieldTemplate
from engine.text import parse_amount, parse_date, parse_number

_AS_LATIN: Final = str.maketrans("АВЕКМНОРСТХ", "ABEKMHOPCTX")
_NOT_ID: Final = re.compile(r"^(?:№|N[oº°]?\.?(?=\s)|#)\s*|\s")


class ParsedValue(NamedTuple):
    """value: as in Field.value; currency: ISO 4217 or ""; sure: whether parsing succeeded."""

    value: str
    currency: str = ""
    sure: bool = True


def parse_field(text: str, template: FieldTemplate, lines: tuple[str, ...] = ()) -> ParsedValue:
    """Parse a field's printed text.

    Args:
        lines: the text line by line, for types that need it (mrz).
    """
    if template.choices:
        found = choice_of(text, template)
        return ParsedValue(found or text, sure=bool(found))
    if template.pattern and template.type == "text":
        # OCR reads B, M as "в, м".
        return ParsedValue(as_coded(re.sub(r"\s+", " ", text).strip().upper()))
    match template.type:
        case "date":
            day = parse_date(text)
            return ParsedValue(day.isoformat()) if day else ParsedValue(text, sure=False)
        case "amount":
            amount = parse_amount(text)
            if amount is None:
                number = parse_number(text)
                return (
                    ParsedValue(str(number))
                    if number is not None
                    else ParsedValue(text, sure=False)
                )
            return ParsedValue(str(amount.value), amount.currency or "")
        case "number":
            number = parse_number(text)
            return ParsedValue(str(number)) if number is not None else ParsedValue(text, sure=False)
        case "mrz":
            mrz = parse_mrz(lines or tuple(text.split()))
            return ParsedValue("\n".join(mrz.lines)) if mrz else ParsedValue(text, sure=False)
        case "iban" | "inn":
            bare = re.sub(r"[\s.-]", "", text).upper()
            return ParsedValue(bare, sure=bare.isalnum())
        case "id":
            return ParsedValue(_NOT_ID.sub("", text))
        case _:
            return ParsedValue(re.sub(r"\s+", " ", text).strip())


def as_coded(text: str) -> str:
    """Replace Cyrillic letters by Latin ones of the same shape, as codes require."""
    return text.translate(_AS_LATIN)


def choice_of(text: str, template: FieldTemplate) -> str:
    """Return the choice that a text prints, or ""."""
    plain = _plain(text)
    for value, prints in template.choices.items():
        if plain in {_plain(value), *map(_plain, prints)}:
            return value
    return ""


def _plain(text: str) -> str:
    return re.sub(r"[^\w/]", "", text.casefold())
