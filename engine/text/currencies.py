"""Currencies as printed: ISO 4217 codes, signs and words, from CLDR by way of babel.

Tables: github.com/unicode-org/cldr-json (cldr-core/supplemental/currencyData.json for the codes and
the countries that pay with them, cldr-numbers for the signs), as babel ships them; nothing is
downloaded. A sign that several countries share ("$", "kr") is the currency of the document's
country if that is known, else the most usual one.

CLDR has no inflected words and none of the marks that are usual on paper only ("руб.", "Rs."), so
those are here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from babel import Locale, UnknownLocaleError
from babel.core import get_global

# Currencies that ended before this year are on no document with a printed text worth its sums.
_SINCE: Final = 1990
# Marks in any case -> code; on either side of the number, unless they are in _ONLY_AFTER.
_WORDS: Final[Mapping[str, str]] = {
    "usd": "USD",
    "eur": "EUR",
    "gbp": "GBP",
    "chf": "CHF",
    "rub": "RUB",
    "myr": "MYR",
    "rm": "MYR",
    "jpy": "JPY",
    "cny": "CNY",
    "inr": "INR",
    "sgd": "SGD",
    "aud": "AUD",
    "cad": "CAD",
    "sek": "SEK",
    "nok": "NOK",
    "dkk": "DKK",
    "rp": "IDR",
    "rs": "INR",
    "kr": "SEK",
}
_ONLY_AFTER: Final[Mapping[str, str]] = {
    "rur": "RUB",
    "pln": "PLN",
    "zł": "PLN",
    "euro": "EUR",
    "euros": "EUR",
    "евро": "EUR",
    "dollars": "USD",
    "долларов": "USD",
    "pounds": "GBP",
    "рублей": "RUB",
    "рубля": "RUB",
    "рубль": "RUB",
    "руб": "RUB",
    "р": "RUB",
    "тенге": "KZT",
    "грн": "UAH",
}
# Exactly so, on either side.
_LETTERS: Final[Mapping[str, str]] = {
    "Kč": "CZK",
    "Ft": "HUF",
    "lei": "RON",
    "Lei": "RON",
    "лв": "BGN",
    "дин": "RSD",
    "ден": "MKD",
    "сом": "KGS",
    "сум": "UZS",
    "FCFA": "XAF",
    "F CFA": "XOF",
    "KSh": "KES",
    "Ksh": "KES",
    "TSh": "TZS",
    "USh": "UGX",
    "SFr": "CHF",
    "Fr": "CHF",
    "TL": "TRY",
}
# Signs that countries print without the letter that tells them apart abroad.
_SHARED: Final[Mapping[str, str]] = {
    "$": "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD"
    " SRD TTD TWD UYU XCD",
    "£": "GBP EGP FKP GIP SHP",
    "¥": "JPY CNY",
    "￥": "JPY CNY",
    "C$": "CAD NIO",
}
# Signs that CLDR has in the language of the country alone.
_LOCAL: Final[Mapping[str, str]] = {
    "₽": "RUB",
    "₸": "KZT",
    "₴": "UAH",
    "₺": "TRY",
    "₼": "AZN",
    "₾": "GEL",
    "֏": "AMD",
    "؋": "AFN",
    "৳": "BDT",
    "៛": "KHR",
    "฿": "THB",
    "₡": "CRC",
    "₦": "NGN",
    "₲": "PYG",
    "₭": "LAK",
    "₮": "MNT",
    "₨": "PKR",
    "GH₵": "GHS",
    "₵": "GHS",
    "S$": "SGD",
}
_LANGUAGES: Final = ("en", "de", "fr", "nl", "sv")
# Codes that seldom are anything else. The others ("TOP 5", "12 AWG") mark a number with cents or
# grouped thousands only.
# BHD is also "Berhad", RON the octane of petrol.
_NEVER_ELSE: Final = (
    "AED ARS AUD AZN BDT BGN BRL BYN CAD CHF CLP CNY CZK DKK EGP EUR GBP HKD HRK HUF IDR ILS INR"
    " ISK JPY KES KRW KWD KZT LKR MXN MYR NGN NOK NPR NZD PHP PKR PLN QAR RSD RUB SEK SGD THB TWD"
    " TZS UAH UGX USD UYU UZS VND XAF XOF ZAR"
)
_SURE: Final = frozenset(_NEVER_ELSE.split())


@cache
def currency_codes() -> frozenset[str]:
    """Return the codes of ISO 4217 that are or were money somewhere since 1990, without funds."""
    found = {"EUR"}
    for entries in get_global("territory_currencies").values():
        found |= {
            code for code, _, end, tender in entries if tender and (end is None or end[0] >= _SINCE)
        }
    return frozenset(found)


@cache
def currency_of_country(country: str) -> str | None:
    """Return the code of a country's money; country: ISO 3166-1 alpha-2."""
    entries = get_global("territory_currencies").get(country, ())
    return next((code for code, _, end, tender in entries if tender and end is None), None)


@cache
def local(country: str) -> Any | None:
    """Return babel's locale of a country in its most spoken language, or None."""
    spoken = get_global("territory_languages").get(country, {})
    for language in sorted(spoken, key=lambda one: -spoken[one]["population_percent"]):
        try:
            return Locale.parse(f"{language}_{country}", sep="_")
        except (UnknownLocaleError, ValueError):
            continue
    return None


@cache
def _signs() -> Mapping[str, frozenset[str]]:
    """Return sign in capitals -> codes, of the signs with a character of currency ("R$", "₺")."""
    found = {sign: set(codes.split()) for sign, codes in _SHARED.items()}
    found |= {sign: {code} for sign, code in _LOCAL.items()}
    for language in _LANGUAGES:
        for code, sign in Locale.parse(language).currency_symbols.items():
            is_sign = any(unicodedata.category(one) == "Sc" for one in sign)
            if is_sign and code in currency_codes():
                found.setdefault(sign.upper(), set()).add(code)
    return {sign: frozenset(codes) for sign, codes in found.items()}


@cache
def marks_before() -> str:
    """Return a regular expression for the mark of a currency before a number; ignores case."""
    words = [word for word in _WORDS if word != "kr"]
    old = rf"(?<![a-zа-яё])(?:{_any(words)}|kr)(?![a-zа-яё])\.?"
    return rf"(?:{_any(_signs())}|{old}|{_exact(_WORDS)})"


@cache
def marks_after() -> str:
    """Return a regular expression for the mark of a currency behind a number; ignores case."""
    words = rf"(?:{_any((*_WORDS, *_ONLY_AFTER))})(?![a-zа-яё])\.?"
    return rf"(?:{_any(_signs())}|{words}|{_exact((*_WORDS, *_ONLY_AFTER))})"


def _exact(any_case: Iterable[str]) -> str:
    codes = currency_codes() - {word.upper() for word in any_case}
    return rf"(?<![^\W\d_])(?-i:{_any((*codes, *_LETTERS))})(?![^\W\d_])\.?"


def _any(texts: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(texts, key=lambda one: (-len(one), one))))


def currency_of(mark: str, country: str | None = None) -> str | None:
    """Return the code that a printed mark means, or None: "$" is CAD in Canada.

    Args:
        mark: a match of `marks_before` or `marks_after`.
        country: of the document, ISO 3166-1 alpha-2, if known.
    """
    bare = mark.strip().rstrip(".")
    own = currency_of_country(country) if country else None
    word = bare.lower()
    if word == "kr" and own in ("DKK", "NOK", "SEK", "ISK"):
        return own
    if word == "rs" and own in ("INR", "PKR", "LKR", "NPR", "MUR"):
        return own
    if bare in currency_codes():
        return bare
    for table in (_WORDS, _ONLY_AFTER):
        if word in table:
            return table[word]
    if bare in _LETTERS:
        return _LETTERS[bare]
    sign = bare.upper()
    codes = _signs().get(sign, frozenset())
    if own in codes:
        return own
    return _SHARED[sign].split()[0] if sign in _SHARED else min(codes, default=None)


def currencies_in(text: str) -> frozenset[str]:
    """Return the currencies whose code or sign stands in a text: "Total (EUR)"."""
    words = re.findall(r"(?<![^\W\d_])[A-Z]{3}(?![^\W\d_])", text)
    signs = re.findall(_any(sorted(_signs(), key=len, reverse=True)), text, re.IGNORECASE)
    marks = [*(word for word in words if word in _SURE), *signs]
    return frozenset(code for mark in marks if (code := currency_of(mark)) is not None)


def is_sure(mark: str) -> bool:
    """Whether a mark makes any number beside it money, even one without cents."""
    bare = mark.strip().rstrip(".")
    return bare not in currency_codes() or bare in _SURE


@cache
def groups_by_point(code: str) -> bool:
    """Whether "1.250" in a currency is usually 1250: its countries write 1.250,00.

    Of the countries of a shared currency most must do so, as those of the euro do.
    """
    if any(code == one for one, digits in _fractions().items() if digits > 2):
        return False
    marks = []
    for country in get_global("territory_currencies"):
        if currency_of_country(country) == code and (locale := local(country)) is not None:
            symbols = locale.number_symbols
            symbols = symbols.get("latn", symbols)
            # Norwegians and Swedes print "kr 6.645", too; CLDR has their space only.
            marks.append((symbols.get("group"), symbols.get("decimal")))
    comma = [group for group, decimal in marks if decimal == ","]
    return 2 * len(comma) > len(marks) and ("." in comma or code in ("NOK", "SEK"))


@cache
def _fractions() -> Mapping[str, int]:
    return {code: digits for code, (digits, *_) in get_global("currency_fractions").items()}
