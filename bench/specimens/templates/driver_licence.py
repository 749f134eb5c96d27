"""Driver's licences: plastic cards with numbered fields (as of Directive 2006/126/EC, annex I, and
as Russia prints them), cards with abbreviations, temporary paper permits."""

from __future__ import annotations

from datetime import date

from bench.specimens import mrz
from bench.specimens.people import STATES, somebody
from bench.specimens.pieces import ground, portrait, row, stack
from bench.specimens.registry import specimen_template
from bench.synthetic.sheet import Sheet
from bench.synthetic.values import digits

_WIDE = (900, 1400)
_CATEGORIES = ("B", "B, M", "AM, B", "A, B", "B, BE", "B, C", "A, B, B1, M", "B, C, C1, M", "C, D")


class _Card:
    """The marked values of a licence."""

    def __init__(self, s: Sheet, day: str = "%d.%m.%Y", upper: bool = True) -> None:
        r, who, ru = s.rng, somebody(s), s.language == "ru"
        self.who = who

        def cased(text: str) -> str:
            return text.upper() if upper else text

        def dated(value: date) -> str:
            return f"{value:{day}}"

        self.surname = s.mark("surname", cased(who.surname))
        self.given = s.mark("given_names", cased(who.given_all))
        self.birth = s.mark("birth_date", dated(who.birth))
        self.place = s.mark("birth_place", cased(f"{s.v.city()} обл." if ru else who.birth_place))
        self.issued = s.mark("issue_date", dated(who.issued))
        self.expiry = s.mark("expiry_date", dated(who.expiry))
        self.state = r.choice(STATES)
        self.authority = s.mark(
            "authority",
            f"ГИБДД {r.randint(1001, 9999)}"
            if ru
            else r.choice(["DVLA", "Road Safety Authority", "Dept. of Motor Vehicles", "RTA"]),
        )
        self.number = s.mark(
            "document_number",
            f"{r.randint(10, 99)} {r.randint(10, 99)} {r.randint(100000, 999999)}"
            if ru
            else r.choice(
                [
                    who.surname[:5].upper().ljust(5, "9") + digits(r, 6) + r.choice("ABCDEFG"),
                    r.choice("DFSY") + digits(r, 7),
                    digits(r, 9),
                ]
            ),
        )
        self.categories = s.mark("categories", r.choice(_CATEGORIES))
        self.address = s.mark("address", s.v.address())
        self.region = cased(f"{s.v.city()} обл." if ru else s.v.city())


def _column(s: Sheet, x: float, y: float, width: float, lines: list[str], size: float) -> float:
    with s.region("Text"):
        for text in lines:
            y = s.paragraph(x, y, width, text, size, leading=1.25) + size * 0.28
    return y


@specimen_template(
    "driver_licence", "eu_card", "train", ("en",), wide=_WIDE, height=630, loose=True
)
def eu_card(s: Sheet) -> None:
    """Nothing but numbers before the values, portrait at the left."""
    ground(s, (246, 232, 236))
    c = _Card(s)
    with s.region("Title"):
        s.line(250, 26, "DRIVING LICENCE", 36, "b")
        s.line(620, 36, c.state[0].upper(), 18, width=340)
    s.box(40, 24, 110, 80, 0, fill=(40, 60, 150))
    portrait(s, 50, 150, 250, 320)
    lines = [
        f"1. {c.surname}",
        f"2. {c.given}",
        f"3. {c.birth}  {c.place}",
        f"4a. {c.issued}  4c. {c.authority}",
        f"4b. {c.expiry}",
        f"5. {c.number}",
    ]
    y = _column(s, 340, 110, 620, lines, 27)
    s.signature(380, y + 2, 150)
    _column(s, 340, max(y + 60, 470), 620, [f"8. {c.address}"], 20)
    _column(s, 50, 555, 600, [f"9. {c.categories}"], 26)


@specimen_template(
    "driver_licence", "state_card", "train", ("en",), wide=_WIDE, height=630, loose=True
)
def state_card(s: Sheet) -> None:
    """Abbreviations as on North American cards."""
    ground(s, (234, 240, 248))
    c = _Card(s, "%m/%d/%Y")
    with s.region("Title"):
        s.line(40, 24, c.region + " USA", 34, "b", color=(30, 50, 120))
        s.line(560, 30, s.t("DRIVER LICENSE|DRIVER'S LICENSE", ""), 30, "b", width=400)
    portrait(s, 40, 110, 270, 360)
    _column(s, 340, 100, 620, [f"DL {c.number}", f"EXP {c.expiry}"], 30)
    _column(s, 340, 200, 620, [f"LN {c.surname}", f"FN {c.given}"], 28)
    _column(s, 340, 300, 620, [c.address], 23)
    sex = s.mark("sex", c.who.sex)
    _column(
        s, 340, 370, 620, [f"DOB {c.birth}", f"SEX {sex}   HGT 5'-0{s.rng.randint(2, 9)}\""], 26
    )
    _column(s, 340, 470, 320, [f"CLASS {c.categories}"], 26)
    _column(s, 670, 470, 300, [f"ISS {c.issued}"], 26)
    s.signature(60, 500, 200)


@specimen_template(
    "driver_licence", "labelled", "train", ("en",), wide=_WIDE, height=630, loose=True
)
def labelled(s: Sheet) -> None:
    """Words above the values, portrait at the right."""
    ground(s)
    c = _Card(s, "%d-%m-%Y", upper=s.chance(0.5))
    with s.region("Title"):
        s.line(40, 24, s.t("DRIVER LICENCE|DRIVING PERMIT", ""), 36, "b")
    with s.region("Text"):
        s.line(560, 32, c.state[0], 20, "i", "right", 400)
    portrait(s, 690, 100, 260, 340)
    y = stack(s, 40, 90, 620, [("Surname", c.surname), ("Other names", c.given)], 25, 5)
    y = row(s, 40, y, [("Date of birth", c.birth, 300), ("Place of birth", c.place, 320)], 23)
    y = row(s, 40, y, [("Licence number", c.number, 300), ("Category", c.categories, 320)], 23)
    y = row(s, 40, y, [("Date of issue", c.issued, 300), ("Date of expiry", c.expiry, 320)], 23)
    y = stack(s, 40, y, 620, [("Issuing authority", c.authority)], 23, 5)
    stack(s, 40, y, 900, [("Address", c.address)], 21)


@specimen_template(
    "driver_licence", "southern_card", "test", ("en",), wide=_WIDE, height=630, loose=True
)
def southern_card(s: Sheet) -> None:
    """Name and address as on an envelope, facts in a row at the foot."""
    ground(s, (238, 246, 238))
    c = _Card(s, s.rng.choice(["%d %b %Y", "%d/%m/%Y"]))
    s.box(0, 0, 1000, 84, 0, fill=(40, 90, 80))
    with s.region("Title"):
        s.line(40, 22, "Driver Licence", 36, "b", color=(250, 250, 250))
        s.line(520, 30, c.region.title(), 24, "", "right", 440, (250, 250, 250))
    y = _column(s, 40, 104, 600, [c.given, c.surname], 30)
    y = _column(s, 40, y + 4, 520, [c.address], 23)
    portrait(s, 690, 104, 260, 330)
    y = row(s, 40, max(y, 250), [("Card number / Licence No.", c.number, 330)], 26)
    y = row(s, 40, y, [("Born on", c.birth, 320), ("Birthplace", c.place, 320)], 24)
    y = row(s, 40, y, [("Licence class", c.categories, 320), ("Issued by", c.authority, 320)], 24)
    row(s, 40, max(y, 470), [("Issued", c.issued, 320), ("Expires", c.expiry, 320)], 26)


@specimen_template(
    "driver_licence", "numbers_and_words", "test", ("en",), wide=_WIDE, height=630, loose=True
)
def numbers_and_words(s: Sheet) -> None:
    """Numbers with short words beside the values, portrait in the middle of the left side, the
    table of categories at the right."""
    ground(s, (250, 240, 228))
    c = _Card(s, "%d.%m.%y" if s.chance(0.3) else "%Y-%m-%d")
    with s.region("Title"):
        s.line(40, 20, f"PERMIS DE CONDUIRE   LICENCE TO DRIVE   {c.state[1]}", 26, "b", width=920)
    portrait(s, 40, 90, 230, 300)
    items = [
        ("1 Name", c.surname),
        ("2 Forenames", c.given),
        ("3 Born", f"{c.birth} {c.place}"),
        ("4a From", c.issued),
        ("4b Until", c.expiry),
        ("4c By", c.authority),
        ("5 No", c.number),
        ("8 Home", c.address),
        ("9 Vehicles", c.categories),
    ]
    stack(s, 300, 84, 660, items, 24, 8, "right", 0.24)
    s.signature(60, 430, 180)


@specimen_template("driver_licence", "card", "train", ("ru",), wide=_WIDE, height=630, loose=True)
def card(s: Sheet) -> None:
    """The card as printed since 2011: numbers, each value in Russian and in Latin letters."""
    ground(s, (250, 232, 238))
    c = _Card(s)
    with s.region("Title"):
        s.line(250, 20, "ВОДИТЕЛЬСКОЕ УДОСТОВЕРЕНИЕ", 28, "b", width=500)
        s.line(760, 26, c.region, 18, width=220)
    with s.region("Text"):
        s.line(40, 24, "RUS", 30, "b")
    portrait(s, 40, 110, 270, 350)
    latin = mrz.latin
    place = s.values.get("birth_place", s.fields["birth_place"])
    _column(
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
    _column(s, 340, 560, 630, [f"9. {c.categories}"], 27)
    s.signature(60, 490, 200)


@specimen_template(
    "driver_licence", "labelled_ru", "train", ("ru",), wide=_WIDE, height=630, loose=True
)
def labelled_ru(s: Sheet) -> None:
    """An older laminated card with words above the values."""
    ground(s)
    c = _Card(s, upper=s.chance(0.6))
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
    c = _Card(s, upper=False)
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
    "driver_licence", "numbers_ru", "test", ("ru",), wide=_WIDE, height=630, loose=True
)
def numbers_ru(s: Sheet) -> None:
    """Numbers alone, portrait at the right, no Latin letters but in the title."""
    ground(s, (236, 240, 248))
    c = _Card(s)
    with s.region("Title"):
        s.line(40, 22, "УДОСТОВЕРЕНИЕ ВОДИТЕЛЯ  PERMIS DE CONDUIRE", 27, "b", width=920)
    portrait(s, 690, 80, 270, 350)
    _column(
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
    _column(s, 40, 545, 620, [f"9 {c.categories}"], 30)
    s.signature(720, 480, 190)


@specimen_template(
    "driver_licence", "tractor_ru", "test", ("ru",), wide=_WIDE, height=660, loose=True
)
def tractor_ru(s: Sheet) -> None:
    """As a licence for tractors and trams: labels with colons, terms in words."""
    ground(s, (248, 246, 226))
    c = _Card(s, upper=False)
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
