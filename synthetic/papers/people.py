"""Invented people and the data of their identity documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from synthetic.papers import mrz
from synthetic.sheet import Sheet
from synthetic.values import digits, some_date, words
from synthetic.values_en import FIRST, LAST
from synthetic.values_ru import FATHERS, FIRST_F, FIRST_M, feminine
from synthetic.values_ru import LAST as LAST_RU

_WOMEN = frozenset(
    words(
        "Alice Grace Hannah Naomi Clara Priya Irene Lydia Esther Joan Maya Celia Paula Ruth Tessa"
    )
)
# The split "fresh" has its own names.
_FRESH_WOMEN = words("Amelia Beatrice Deborah Elena Fatima Katarzyna Rachel Sofia")
_FRESH_MEN = words("Ahmed George Kevin Nathan Patrick Samuel Stephen Thomas")
_FRESH_LAST = words(
    "Achterberg Brennan Castellano Fitzgerald Lovelace McAllister Mukherjee Nowak Okonkwo "
    "Pettersson Whitmore Smith-Jones"
)
_FRESH_WOMEN_RU = words("Екатерина Ирина Людмила Мария Наталья Светлана Татьяна Юлия")
_FRESH_MEN_RU = words("Александр Андрей Артём Владимир Дмитрий Константин Михаил Сергей")
_FRESH_FATHERS = words("Александров Андреев Иванов Михайлов Николаев Сергеев")
_FRESH_LAST_RU = words(
    "Беляев Гусев Дементьев Зайцев Кузнецов Лебедев Орлов Соколов Тарасов Филиппов"
)
# Name of the state, its code, the nationality as printed.
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
    """A document's holder. given: the given names, in Russian without the patronymic."""

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
    """A person of the page's language with documents valid for `years` from their issue."""
    r = s.rng
    issued = some_date(r, 2012, 2024)
    birth = some_date(r, 1950, 1994)
    try:
        expiry = issued.replace(year=issued.year + years)
    except ValueError:  # 29 February
        expiry = issued.replace(year=issued.year + years, day=28)
    expiry -= timedelta(days=r.choice([0, 1]))
    fresh = s.split == "fresh"
    if s.language == "ru":
        man = r.random() < 0.5
        last = r.choice(_FRESH_LAST_RU if fresh else LAST_RU)
        father = r.choice(_FRESH_FATHERS if fresh else FATHERS)
        men, women = (_FRESH_MEN_RU, _FRESH_WOMEN_RU) if fresh else (FIRST_M, FIRST_F)
        return Person(
            last if man else feminine(last),
            r.choice(men if man else women),
            father + ("ич" if man else "на"),
            "M" if man else "F",
            birth,
            r.choice(["гор. ", "г. ", "с. ", "пос. "]) + s.v.city(),
            issued,
            expiry,
        )
    females = frozenset(_FRESH_WOMEN) if fresh else _WOMEN
    names = [*_FRESH_WOMEN, *_FRESH_MEN] if fresh else FIRST
    first = r.choice(names)
    alike = [name for name in names if (name in females) == (first in females) and name != first]
    given = f"{first} {r.choice(alike)}" if r.random() < 0.5 else first
    return Person(
        r.choice(_FRESH_LAST if fresh else LAST),
        given,
        "",
        "F" if first in females else "M",
        birth,
        s.v.city(),
        issued,
        expiry,
    )


def office(s: Sheet) -> str:
    """The issuing office of a Russian document."""
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
    """The machine readable zone of an international passport."""
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
