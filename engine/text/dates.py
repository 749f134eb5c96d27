"""Parser of printed dates and times of day; months in the languages of engine.text.months.

A date of numbers alone is day first unless that is impossible ("03/25/2024") or the document's
Conventions say otherwise. "04/05/2026" on a page that decides nothing is ambiguous: it is read day
first, and `is_ambiguous` says so. Points ("04.05.2026") are day first without further evidence.
Relative dates ("yesterday") are not supported.

dateparser (BSD) reads more forms, but parses whole strings only, guesses a date from any words, and
takes milliseconds a string; here every cell of a page is searched for spans with their offsets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time
from functools import lru_cache
from typing import Final

from engine.text.conventions import UNKNOWN, Conventions
from engine.text.months import (
    dated_without_year,
    main_names,
    month_names,
    names_in,
    without_accents,
    written_out,
)

# A two-digit year up to this belongs to the 2000s: documents are valid for twenty years at most,
# and people born before 1946 have few documents with two-digit years.
_PIVOT: Final = 45
_YEAR: Final = r"(?P<year>(?:1[5-9]|20)\d\d)"
# The month in a second language, as ICAO 9303-3 (section 3.3) allows: "14 MAR/MARS 1984".
_AGAIN: Final = r"(?P<again>\.?\s?/\s?[^\W\d_]{2,9}(?![^\W\d_]))?"
_OTHER_FIRST: Final = r"(?P<other>[^\W\d_]{2,9}\.?\s?/\s?)?"
_QUOTE: Final = "[\"'«»“”„’]"
_YEAR_WORD: Final = r"(?:\s?(?:(?:года|году|год|г|roku|року)\b\.?|(?:r|р)\.))?"
_ORDINAL: Final = r"(?:\s?(?:st|nd|rd|th)\b|(?:er|\.?[ºª°])(?!\w)|-?(?:го|е|ое)\b)?"
_OF: Final = r"(?:(?:day\s)?of\s|(?:de|den|di)\s|d['’])?"

# Groups: day, month, year. The first pattern that matches at a position wins.
_NUMERIC: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![\d.,/-])"
        + _YEAR
        + r"(?P<sep>[-./])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})(?![\d])",
        r"(?<![\d.,/-])(?P<day>\d{1,2})\s?(?P<sep>[./-])\s?(?P<month>\d{1,2})\s?(?P=sep)\s?"
        r"(?P<year>(?:1[5-9]|20)\d\d|\d\d)(?!\d|[./-]\d)" + _YEAR_WORD,
        # "2024. 05. 07.", as in Hungary and Korea, and "2024年5月7日".
        r"(?<![\d.,/-])" + _YEAR + r"\.\s(?P<month>\d\d)\.\s(?P<day>\d\d)(?!\d|[.,]\d)\.?",
        r"(?<!\d)" + _YEAR + r"\s?年\s?(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?日",
        # "14 03 1984", as in French and Portuguese documents.
        r"(?<![\d.,/-])(?<!\d\s)(?P<day>0[1-9]|[12]\d|3[01])\s(?P<month>0[1-9]|1[0-2])\s"
        r"(?P<year>(?:19|20)\d\d)(?![\d/-]|\s?\d)",
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


@lru_cache(maxsize=512)
def _named(names: frozenset[str]) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of dates with one of the names of months, for a text without accents.

    Only the names that a text has are looked for: all five hundred at once would be slow.
    """
    month = "(?P<month>" + "|".join(sorted(names, key=len, reverse=True)) + r")(?![^\W\d_])"
    return tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            # "2024. gada 7. maijā"
            r"(?<![\d.,/-])" + _YEAR + r"\.?\s?gada\s(?P<day>\d{1,2})\.?\s?" + month,
            r"(?<!\d)"
            + _QUOTE
            + r"?\s?(?<![\d.,])(?P<day>\d{1,2})"
            + _ORDINAL
            + r"\s?"
            + _QUOTE
            + r"?(?:\s?,|\s?[-./])?\s?"
            + _OF
            + _OTHER_FIRST
            + month
            + _AGAIN
            + r"\.?(?:(?:\s(?:de|del|do)(?=\s))?[\s,./'’-]{0,3}"
            + r"(?P<year>(?:1[5-9]|20)\d\d|(?<=['’./-])\d\d"
            + r"|\d\d(?=\s?(?:г\.|г\b|года|$))|(?(again)\d\d|(?!))|(?(other)\d\d|(?!)))(?!\d)"
            + _YEAR_WORD
            + ")?",
            r"(?<![a-zа-яё])"
            + month
            + r"\.?\s?(?P<day>\d{1,2})(?!\d)"
            + _ORDINAL
            + r"(?:\s?[,.]?\s?"
            + _YEAR
            + r"(?!\d))?",
            r"(?<![a-zа-яё])"
            + month
            + r"(?P<point>\.)?(?:\s(?:de|del|do)(?=\s))?[\s,]{1,2}(?P<day>)"
            + _YEAR
            + r"(?!\d)"
            + _YEAR_WORD,
            # "2024. május 7.", "2024 m. gegužės 7 d."
            r"(?<![\d.,/-])"
            + _YEAR
            + r"\.?\s(?:m\.\s)?"
            + month
            + r"\.?\s(?P<day>\d{1,2})(?![\d:]|[.,]\d|\s?\d{3})(?:\.|\sd\.)?",
        )
    )


def find_dates(
    text: str, conventions: Conventions = UNKNOWN
) -> Iterator[tuple[int, int, date | None]]:
    """Yield (start, end, day) of every date in a text; None for a date without its year.

    No two overlap. The spans may begin or end with a space.
    """
    plain = without_accents(text)
    taken: list[tuple[int, int]] = []
    for pattern in _patterns(plain):
        for match in pattern.finditer(plain):
            start, end = match.span()
            free = all(end <= first or start >= last for first, last in taken)
            if free and _is_possible(match):
                taken.append((start, end))
                yield start, end, _day(match, conventions)


def parse_date(text: str, conventions: Conventions = UNKNOWN) -> date | None:
    """Parse a whole string as a date: "1st of May 2023", "«7» марта 2024 г.", "7. Mai 2014".

    A month and year without a day become the first of the month.

    Returns:
        The date, or None if the string is not one.
    """
    match = _whole(text)
    return _day(match, conventions) if match else None


def readings(text: str, conventions: Conventions = UNKNOWN) -> tuple[date, ...]:
    """Return the days that a whole string may be: two for an ambiguous date, day first first."""
    first = parse_date(text, conventions)
    if first is None:
        return ()
    if not is_ambiguous(text, conventions):
        return (first,)
    return (first, date(first.year, first.day, first.month))


def is_ambiguous(text: str, conventions: Conventions = UNKNOWN) -> bool:
    """Whether a whole string is a date that nothing decides: "04/05/2026" is in April or in May."""
    match = _whole(text)
    if match is None or conventions.day_first is not None or not match["month"].isdigit():
        return False
    if "sep" not in match.groupdict() or match["sep"] == "." or _is_year_first(match):
        return False
    day, month = int(match["day"]), int(match["month"])
    return day != month and day <= 12 and month <= 12


def _whole(text: str) -> re.Match[str] | None:
    plain = without_accents(text)
    stripped = plain.strip(" \t\n.,;:()")
    for pattern in _patterns(plain):
        match = pattern.fullmatch(stripped) or pattern.fullmatch(plain.strip())
        if match and _is_month_here(match):
            return match
    return None


def _patterns(plain: str) -> tuple[re.Pattern[str], ...]:
    if not any(character.isdigit() for character in plain):
        return ()
    names = names_in(plain)
    # In the order of the forms: a name beside a day is a surer date than three numbers with spaces.
    return (*_NUMERIC[:-1], *(_named(names) if names else ()), _NUMERIC[-1])


def _day(match: re.Match[str], conventions: Conventions) -> date | None:
    """Return the day of a match; a missing day is the first of the month, no year is no day."""
    if not match["year"]:
        return None
    year, name = int(match["year"]), match["month"].lower()
    if year < 100:
        year += 2000 if year <= _PIVOT else 1900
    month = int(name) if name.isdigit() else month_names()[name]
    day = int(match["day"] or 1)
    if name.isdigit() and not _is_year_first(match):
        swapped = conventions.day_first is False and day <= 12
        if month > 12 or swapped:
            day, month = month, day
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _is_year_first(match: re.Match[str]) -> bool:
    return bool(match["year"]) and match.start("year") < match.start("day")


def _is_possible(match: re.Match[str]) -> bool:
    """Whether a match can be a date. The year may be missing."""
    if not _is_month_here(match):
        return False
    if match["year"]:
        return _day(match, UNKNOWN) is not None
    return 1 <= int(match["day"]) <= 31


def _is_month_here(match: re.Match[str]) -> bool:
    """Whether a name is a month where it stands: "TV set 2020" and "12 out" are no dates."""
    name = match["month"].lower()
    if name.isdigit() or name in main_names():
        return True
    if not match["year"]:
        return name in dated_without_year() and match.start("day") < match.start("month")
    has_day = bool(match["day"])
    return has_day or name in written_out() or match["point"] is not None


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
