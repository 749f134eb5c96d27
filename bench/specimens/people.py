"""Invented people and the data of their papers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bench.specimens import mrz
from bench.synthetic.sheet import Sheet
from bench.synthetic.values import digits, some_date, words
from bench.synthetic.values_en import FIRST, LAST
from bench.synthetic.values_ru import FATHERS, FIRST_F, FIRST_M, feminine
from bench.synthetic.values_ru import LAST as LAST_RU

_WOMEN = frozenset(
    words(
        "Alice Grace Hannah Naomi Clara Priya Irene Lydia Esther Joan Maya Celia Paula Ruth Tessa"
    )
)
# Name of the state, its code, what a citizen's papers call the nationality.
STATES = (
    ("United Kingdom of Great Britain and Northern Ireland", "GBR", "British Citizen"),
    ("United States of America", "USA", "United States of America"),
    ("Canada", "CAN", "Canadian"),
    ("Australia", "AUS", "Australian"),
    ("Ireland", "IRL", "Irish"),
    ("New Zealand", "NZL", "New Zealander"),
    ("Utopia", "UTO", "Utopian"),
)


@dataclass(frozen=True)
class Person:
    """Somebody who has papers. given: the given names, in Russian without the patronymic."""

    surname: str
    given: str
    patronymic: str
    sex: str
    birth: date
    birth_place: str
    issued: date
    expiry: date

    @property
    def given_all(self) -> str:
        return f"{self.given} {self.patronymic}".strip()


def somebody(s: Sheet, years: int = 10) -> Person:
    """A person of the page's language with papers that hold for `years` from their issue."""
    r = s.rng
    issued = some_date(r, 2012, 2024)
    birth = some_date(r, 1950, 1994)
    try:
        expiry = issued.replace(year=issued.year + years)
    except ValueError:  # 29 February
        expiry = issued.replace(year=issued.year + years, day=28)
    expiry -= timedelta(days=r.choice([0, 1]))
    if s.language == "ru":
        man = r.random() < 0.5
        last, father = r.choice(LAST_RU), r.choice(FATHERS)
        return Person(
            last if man else feminine(last),
            r.choice(FIRST_M if man else FIRST_F),
            father + ("ич" if man else "на"),
            "M" if man else "F",
            birth,
            r.choice(["гор. ", "г. ", "с. ", "пос. "]) + s.v.city(),
            issued,
            expiry,
        )
    first = r.choice(FIRST)
    alike = [name for name in FIRST if (name in _WOMEN) == (first in _WOMEN) and name != first]
    given = f"{first} {r.choice(alike)}" if r.random() < 0.5 else first
    return Person(
        r.choice(LAST),
        given,
        "",
        "F" if first in _WOMEN else "M",
        birth,
        s.v.city(),
        issued,
        expiry,
    )


def office(s: Sheet) -> str:
    """Who issued a Russian paper."""
    r = s.rng
    return r.choice(
        [
            f"ОТДЕЛОМ УФМС РОССИИ ПО {s.v.city().upper()}СКОЙ ОБЛАСТИ",
            f"ОТДЕЛЕНИЕМ № {r.randint(1, 9)} ОУФМС РОССИИ Г. {s.v.city().upper()}",
            f"ГУ МВД РОССИИ ПО Г. {s.v.city().upper()}",
            f"МВД {r.randint(10, 99)}{r.randint(100, 999)}",
            f"ОВД РАЙОНА {s.v.city().upper()} ГОР. {s.v.city().upper()}",
        ]
    )


def td3_lines(s: Sheet, who: Person, code: str, number: str) -> tuple[str, str]:
    """The zone of an international passport."""
    return mrz.td3(
        code=code,
        surname=mrz.latin(who.surname),
        given=mrz.latin(who.given),
        number=number,
        birth=who.birth,
        sex=who.sex,
        expiry=who.expiry,
    )


def passport_number(s: Sheet) -> str:
    """Nine characters: digits, or a letter or two and digits."""
    head = s.rng.choice(["", s.rng.choice("CEKLNPX"), "PA"])
    return head + digits(s.rng, 9 - len(head) if s.chance(0.5) else 7)
