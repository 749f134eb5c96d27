"""Search for typed values inside a text or a sequence of words.

Kinds may overlap ("20123456" is a number and an id). All interpretations are returned, each with
its own span, because only the caller knows the kind that it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from engine.text.amounts import (
    AMOUNT_PATTERN,
    NUMBER_PATTERN,
    PERCENT_PATTERN,
    Amount,
    amount_of,
    is_money,
    parse_amount,
    parse_number,
    parse_percent,
)
from engine.text.dates import (
    DATE_PATTERNS,
    TIME_PATTERN,
    YEAR_PATTERN,
    date_of,
    is_possible,
    parse_date,
    parse_time,
    time_of,
)

Kind: TypeAlias = Literal[
    "date", "year", "time", "amount", "percent", "number", "id", "phone", "email", "url", "iban"
]

_EMAIL: Final = re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+")
_URL: Final = re.compile(
    r"(?:https?://|www\.)[^\s,;]+|(?<!@)\b[\w-]+\.(?:com|org|net|ru|gov|edu|info|io)\b(?:/\S*)?"
)
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,3})?\b")
_PHONE: Final = re.compile(
    r"(?<![\w.,/-])(?:\+\s?\d{1,3}[\s.-]?|8[\s-]?(?=\())?(?:\(\d{2,5}\)[\s-]?)?"
    r"\d{1,5}(?:[\s.-]\d{2,7}){0,5}(?![\w/]|[.,]\d)"
)
# Letters and digits without a space (with - / . : inside), or digits separated by - or /.
_ID: Final = re.compile(
    r"(?<![\w@])(?!(?:ИНН|КПП|БИК|TIN|VAT|TEL|FAX|NO|ТЕЛ)\s)[A-ZА-ЯЁ]{1,3}\s\d{5,}(?!\w)|(?<![\w.,])\d\d\s?\d\d\s\d{6}(?!\w)"
    r"|(?<![\w@])(?:№\s?|#\s?)?(?=[\w./-]*\d)[A-Za-zА-ЯЁа-яё0-9]+(?:[-/.:][A-Za-zА-ЯЁа-яё0-9]+)*(?![\w@])"
)


@dataclass(frozen=True, slots=True)
class Value:
    """A typed value in a text.

    Attributes:
        start, end: character offsets, end exclusive; text[start:end] is the printed form.
        parsed: date, time, Amount, Decimal, or the bare characters (ids, phones); None if the
            printed form is incomplete (a date without its year).
    """

    kind: Kind
    start: int
    end: int
    text: str
    parsed: object


@dataclass(frozen=True, slots=True)
class WordSpan:
    """A value over words[first:last + 1]; its offsets are in the words joined by spaces."""

    first: int
    last: int
    value: Value


def find_values(text: str) -> tuple[Value, ...]:
    """Find all typed values of a text, sorted by position, with all interpretations of each."""
    found = [*_dates(text), *_others(text)]
    return tuple(sorted(found, key=lambda value: (value.start, -value.end, value.kind)))


def find_values_in_words(words: Sequence[str]) -> tuple[WordSpan, ...]:
    """find_values over words joined by single spaces, with the words that each value overlaps."""
    starts, at = [], 0
    for word in words:
        starts.append(at)
        at += len(word) + 1
    spans = []
    for value in find_values(" ".join(words)):
        touched = [
            number
            for number, start in enumerate(starts)
            if start < value.end and start + len(words[number]) > value.start
        ]
        spans.append(WordSpan(touched[0], touched[-1], value))
    return tuple(spans)


def same_value(first: str, second: str) -> bool:
    """Whether two texts are the same value: "1,250.00", "1 250,00"; "14 March 2026", "2026-03-14".

    A currency that only one of them has is ignored: "$42.00" equals "42,00", but not "42.00 EUR".
    Other texts are the same if their letters and digits are.
    """
    for parse in (parse_date, parse_number, parse_amount, parse_percent, parse_time):
        left, right = parse(first), parse(second)
        if isinstance(left, Amount) and isinstance(right, Amount):
            unsaid = None in (left.currency, right.currency)
            return left.value == right.value and (unsaid or left.currency == right.currency)
        if left is not None and right is not None:
            return left == right
    return _bare(first) == _bare(second)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()


def _dates(text: str) -> Iterator[Value]:
    taken: list[tuple[int, int]] = []

    def free(start: int, end: int) -> bool:
        return all(end <= first or start >= last for first, last in taken)

    for pattern in DATE_PATTERNS:
        for match in pattern.finditer(text):
            if is_possible(match) and free(*match.span()):
                taken.append(match.span())
                yield _value("date", match, date_of(match))
    for match in YEAR_PATTERN.finditer(text):
        if free(*match.span()):
            yield _value("year", match, parse_number(match["year"]))


def _others(text: str) -> Iterator[Value]:
    for match in TIME_PATTERN.finditer(text):
        parsed = time_of(match)
        if parsed is not None:
            yield _value("time", match, parsed)
    for match in AMOUNT_PATTERN.finditer(text):
        if is_money(match):
            yield _value("amount", match, amount_of(match))
    for match in PERCENT_PATTERN.finditer(text):
        yield _value("percent", match, parse_percent(match.group()))
    for match in NUMBER_PATTERN.finditer(text):
        yield _value("number", match, parse_number(match.group()))
    for match in _ID.finditer(text):
        if sum(character.isalnum() for character in match.group()) >= 2:
            yield _value("id", match, _bare(match.group()))
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if parse_date(match.group()) is not None:
            continue
        broken = re.search(r"[+()]|\d[\s.-]\d", match.group())
        if 6 <= len(digits) <= 13 and (broken or len(digits) >= 9):
            yield _value("phone", match, digits)
    for kind, pattern in _CONTACTS:
        for match in pattern.finditer(text):
            yield _value(kind, match, match.group().replace(" ", ""))


_CONTACTS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("email", _EMAIL),
    ("url", _URL),
    ("iban", _IBAN),
)


def _value(kind: Kind, match: re.Match[str], parsed: object) -> Value:
    """The value of a match, without the spaces at its ends."""
    text = match.group()
    start = match.start() + len(text) - len(text.lstrip())
    text = text.strip()
    return Value(kind, start, start + len(text), text, parsed)
