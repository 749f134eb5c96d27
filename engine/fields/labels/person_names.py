"""Hints that separate a surname from given names without a label.

The hints are patronymics (Russian documents print them after the given name), endings of Russian
surnames, capitals ("Anna SMITH", as international documents print it), a comma ("SMITH, Anna"), and
a list of common given names (given_names.toml). They are hints, not decisions.

Try it:
`python -c "from engine.fields.labels.person_names import split_name; print(split_name('Anna
SMITH'))"`
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

from engine.fields.labels.matching import flat

NAMES_FILE: Final = Path(__file__).parent / "given_names.toml"
# A listed name of at least this many letters may have one wrong letter.
_FORGIVING: Final = 6
_WORD: Final = re.compile(r"[^\W\d_][^\W\d_'’-]*(?:[-'’][^\W\d_]+)*\.?")
_PATRONYMIC: Final = re.compile(
    r"[а-яё]{2,}(?:[ое]вич|[ое]вна|ьич|ична|инична|оглы|кызы)$", re.IGNORECASE
)
_SURNAME: Final = re.compile(
    r"[а-яё]{2,}(?:[оеё]в(?:а|ых)?|[иы]н(?:а|ых)?|(?:ск|цк)(?:ий|ой|ая|их)|енко|чук|[нщ]юк|[яа]нц|дзе|швили)$",
    re.IGNORECASE,
)
_MOST_WORDS: Final = 5
_LEGAL_FORM: Final = r"(?:sdn\.?\s?bhd|s/b|ltd|limited|llc|llp|inc|corp|co|plc|gmbh|pte)"
_REST_OF_COMPANY: Final = re.compile(
    rf"^\W*(?:\((?!.*\d)[^()]*\)\s*)?\W*(?:{_LEGAL_FORM}\b\W*)+$|^\s*&\s", re.IGNORECASE
)


class NameParts(NamedTuple):
    """Characters (start, end) of the parts of a full name.

    sure: the print separates them, not the list of given names alone.
    """

    surname: tuple[int, int]
    given_names: tuple[int, int]
    sure: bool


@cache
def _listed() -> dict[int, frozenset[str]]:
    """Load length -> given names, in the form in which labels are compared."""
    with NAMES_FILE.open("rb") as file:
        table = tomllib.load(file)
    names = {flat(name) for words in table.values() for name in words.split()}
    return {size: frozenset(n for n in names if len(n) == size) for size in set(map(len, names))}


@lru_cache(maxsize=16_384)
def is_given_name(word: str) -> bool:
    """Whether a word is a listed given name, possibly with an OCR error."""
    letters = flat(word)
    if letters in _listed().get(len(letters), frozenset()):
        return True
    return len(letters) >= _FORGIVING and any(
        Levenshtein.distance(letters, name, score_cutoff=1) <= 1
        for name in _listed().get(len(letters), frozenset())
    )


def is_rest_of_company(text: str) -> bool:
    """Whether a line can only be the end of a company's name: "(LONDON) LTD", "& SONS"."""
    return _REST_OF_COMPANY.match(text) is not None


def is_patronymic(word: str) -> bool:
    return _PATRONYMIC.search(word.strip(".,")) is not None


def given_share(text: str) -> float:
    """Return the fraction of a text's words that are listed given names or patronymics."""
    words = _WORD.findall(text)
    own = [is_given_name(word) or is_patronymic(word) for word in words]
    return sum(own) / len(words) if words else 0.0


def surname_share(text: str) -> float:
    """Return the fraction of a text's words with an ending of Russian surnames; no given names."""
    words = _WORD.findall(text)
    own = [bool(_SURNAME.search(word)) and not is_given_name(word) for word in words]
    return sum(own) / len(words) if words else 0.0


def split_name(text: str) -> NameParts | None:
    """Return surname and given names of a full name, or None where nothing separates them."""
    found = list(_WORD.finditer(text))
    if not 2 <= len(found) <= _MOST_WORDS or re.search(r"[\d:;/()]", text):
        return None
    words = [match.group() for match in found]
    at = _surname_in(words, text, [match.end() for match in found])
    if at is None:
        return None
    first, last, sure = at
    rest = found[:first] if last == len(found) else found[last:]
    if not rest or (first > 0 and last < len(found)):
        return None
    return NameParts(
        (found[first].start(), found[last - 1].end()),
        (rest[0].start(), rest[-1].end()),
        sure,
    )


def _surname_in(words: list[str], text: str, ends: list[int]) -> tuple[int, int, bool] | None:
    """Return (first, last) of the surname's words, last exclusive, and whether it is certain."""
    for number, end in enumerate(ends[:-1]):
        if text[end : end + 1] == ",":
            return 0, number + 1, True
    fathers = [number for number, word in enumerate(words) if is_patronymic(word)]
    if len(words) == 2 and fathers:
        return None  # a given name with its patronymic
    if len(fathers) == 1 and len(words) == 3 and fathers[0] > 0:
        return (0, 1, True) if fathers[0] == 2 else (2, 3, True)
    loud = [word.isupper() and len(word) > 1 for word in words]
    if any(loud) and not all(loud):
        if loud == sorted(loud):
            return loud.index(True), len(words), True
        if loud == sorted(loud, reverse=True):
            return 0, loud.index(False), True
    given = [is_given_name(word) for word in words]
    if all(given[:-1]) and not given[-1]:
        return len(words) - 1, len(words), False
    if all(given[1:]) and not given[0]:
        return 0, 1, False
    return None
