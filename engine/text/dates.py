"""Parser of printed dates and times of day, English and Russian.

Numeric dates are day first unless that is impossible ("03/25/2024") or `day_first` is False.
Relative dates ("yesterday") are not supported.
"""

from __future__ import annotations

import re
from datetime import date, time
from typing import Final

# A two-digit year up to this belongs to the 2000s: documents are valid for twenty years at most,
# and people born before 1946 have few documents with two-digit years.
_PIVOT: Final = 45

_MONTH_NAMES: Final = (
    "january jan январь января январе янв",
    "february feb февраль февраля феврале фев февр",
    "march mar март марта марте мар",
    "april apr апрель апреля апреле апр",
    "may май мая мае",
    "june jun июнь июня июне июн",
    "july jul июль июля июле июл",
    "august aug август августа августе авг",
    "september sep sept сентябрь сентября сентябре сен сент",
    "october oct октябрь октября октябре окт",
    "november nov ноябрь ноября ноябре ноя нояб",
    "december dec декабрь декабря декабре дек",
)
MONTHS: Final = {
    name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()
}
_MONTH: Final = "(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")(?![a-zа-яё])"
# The month in a second language, as ICAO 9303-3 (section 3.3) allows: "14 MAR/MARS 1984".
_AGAIN: Final = r"(?P<again>\.?\s?/\s?[^\W\d_]{2,9}(?![^\W\d_]))?"
_OTHER_FIRST: Final = r"(?P<other>[^\W\d_]{2,9}\.?\s?/\s?)?"
_QUOTE: Final = "[\"'«»“”„’]"
_YEAR_WORD: Final = r"(?:\s?(?:года|году|год|г)\b\.?)?"
_ORDINAL: Final = r"(?:\s?(?:st|nd|rd|th)\b|-?(?:го|е|ое)\b)?"

# Groups: day, month, year. The first pattern that matches at a position wins.
DATE_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![\d.,/-])(?P<year>(?:1[5-9]|20)\d\d)(?P<sep>[-./])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})(?![\d])",
        r"(?<![\d.,/-])(?P<day>\d{1,2})\s?(?P<sep>[./-])\s?(?P<month>\d{1,2})\s?(?P=sep)\s?"
        r"(?P<year>(?:1[5-9]|20)\d\d|\d\d)(?!\d|[./-]\d)" + _YEAR_WORD,
        r"(?<!\d)"
        + _QUOTE
        + r"?\s?(?<![\d.,])(?P<day>\d{1,2})"
        + _ORDINAL
        + r"\s?"
        + _QUOTE
        + r"?(?:\s?,|\s?[-./])?\s?(?:(?:day\s)?of\s)?"
        + _OTHER_FIRST
        + _MONTH
        + _AGAIN
        + r"\.?(?:[\s,./'’-]{0,3}(?P<year>(?:1[5-9]|20)\d\d|(?<=['’./-])\d\d"
        + r"|\d\d(?=\s?(?:г\.|г\b|года|$))|(?(again)\d\d|(?!))|(?(other)\d\d|(?!)))(?!\d)"
        + _YEAR_WORD
        + ")?",
        # "14 03 1984", as in French and Portuguese documents.
        r"(?<![\d.,/-])(?<!\d\s)(?P<day>0[1-9]|[12]\d|3[01])\s(?P<month>0[1-9]|1[0-2])\s"
        r"(?P<year>(?:19|20)\d\d)(?![\d/-]|\s?\d)",
        r"(?<![a-zа-яё])"
        + _MONTH
        + r"\.?\s?(?P<day>\d{1,2})(?!\d)"
        + _ORDINAL
        + r"(?:\s?[,.]?\s?(?P<year>(?:1[5-9]|20)\d\d)(?!\d))?",
        r"(?<![a-zа-яё])"
        + _MONTH
        + r"\.?[\s,]{1,2}(?P<day>)(?P<year>(?:1[5-9]|20)\d\d)(?!\d)"
        + _YEAR_WORD,
    )
)
YEAR_PATTERN: Final = re.compile(
    r"(?<![\d.,/-])(?P<year>(?:1\d|20)\d\d)(?![\d/]|[.,-]\d)(?:\s?(?:года|году|год|г)\b\.?)?",
    re.IGNORECASE,
)
TIME_PATTERN: Final = re.compile(
    r"(?<![\d:.,])(?P<hour>[01]?\d|2[0-3])(?:(?P<sep>[:.])(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?)"
    r"(?![\d:]|[.,]\d)\s?(?P<half>[ap]\.?\s?m\b\.?)?"
    r"|(?<![\d:.,])(?P<hour2>1[0-2]|[1-9])\s?(?P<half2>[ap]\.?\s?m\b\.?|o[’']clock)"
    r"|(?<![\d:.,])(?P<hour3>[01]?\d|2[0-3])\s?(?:часов|часа|час|ч\.)(?:\s?(?P<minute3>[0-5]?\d)\s?(?:минут|мин\.?))?",
    re.IGNORECASE,
)


def date_of(match: re.Match[str], *, day_first: bool = True) -> date | None:
    """Convert a match of DATE_PATTERNS to a date; a missing day becomes the first of the month.

    Returns:
        The date, or None if there is no such day or the match has no year.
    """
    if not match["year"]:
        return None
    year, name = int(match["year"]), match["month"].lower()
    if year < 100:
        year += 2000 if year <= _PIVOT else 1900
    month = MONTHS.get(name) or int(name)
    day = int(match["day"] or 1)
    year_first = match.start("year") < match.start("day")
    if name.isdigit() and not year_first and (month > 12 or (not day_first and day <= 12)):
        day, month = month, day
    try:
        return date(year, month, day)
    except ValueError:
        return None


def is_possible(match: re.Match[str]) -> bool:
    """Whether a match of DATE_PATTERNS can be a date. The year may be missing."""
    if match["year"]:
        return date_of(match) is not None
    return 1 <= int(match["day"]) <= 31


def parse_date(text: str, *, day_first: bool = True) -> date | None:
    """Parse a whole string as a date: "1st of May 2023", "«7» марта 2024 г.", "07.03.24".

    A month and year without a day become the first of the month.

    Returns:
        The date, or None if the string is not one.
    """
    stripped = text.strip(" \t\n.,;:()")
    for pattern in DATE_PATTERNS:
        match = pattern.fullmatch(stripped) or pattern.fullmatch(text.strip())
        if match:
            return date_of(match, day_first=day_first)
    return None


def time_of(match: re.Match[str]) -> time | None:
    """Convert a match of TIME_PATTERN to a time of day; None if its hour is above 23."""
    hour = int(match["hour"] or match["hour2"] or match["hour3"])
    minute = int(match["minute"] or match["minute3"] or 0)
    half = (match["half"] or match["half2"] or "").lower()
    if half.startswith("p") and hour < 12:
        hour += 12
    elif half.startswith("a") and hour == 12:
        hour = 0
    return time(hour, minute, int(match["second"] or 0)) if hour < 24 else None


def parse_time(text: str) -> time | None:
    """Parse a whole string as a time of day, or None: "14:05", "2.30 pm", "10 часов 15 минут"."""
    match = TIME_PATTERN.fullmatch(text.strip(" \t\n,;()"))
    return time_of(match) if match else None
