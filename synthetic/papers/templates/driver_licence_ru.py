"""Russian driver's licences: numbered plastic cards, laminated cards, temporary paper permits."""

from __future__ import annotations

from synthetic.papers import mrz
from synthetic.papers.licence import CARD_WIDE, LicenceValues, column
from synthetic.papers.pieces import ground, portrait, row, stack
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Sheet


@specimen_template(
    "driver_licence", "card", "train", ("ru",), wide=CARD_WIDE, height=630, loose=True
)
def card(s: Sheet) -> None:
    """The card as issued since 2011: numbers, each value in Russian and in Latin letters."""
    ground(s, (250, 232, 238))
    c = LicenceValues(s)
    with s.region("Title"):
        s.line(250, 20, "ВОДИТЕЛЬСКОЕ УДОСТОВЕРЕНИЕ", 28, "b", width=500)
        s.line(760, 26, c.region, 18, width=220)
    with s.region("Text"):
        s.line(40, 24, "RUS", 30, "b")
    portrait(s, 40, 110, 270, 350)
    latin = mrz.latin
    place = s.values.get("birth_place", s.fields["birth_place"])
    column(
        s,
        340,
        66,
        630,
        [
            f"1. {c.surname}",
            latin(c.who.surname),
            f"2. {c.given}",
            latin(c.who.given_all),
            f"3. {c.birth}",
            c.place,
            latin(place),
            f"4a) {c.issued}   4b) {c.expiry}",
            f"4c) {c.authority}",
            "GIBDD",
            f"5. {c.number}",
            f"8. {c.region}",
        ],
        22,
    )
    column(s, 340, 560, 630, [f"9. {c.categories}"], 27)
    s.signature(60, 490, 200)


@specimen_template(
    "driver_licence", "labelled_ru", "train", ("ru",), wide=CARD_WIDE, height=630, loose=True
)
def labelled_ru(s: Sheet) -> None:
    """An older laminated card with words above the values."""
    ground(s)
    c = LicenceValues(s, upper=s.chance(0.6))
    with s.region("Title"):
        s.line(40, 20, "РОССИЙСКАЯ ФЕДЕРАЦИЯ", 22, "", "center", 920)
        s.line(40, 50, "ВОДИТЕЛЬСКОЕ УДОСТОВЕРЕНИЕ", 32, "b", "center", 920)
    portrait(s, 690, 110, 260, 340)
    y = stack(s, 40, 104, 620, [("Фамилия", c.surname), ("Имя, отчество", c.given)], 24, 5)
    y = row(s, 40, y, [("Дата рождения", c.birth, 300), ("Место рождения", c.place, 320)], 22)
    y = row(s, 40, y, [("Дата выдачи", c.issued, 300), ("Действительно до", c.expiry, 320)], 22)
    y = row(s, 40, y, [("Выдано", c.authority, 300), ("Номер", c.number, 320)], 22)
    y = stack(s, 40, y, 620, [("Место жительства", c.address)], 20, 5)
    stack(s, 40, y, 620, [("Разрешённые категории", c.categories)], 24)


@specimen_template(
    "driver_licence", "temporary", "train", ("ru",), wide=(1000, 1500), height=1000, loose=True
)
def temporary(s: Sheet) -> None:
    """A temporary permit on paper: labels at the left."""
    c = LicenceValues(s, upper=False)
    with s.region("Title"):
        y = s.line(60, 50, "ВРЕМЕННОЕ РАЗРЕШЕНИЕ", 34, "b", "center", 880)
        y = s.line(60, y, "на право управления транспортными средствами", 22, "", "center", 880)
    items = [
        ("Водительское удостоверение №", c.number),
        ("Фамилия", c.surname),
        ("Имя, отчество", c.given),
        ("Дата и место рождения", f"{c.birth}, {c.place}"),
        ("Адрес", c.address),
        ("Категории", c.categories),
        ("Выдано", c.issued),
        ("Действительно по", c.expiry),
        ("Кем выдано", c.authority),
    ]
    y = stack(s, 70, y + 20, 860, items, 21, 14, "line", 0.36)
    s.stamp(250, y + 90, 80)
    s.signature(600, y + 40, 180)


@specimen_template(
    "driver_licence", "numbers_ru", "test", ("ru",), wide=CARD_WIDE, height=630, loose=True
)
def numbers_ru(s: Sheet) -> None:
    """Only numbers, portrait at the right, Latin letters only in the title."""
    ground(s, (236, 240, 248))
    c = LicenceValues(s)
    with s.region("Title"):
        s.line(40, 22, "УДОСТОВЕРЕНИЕ ВОДИТЕЛЯ  PERMIS DE CONDUIRE", 27, "b", width=920)
    portrait(s, 690, 80, 270, 350)
    column(
        s,
        40,
        76,
        620,
        [
            f"1 {c.surname}",
            f"2 {c.given}",
            f"3 {c.birth} {c.place}",
            f"4a {c.issued}",
            f"4b {c.expiry}",
            f"4c {c.authority}",
            f"5 {c.number}",
            f"8 {c.address}",
        ],
        26,
    )
    column(s, 40, 545, 620, [f"9 {c.categories}"], 30)
    s.signature(720, 480, 190)


@specimen_template(
    "driver_licence", "tractor_ru", "test", ("ru",), wide=CARD_WIDE, height=660, loose=True
)
def tractor_ru(s: Sheet) -> None:
    """Like a licence for tractors and trams: labels with colons, terms in words."""
    ground(s, (248, 246, 226))
    c = LicenceValues(s, upper=False)
    with s.region("Title"):
        s.line(40, 20, "УДОСТОВЕРЕНИЕ", 34, "b")
        s.line(40, 62, "на право управления автомобилем, мотоциклом, трактором", 20, "i")
    portrait(s, 40, 120, 220, 290)
    items = [
        ("Водитель:", c.surname),
        ("", c.given),
        ("Родился(-лась):", c.birth),
        ("Уроженец(-ка):", c.place),
        ("Проживает:", c.address),
        ("Серия, номер:", c.number),
        ("Орган выдачи:", c.authority),
        ("Срок действия с:", c.issued),
        ("Срок действия по:", c.expiry),
        ("Может управлять ТС:", c.categories),
    ]
    y = stack(s, 290, 112, 670, items, 22, 7, "right", 0.34)
    s.stamp(150, max(480, y - 60), 70)
