"""Score how well a piece of text fits each answer type: a date, a person, an address, ...

The score depends on shape alone (values, capitals, initials, marks like "Ltd" or "ул."); there is
no list of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from engine.text.language import lexicon, normal, stem
from engine.text.months import main_names

# value kind -> answer types that it fits, when the value is the whole candidate.
_OF_VALUE: Final[Mapping[str, Mapping[str, float]]] = {
    "date": {"date": 1.0, "year": 0.3},
    "year": {"year": 1.0, "date": 0.35, "number": 0.3, "id": 0.2},
    "time": {"time": 1.0},
    "amount": {"amount": 1.0, "number": 0.5},
    "percent": {"percent": 1.0, "number": 0.5, "quantity": 0.3, "amount": 0.2},
    "number": {"number": 1.0, "amount": 0.45, "id": 0.6, "quantity": 0.4},
    "id": {"id": 1.0},
    "iban": {"id": 1.0},
    "phone": {"phone": 1.0, "id": 0.4},
    "email": {"email": 1.0},
    "url": {"url": 1.0},
}
_DOTTED_TIME: Final = 0.35
_UNIT: Final = re.compile(
    r"^(?:%|°\s?[cfс]?|[a-zа-яё²³/.]{1,4}\.?|days?|weeks?|months?|years?|hours?|minutes?|seconds?|metres?|meters?|miles?|feet|"
    r"kilomet\w+|hectares?|people|persons?|percent|degrees?|times?|working|calendar|square|sq\.?|"
    r"дн\w+|недел\w+|месяц\w*|лет|год\w*|час\w*|минут\w*|метр\w*|километр\w*|гектар\w*|человек\w*|градус\w*|раз\w*|"
    r"календарн\w+|рабочих|суток|кв\.?|экземпляр\w*)$",
    re.IGNORECASE,
)
_NUMBER_WORD: Final = re.compile(
    r"^(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    r"eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|half|both|"
    r"один|одна|одного|одной|одном|два|две|двух|двумя|три|трех|тр[её]м|тремя|четыр\w+|пят[ьи]\w*|шест[ьи]\w*|сем[ьи]\w*|"
    r"вос[ье]м\w*|девят[ьи]\w*|десят[ьи]\w*|одиннадцат\w+|двенадцат\w+|двадцат\w+|тридцат\w+|сорок\w*|сто|тысяч\w*|полгода)$",
    re.IGNORECASE,
)
# "1842 году" is not a quantity.
_YEAR: Final = re.compile(r"^(?:1[5-9]|20)\d\d$")
_YEAR_WORD: Final = re.compile(r"^(?:г|гг|год\w{0,2}|years?)$")
# "39150-37", "106 888.47": an amount with cents or kopecks, not a phone number of as many digits.
_MONEY: Final = re.compile(r"^\d{1,3}(?:[ ,.]\d{3})+[.,-]\d\d$|^\d+[.,-]\d\d$")
_INITIALS: Final = re.compile(r"^[A-ZА-ЯЁ]\.(?:-?[A-ZА-ЯЁ]\.)?$")
_NAME_WORD: Final = re.compile(r"^[A-ZА-ЯЁ][a-zа-яё'’]+(?:-[A-ZА-ЯЁ][a-zа-яё]+)?[.,]?$")
_CAPITALS: Final = re.compile(r"^[A-ZА-ЯЁ]{2,}(?:[-'’&.][A-ZА-ЯЁ]+)*[.,]?$")
_PATRONYMIC: Final = re.compile(
    r"(?:ович|евич|ич|овна|евна|инична|ична)[аеуыой]{0,2}$", re.IGNORECASE
)
_SMALL: Final = frozenset(
    [
        "of",
        "the",
        "and",
        "de",
        "la",
        "le",
        "du",
        "van",
        "von",
        "der",
        "di",
        "и",
        "в",
        "по",
        "на",
        "de'",
        "&",
        "for",
    ]
)

ANSWER_TYPES: Final = (
    "date",
    "year",
    "time",
    "amount",
    "number",
    "percent",
    "quantity",
    "person",
    "org",
    "address",
    "place",
    "id",
    "phone",
    "email",
    "url",
    "title",
    "text",
)


def kinds_of(text: str, values: Iterable[str]) -> dict[str, float]:
    """Score a candidate: answer type -> score, 0 to 1.

    Args:
        text: the candidate.
        values: the value kinds (engine.text.Kind) that the whole text parses as.
    """
    scores = dict.fromkeys(ANSWER_TYPES, 0.0)
    for kind in values:
        for answer, score in _OF_VALUE[kind].items():
            scores[answer] = max(scores[answer], score)
    if "time" in values and "." in text and "m" not in text.casefold():
        scores["time"] = _DOTTED_TIME  # "1.55" is more often a number
    if _MONEY.match(text):
        scores["phone"] = 0.0
    for answer, score in _shape(text):
        scores[answer] = max(scores[answer], score)
    if any(
        kind in ("date", "amount", "phone", "email", "url", "percent", "time") for kind in values
    ):
        for answer in ("person", "org", "place", "text", "address", "title"):
            scores[answer] = 0.0
    return scores


def has_number_word(text: str) -> bool:
    """Whether a word of a text is a number in words, English or Russian."""
    return any(_NUMBER_WORD.match(normal(word)) for word in text.split())


@lru_cache(maxsize=16_384)
def _shape(text: str) -> tuple[tuple[str, float], ...]:
    words = text.split()
    if not words:
        return ()
    book = lexicon()
    lower = text.casefold().replace("ё", "е")
    digits = sum(character.isdigit() for character in text)
    letters = sum(character.isalpha() for character in text)
    found: list[tuple[str, float]] = []
    capital = [
        bool(_NAME_WORD.match(word) or _CAPITALS.match(word) or _INITIALS.match(word))
        for word in words
    ]
    all_capital = all(
        big or normal(word) in _SMALL for big, word in zip(capital, words, strict=True)
    )
    organisation = bool(book.marks["org"].search(lower))
    if not digits and all_capital and any(capital):
        count = sum(capital)
        if count == 1 and normal(text) in main_names():
            return (("date", 0.6),)
        person = {1: 0.35, 2: 0.9, 3: 0.9, 4: 0.5}.get(count, 0.1)
        if any(_INITIALS.match(word) for word in words) and count >= 2:
            person = 1.0
        if any(_PATRONYMIC.search(normal(word)) for word in words[1:]) and count >= 2:
            person = 1.0
        if book.marks["person_title"].search(lower):
            person = 1.0
        if any(word.casefold() in ("of", "the", "&", "for") for word in words):
            person *= 0.3
        found.append(("person", person * (0.25 if organisation else 1.0)))
        found.append(
            ("place", {1: 0.9, 2: 0.8, 3: 0.6}.get(count, 0.3) * (0.6 if organisation else 1.0))
        )
        found.append(
            (
                "org",
                (0.5 if count == 1 else 1.0)
                if organisation
                else {1: 0.4, 2: 0.45, 3: 0.45}.get(count, 0.4),
            )
        )
    elif organisation and letters > digits:
        start = words[0][:1].isupper() or normal(words[0]) == "the"
        found.append(("org", (0.85 if digits == 0 else 0.5) * (1.0 if start else 0.6)))
    if any(mark in text for mark in '«"“') and letters > digits and organisation:
        found.append(("org", 1.0))
    marks = len(book.marks["address"].findall(lower))
    named = bool(book.marks["org"].search(" ".join(lower.split()[:3])))
    if letters > digits and (marks or (digits and "," in text)) and len(words) >= 2:
        score = 0.25 * min(2, marks) + 0.25 * bool(digits) + 0.25 * min(1, text.count(","))
        found.append(("address", min(1.0, score) * (0.4 if named else 1.0)))
    if not digits and not all_capital and letters and capital[0] and len(words) <= 6:
        found.append(("place", 0.3))
    numeric = re.match(r"^[\d.,±+−–-]+", words[0]) is not None or bool(
        _NUMBER_WORD.match(normal(words[0]))
    )
    if _YEAR.match(words[0]) and len(words) == 2 and _YEAR_WORD.match(normal(words[1])):
        found += [("year", 1.0), ("date", 0.35)]
    elif numeric and len(words) >= 2 and len(words) <= 4:
        rest = [word for word in words[1:] if not re.match(r"^[\d.,()]+$", word)]
        if rest and all(
            _UNIT.match(normal(word)) or _NUMBER_WORD.match(normal(word)) for word in rest
        ):
            found.append(("quantity", 1.0))
            found.append(("number", 0.4))
        elif rest:
            found.append(("quantity", 0.6))
            found.append(("number", 0.45))
    if len(words) == 2 and words[0].isalpha() and re.match(r"^\d[\w.-]*$", words[1]):
        found.append(("id", 0.6))  # "Article 61"
    if book.marks["place"].search(lower) and len(words) <= 8:
        found.append(("place", 0.8))
    if len(words) <= 2 and all(_NUMBER_WORD.match(normal(word)) for word in words):
        found.append(("number", 0.8))
    if letters > digits:
        content = sum(stem(normal(word)) not in book.stop for word in words)
        found.append(("text", min(1.0, 0.4 + 0.2 * content)))
        found.append(("title", min(1.0, 0.3 + 0.15 * content)))
    return tuple(found)
