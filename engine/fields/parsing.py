"""Parser of printed text by field type. Text that cannot be parsed is its own value.

engine.text parses dates and amounts. This module only chooses the parser for a type and formats
its result.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, NamedTuple

from engine.fields.codes.mrz import parse_mrz
from engine.fields.templates import FieldTemplate
from engine.text import UNKNOWN, Amount, Conventions, parse_amount, parse_date, parse_number

_AS_LATIN: Final = str.maketrans("АВЕКМНОРСТХ", "ABEKMHOPCTX")
_NOT_ID: Final = re.compile(r"^(?:№|N[oº°]?\.?(?=\s)|#)\s*|\s")


class ParsedValue(NamedTuple):
    """value: as in Field.value; currency: ISO 4217 or ""; sure: whether parsing succeeded."""

    value: str
    currency: str = ""
    sure: bool = True


def parse_field(
    text: str,
    template: FieldTemplate,
    lines: tuple[str, ...] = (),
    conventions: Conventions = UNKNOWN,
) -> ParsedValue:
    """Parse a field's printed text.

    Args:
        lines: the text line by line, for types that need it (mrz).
        conventions: of the document.
    """
    if template.choices:
        found = choice_of(text, template)
        return ParsedValue(found or text, sure=bool(found))
    if template.pattern and template.type == "text":
        # OCR reads B, M as "в, м".
        return ParsedValue(as_coded(re.sub(r"\s+", " ", text).strip().upper()))
    match template.type:
        case "date":
            day = parse_date(text, conventions)
            return ParsedValue(day.isoformat()) if day else ParsedValue(text, sure=False)
        case "amount":
            amount = parse_amount(text, conventions)
            if amount is None:
                return ParsedValue(text, sure=False)
            return ParsedValue(str(value_of(amount, template)), amount.currency or "")
        case "number":
            number = parse_number(text, conventions)
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


def value_of(amount: Amount, template: FieldTemplate) -> Decimal:
    """Return the value of an amount: a bank's CR is the holder's own money, others' is not owed."""
    turned = amount.side is not None and template.credit_is_positive
    return -amount.value if turned else amount.value


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
