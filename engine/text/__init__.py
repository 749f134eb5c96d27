"""Typed values in printed text, English and Russian: dates, amounts, numbers, ids, phones, times.

`parse_*` parse a whole string; `find_values` finds every value inside a text, and
`find_values_in_words` does so over a line's words. This package knows no pages and no models.

Try it: `python -c "from engine.text import parse_date; print(parse_date('«7» марта 2024 г.'))"`
"""

from engine.text.amounts import Amount, parse_amount, parse_number, parse_percent
from engine.text.dates import parse_date, parse_time
from engine.text.values import Kind, Value, WordSpan, find_values, find_values_in_words, same_value

__all__ = [
    "Amount",
    "Kind",
    "Value",
    "WordSpan",
    "find_values",
    "find_values_in_words",
    "parse_amount",
    "parse_date",
    "parse_number",
    "parse_percent",
    "parse_time",
    "same_value",
]
