"""Search for typed values inside a text or a sequence of words.

Kinds may overlap ("20123456" is a number and an id). All interpretations are returned, each with
its own span, because only the caller knows the kind that it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from engine.text.amounts import (
    NUMBER_PATTERN,
    PERCENT_PATTERN,
    Amount,
    amount_of,
    amount_pattern,
    is_money,
    is_signed,
    parse_amount,
    parse_number,
    parse_percent,
)
from engine.text.conventions import UNKNOWN, Conventions
from engine.text.dates import (
    TIME_PATTERN,
    YEAR_PATTERN,
    find_dates,
    parse_date,
    parse_time,
    readings,
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
        signed: an amount with a sign that its number alone lacks: brackets, a last minus, CR, DR.
    """

    kind: Kind
    start: int
    end: int
    text: str
    parsed: object
    signed: bool = False


@dataclass(frozen=True, slots=True)
class WordSpan:
    """A value over words[first:last + 1]; its offsets are in the words joined by spaces."""

    first: int
    last: int
    value: Value


@lru_cache(maxsize=8192)
def find_values(text: str, conventions: Conventions = UNKNOWN) -> tuple[Value, ...]:
    """Find all typed values of a text, sorted by position, with all interpretations of each."""
    found = [*_dates(text, conventions), *_others(text, conventions)]
    return tuple(sorted(found, key=lambda value: (value.start, -value.end, value.kind)))


def amounts_in(text: str, conventions: Conventions = UNKNOWN) -> tuple[Amount, ...]:
    """Return the amounts of money in a text, in order."""
    return tuple(
        value.parsed
        for value in find_values(text, conventions)
        if value.kind == "amount" and isinstance(value.parsed, Amount)
    )


def find_values_in_words(
    words: Sequence[str], conventions: Conventions = UNKNOWN
) -> tuple[WordSpan, ...]:
    """find_values over words joined by single spaces, with the words that each value overlaps."""
    starts, at = [], 0
    for word in words:
        starts.append(at)
        at += len(word) + 1
    spans = []
    for value in find_values(" ".join(words), conventions):
        touched = [
            number
            for number, start in enumerate(starts)
            if start < value.end and start + len(words[number]) > value.start
        ]
        spans.append(WordSpan(touched[0], touched[-1], value))
    return tuple(spans)


def same_value(first: str, second: str, conventions: Conventions = UNKNOWN) -> bool:
    """Whether two texts are the same value: "1,250.00", "1 250,00"; "14 March 2026", "2026-03-14".

    A currency that only one of them has is ignored: "$42.00" equals "42,00", but not "42.00 EUR".
    An ambiguous date is the same as either of its readings. Other texts are the same if their
    letters and digits are.

    Args:
        conventions: of the document that at least one of the texts is printed on.
    """
    days = readings(first, conventions), readings(second, conventions)
    if all(days):
        return not set(days[0]).isdisjoint(days[1])
    numbers = parse_number(first, conventions), parse_number(second, conventions)
    if None not in numbers:
        return numbers[0] == numbers[1]
    sums = parse_amount(first, conventions), parse_amount(second, conventions)
    for left, right in (sums, *((one(first), one(second)) for one in (parse_percent, parse_time))):
        if isinstance(left, Amount) and isinstance(right, Amount):
            unsaid = None in (left.currency, right.currency)
            return left.value == right.value and (unsaid or left.currency == right.currency)
        if left is not None and right is not None:
            return left == right
    return _bare(first) == _bare(second)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()


def _dates(text: str, conventions: Conventions) -> Iterator[Value]:
    taken: list[tuple[int, int]] = []
    for start, end, day in find_dates(text, conventions):
        taken.append((start, end))
        yield _value("date", text, start, end, day)
    for match in YEAR_PATTERN.finditer(text):
        if all(match.end() <= first or match.start() >= last for first, last in taken):
            yield _of_match("year", match, parse_number(match["year"]))


def _others(text: str, conventions: Conventions) -> Iterator[Value]:
    for match in TIME_PATTERN.finditer(text):
        parsed = time_of(match)
        if parsed is not None:
            yield _of_match("time", match, parsed)
    for match in amount_pattern().finditer(text):
        if is_money(match):
            found = _of_match("amount", match, amount_of(match, conventions))
            yield replace(found, signed=is_signed(match))
    for match in PERCENT_PATTERN.finditer(text):
        yield _of_match("percent", match, parse_percent(match.group()))
    for match in NUMBER_PATTERN.finditer(text):
        yield _of_match("number", match, parse_number(match.group(), conventions))
    for match in _ID.finditer(text):
        if sum(character.isalnum() for character in match.group()) >= 2:
            yield _of_match("id", match, _bare(match.group()))
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if parse_date(match.group()) is not None:
            continue
        broken = re.search(r"[+()]|\d[\s.-]\d", match.group())
        if 6 <= len(digits) <= 13 and (broken or len(digits) >= 9):
            yield _of_match("phone", match, digits)
    for kind, pattern in _CONTACTS:
        for match in pattern.finditer(text):
            yield _of_match(kind, match, match.group().replace(" ", ""))


_CONTACTS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("email", _EMAIL),
    ("url", _URL),
    ("iban", _IBAN),
)


def _of_match(kind: Kind, match: re.Match[str], parsed: object) -> Value:
    return _value(kind, match.string, *match.span(), parsed)


def _value(kind: Kind, text: str, start: int, end: int, parsed: object) -> Value:
    """The value text[start:end], without the spaces at its ends."""
    own = text[start:end]
    start += len(own) - len(own.lstrip())
    own = own.strip()
    return Value(kind, start, start + len(own), own, parsed)
