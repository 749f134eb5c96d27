"""Numbers, percentages and amounts of money as printed: "1,250.00", "1 250,00", "5250-90".

Values are Decimal, so nothing is rounded. The digits alone decide whether "." or "," is the decimal
mark, since scans mix both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_SPACES: Final = " \u00a0\u2007\u2009\u202f"
_GROUPS: Final = f"[{_SPACES}'’`´,.]"
# A number with groups of three, or plain digits; then a decimal part after "." or ",".
NUMBER: Final = (
    rf"(?:\d{{1,3}}(?:{_GROUPS}\d{{3}})+(?!\d)(?:[.,]\d{{1,4}})?|\d+(?:[.,]\d+)?|(?<!\d)[.,]\d+)"
)
_CODES: Final = {
    "$": "USD",
    "us$": "USD",
    "usd": "USD",
    "€": "EUR",
    "eur": "EUR",
    "euro": "EUR",
    "euros": "EUR",
    "евро": "EUR",
    "£": "GBP",
    "gbp": "GBP",
    "¥": "JPY",
    "jpy": "JPY",
    "cny": "CNY",
    "rmb": "CNY",
    "rm": "MYR",
    "myr": "MYR",
    "chf": "CHF",
    "fr": "CHF",
    "sek": "SEK",
    "nok": "NOK",
    "dkk": "DKK",
    "kr": "SEK",
    "₽": "RUB",
    "rub": "RUB",
    "rur": "RUB",
    "руб": "RUB",
    "рубль": "RUB",
    "рубля": "RUB",
    "рублей": "RUB",
    "р": "RUB",
    "₸": "KZT",
    "тенге": "KZT",
    "₴": "UAH",
    "грн": "UAH",
    "₹": "INR",
    "inr": "INR",
    "rs": "INR",
    "долларов": "USD",
    "dollars": "USD",
    "pounds": "GBP",
    "idr": "IDR",
    "rp": "IDR",
    "sgd": "SGD",
    "s$": "SGD",
    "aud": "AUD",
    "a$": "AUD",
    "cad": "CAD",
    "c$": "CAD",
    "pln": "PLN",
    "zł": "PLN",
    "zl": "PLN",
}
_SIGNS: Final = r"us\$|s\$|a\$|c\$|[$€£¥₽₸₴₹]"
_BEFORE: Final = (
    rf"(?:{_SIGNS}|(?<![a-zа-яё])(?:usd|eur|gbp|chf|rub|myr|rm|jpy|cny|inr|sgd|aud|cad|sek|nok|dkk|rp|rs)"
    rf"(?![a-zа-яё])\.?)"
)
_AFTER: Final = (
    rf"(?:{_SIGNS}|(?:usd|eur|euros?|gbp|chf|rub|rur|myr|rm|jpy|cny|inr|sgd|aud|cad|sek|nok|dkk|kr|pln|zł|dollars|"
    r"pounds|рублей|рубля|рубль|руб|евро|тенге|грн|долларов|р)(?![a-zа-яё])\.?)"
)
_SCALES: Final = {"t": 3, "т": 3, "mi": 6, "b": 9, "млн": 6, "миллио": 6, "млрд": 9, "миллиа": 9}
_SCALE: Final = (
    "thousand|million|billion|тысяч[аи]?|тыс|млн|млрд|миллион(?:а|ов)?|миллиард(?:а|ов)?"
)
# An amount: currency sign or code, number, kopecks. Only the number is mandatory (see is_money).
AMOUNT_PATTERN: Final = re.compile(
    rf"(?<![\w.,])(?<!\d[-/:])(?P<minus>[-−–(])?\s?"
    rf"(?:(?P<before>{_BEFORE})\s?)?(?P<number>{NUMBER})"
    rf"(?:(?P<dash>[-=])(?P<cents>\d\d)(?![\d-])|(?P<even>=)(?!\d))?"
    rf"(?:\s(?P<scale>{_SCALE})\b\.?)?"
    rf"(?:\s?(?P<after>{_AFTER})(?:\s?(?P<kopecks>\d\d)\s?(?:копеек|копейки|копейка|коп|к)\b\.?)?)?"
    r"\)?(?![\w%])",
    re.IGNORECASE,
)
PERCENT_PATTERN: Final = re.compile(
    rf"(?<![\w.,])[-−–+]?{NUMBER}\s?(?:%|per\s?cent\b|percent\b|процент(?:ов|а)?\b)", re.IGNORECASE
)
NUMBER_PATTERN: Final = re.compile(rf"(?<![\w.,])(?<!\d[-/:])[-−–+]?{NUMBER}(?!\w|[-/:]\d)")


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum of money. currency: ISO 4217 code, or None where none is printed."""

    value: Decimal
    currency: str | None


def parse_number(text: str) -> Decimal | None:
    """Parse a whole string as a number: "1,250.00", "1 250,00", "1'250", "0,5", "-3".

    A single separator before exactly three digits groups thousands if it is a comma, a space or an
    apostrophe ("1,250" is 1250) and the number does not begin with 0; otherwise it is the decimal
    mark.

    Returns:
        The number, or None if the string is not one.
    """
    stripped = text.strip(" \t\n;:()")
    negative = stripped[:1] in "-−–" and len(stripped) > 1
    body = stripped.lstrip("+-−–").strip()
    if not re.fullmatch(NUMBER, body):
        return None
    return -_plain(body) if negative else _plain(body)


def _plain(body: str) -> Decimal:
    compact = re.sub(rf"[{_SPACES}'’`´]", "", body)
    points = [mark for mark in compact if mark in ".,"]
    if not points:
        return Decimal(compact)
    head, tail = re.split(r"[.,](?=[^.,]*$)", compact)
    if len(set(points)) == 2:
        decimal = True
    elif len(points) > 1:
        decimal = False
    else:
        decimal = len(tail) != 3 or points[0] == "." or head in ("", "0")
    whole = re.sub(r"[.,]", "", head) or "0"
    return Decimal(f"{whole}.{tail}") if decimal else Decimal(whole + tail)


def amount_of(match: re.Match[str]) -> Amount:
    """Convert a match of AMOUNT_PATTERN to an amount."""
    value = _plain(match["number"])
    cents = match["cents"] or match["kopecks"]
    if cents:
        value += Decimal(cents) / 100
    if match["scale"]:
        value *= 10 ** next(
            power for start, power in _SCALES.items() if match["scale"].lower().startswith(start)
        )
    if match["minus"] and match["minus"] != "(":
        value = -value
    mark = (match["before"] or match["after"] or "").lower().rstrip(".")
    return Amount(value, _CODES.get(mark))


def is_money(match: re.Match[str]) -> bool:
    """Whether a match of AMOUNT_PATTERN has a mark of money: a currency, cents, or two decimals."""
    marked = match["before"] or match["after"] or match["cents"] or match["even"]
    return bool(marked) or bool(re.search(r"[.,]\d\d$", match["number"]))


def parse_amount(text: str) -> Amount | None:
    """Parse a whole string as an amount, or None: "$1,250.00", "5250-90", "5 руб. 90 коп."."""
    match = AMOUNT_PATTERN.fullmatch(text.strip(" \t\n;:"))
    return amount_of(match) if match else None


def parse_percent(text: str) -> Decimal | None:
    """Parse a whole string as a percentage, or None: "12.5 %" is 12.5."""
    match = PERCENT_PATTERN.fullmatch(text.strip(" \t\n;:,()"))
    return parse_number(re.sub(r"[^\d.,'’\s+−–-]", "", match.group()).strip()) if match else None
