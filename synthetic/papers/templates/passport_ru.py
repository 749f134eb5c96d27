"""Russian passports: the internal passport's spread, and passports for travel abroad."""

from __future__ import annotations

from synthetic.canvas import Color
from synthetic.papers import mrz
from synthetic.papers.people import office, somebody, td3_lines
from synthetic.papers.pieces import along_edge, ground, in_look, portrait, row, stack, zone
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Sheet

_WIDE = (1000, 1500)
_RED: Color = (170, 40, 50)


class _Internal:
    """The marked values of the second and third page, and the machine readable lines."""

    def __init__(self, s: Sheet, sexes: tuple[str, str] = ("МУЖ.", "ЖЕН.")) -> None:
        r, who = s.rng, somebody(s)
        self.who = who
        self.series = f"{r.randint(10, 99)} {who.issued:%y}"
        self.tail = f"{r.randint(100000, 999999)}"
        code = f"{r.randint(100, 899)}-{r.randint(1, 99):03d}"
        self.authority = s.mark("authority", office(s))
        self.code = code
        self.issued = s.mark("issue_date", f"{who.issued:%d.%m.%Y}")
        self.surname = s.mark("surname", who.surname.upper())
        self.name = s.mark("given_names.1", who.given.upper())
        self.father = s.mark("given_names.2", who.patronymic.upper())
        self.sex = s.mark("sex", sexes[0] if who.sex == "M" else sexes[1])
        self.birth = s.mark("birth_date", f"{who.birth:%d.%m.%Y}")
        self.place = s.mark("birth_place", who.birth_place.upper())
        self.number = f"{self.series} {self.tail}"
        self.zone = mrz.russian_internal(
            surname=who.surname,
            given=f"{who.given} {who.patronymic}",
            series=self.series.replace(" ", ""),
            number=self.tail,
            birth=who.birth,
            sex=who.sex,
            issued=who.issued,
            office=code.replace("-", ""),
        )


@specimen_template("passport", "spread", "train", ("ru",), wide=_WIDE, height=1408, loose=True)
def spread(s: Sheet) -> None:
    """Both pages, the number upright along the edge of each, machine readable lines below."""
    ground(s, (246, 236, 234))
    p = _Internal(s)
    with s.region("Title"):
        s.line(60, 50, "РОССИЙСКАЯ ФЕДЕРАЦИЯ", 34, "b", "center", 880)
    y = stack(s, 70, 130, 800, [("Паспорт выдан", p.authority)], 25, 26, "line", 0.24)
    y = row(s, 70, y, [("Дата выдачи", p.issued, 400), ("Код подразделения", p.code, 350)], 25)
    s.signature(560, 520, 170)
    with s.region("Text"):
        s.line(70, 560, "Личный код", 17)
        s.line(70, 600, "Личная подпись", 17)
    s.rule(0, 704, 1000, 704, 1.5)
    along_edge(s, 930, 200, p.number, "document_number", 30, _RED)
    along_edge(s, 930, 840, p.number, "document_number", 30, _RED)
    portrait(s, 60, 790, 260, 340)
    items = [
        ("Фамилия", p.surname),
        ("Имя", p.name),
        ("Отчество", p.father),
    ]
    y = stack(s, 360, 780, 520, items, 25, 14, "line", 0.3)
    y = row(s, 360, y + 6, [("Пол", p.sex, 170), ("Дата рождения", p.birth, 350)], 25)
    y = stack(s, 360, y, 520, [("Место рождения", p.place)], 25)
    zone(s, 40, max(y, 1230) + 20, 920, p.zone)


@specimen_template("passport", "page", "train", ("ru",), wide=_WIDE, height=704, loose=True)
def page(s: Sheet) -> None:
    """The page with the portrait, and the office's data in one line under it."""
    ground(s, (244, 234, 236))
    p = _Internal(s, ("МУЖ", "ЖЕН"))
    with s.region("Text"):
        s.line(60, 24, "Паспорт гражданина Российской Федерации", 19)
        s.line(620, 22, s.mark("document_number", p.number), 28, "b", "right", 330, _RED)
    portrait(s, 50, 90, 240, 320)
    items = [
        ("Фамилия", p.surname),
        ("Имя", p.name),
        ("Отчество", p.father),
        ("Пол", p.sex),
        ("Дата рождения", p.birth),
        ("Место рождения", p.place),
    ]
    y = stack(s, 320, 80, 630, items, 23, 8, "right", 0.3)
    y = stack(
        s,
        50,
        max(y, 430),
        900,
        [("Кем выдан", p.authority), ("Дата выдачи, код подразделения", f"{p.issued}  {p.code}")],
        19,
        6,
        "right",
        0.34,
    )
    zone(s, 40, max(y, 570) + 14, 920, p.zone)


@specimen_template("passport", "booklet_ru", "train", ("ru",), wide=_WIDE, height=704, loose=True)
def booklet_ru(s: Sheet) -> None:
    """A passport for travel abroad: labels and values in Russian and in Latin letters."""
    ground(s)
    _abroad(
        s,
        ("РОССИЙСКАЯ ФЕДЕРАЦИЯ / RUSSIAN FEDERATION", "ПАСПОРТ / PASSPORT"),
        ("Тип/Type", "Код государства выдачи/Code of issuing State", "Номер паспорта/Passport No."),
        (
            "Фамилия/Surname",
            "Имя/Given names",
            "Гражданство/Nationality",
            "Дата рождения/Date of birth",
            "Пол/Sex",
            "Место рождения/Place of birth",
            "Дата выдачи/Date of issue",
            "Орган, выдавший документ/Authority",
            "Дата окончания срока действия/Date of expiry",
        ),
    )


@specimen_template("passport", "old_abroad", "test", ("ru",), wide=_WIDE, height=704, loose=True)
def old_abroad(s: Sheet) -> None:
    """Like an older passport for travel abroad: other wording, all labels before the values."""
    ground(s)
    _abroad(
        s,
        ("РОССИЯ / RUSSIA", "ЗАГРАНИЧНЫЙ ПАСПОРТ"),
        ("Тип", "Код страны", "Паспорт № / Passport No."),
        (
            "Фамилия владельца / Name",
            "Имя, отчество / Forenames",
            "Подданство / Citizenship",
            "Родился / Born on",
            "Пол / Gender",
            "Где родился / Birthplace",
            "Выдан / Issued on",
            "Кем выдан / Issued by",
            "Действителен до / Valid until",
        ),
        side=True,
    )


def _abroad(
    s: Sheet,
    titles: tuple[str, str],
    head: tuple[str, str, str],
    labels: tuple[str, ...],
    side: bool = False,
) -> None:
    r, who = s.rng, somebody(s)
    number = f"{r.randint(50, 76)}{'' if side else ' '}{r.randint(1000000, 9999999)}"
    with s.region("Title"):
        s.line(330, 24, titles[0], 20, "b", width=630)
        s.line(40, 24, titles[1], 24, "b", width=270)
    portrait(s, 40 if not side else 710, 90, 250, 340)
    x = 330.0 if not side else 40.0
    y = row(
        s,
        x,
        64,
        [
            (head[0], "P", 110),
            (head[1], "RUS", 270),
            (head[2], s.mark("document_number", number), 250),
        ],
        20,
    )
    values = [
        s.mark("surname", who.surname.upper()) + " / " + mrz.latin(who.surname),
        s.mark("given_names", who.given_all.upper()) + " / " + mrz.latin(who.given),
        s.mark("nationality", "РОССИЙСКАЯ ФЕДЕРАЦИЯ") + " / RUSSIAN FEDERATION",
        s.mark("birth_date", f"{who.birth:%d.%m.%Y}"),
        s.mark("sex", "М" if who.sex == "M" else "Ж") + f"/{who.sex}",
        s.mark("birth_place", who.birth_place.upper()),
        s.mark("issue_date", f"{who.issued:%d.%m.%Y}"),
        s.mark("authority", s.rng.choice(["МВД", "ФМС"]) + f" {r.randint(10000, 99999)}"),
        s.mark("expiry_date", f"{who.expiry:%d.%m.%Y}"),
    ]
    items = list(zip(labels, values, strict=True))
    if side:
        y = stack(s, x, y, 650, items, 19, 5, "right", 0.36)
    else:
        y = stack(s, x, y, 630, items[:3], 19, 3)
        for pair in (items[3:5], items[5:6], items[6:8], items[8:]):
            y = row(s, x, y, [(a, b, 630 / len(pair)) for a, b in pair], 19)
    zone(s, 40, max(y, 570) + 12, 920, (td3_lines(s, who, "RUS", number.replace(" ", ""))))


@specimen_template("passport", "ruled", "test", ("ru",), wide=_WIDE, height=1408, loose=True)
def ruled(s: Sheet) -> None:
    """Both pages in typewriter letters: words on rules, with captions in small print under them.

    Series and number are in words as well as upright.
    """
    ground(s, (240, 240, 232))
    p = _Internal(s, ("муж.", "жен."))
    with s.region("Title"):
        s.line(60, 40, "ПАСПОРТ", 46, "b", "center", 880)
        s.line(60, 100, "гражданина Российской Федерации", 22, "", "center", 880)

    def ruled_line(x: float, y: float, width: float, value: str, label: str) -> float:
        with s.region("Text"), in_look(s, "mono"):
            low = s.paragraph(x, y, width, value, 25, align="center")
        s.rule(x, low + 2, x + width, low + 2, 1)
        with s.region("Text"):
            return s.line(x, low + 5, label, 15, "i", "center", width) + 14

    y = ruled_line(70, 170, 840, p.authority, "наименование органа, оформившего документ")
    ruled_line(70, y, 380, p.issued, "когда выдан")
    y = ruled_line(500, y, 380, p.code, "код")
    number = s.mark("document_number", p.number)
    ruled_line(70, y + 40, 380, number, "серия и номер")
    s.signature(560, y + 40, 200)
    s.rule(0, 704, 1000, 704, 1.5)
    portrait(s, 660, 780, 260, 340)
    y = 770.0
    for value, label in (
        (p.surname, "фамилия"),
        (p.name, "имя"),
        (p.father, "отчество"),
        (p.birth, "когда родился (родилась)"),
        (p.sex, "пол"),
        (p.place, "откуда родом"),
    ):
        y = ruled_line(60, y, 560, value, label)
    zone(s, 40, max(y, 1250) + 10, 920, p.zone)
