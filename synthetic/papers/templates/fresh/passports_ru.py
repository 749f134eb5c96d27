"""Russian passports.

They are a photocopy of the internal passport's two pages, the passport with a chip for travel
abroad, and a seaman's passport.
"""

from __future__ import annotations

from synthetic.canvas import Color
from synthetic.papers import mrz
from synthetic.papers.people import somebody, td3_lines
from synthetic.papers.pieces import along_edge, ground, portrait, row, stack, zone
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Sheet
from synthetic.values import digits

_WIDE = (1000, 1500)
_GREY: Color = (60, 60, 60)


def _department(s: Sheet) -> str:
    city, other = s.v.city().upper(), s.v.city().upper()
    return s.rng.choice(
        [
            f"ОТДЕЛОМ УФМС РОССИИ ПО {other}СКОЙ ОБЛ. В ОКТЯБРЬСКОМ РАЙОНЕ ГОР. {city}",
            f"ТП № {s.rng.randint(2, 40)} ОТДЕЛА УФМС РОССИИ ПО Г. {city} В ЛЕНИНСКОМ Р-НЕ",
            f"УПРАВЛЕНИЕМ ВНУТРЕННИХ ДЕЛ КАЛИНИНСКОГО РАЙОНА ГОРОДА {city}",
        ]
    )


@specimen_template("passport", "photocopy", "fresh", ("ru",), wide=_WIDE, height=1408, loose=True)
def photocopy(s: Sheet) -> None:
    """Both pages without colour: the authority in two or three lines after one label.

    Series and number are upright in grey, the place of birth is in two lines.
    """
    s.box(0, 0, 1000, 1408, 0, fill=(232, 232, 232))
    who, r = somebody(s), s.rng
    series, tail = f"{r.randint(10, 99)} {who.issued:%y}", digits(r, 6)
    code = f"{r.randint(100, 899)}-{r.randint(1, 99):03d}"
    with s.region("Title"):
        s.line(60, 40, "РОССИЙСКАЯ ФЕДЕРАЦИЯ", 30, "b", "center", 860)
    with s.region("Text"):
        s.line(60, 120, "Паспорт выдан", 17)
        y = s.paragraph(240, 112, 640, s.mark("authority", _department(s)), 26, "b", 1.6)
    issued = s.mark("issue_date", f"{who.issued:%d.%m.%Y}")
    y = stack(s, 60, y + 20, 420, [("Дата выдачи", issued)], 24, 8, "right", 0.42)
    stack(s, 500, y - 40, 400, [("Код подразделения", code)], 24, 8, "right", 0.5)
    s.signature(500, y + 60, 190)
    with s.region("Text"):
        s.line(60, y + 80, "Личная подпись", 16)
    s.rule(0, 704, 1000, 704, 2)
    for top in (160, 860):
        along_edge(s, 940, top, f"{series} {tail}", "document_number", 32, _GREY)
    portrait(s, 50, 800, 250, 330)
    name = s.mark("given_names.1", who.given.upper())
    father = s.mark("given_names.2", who.patronymic.upper())
    items = [("Фамилия", s.mark("surname", who.surname.upper())), ("Имя", name)]
    y = stack(s, 330, 770, 580, [*items, ("Отчество", father)], 26, 22, "right", 0.27)
    sex = s.mark("sex", "МУЖ." if who.sex == "M" else "ЖЕН.")
    stack(s, 330, y, 190, [("Пол", sex)], 25, 8, "right", 0.36)
    birth = s.mark("birth_date", f"{who.birth:%d.%m.%Y}")
    y = stack(s, 530, y, 380, [("Дата рождения", birth)], 25, 18, "right", 0.5)
    place = f"ГОР. {s.v.city().upper()} {s.v.city().upper()}СКОЙ ОБЛАСТИ"
    y = stack(
        s, 330, y, 580, [("Место рождения", s.mark("birth_place", place))], 25, 8, "right", 0.3
    )
    lines = mrz.russian_internal(
        surname=who.surname,
        given=f"{who.given} {who.patronymic}",
        series=series.replace(" ", ""),
        number=tail,
        birth=who.birth,
        sex=who.sex,
        issued=who.issued,
        office=code.replace("-", ""),
    )
    zone(s, 40, max(y, 1250) + 20, 920, lines)


@specimen_template("passport", "chip", "fresh", ("ru",), wide=_WIDE, height=760, loose=True)
def chip(s: Sheet) -> None:
    """For travel abroad: every value in Russian, below it in Latin letters."""
    ground(s, (246, 238, 236))
    who, r = somebody(s), s.rng
    number = f"{r.randint(70, 77)} {digits(r, 7)}"
    with s.region("Title"):
        s.line(40, 16, "РОССИЙСКАЯ ФЕДЕРАЦИЯ  RUSSIAN FEDERATION", 22, "b", width=700)
    portrait(s, 40, 120, 240, 320)
    heads = [
        ("Тип/Type", "P", 110),
        ("Код государства выдачи/ Code of issuing State", "RUS", 320),
        ("Номер паспорта/ Passport No.", s.mark("document_number", number), 260),
    ]
    y = row(s, 300, 56, heads, 18)
    doubled = [
        ("Фамилия/Surname", "surname", who.surname, who.surname),
        ("Имя/Given names", "given_names", who.given_all, who.given),
    ]
    for label, key, own, foreign in doubled:
        with s.region("Text"):
            y = s.line(300, y, label, 14)
            y = s.line(300, y, s.mark(key, own.upper()), 20, "b")
            y = s.line(300, y, mrz.latin(foreign), 20, "b") + 4
    state = s.mark("nationality", "РОССИЙСКАЯ ФЕДЕРАЦИЯ") + "/RUSSIAN FEDERATION"
    y = stack(s, 300, y, 660, [("Гражданство/Nationality", state)], 18, 4)
    birth = s.mark("birth_date", f"{who.birth:%d.%m.%Y}")
    y = row(
        s, 300, y, [("Дата рождения/Date of birth", birth, 330), ("Учётная запись", "-", 300)], 18
    )
    sex = s.mark("sex", "М" if who.sex == "M" else "Ж") + f"/{who.sex}"
    place = s.mark("birth_place", f"Г. {s.v.city().upper()}") + s.rng.choice(
        [" / USSR", " / RUSSIA"]
    )
    y = row(s, 300, y, [("Пол/Sex", sex, 130), ("Место рождения/Place of birth", place, 500)], 18)
    issued = s.mark("issue_date", f"{who.issued:%d.%m.%Y}")
    office = s.mark("authority", f"{r.choice(['ФМС', 'МВД'])} {r.randint(10000, 99999)}")
    y = row(
        s,
        300,
        y,
        [
            ("Дата выдачи/Date of issue", issued, 330),
            ("Орган, выдавший документ/Authority", office, 330),
        ],
        18,
    )
    expiry = s.mark("expiry_date", f"{who.expiry:%d.%m.%Y}")
    y = row(
        s,
        300,
        y,
        [
            ("Дата окончания срока действия/ Date of expiry", expiry, 360),
            ("Подпись владельца", "", 290),
        ],
        18,
    )
    zone(s, 40, max(y, 630) + 10, 920, td3_lines(s, who, "RUS", number.replace(" ", "")))


@specimen_template("passport", "seaman", "fresh", ("ru",), wide=_WIDE, height=760, loose=True)
def seaman(s: Sheet) -> None:
    """A seaman's passport: numbered lines, Russian over English, values at the right."""
    ground(s, (234, 242, 248))
    who, r = somebody(s), s.rng
    number = f"МФ {digits(r, 7)}"
    with s.region("Title"):
        s.line(40, 20, "УДОСТОВЕРЕНИЕ ЛИЧНОСТИ МОРЯКА", 26, "b", width=640)
        s.line(40, 54, "ПАСПОРТ МОРЯКА / SEAFARER'S PASSPORT", 17, width=640)
    with s.region("Text"):
        s.line(700, 26, "№ " + s.mark("document_number", number), 26, "b", "right", 260)
    portrait(s, 710, 100, 240, 310)
    items = [
        ("1. Фамилия / Surname", s.mark("surname", who.surname.upper())),
        ("2. Имя / Name", s.mark("given_names.1", who.given.upper())),
        ("3. Отчество / Patronymic", s.mark("given_names.2", who.patronymic.upper())),
        ("4. Дата рождения / Date of birth", s.mark("birth_date", f"{who.birth:%d.%m.%Y}")),
        ("5. Место рождения / Place of birth", s.mark("birth_place", f"г. {s.v.city()}")),
        ("6. Пол / Sex", s.mark("sex", "М" if who.sex == "M" else "Ж")),
        ("7. Гражданство / Nationality", s.mark("nationality", "РОССИЯ")),
        ("8. Дата выдачи / Date of issue", s.mark("issue_date", f"{who.issued:%d.%m.%Y}")),
        ("9. Действительно до / Valid until", s.mark("expiry_date", f"{who.expiry:%d.%m.%Y}")),
        (
            "10. Кем выдано / Issued by",
            s.mark("authority", f"КАПИТАН МОРСКОГО ПОРТА {s.v.city().upper()}"),
        ),
    ]
    y = stack(s, 40, 104, 650, items, 20, 9, "right", 0.46)
    zone(s, 40, max(y, 620) + 12, 920, td3_lines(s, who, "RUS", digits(r, 9)))
