"""Typed values in printed text: dates, amounts, numbers, ids, phones, times.

The one place that says what a printed value means; fields, checks, grounding, `lite` and exports
ask here. `parse_*` parse a whole string; `find_values` finds every value inside a text, and
`find_values_in_words` does so over a line's words. What one value leaves open ("04/05/2026",
"6.645", "kr") the document's Conventions decide (`conventions_of`). This package knows no pages and
no models.

Try it: `python -c "from engine.text import parse_date; print(parse_date('«7» марта 2024 г.'))"`
"""

from engine.text.amounts import Amount, parse_amount, parse_number, parse_percent
from engine.text.conventions import UNKNOWN, Conventions, conventions_of
from engine.text.dates import is_ambiguous, parse_date, parse_time, readings
from engine.text.values import (
    Kind,
    Value,
    WordSpan,
    amounts_in,
    find_values,
    find_values_in_words,
    same_value,
)

__all__ = [
    "UNKNOWN",
    "Amount",
    "Conventions",
    "Kind",
    "Value",
    "WordSpan",
    "amounts_in",
    "conventions_of",
    "find_values",
    "find_values_in_words",
    "is_ambiguous",
    "parse_amount",
    "parse_date",
    "parse_number",
    "parse_percent",
    "parse_time",
    "readings",
    "same_value",
]
