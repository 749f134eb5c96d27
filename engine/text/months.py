"""Names of the months in 26 languages, from CLDR by way of babel (no network).

Names are compared without accents ("fevrier"), since scans and typewriters lose them. Russian and
Latvian also have forms that CLDR does not list. Where two languages give one name to two months
(Polish and Croatian "listopada"), the language that stands first in LANGUAGES counts.

Try it: `python -c "from engine.text.months import month_of; print(month_of('août'))"`
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

from babel import Locale

LANGUAGES: Final = (
    "en", "ru", "de", "fr", "es", "it", "pt", "nl", "pl", "uk", "cs", "sk", "sv", "da", "nb", "fi",
    "tr", "ro", "hu", "el", "bg", "lt", "lv", "et", "sl", "hr",
)  # fmt: skip
# Languages whose abbreviations, too, are dates without a year ("12 мар", "5 Sept").
_MAIN: Final = ("en", "ru")
_MORE: Final = (
    ("en", "sept", 9), ("ru", "фев", 2), ("ru", "сен", 9), ("ru", "ноя", 11), ("ru", "январе", 1),
    ("ru", "феврале", 2), ("ru", "марте", 3), ("ru", "апреле", 4), ("ru", "мае", 5),
    ("ru", "июне", 6), ("ru", "июле", 7), ("ru", "августе", 8), ("ru", "сентябре", 9),
    ("ru", "октябре", 10), ("ru", "ноябре", 11), ("ru", "декабре", 12), ("pt", "marco", 3),
    ("de", "janner", 1), ("de", "feber", 2), ("fr", "fev", 2), ("es", "set", 9),
    ("es", "setiembre", 9),
)  # fmt: skip
# "5 Augusta", "12 Kasim" may be anything; without a year only longer names of a month count.
_LONG: Final = 5


def without_accents(text: str) -> str:
    """Return a text of the same length with bare Latin and Greek letters: "Août" becomes "Aout"."""
    if text.isascii():
        return text
    return "".join(map(_bare, text))


@lru_cache(maxsize=4096)
def _bare(character: str) -> str:
    if character == "ı":
        return "i"
    first, *marks = list(unicodedata.normalize("NFD", character))
    is_cyrillic = "\u0400" <= character <= "\u052f"
    return first if marks and not is_cyrillic else character


@cache
def _names() -> Mapping[str, Mapping[str, tuple[int, bool]]]:
    """Return language -> name -> (month, whether the name is written out)."""
    found: dict[str, dict[str, tuple[int, bool]]] = {language: {} for language in LANGUAGES}
    for language in LANGUAGES:
        months = Locale.parse(language).months
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for month, name in months[context].get(width, {}).items():
                    plain = without_accents(name).lower().strip(".")
                    if re.fullmatch(r"[^\W\d_]{3,}", plain):
                        found[language].setdefault(plain, (month, width == "wide"))
    for language, name, month in _MORE:
        found[language].setdefault(name, (month, len(name) > _LONG))
    # "2024. gada 7. maija": the locative.
    for name, (month, is_wide) in [*found["lv"].items()]:
        if is_wide and name.endswith("s"):
            found["lv"].setdefault(name.removesuffix("is").removesuffix("s") + "i", (month, True))
            found["lv"].setdefault(name.removesuffix("is").removesuffix("s") + "a", (month, True))
    return found


@cache
def month_names() -> Mapping[str, int]:
    """Return every name in lower case without accents -> month, 1 to 12."""
    found: dict[str, int] = {}
    for language in LANGUAGES:
        for name, (month, _) in _names()[language].items():
            found.setdefault(name, month)
    return found


@cache
def main_names() -> frozenset[str]:
    """Return the English and Russian names and their abbreviations."""
    return frozenset(name for language in _MAIN for name in _names()[language])


@cache
def written_out() -> frozenset[str]:
    """Return the names that are no abbreviation in some language, and the main ones."""
    wide = {name for names in _names().values() for name, (_, is_wide) in names.items() if is_wide}
    return main_names() | wide


@cache
def dated_without_year() -> frozenset[str]:
    """Return the names that make a date of a day beside them even without a year."""
    return main_names() | {name for name in written_out() if len(name) >= _LONG}


def month_of(name: str) -> int | None:
    """Return the month of a name, 1 to 12, or None; case, accents and a last point are ignored."""
    return month_names().get(without_accents(name).lower().strip(". "))


@cache
def languages_of(name: str) -> frozenset[str]:
    """Return the languages in which a name in lower case without accents is a whole month."""
    return frozenset(
        language for language, names in _names().items() if names.get(name, (0, False))[1]
    )


def names_in(text: str) -> frozenset[str]:
    """Return the names of months among the words of a text, in lower case without accents."""
    words = re.findall(r"[^\W\d_]{3,}", without_accents(text).lower())
    return frozenset(word for word in words if word in month_names())
