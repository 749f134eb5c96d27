"""Driver's licences in national styles.

They follow those of the United Kingdom, American states, New South Wales, Russia (cards of 1999 and
2020) and Kazakhstan.
"""

from __future__ import annotations

from datetime import date

from synthetic.papers import mrz
from synthetic.papers.people import somebody
from synthetic.papers.pieces import ground, portrait, row
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Sheet
from synthetic.values import digits

_WIDE = (900, 1400)


class _Driver:
    """Marked values common to all cards."""

    def __init__(
        self, s: Sheet, day: str = "%d.%m.%Y", upper: bool = True, years: int = 10
    ) -> None:
        who = somebody(s, years)
        self.who = who

        def cased(text: str) -> str:
            return text.upper() if upper else text

        def dated(value: date) -> str:
            return f"{value:{day}}"

        self.surname = s.mark("surname", cased(who.surname))
        self.given = s.mark("given_names", cased(who.given_all))
        self.birth = s.mark("birth_date", dated(who.birth))
        self.issued = s.mark("issue_date", dated(who.issued))
        self.expiry = s.mark("expiry_date", dated(who.expiry))
        self.address = s.mark("address", cased(s.v.address()))


def _hung(
    s: Sheet, x: float, y: float, width: float, entries: list[tuple[str, str]], size: float
) -> float:
    """Small numbers in their own column, followed by the values.

    An entry without a number continues the one above.
    """
    with s.region("Text"):
        for number, value in entries:
            if number:
                s.line(x, y + size * 0.2, number, size * 0.75)
            y = s.paragraph(x + 2.2 * size, y, width - 2.2 * size, value, size, "b", 1.2)
            y += size * 0.25
    return y


@specimen_template(
    "driver_licence", "photocard", "fresh", ("en",), wide=_WIDE, height=630, loose=True
)
def photocard(s: Sheet) -> None:
    """Small numbers in their own column; 4a and 4b in one line; a long number."""
    ground(s, (250, 236, 240))
    d, r = _Driver(s), s.rng
    s.box(30, 20, 90, 70, 0, fill=(30, 50, 140))
    with s.region("Title"):
        s.line(150, 26, "DRIVING LICENCE", 36, "b")
    with s.region("Text"):
        s.line(600, 40, "UK", 28, "b")
    portrait(s, 40, 120, 250, 330)
    number = d.who.surname[:5].upper().replace("-", "").ljust(5, "9") + digits(r, 6)
    number += d.who.given[0] + "99" + r.choice("ABEFGHJ") + r.choice("AEIJKLM")
    place = s.mark("birth_place", r.choice(["UNITED KINGDOM", "ENGLAND", "SCOTLAND", "WALES"]))
    categories = s.mark("categories", r.choice(["AM/A/B1/B", "AM/B1/B", "B/BE", "B1/B/C1"]))
    entries = [
        ("1.", d.surname),
        ("2.", d.given),
        ("3.", f"{d.birth} {place}"),
        ("4a.", f"{d.issued}   4b. {d.expiry}"),
        ("4c.", s.mark("authority", r.choice(["DVLA", "DVA"]))),
        ("5.", s.mark("document_number", number)),
    ]
    y = _hung(s, 320, 110, 640, entries, 26)
    s.signature(380, y + 6, 170)
    y = _hung(s, 320, y + 60, 640, [("8.", d.address)], 21)
    _hung(s, 320, y, 640, [("9.", categories)], 23)


@specimen_template(
    "driver_licence", "interstate", "fresh", ("en",), wide=_WIDE, height=630, loose=True
)
def interstate(s: Sheet) -> None:
    """The style of American states: standard numbers with abbreviations.

    The number of the licence is at 4d, the card's own at 5.
    """
    ground(s, (240, 244, 236))
    d, r = _Driver(s, "%m/%d/%Y", years=4), s.rng
    with s.region("Title"):
        s.line(40, 20, s.v.city().upper(), 40, "b", color=(20, 40, 110))
        s.line(600, 34, r.choice(["DRIVER'S LICENSE", "DRIVER LICENSE"]), 26, "", "right", 360)
    portrait(s, 40, 110, 270, 350)
    number = s.mark("document_number", r.choice([digits(r, 8), r.choice("ABRW") + digits(r, 8)]))
    categories = s.mark("categories", r.choice(["A", "B", "C", "D"]))
    with s.region("Text"):
        s.line(340, 96, f"4d DLN: {number}", 26, "b")
        s.line(690, 96, f"9 CLASS: {categories}", 24)
        s.line(340, 136, f"3 DOB: {d.birth}", 26, "b")
    with s.region("Text"):
        s.line(340, 180, f"4b EXP: {d.expiry}", 24)
        s.line(660, 180, f"4a ISS: {d.issued}", 24)
    with s.region("Text"):
        s.line(340, 226, f"1 {d.surname}", 27, "b")
        s.line(340, 262, f"2 {d.given}", 27, "b")
        y = s.paragraph(340, 300, 440, f"8 {d.address}", 23)
    sex = s.mark("sex", d.who.sex)
    with s.region("Text"):
        s.line(340, y + 14, f"15 SEX: {sex}", 22)
        s.line(520, y + 14, f"18 EYES: {r.choice(['BRO', 'BLU', 'GRN'])}", 22)
        s.line(740, y + 14, f"16 HGT: {r.randint(5, 6)}'-{r.randint(0, 11):02d}\"", 22)
        s.line(340, y + 48, "12 RESTR: NONE   9a END: NONE", 22)
    with s.region("Text"):
        s.line(40, 560, f"5 DD: {digits(r, 14)}", 20)
    s.signature(60, 490, 200)


@specimen_template(
    "driver_licence", "harbour", "fresh", ("en",), wide=_WIDE, height=630, loose=True
)
def harbour(s: Sheet) -> None:
    """Given names and the surname in capitals in one line without a label, the address under it.

    The rest has labels above.
    """
    ground(s, (246, 240, 224))
    d, r = _Driver(s, "%d %b %Y", upper=False, years=5), s.rng
    surname = f"{{surname={d.who.surname.upper()}}}"
    s.box(0, 0, 1000, 80, 0, fill=(200, 160, 60))
    with s.region("Title"):
        s.line(36, 22, "Driver Licence", 34, "b")
        s.line(520, 30, "New South Wales, Australia", 22, "", "right", 440)
    with s.region("Text"):
        y = s.line(36, 100, f"{d.given} {surname}", 29, "b", width=600)
    with s.region("Text"):
        y = s.paragraph(36, y + 20, 480, d.address, 23)
    portrait(s, 700, 100, 260, 330)
    card = s.mark("document_number", digits(r, 8))
    categories = s.mark("categories", r.choice(["C", "C, R", "LR", "MR"]))
    y = row(
        s, 36, max(y, 260) + 16, [("Licence No.", card, 250), ("Card Number", digits(r, 10), 300)]
    )
    y = row(s, 36, y, [("Licence Class", categories, 250), ("Conditions", "None", 300)], 22)
    y = row(s, 36, y + 10, [("Date of Birth", d.birth, 280), ("Expiry Date", d.expiry, 280)], 26)


@specimen_template(
    "driver_licence", "card_2020", "fresh", ("ru",), wide=_WIDE, height=630, loose=True
)
def card_2020(s: Sheet) -> None:
    """Standard numbers in their own column, each value repeated in Latin letters under it.

    Terms are side by side, the patronymic is with the name.
    """
    ground(s, (252, 236, 238))
    d, r, latin = _Driver(s), s.rng, mrz.latin
    with s.region("Title"):
        s.line(170, 18, "ВОДИТЕЛЬСКОЕ УДОСТОВЕРЕНИЕ", 30, "b", width=600)
        s.line(170, 54, "PERMIS DE CONDUIRE  DRIVING LICENCE", 17, width=600)
    with s.region("Text"):
        s.line(40, 26, "RUS", 34, "b")
    portrait(s, 40, 110, 260, 340)
    city = s.v.city().upper()
    office = f"ГИБДД {r.randint(1001, 9999)}"
    entries = [
        ("1.", d.surname),
        ("", latin(d.who.surname)),
        ("2.", d.given),
        ("", latin(d.who.given_all)),
        ("3.", f"{d.birth}"),
        ("", s.mark("birth_place", f"Г. {city}")),
        ("", latin(f"Г. {city}")),
        ("4a)", f"{d.issued}   4b) {d.expiry}"),
        ("4c)", s.mark("authority", office)),
        ("", latin(office)),
        ("5.", s.mark("document_number", f"99 {r.randint(10, 39)} {digits(r, 6)}")),
        ("8.", s.mark("address", f"{s.v.city().upper()} ОБЛ.")),
    ]
    _hung(s, 320, 84, 640, entries, 21)
    categories = s.mark(
        "categories", r.choice(["B B1 M", "B B1(AS) M", "B, B1, C, C1, M", "A A1 B B1 M"])
    )
    _hung(s, 320, 570, 640, [("9.", categories)], 24)
    s.signature(60, 490, 200)


@specimen_template("driver_licence", "steppe", "fresh", ("ru",), wide=_WIDE, height=630, loose=True)
def steppe(s: Sheet) -> None:
    """Standard numbers; 4d is a personal number of 12 digits; portrait at the right."""
    ground(s, (230, 244, 248))
    d, r = _Driver(s), s.rng
    with s.region("Title"):
        s.line(40, 16, "ЖҮРГІЗУШІ КУӘЛІГІ", 26, "b", width=560)
        s.line(40, 50, "ВОДИТЕЛЬСКОЕ УДОСТОВЕРЕНИЕ", 22, "b", width=560)
        s.line(40, 80, "DRIVING LICENCE", 16, width=560)
    portrait(s, 700, 90, 250, 330)
    lines = [
        f"1. {d.surname}",
        f"2. {d.given}",
        f"3. {d.birth} " + s.mark("birth_place", f"{s.v.city()} обл."),
        f"4a. {d.issued}     4b. {d.expiry}",
        "4c. "
        + s.mark("authority", r.choice(["ПО ЦОН", "УАП ДП", "МРЭО"]) + f" Г. {s.v.city().upper()}"),
        f"4d. {digits(r, 12)}",
        "5. " + s.mark("document_number", f"{r.choice(['ВН', 'ВХ', 'СК'])} {digits(r, 6)}"),
        f"8. {d.address}",
    ]
    y = 116.0
    with s.region("Text"):
        for text in lines:
            y = s.paragraph(40, y, 640, text, 23, "", 1.25) + 8
    categories = s.mark("categories", r.choice(["B", "B, B1", "A, B, B1, C", "B, C, C1"]))
    with s.region("Text"):
        s.line(40, max(y + 6, 540), f"9. {categories}", 28, "b")
    s.signature(720, 480, 190)


@specimen_template(
    "driver_licence", "card_1999", "fresh", ("ru",), wide=_WIDE, height=660, loose=True
)
def card_1999(s: Sheet) -> None:
    """A laminated card: captions in small print under ruled values, in two languages."""
    ground(s, (244, 226, 232))
    d, r = _Driver(s, upper=False), s.rng
    with s.region("Title"):
        s.line(40, 16, "ВОДИТЕЛЬСКОЕ УДОСТОВЕРЕНИЕ", 30, "b", width=600)
    series = r.choice(["АВ", "КЕ", "ОМ", "УР", "ТН"])
    number = s.mark("document_number", f"{r.randint(10, 99)} {series} {digits(r, 6)}")
    with s.region("Text"):
        s.line(660, 18, number, 30, "b", "right", 300, (150, 30, 40))
    portrait(s, 40, 90, 220, 290)

    def captioned(y: float, value: str, caption: str, x: float = 290, width: float = 670) -> float:
        with s.region("Text"):
            y = s.line(x, y, value, 23, "b", width=width)
        s.rule(x, y, x + width, y, 1)
        with s.region("Text"):
            return s.line(x, y + 3, caption, 13, "", width=width) + 6

    name = s.mark("given_names.1", d.who.given)
    father = s.mark("given_names.2", d.who.patronymic)
    y = captioned(76, d.surname, "Фамилия / Family name")
    captioned(y, name, "Имя / Name", width=320)
    y = captioned(y, father, "Отчество", 630, 330)
    place = s.mark("birth_place", f"г. {s.v.city()}")
    captioned(y, d.birth, "Дата рождения / Date of birth", width=320)
    y = captioned(y, place, "Место рождения", 630, 330)
    y = captioned(
        y, s.mark("address", f"г. {s.v.city()}, {s.v.street()}"), "Место жительства / Residence"
    )
    office = s.mark("authority", f"{r.choice(['МРЭО', 'РЭО'])} ГИБДД г. {s.v.city()}")
    y = captioned(y, office, "Выдано / Issued by")
    captioned(y, d.issued, "Дата выдачи / Date of issue", width=320)
    y = captioned(y, d.expiry, "Действительно до / Valid until", 630, 330)
    categories = s.mark("categories", r.choice(["В", "В, С", "А, В", "В, С, Е"]))
    with s.region("Text"):
        s.line(290, y + 10, f"Разрешающие категории: {categories}", 24)
    s.signature(60, 420, 180)
