"""Values common to both languages: check digits, choices, and acceptable spellings of an answer."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta


def words(text: str) -> list[str]:
    """The words of a list, written as one string for readability."""
    return text.split()


def items(text: str) -> list[str]:
    """The same for names of several words: "Old Quay|Mill Hill"."""
    return text.split("|")


def digits(rng: random.Random, count: int) -> str:
    """A string of `count` random digits, the first not 0."""
    return str(rng.randint(1, 9)) + "".join(str(rng.randint(0, 9)) for _ in range(count - 1))


def weighted(number: str, weights: Sequence[int]) -> int:
    """Sum of the digits times the weights."""
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))


def some_date(rng: random.Random, first: int = 2009, last: int = 2025) -> date:
    """A day between two years."""
    return date(first, 1, 1) + timedelta(days=rng.randint(0, (last - first + 1) * 365 - 1))


_SMALL = {
    "en": words("zero one two three four five six seven eight nine ten eleven twelve"),
    "ru": words(
        "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать"
    ),
}


_COUNTED = {"двух": 2, "трёх": 3, "четырёх": 4, "пяти": 5, "семи": 7, "десяти": 10}
_COUNTED |= {word: number for both in _SMALL.values() for number, word in enumerate(both)}


def spellings(answer: str, language: str) -> list[str]:
    """The answer as printed, then shorter forms that a careful person would also give."""
    out = [answer]
    article = re.fullmatch(r"(Article|[Сс]тать\w+|Schedule|приложени\w+) (\d+)", answer)
    if article:
        out.append(article.group(2))
        if answer.lower().startswith("стать"):
            out.append(f"статья {article.group(2)}")
    measured = re.fullmatch(r"(\d[\d ]*(?:[.,]\d+)?) ?(%|[^\W\d][^\d,]*)", answer)
    if measured and not answer.endswith((" г.", " года")):
        out.append(measured.group(1).strip())
    bare = re.sub(
        r"^(US\$|RM|USD|EUR|GBP|[$€£])\s?|\s?(USD|EUR|GBP|€|₽|руб(лей|ля|\.)?|р\.)$", "", answer
    )
    if bare != answer and re.search(r"\d", bare):
        out.append(bare)
    year = re.sub(r"\s(г\.|года)$", "", answer)
    if year != answer:
        out += [year, year.replace("«", "").replace("»", "")]
    if re.fullmatch(r"[“\"«][^“”\"«»]+[”\"»]", answer):
        out.append(answer[1:-1])
    first, space, rest = answer.partition(" ")
    if first in _COUNTED:
        out.append(f"{_COUNTED[first]}{space}{rest}")
    if answer.isdigit() and int(answer) <= 12 and len(answer) < 3:
        out.append(_SMALL[language][int(answer)])
    return list(dict.fromkeys(out))


class Values:
    """Random values of one document: formats (dates, money) are chosen once per document."""

    language = ""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._used: set[str] = set()

    def fresh(self, draw: Callable[[], str]) -> str:
        """A value that is new on this page: payer and payee must differ."""
        value = draw()
        for _ in range(50):
            if value not in self._used:
                break
            value = draw()
        self._used.add(value)
        return value

    def pick(self, options: Sequence[str]) -> str:
        return self.rng.choice(options)

    def cents(self, low: float, high: float) -> int:
        """An amount in cents; small ones are as likely as large ones."""
        return round(100 * low * math.exp(self.rng.random() * math.log(high / low)))

    def day(self, first: int = 2009, last: int = 2025) -> date:
        return some_date(self.rng, first, last)

    def group(self, number: int) -> str:
        """An integer with this language's thousands separators."""
        raise NotImplementedError

    def date(self, day: date, style: int | None = None) -> str:
        raise NotImplementedError

    def money(self, cents: int, sign: bool = True) -> str:
        """An amount in the document's format; without the currency if `sign` is False."""
        raise NotImplementedError

    def person(self) -> str:
        raise NotImplementedError

    def company(self) -> str:
        raise NotImplementedError

    def city(self) -> str:
        raise NotImplementedError

    def street(self) -> str:
        raise NotImplementedError

    def address(self) -> str:
        raise NotImplementedError

    def phone(self) -> str:
        raise NotImplementedError

    def bank(self) -> str:
        raise NotImplementedError

    def position(self) -> str:
        raise NotImplementedError

    def in_words(self, number: int) -> str:
        raise NotImplementedError

    def goods(self) -> tuple[str, int]:
        """A product that an office buys, and a fair price in cents."""
        raise NotImplementedError

    def groceries(self) -> tuple[str, int]:
        """A grocery of a till receipt, and a fair price in cents."""
        raise NotImplementedError

    def email(self, name: str) -> str:
        """An address at an invented domain (.example is reserved for such use)."""
        user = re.sub(r"[^a-z]", "", self.latin(name).split()[-1].lower()) or "office"
        host = self.pick(["postbox", "marlow", "northgate", "kontora", "delta-office", "mailhub"])
        return f"{user}@{host}.example"

    def latin(self, text: str) -> str:
        return text
