"""Numbers, percentages and amounts of money as printed: "1,250.00", "-kr 6.645", "(1,250.00)".

Values are Decimal, so nothing is rounded. Signs count wherever they are printed: before or behind
the number ("€ -9,32", "100.00-"), as the brackets of accountants, or as CR, which is negative: an
amount that a customer does not owe.

The digits decide whether "." or "," is the decimal mark, since scans mix both. One mark before
three digits does not tell. The decimal mark of the document's other amounts decides ("6.645" is
6645 beside "12,50"), else the currency ("kr 6.645"), else the point is the decimal mark and the
comma groups.

price-parser (BSD) has none of the signs and no place of the amount in its text, so it is not used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final, Literal, TypeAlias

from engine.text.conventions import UNKNOWN, Conventions
from engine.text.currencies import (
    currency_of,
    groups_by_point,
    is_sure,
    marks_after,
    marks_before,
)

Side: TypeAlias = Literal["credit", "debit"]

_SPACES: Final = " \u00a0\u2007\u2009\u202f"
_APOSTROPHES: Final = "'’`´"
_GROUPS: Final = f"[{_SPACES}{_APOSTROPHES},.]"
# A number with groups of three, or Indian ones ("1,23,456"), or plain digits; then a decimal part
# after "." or ",".
NUMBER: Final = (
    rf"(?:\d{{1,2}}(?:,\d\d)+,\d{{3}}(?!\d)(?:\.\d{{1,4}})?"
    rf"|\d{{1,3}}(?:{_GROUPS}\d{{3}})+(?!\d)(?:[.,]\d{{1,4}})?|\d+(?:[.,]\d+)?|(?<!\d)[.,]\d+)"
)
_MINUS: Final = "-−–"
_SCALES: Final = {"t": 3, "т": 3, "mi": 6, "b": 9, "млн": 6, "миллио": 6, "млрд": 9, "миллиа": 9}
_SCALE: Final = (
    "thousand|million|billion|тысяч[аи]?|тыс|млн|млрд|миллион(?:а|ов)?|миллиард(?:а|ов)?"
)
_CENTS: Final = re.compile(r"[.,]\d\d$")
_GROUPED: Final = re.compile(r"\d[ .,'’`´\u00a0\u2007\u2009\u202f]\d{3}(?!\d)")
PERCENT_PATTERN: Final = re.compile(
    rf"(?<![\w.,])[-−–+]?{NUMBER}\s?(?:%|per\s?cent\b|percent\b|процент(?:ов|а)?\b)", re.IGNORECASE
)
NUMBER_PATTERN: Final = re.compile(rf"(?<![\w.,])(?<!\d[-/:])[-−–+]?{NUMBER}(?!\w|[-/:]\d)")
# A bracket after a sum or a number in words says the same again: "one hundred (100.00)".
_SAID: Final = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty|sixty|seventy"
    r"|eighty|ninety|hundred|thousand|million|dollars?|pounds?|euros?|сто|сот\w*|двести|триста|тысяч\w*"
    r"|миллион\w*|рубл\w*|один|одна|два|две|три|четыре|\w+надцать|\w+дцать|сорок|\w+десят|пять|шесть|семь"
    r"|восемь|девять|десять)\b",
    re.IGNORECASE,
)
_LABEL_WORDS: Final = 4


@cache
def amount_pattern() -> re.Pattern[str]:
    """Return the pattern of an amount: signs, mark of a currency, number, kopecks, CR or DR.

    Only the number is mandatory (see is_money).
    """
    after = rf"(?:{marks_after()})"
    return re.compile(
        rf"(?<![\w.,])(?<!\d[-/:])(?P<minus>[{_MINUS}(])?\s?(?P<second>(?<=\()[{_MINUS}]\s?)?"
        rf"(?:(?P<before>{marks_before()})(?P<gap>\s?)(?P<inner>[{_MINUS}(](?=[\d.,]))?)?"
        rf"(?P<number>{NUMBER})"
        rf"(?:(?P<dash>[-=])(?P<cents>\d\d)(?![\d-])|(?P<even>=)(?!\d)|[.,][-–—]{{1,2}}(?=\s|$))?"
        rf"(?:\s(?P<scale>{_SCALE})\b\.?)?"
        rf"(?:\s?(?P<after>{after})(?:\s?(?P<kopecks>\d\d)\s?(?:копеек|копейки|копейка|коп|к)\b\.?)?)?"
        rf"(?P<behind>(?<=[.,]\d\d)[{_MINUS}](?=\)|\s*$|\s[^\W\d]|\s{{2,}}))?"
        rf"(?P<close>\))?(?:\s?(?P<last>(?<=[{_MINUS})]\s){after}|(?<=[{_MINUS})]){after}))?"
        rf"(?:\s?(?-i:(?P<side>CR|DR|(?:Cr|Dr)(?!\.?\s?[^\W\d_])))\b\.?)?"
        r"(?![\w%])",
        re.IGNORECASE,
    )


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum of money.

    Attributes:
        value: negative for every printed sign of it, and for a credit.
        currency: ISO 4217 code, or None where none is printed.
        side: "credit" or "debit" where CR or DR is printed beside it.
    """

    value: Decimal
    currency: str | None
    side: Side | None = None


def parse_number(text: str, conventions: Conventions = UNKNOWN) -> Decimal | None:
    """Parse a whole string as a number: "1,250.00", "1 250,00", "1'250", "1,23,456", "0,5", "-3".

    A single mark before exactly three digits groups thousands if it is a comma, a space or an
    apostrophe ("1,250" is 1250) and the number does not begin with 0, unless the conventions say
    otherwise; else it is the decimal mark.

    Returns:
        The number, or None if the string is not one.
    """
    stripped = text.strip(" \t\n;:()")
    negative = stripped[:1] in tuple(_MINUS) and len(stripped) > 1
    body = stripped.lstrip("+-−–").strip()
    if re.fullmatch(rf"{NUMBER}[{_MINUS}]", body) and _CENTS.search(body[:-1]):
        negative, body = True, body[:-1]
    if not re.fullmatch(NUMBER, body):
        return None
    whole = text.strip(" \t\n;:")
    bracketed = whole[:1] == "(" and whole[-1:] == ")"
    if bracketed and (_CENTS.search(body) or _GROUPED.search(body)):
        negative = True
    value = _plain(body, conventions)
    return -value if negative else value


def _plain(body: str, conventions: Conventions, currency: str | None = None) -> Decimal:
    compact = re.sub(rf"[{_SPACES}{_APOSTROPHES}]", "", body)
    points = [mark for mark in compact if mark in ".,"]
    if not points:
        return Decimal(compact)
    head, tail = re.split(r"[.,](?=[^.,]*$)", compact)
    if len(set(points)) == 2:
        decimal = True
    elif len(points) > 1:
        decimal = False
    else:
        alone = compact == body
        decimal = (
            len(tail) != 3
            or head in ("", "0")
            or _is_decimal(points[0], alone, conventions, currency)
        )
    whole = re.sub(r"[.,]", "", head) or "0"
    return Decimal(f"{whole}.{tail}") if decimal else Decimal(whole + tail)


def _is_decimal(mark: str, alone: bool, conventions: Conventions, currency: str | None) -> bool:
    """Whether the only mark of a number, before three digits, is the decimal mark.

    Args:
        alone: the number has no spaces or apostrophes, which would be its groups.
    """
    if not alone:
        return True
    if conventions.decimal_mark is not None:
        return mark == conventions.decimal_mark
    return mark == "." and not (currency is not None and groups_by_point(currency))


def amount_of(match: re.Match[str], conventions: Conventions = UNKNOWN) -> Amount:
    """Convert a match of amount_pattern() to an amount."""
    mark = match["before"] or match["after"] or match["last"]
    currency = currency_of(mark, conventions.country) if mark else None
    value = _plain(match["number"], conventions, currency)
    cents = match["cents"] or match["kopecks"]
    if cents:
        value += Decimal(cents) / 100
    if match["scale"]:
        value *= 10 ** next(
            power for start, power in _SCALES.items() if match["scale"].lower().startswith(start)
        )
    side: Side | None = None
    if match["side"]:
        side = "credit" if match["side"].upper() == "CR" else "debit"
    negative = side == "credit" or _is_negative(match)
    return Amount(-value if negative else value, currency, side)


def _is_negative(match: re.Match[str]) -> bool:
    if match["second"] or match["behind"] or (match["inner"] or "(") != "(":
        return True
    if match["minus"] and match["minus"] != "(":
        # "Rent – 500.00" is a dash.
        spaced = match.string[match.start("minus") + 1 : match.start("minus") + 2].isspace()
        return not (spaced and match.string[: match.start()].strip())
    return "(" in (match["minus"], match["inner"]) and _is_bracketed(match)


def _is_bracketed(match: re.Match[str]) -> bool:
    """Whether an amount in brackets is a negative one of accountants, not an aside."""
    if not match["close"] or not (is_money(match) or _GROUPED.search(match["number"])):
        return False
    before, behind = match.string[: match.start()].strip(), match.string[match.end() :].strip()
    if _SAID.search(before) or len(before.split()) > _LABEL_WORDS:
        return False
    return not re.search(r"\w", behind)


def is_signed(match: re.Match[str]) -> bool:
    """Whether an amount has a sign that its number alone lacks: brackets, a last minus, CR, DR."""
    signs = match["inner"] or match["behind"] or match["side"]
    return bool(signs) or (match["minus"] == "(" and _is_negative(match))


def is_money(match: re.Match[str]) -> bool:
    """Whether a match of amount_pattern() has a mark of money: a currency, cents, or two decimals.

    The code of a currency that is also a word or a name ("TOP 5") is none by itself.
    """
    number = match["number"]
    if match["cents"] or match["even"] or _CENTS.search(number):
        return True
    mark = match["before"] or match["after"] or match["last"]
    return bool(mark) and (is_sure(mark) or _GROUPED.search(number) is not None)


def parse_amount(text: str, conventions: Conventions = UNKNOWN) -> Amount | None:
    """Parse a whole string as an amount, or None: "$1,250.00", "5250-90", "108.43 CR", "(9.50)"."""
    match = amount_pattern().fullmatch(text.strip(" \t\n;:"))
    if match is None:
        number = parse_number(text, conventions)
        return None if number is None else Amount(number, None)
    mark = match["before"] or match["after"]
    if mark and not is_sure(mark) and not is_money(match):
        return None
    return amount_of(match, conventions)


def parse_percent(text: str) -> Decimal | None:
    """Parse a whole string as a percentage, or None: "12.5 %" is 12.5."""
    match = PERCENT_PATTERN.fullmatch(text.strip(" \t\n;:,()"))
    return parse_number(re.sub(r"[^\d.,'’\s+−–-]", "", match.group()).strip()) if match else None
