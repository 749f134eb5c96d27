"""Identity cards: national cards (TD1), residence permits, cards of staff and students."""

from __future__ import annotations

from synthetic.papers import mrz
from synthetic.papers.people import STATES, somebody
from synthetic.papers.pieces import ground, portrait, row, stack, zone
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Sheet
from synthetic.values import digits

_WIDE = (900, 1400)


class _Card:
    """The marked values of a national card."""

    def __init__(self, s: Sheet, day: str = "%d.%m.%Y") -> None:
        r, who, ru = s.rng, somebody(s), s.language == "ru"
        number = r.choice("ACEKLT") + r.choice("BCDHX") + digits(r, 7)
        self.who, self.state = who, r.choice(STATES)
        code = "RUS" if ru else self.state[1]
        self.surname = s.mark("surname", who.surname.upper())
        self.given = s.mark("given_names", who.given_all.upper())
        self.sex = s.mark("sex", ("М" if who.sex == "M" else "Ж") if ru else who.sex)
        self.nationality = s.mark("nationality", "РОССИЯ" if ru else self.state[2].upper())
        self.birth = s.mark("birth_date", f"{who.birth:{day}}")
        self.place = s.mark("birth_place", who.birth_place.upper())
        self.issued = s.mark("issue_date", f"{who.issued:{day}}")
        self.expiry = s.mark("expiry_date", f"{who.expiry:{day}}")
        self.number = s.mark("document_number", number)
        self.authority = s.mark(
            "authority",
            f"МВД {r.randint(100, 899)}" if ru else r.choice(["Ministry of Interior", "City Hall"]),
        )
        self.address = s.mark("address", s.v.address())
        self.zone = mrz.td1(
            code=code,
            surname=mrz.latin(who.surname),
            given=mrz.latin(who.given),
            number=number,
            birth=who.birth,
            sex=who.sex,
            expiry=who.expiry,
            nationality=code,
        )


@specimen_template("id_card", "national", "train", wide=_WIDE, height=1270, loose=True)
def national(s: Sheet) -> None:
    """Both sides of a national card, one above the other, the zone on the back."""
    ground(s)
    c = _Card(s)
    with s.region("Title"):
        s.line(40, 22, c.state[0].upper() if s.language == "en" else "РОССИЙСКАЯ ФЕДЕРАЦИЯ", 22)
        s.line(
            40, 54, s.t("IDENTITY CARD|NATIONAL IDENTITY CARD", "УДОСТОВЕРЕНИЕ ЛИЧНОСТИ"), 32, "b"
        )
    portrait(s, 40, 120, 260, 340)
    y = stack(
        s,
        330,
        110,
        630,
        [
            (s.t("Surname", "Фамилия"), c.surname),
            (s.t("Given names", "Имя, отчество"), c.given),
        ],
        24,
        5,
    )
    y = row(
        s,
        330,
        y,
        [
            (s.t("Sex", "Пол"), c.sex, 140),
            (s.t("Nationality", "Гражданство"), c.nationality, 480),
        ],
    )
    y = row(
        s,
        330,
        y,
        [
            (s.t("Date of birth", "Дата рождения"), c.birth, 300),
            (s.t("Card number", "Номер карты|Номер документа"), c.number, 320),
        ],
    )
    row(s, 330, y, [(s.t("Date of expiry", "Действительно до"), c.expiry, 300)])
    s.signature(560, 500, 180)
    s.rule(0, 635, 1000, 635, 2)
    y = row(
        s,
        40,
        670,
        [
            (s.t("Place of birth", "Место рождения"), c.place, 460),
            (s.t("Date of issue", "Дата выдачи"), c.issued, 300),
        ],
    )
    y = stack(
        s,
        40,
        y,
        900,
        [
            (s.t("Address", "Адрес|Место жительства"), c.address),
            (s.t("Authority", "Орган, выдавший документ"), c.authority),
        ],
        22,
    )
    zone(s, 40, max(y, 1050) + 10, 920, c.zone)


@specimen_template("id_card", "residence", "train", wide=_WIDE, height=630, loose=True)
def residence(s: Sheet) -> None:
    """A residence permit: labels beside the values, no zone on this side."""
    ground(s, (240, 232, 246))
    c = _Card(s, "%d-%m-%Y" if s.language == "en" else "%d.%m.%Y")
    with s.region("Title"):
        s.line(
            40, 24, s.t("RESIDENCE PERMIT|PERMANENT RESIDENT CARD", "ВИД НА ЖИТЕЛЬСТВО"), 34, "b"
        )
    with s.region("Text"):
        s.line(640, 34, c.number, 26, "b", "right", 320)
    portrait(s, 690, 100, 260, 340)
    items = [
        (s.t("Name", "Фамилия"), c.surname),
        (s.t("First names", "Имя"), c.given),
        (s.t("Citizen of", "Гражданство"), c.nationality),
        (s.t("Born", "Дата рождения"), c.birth),
        (s.t("Birthplace", "Место рождения"), c.place),
        (s.t("Sex", "Пол"), c.sex),
        (s.t("Issued", "Выдан"), c.issued),
        (s.t("Valid until", "Срок действия до"), c.expiry),
        (s.t("Issued by", "Кем выдан"), c.authority),
    ]
    stack(s, 40, 100, 630, items, 23, 8, "right", 0.34)


def _pass(s: Sheet, y: float, items: list[tuple[str, str]]) -> None:
    portrait(s, 50, y, 240, 320)
    y = stack(s, 330, y, 620, items, 24, 10, s.rng.choice(["below", "right"]))
    if s.chance(0.5):
        s.barcode(330, max(y, 480), 500, 70)
    else:
        s.stamp(290, y + 10, 60)


@specimen_template("id_card", "staff", "train", wide=_WIDE, height=630, loose=True)
def staff(s: Sheet) -> None:
    """A company's card for its staff."""
    who = somebody(s)
    s.box(0, 0, 1000, 100, 0, fill=s.rng.choice([(30, 60, 110), (120, 30, 40), (40, 90, 60)]))
    with s.region("Page-header"):
        s.line(40, 28, s.v.company(), 34, "b", color=(250, 250, 250), width=900)
    with s.region("Title"):
        title = s.t("STAFF CARD|EMPLOYEE ID", "СЛУЖЕБНОЕ УДОСТОВЕРЕНИЕ|УДОСТОВЕРЕНИЕ СОТРУДНИКА")
        s.line(40, 116, title, 26, "b")
    _pass(
        s,
        170,
        [
            (s.t("Surname", "Фамилия"), s.mark("surname", who.surname)),
            (s.t("Given names", "Имя, отчество"), s.mark("given_names", who.given_all)),
            (s.t("Position", "Должность"), s.v.position()),
            (
                s.t("Employee No.|ID No.", "Удостоверение №|Табельный номер"),
                s.mark("document_number", digits(s.rng, 6)),
            ),
            (
                s.t("Valid until", "Действительно до"),
                s.mark("expiry_date", f"{who.expiry:%d.%m.%Y}"),
            ),
        ],
    )


@specimen_template("id_card", "student", "test", wide=_WIDE, height=630, loose=True)
def student(s: Sheet) -> None:
    """A student's card."""
    who = somebody(s)
    with s.region("Page-header"):
        y = s.line(
            40, 26, s.t(f"University of {s.v.city()}", f"{s.v.city()}ский университет"), 30, "b"
        )
    with s.region("Title"):
        y = s.line(40, y, s.t("Student identification card", "СТУДЕНЧЕСКИЙ БИЛЕТ"), 26, "b")
    _pass(
        s,
        y + 20,
        [
            (s.t("Last name", "Студент: фамилия"), s.mark("surname", who.surname)),
            (s.t("First name", "имя и отчество"), s.mark("given_names", who.given_all)),
            (s.t("Born on", "Год рождения, день"), s.mark("birth_date", f"{who.birth:%d.%m.%Y}")),
            (s.t("Matriculation no.", "Билет №"), s.mark("document_number", digits(s.rng, 7))),
            (s.t("Faculty", "Факультет"), s.t("History|Law|Physics", "исторический|физический")),
            (s.t("Issued on", "Выдан"), s.mark("issue_date", f"{who.issued:%d.%m.%Y}")),
            (s.t("Expires", "Годен по"), s.mark("expiry_date", f"{who.expiry:%d.%m.%Y}")),
        ],
    )


@specimen_template("id_card", "one_side", "test", wide=_WIDE, height=660, loose=True)
def one_side(s: Sheet) -> None:
    """A national card with everything on one side, the zone at the foot, labels in capitals."""
    ground(s, (232, 242, 246))
    c = _Card(s, s.rng.choice(["%d.%m.%Y", "%d %m %Y"]))
    with s.region("Title"):
        s.line(
            300,
            16,
            s.t(f"CITIZEN CARD - {c.state[0].upper()}", "ЭЛЕКТРОННАЯ КАРТА ГРАЖДАНИНА"),
            26,
            "b",
            width=660,
        )
    portrait(s, 30, 60, 240, 310)
    y = row(
        s,
        300,
        60,
        [
            (s.t("LAST NAME", "ФАМИЛИЯ ВЛАДЕЛЬЦА"), c.surname, 330),
            (s.t("DOCUMENT NO.", "КАРТА №"), c.number, 330),
        ],
        21,
    )
    y = row(
        s,
        300,
        y,
        [
            (s.t("FORENAMES", "ИМЯ И ОТЧЕСТВО"), c.given, 400),
            (s.t("GENDER", "ПОЛ"), c.sex, 160),
        ],
        21,
    )
    y = row(
        s,
        300,
        y,
        [
            (s.t("BORN ON", "РОДИЛСЯ (РОДИЛАСЬ)"), c.birth, 280),
            (s.t("BORN IN", "ГДЕ"), c.place, 380),
        ],
        21,
    )
    y = row(
        s,
        300,
        y,
        [
            (s.t("ISSUED ON", "ВЫДАНА"), c.issued, 280),
            (s.t("VALID UNTIL", "ГОДНА ДО"), c.expiry, 380),
        ],
        21,
    )
    y = row(
        s,
        300,
        y,
        [
            (s.t("CITIZENSHIP", "СТРАНА"), c.nationality, 360),
            (s.t("ISSUED BY", "КЕМ ВЫДАНА"), c.authority, 300),
        ],
        21,
    )
    zone(s, 30, max(y, 400) + 10, 940, c.zone)


@specimen_template("id_card", "captions", "train", wide=_WIDE, height=900, loose=True)
def captions(s: Sheet) -> None:
    """An old-style document: each entry stands on a rule, its caption under the rule."""
    ground(s)
    c = _Card(s)
    with s.region("Title"):
        y = s.line(40, 30, s.t("CERTIFICATE OF IDENTITY", "УДОСТОВЕРЕНИЕ"), 34, "b", "center", 920)
    portrait(s, 40, 130, 240, 320)
    rows = [
        (s.t("surname", "фамилия"), c.surname),
        (s.t("given names", "имя, отчество"), c.given),
        (s.t("date of birth", "дата рождения"), c.birth),
        (s.t("place of birth", "место рождения"), c.place),
        (s.t("issuing authority", "кем выдано"), c.authority),
        (s.t("date of issue", "дата выдачи"), c.issued),
        (s.t("valid until", "действительно до"), c.expiry),
        (s.t("number", "серия и номер"), c.number),
    ]
    size = s.rng.choice([22.0, 26.0])
    align = s.rng.choice(["left", "center"])
    y += 30
    for caption, value in rows:
        with s.region("Text"):
            y = s.line(320, y, value, size, "b", align, 640)
            s.rule(320, y, 960, y, 1)
            y = s.line(320, y + 2, caption, size * 0.62, "", align, 640) + size * 0.5
