"""Correctness of an extracted field whose print may differ from the truth's.

The field's name selects the comparison. Dates are compared as days ("15 Jan 2018" is "15/01/2018",
day first). Amounts are compared as numbers to the cent without their currency ("RM51.30" is
"51.30"; in a text with several numbers the last counts). Everything else is compared by letters and
digits alone, without case, spaces and punctuation.
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from engine.evaluation.answers import FOLDED
from engine.text import find_values, parse_date, parse_number

_AMOUNT_WORDS: Final = frozenset(
    ("amount", "balance", "change", "discount", "due", "paid", "price", "subtotal", "sum", "tax")
) | {"total", "vat"}
_NUMBER: Final = re.compile(r"\d(?:[\d.,'\s]*\d)?")


def field_kind(name: str) -> Literal["date", "amount", "text"]:
    """Return how a field is compared: "issue_date" as date, "total" as amount, others as text."""
    words = set(re.split(r"[\W_]+", name.lower()))
    if "date" in words:
        return "date"
    return "amount" if words & _AMOUNT_WORDS else "text"


def same_field(name: str, value: str | None, truth: str) -> bool:
    """Whether a field's text is right; None is wrong."""
    if value is None or not value.strip():
        return False
    if value.strip() == truth.strip():
        return True
    match field_kind(name):
        case "date":
            return (wanted := _day(truth)) is not None and wanted == _day(value)
        case "amount":
            return (money := _amount(truth)) is not None and money == _amount(value)
        case _:
            return _bare(value) == _bare(truth)


def _day(text: str) -> date | None:
    whole = parse_date(text)
    if whole is not None:
        return whole
    found = (value.parsed for value in find_values(text) if value.kind == "date")
    return next((day for day in found if isinstance(day, date)), None)


def _amount(text: str) -> Decimal | None:
    printed = _NUMBER.findall(unicodedata.normalize("NFKC", text).translate(FOLDED))
    number = parse_number(printed[-1]) if printed else None
    return None if number is None else number.quantize(Decimal("0.01"))


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).translate(FOLDED)
    return re.sub(r"[\W_]", "", folded).upper()
