"""How a document prints its values: day or month first, comma or point, which country's money.

Each is decided by the strongest evidence that the document holds, and by none where two pieces of
equal strength contradict each other:

- The order of "04/05/2026": other dates ("03/25/2026"), the country (an address in the United
  States, a British postcode, the prefix of an IBAN, a country's name), the language, the currency,
  and the way that months are written in words ("March 25, 2026").
- The decimal mark: amounts with one mark and two decimals, or with two marks.
- The country: as above, where all evidence names one.

The order of a country is that of its short dates in CLDR (babel).

Try it: `python -c "from engine.text.conventions import conventions_of;
print(conventions_of(['Due 04/05/2026', 'Ordered 03/25/2026']))"`
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, Literal

from babel import Locale

from engine.text.alphabets import script_of
from engine.text.currencies import currency_of, local, marks_after, marks_before
from engine.text.months import LANGUAGES, languages_of, names_in


@dataclass(frozen=True, slots=True)
class Conventions:
    """How one document prints its values.

    Attributes:
        day_first: whether "04/05/2026" is the 4th of May; None where nothing decides.
        decimal_mark: of its amounts; None where nothing decides, and in Cyrillic documents, which
            group thousands by spaces whatever the mark.
        country: ISO 3166-1 alpha-2, or None.
    """

    day_first: bool | None = None
    decimal_mark: Literal[".", ","] | None = None
    country: str | None = None


UNKNOWN: Final = Conventions()

_NUMERIC: Final = re.compile(
    r"(?<![\d.,/-])(\d{1,2})\s?([./-])\s?(\d{1,2})\s?\2\s?(?:(?:19|20)\d\d|\d\d)(?!\d|[./-]\d)"
)
_DECIMAL: Final = re.compile(
    r"(?<![\w.,:/-])(?:\d{1,3}(?:[ \u00a0\u202f.,'’]\d{3})+|\d+)([.,])\d\d(?![\w.,:/%-]|\s?%)"
)
_STATES: Final = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM"
    " NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR"
)
_AMERICAN: Final = re.compile(
    rf"\b(?:{_STATES.replace(' ', '|')}),?\s\d{{5}}(?:-\d{{4}})?\b|\bU\.?S\.?A\b|\bUnited States\b"
)
_BRITISH: Final = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b")
_IBAN: Final = re.compile(r"\b([A-Z]{2})\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b")
_VAT: Final = re.compile(
    r"\b(AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK)"
    r"\s?U?\d{8,12}(?:B\d\d)?\b"
)
# Countries whose names are also those of people or of an American state.
_NOT_ALONE: Final = frozenset(("chad", "georgia", "jordan"))
# Frequent words of invoices and letters that English does not have.
_WORDS: Final = (
    "und der das für mit datum rechnung betrag fällig"
    " et les des du pour avec facture montant échéance"
    " el los las con fecha factura importe vencimiento"
    " il gli della fattura importo scadenza totale"
    " os das dos para fatura valor vencimento"
    " het een voor met factuur bedrag vervaldatum"
    " dla faktura kwota termin"
    " och för med faktura belopp betala til forfaldsdato beløb beløp dato"
    " ja lasku eräpäivä päivämäärä yhteensä"
    " na částka splatnost ve ile için fatura tutar tarih toplam"
    " și pentru scadență és az számla összeg dátum fizetési"
)
_ENGLISH: Final = frozenset(
    [
        "the",
        "of",
        "and",
        "to",
        "for",
        "with",
        "from",
        "date",
        "invoice",
        "amount",
        "total",
        "due",
        "order",
        "no",
        "number",
    ]
)
_FOREIGN: Final = frozenset(_WORDS.split())
_LEAST: Final = 2
_DAY_THEN_MONTH: Final = re.compile(r"\b\d{1,2}(?:st|nd|rd|th)?\s(?:of\s)?([a-z]{3,9})\b", re.I)
_MONTH_THEN_DAY: Final = re.compile(
    r"\b([a-z]{3,9})\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d", re.I
)
_MARKED: Final = 0.75


def conventions_of(texts: Iterable[str]) -> Conventions:
    """Find the conventions of a document.

    Args:
        texts: its lines.
    """
    return _found(tuple(texts))


@lru_cache(maxsize=256)
def _found(lines: tuple[str, ...]) -> Conventions:
    text = "\n".join(lines)
    countries = frozenset(_countries(lines, text))
    country = next(iter(countries)) if len(countries) == 1 else None
    is_cyrillic = script_of(text) == "cyrillic"
    evidence = (
        _printed_order(text),
        _agreed(day_first_in(one) for one in countries),
        True if is_cyrillic or _is_foreign(text) else None,
        _order_of_money(text),
    )
    day_first = next((one for one in evidence if one is not None), None)
    return Conventions(day_first, None if is_cyrillic else _decimal_mark(text), country)


def _printed_order(text: str) -> bool | None:
    """Return the order of the dates that can be read in one way only."""
    votes: Counter[bool] = Counter()
    for match in _NUMERIC.finditer(text):
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second >= 1 and first <= 31:
            votes[True] += 1
        elif second > 12 >= first >= 1 and second <= 31:
            votes[False] += 1
    return _majority(votes)


def _majority(votes: Counter[bool]) -> bool | None:
    return None if votes[True] == votes[False] else votes[True] > votes[False]


def _agreed(orders: Iterable[bool | None]) -> bool | None:
    known = {order for order in orders if order is not None}
    return known.pop() if len(known) == 1 else None


@cache
def day_first_in(country: str) -> bool | None:
    """Return whether a country writes the day first; None if it begins with the year or is unknown.

    Args:
        country: ISO 3166-1 alpha-2.
    """
    locale = local(country)
    if locale is None:
        return None
    pattern = locale.date_formats["short"].pattern
    day, month, year = (pattern.find(letter) for letter in "dMy")
    return None if year < min(day, month) else day < month


def _countries(lines: Sequence[str], text: str) -> Iterator[str]:
    if _AMERICAN.search(text):
        yield "US"
    if _BRITISH.search(text):
        yield "GB"
    for pattern in (_IBAN, _VAT):
        for match in pattern.finditer(text):
            code = "GR" if match[1] == "EL" else match[1]
            if code in _territories().values():
                yield code
    for line in lines:
        for part in re.split(r"[,;|]|\s{2,}", line):
            country = _territories().get(part.strip(" .").casefold())
            if country is not None:
                yield country


@cache
def _territories() -> dict[str, str]:
    """Return casefolded name of a country -> its code, in English and in LANGUAGES."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if re.fullmatch("[A-Z]{2}", code) and code != "US" and len(name) > 3:
                found.setdefault(name.casefold(), code)
    return {name: code for name, code in found.items() if name not in _NOT_ALONE}


def _is_foreign(text: str) -> bool:
    """Whether the language is not English: by the names of months, or by frequent words."""
    if any(_only_foreign(name) for name in names_in(text)):
        return True
    words = re.findall(r"[^\W\d_]+", text.casefold())
    foreign = sum(word in _FOREIGN for word in words)
    return foreign >= _LEAST and foreign > sum(word in _ENGLISH for word in words)


def _only_foreign(name: str) -> bool:
    languages = languages_of(name)
    return bool(languages) and "en" not in languages and len(name) > 3


def _order_of_money(text: str) -> bool | None:
    """Return the order of the money's countries: no dollars, day first; dollars, by the months.

    Canada, Australia and others print dollars and write "25 March 2026".
    """
    found = {currency_of(mark) for mark in _marks().findall(text)} - {None}
    if not found:
        return None
    if "USD" not in found:
        return True
    if len(found) > 1:
        return None
    votes = Counter(
        {
            True: sum(bool(names_in(match[1])) for match in _DAY_THEN_MONTH.finditer(text)),
            False: sum(bool(names_in(match[1])) for match in _MONTH_THEN_DAY.finditer(text)),
        }
    )
    named = _majority(votes)
    return False if named is None else named


@cache
def _marks() -> re.Pattern[str]:
    number = r"\d[\d.,]*[.,]\d\d\b"
    before, after = marks_before(), marks_after()
    pattern = rf"(?:(?<![^\W\d_]){before}(?=\s?-?\s?{number}))|(?:(?<=\d)\s?{after})(?![^\W\d_])"
    return re.compile(pattern, re.IGNORECASE)


def _decimal_mark(text: str) -> Literal[".", ","] | None:
    votes = Counter(match[1] for match in _DECIMAL.finditer(text))
    total = votes["."] + votes[","]
    for mark in (".", ","):
        if total and votes[mark] >= _MARKED * total:
            return "," if mark == "," else "."
    return None
