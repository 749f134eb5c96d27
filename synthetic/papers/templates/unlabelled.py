"""Documents whose names have no label or share one, and whose authorities take several lines.

There is one template per type, and each seed varies its layout.
"""

from __future__ import annotations

from synthetic.papers.people import Person, somebody, td3_lines
from synthetic.papers.pieces import ground, portrait, row, stack, zone
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Sheet
from synthetic.values import digits

_WIDE = (900, 1400)


def _office(s: Sheet) -> str:
    """An authority of many words."""
    city, other = s.v.city(), s.v.city()
    if s.language == "en":
        return s.rng.choice(
            [
                f"Ministry of Transport, Licensing Department of {city}",
                f"Regional Office for Citizens and Documents {city}",
                f"Secretary of State for the Interior, {city} Branch",
                f"County Registrar of Vehicles and Drivers in {city}",
            ]
        )
    return s.rng.choice(
        [
            f"Отделением по вопросам миграции ОМВД России по Заводскому району г. {city}",
            f"МРЭО ГИБДД № {s.rng.randint(2, 9)} УМВД России по {city}скому краю",
            f"Паспортно-визовым отделом Центрального района города {city}",
            f"Территориальным пунктом УФМС России в посёлке {other}",
        ]
    )


def _names(s: Sheet, who: Person, upper: bool) -> list[str]:
    """The marked names as lines: one or two, in an order that only the names themselves show."""
    first, last = (who.given_all, who.surname)
    if upper:
        first, last = first.upper(), last.upper()
    loud = s.mark("surname", who.surname.upper())
    given = f"{{given_names={first}}}"
    surname = f"{{surname={last}}}"
    forms = [
        [surname, given],
        [given, surname],
        [f"{given} {loud}"],
        [f"{surname} {given}"] if s.language == "ru" else [f"{given} {surname}"],
        [f"{loud}, {given}"] if s.language == "en" else [loud, given],
    ]
    return s.rng.choice(forms)


@specimen_template("driver_licence", "envelope", "train", wide=_WIDE, height=630, loose=True)
def envelope(s: Sheet) -> None:
    """Names and address as on a letter, or under one label; the rest with labels."""
    ground(s)
    who, r, upper = somebody(s), s.rng, s.chance(0.5)
    day = r.choice(["%d.%m.%Y", "%d/%m/%Y"]) if s.language == "en" else "%d.%m.%Y"
    with s.region("Title"):
        s.line(
            40,
            24,
            s.t("Licence to drive a motor vehicle|DRIVING PERMIT", "ПРАВА ВОДИТЕЛЯ|Права водителя"),
            30,
            "b",
        )
        if s.chance(0.5):
            s.line(40, 62, s.t("Department of Transport", "Министерство транспорта"), 19)
    left = s.chance(0.5)
    portrait(s, 40 if left else 700, 110, 250, 330)
    x = 330.0 if left else 40.0
    y = 104.0
    lines = _names(s, who, upper)
    if s.chance(0.5):
        with s.region("Text"):
            y = s.line(
                x,
                y,
                s.t("Name|Licensee|Name of driver|Full name", "ФИО|Владелец|Ф.И.О. владельца"),
                17,
            )
    with s.region("Text"):
        for text in lines:
            y = s.line(x, y, text, 26, "b", width=620) + 2
    address = s.mark("address", s.v.address().upper() if upper else s.v.address())
    with s.region("Text"):
        y = s.paragraph(x, y + 6, 520, address, 21) + 10
    number = digits(r, 9) if s.language == "en" else f"{r.randint(10, 99)} {digits(r, 6)}"
    facts = [
        (
            s.t("Licence number|Permit no.", "Номер|Серия и номер"),
            s.mark("document_number", number),
        ),
        (s.t("Date of birth|DOB", "Дата рождения"), s.mark("birth_date", f"{who.birth:{day}}")),
        (s.t("Issued|Issue date", "Дата выдачи"), s.mark("issue_date", f"{who.issued:{day}}")),
        (
            s.t("Expires|Valid until", "Действительно до|Годен до"),
            s.mark("expiry_date", f"{who.expiry:{day}}"),
        ),
    ]
    categories = r.choice(["B", "B, M", "A, B", "B, BE", "C, D", "B, C, C1"])
    facts.append((s.t("Class|Categories", "Категории"), s.mark("categories", categories)))
    if s.chance(0.7):
        facts.append((s.t("Issued by|Authority", "Кем выдано"), s.mark("authority", _office(s))))
    if s.chance(0.5):
        stack(s, x, y, 600, facts, 20, 6, r.choice(["right", "line"]), 0.36)
        return
    for first, second in zip(facts[::2], facts[1::2], strict=False):
        y = row(s, x, y, [(*first, 300), (*second, 320)], 21)
    if len(facts) % 2:
        stack(s, x, y, 600, facts[-1:], 21)


@specimen_template("passport", "consular", "train", wide=_WIDE, height=760, loose=True)
def consular(s: Sheet) -> None:
    """An authority and a place of birth of several lines, in a narrow column or after labels."""
    ground(s)
    who, r, ru = somebody(s), s.rng, s.language == "ru"
    number = digits(r, 9)
    with s.region("Title"):
        s.line(40, 24, s.t("DIPLOMATIC PASSPORT|OFFICIAL PASSPORT", "СЛУЖЕБНЫЙ ПАСПОРТ"), 30, "b")
    left = s.chance(0.5)
    portrait(s, 40 if left else 700, 100, 250, 330)
    x = 330.0 if left else 40.0
    city, other = s.v.city().upper(), s.v.city().upper()
    place = r.choice([city, f"г. {city}" if ru else city, f"{city}, {other}"])
    if ru and s.chance(0.5):
        place = f"ПОС. {city} {other}СКОГО РАЙОНА"
    upper = s.chance(0.7)
    office = _office(s).upper() if upper else _office(s)
    facts = [
        (s.t("Surname", "Фамилия"), s.mark("surname", who.surname.upper())),
        (s.t("Given names", "Имя, отчество"), s.mark("given_names", who.given_all.upper())),
        (
            s.t("Nationality", "Гражданство"),
            s.mark("nationality", "РОССИЙСКАЯ ФЕДЕРАЦИЯ" if ru else "UTOPIAN"),
        ),
        (s.t("Date of birth", "Дата рождения"), s.mark("birth_date", f"{who.birth:%d.%m.%Y}")),
        (s.t("Sex", "Пол"), s.mark("sex", ("М" if who.sex == "M" else "Ж") if ru else who.sex)),
        (s.t("Place of birth", "Место рождения"), s.mark("birth_place", place)),
        (s.t("Authority|Issued by", "Орган выдачи|Кем выдан"), s.mark("authority", office)),
        (s.t("Date of issue", "Дата выдачи"), s.mark("issue_date", f"{who.issued:%d.%m.%Y}")),
        (
            s.t("Date of expiry", "Действителен до"),
            s.mark("expiry_date", f"{who.expiry:%d.%m.%Y}"),
        ),
        (s.t("Passport No.", "Паспорт №"), s.mark("document_number", number)),
    ]
    if s.chance(0.4):
        facts[6:8] = [facts[7], facts[6]]
    if s.chance(0.5):
        y = stack(s, x, 90, 620, facts, 19, 6, r.choice(["right", "line"]), r.uniform(0.3, 0.46))
    else:
        half, wide = 5, r.choice([290, 300, 320])
        y = stack(s, x, 90, wide, facts[:half], 19, 8)
        y = max(y, stack(s, x + wide + 20, 90, 620 - wide, facts[half:], 19, 8))
    zone(s, 40, max(y, 610) + 14, 920, td3_lines(s, who, "RUS" if ru else "UTO", number))
