"""Passports in English: the data page of a booklet (TD3)."""

from __future__ import annotations

from datetime import date

from synthetic.papers.people import STATES, passport_number, somebody, td3_lines
from synthetic.papers.pieces import ground, portrait, row, stack, zone
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Sheet
from synthetic.values_en import MONTHS

_WIDE = (1000, 1500)


def _day(day: date) -> str:
    return f"{day.day:02d} {MONTHS[day.month - 1][:3].upper()} {day.year}"


class _Page:
    """The marked values of a booklet's data page, and its machine readable lines."""

    def __init__(self, s: Sheet, day: str = "") -> None:
        who = somebody(s)
        self.who, self.state = who, s.rng.choice(STATES)
        number = passport_number(s)

        def dated(value: date) -> str:
            return f"{value:{day}}" if day else _day(value)

        self.surname = s.mark("surname", who.surname.upper())
        self.given = s.mark("given_names", who.given.upper())
        self.nationality = s.mark("nationality", self.state[2].upper())
        self.birth = s.mark("birth_date", dated(who.birth))
        self.sex = s.mark("sex", who.sex)
        self.place = s.mark("birth_place", who.birth_place.upper())
        self.issued = s.mark("issue_date", dated(who.issued))
        self.expiry = s.mark("expiry_date", dated(who.expiry))
        self.number = s.mark("document_number", number)
        self.authority = s.mark(
            "authority",
            s.rng.choice(["PASSPORT OFFICE", "DEPARTMENT OF STATE", "HOME OFFICE", "IPS"])
            + s.rng.choice(["", f" {s.v.city().upper()}"]),
        )
        self.zone = td3_lines(s, who, self.state[1], number)


@specimen_template("passport", "booklet", "train", ("en",), wide=_WIDE, height=704, loose=True)
def booklet(s: Sheet) -> None:
    """Portrait at the left, labels in two languages with numbers."""
    ground(s)
    p = _Page(s)
    with s.region("Title"):
        s.line(40, 30, s.t("PASSPORT|PASSPORT / PASSEPORT", ""), 30, "b", width=380)
        s.line(440, 34, p.state[0].upper(), 20, width=520)
    portrait(s, 40, 110, 260, 350)
    y = row(
        s,
        330,
        88,
        [
            ("Type/Type", "P", 150),
            ("Code/Code", p.state[1], 170),
            ("Passport No./Passeport No.", p.number, 320),
        ],
    )
    y = stack(s, 330, y, 620, [("Surname/Nom (1)", p.surname)])
    y = stack(s, 330, y, 620, [("Given names/Prénoms (2)", p.given)])
    y = stack(s, 330, y, 620, [("Nationality/Nationalité (3)", p.nationality)])
    y = stack(s, 330, y, 620, [("Date of birth/Date de naissance (4)", p.birth)])
    y = row(
        s,
        330,
        y,
        [("Sex/Sexe (5)", p.sex, 160), ("Place of birth/Lieu de naissance (6)", p.place, 440)],
    )
    y = row(
        s,
        330,
        y,
        [
            ("Date of issue/Date de délivrance (7)", p.issued, 320),
            ("Authority/Autorité (8)", p.authority, 320),
        ],
    )
    y = stack(s, 330, y, 620, [("Date of expiry/Date d'expiration (9)", p.expiry)])
    zone(s, 40, max(y, 560) + 16, 920, p.zone)


@specimen_template("passport", "tricolour", "train", ("en",), wide=_WIDE, height=704, loose=True)
def tricolour(s: Sheet) -> None:
    """Labels in three languages, number at the top right, signature over the portrait."""
    ground(s)
    p = _Page(s)
    with s.region("Title"):
        s.paragraph(40, 26, 480, p.state[0].upper(), 28, "b")
    portrait(s, 30, 130, 280, 370)
    row(
        s,
        330,
        96,
        [
            ("Type / Type / Tipo", "P", 170),
            ("Code / Code / Codigo", p.state[1], 210),
            ("Passport No. / No. du Passeport", p.number, 300),
        ],
        20,
    )
    items = [
        ("Surname / Nom / Apellidos", p.surname),
        ("Given Names / Prénoms / Nombres", p.given),
        ("Nationality / Nationalité / Nacionalidad", p.nationality),
        ("Date of birth / Date de naissance / Fecha de nacimiento", p.birth),
    ]
    y = stack(s, 330, 160, 640, items, 20, 5)
    y = row(
        s,
        330,
        y,
        [
            ("Place of birth / Lieu de naissance", p.place, 400),
            ("Sex / Sexe / Sexo", p.sex, 240),
        ],
        20,
    )
    y = row(
        s,
        330,
        y,
        [("Date of issue / Date de délivrance", p.issued, 400), ("Authority", p.authority, 240)],
        20,
    )
    y = stack(s, 330, y, 400, [("Date of expiration / Date d'expiration", p.expiry)], 20)
    zone(s, 40, max(y, 570) + 10, 920, p.zone)


@specimen_template("passport", "listed", "train", ("en",), wide=_WIDE, height=704, loose=True)
def listed(s: Sheet) -> None:
    """Labels at the left of the values, portrait at the right."""
    ground(s)
    p = _Page(s, "%d/%m/%Y")
    with s.region("Title"):
        y = s.line(50, 30, p.state[0].upper(), 26, "b", width=620)
        y = s.line(50, y, "PASSPORT", 38, "b")
    portrait(s, 700, 60, 250, 330)
    items = [
        ("Passport number", p.number),
        ("Family name", p.surname),
        ("First names", p.given),
        ("Citizenship", p.nationality),
        ("Date of birth", p.birth),
        ("Sex", p.sex),
        ("Place of birth", p.place),
        ("Date of issue", p.issued),
        ("Valid to", p.expiry),
        ("Issuing authority", p.authority),
    ]
    y = stack(s, 50, y + 14, 630, items, 21, 6, "right", 0.36)
    zone(s, 40, max(y, 560) + 16, 920, p.zone)


@specimen_template("passport", "columns", "test", ("en",), wide=_WIDE, height=704, loose=True)
def columns(s: Sheet) -> None:
    """Values in two columns under labels in small capitals, portrait at the right."""
    ground(s)
    p = _Page(s, s.rng.choice(["%d.%m.%Y", "%d %b %Y"]))
    with s.region("Title"):
        s.line(40, 24, f"TRAVEL DOCUMENT OF {p.state[0].upper()}", 24, "b", width=900)
        s.line(40, 60, "Passport for international travel", 18, "i")
    portrait(s, 690, 110, 270, 360)
    left = [
        ("DOCUMENT NO.", p.number),
        ("NAME", p.surname),
        ("FORENAMES", p.given),
        ("CITIZEN OF", p.nationality),
        ("ISSUED BY", p.authority),
    ]
    right = [
        ("BORN", p.birth),
        ("BIRTHPLACE", p.place),
        ("GENDER", p.sex),
        ("ISSUED ON", p.issued),
        ("VALID UNTIL", p.expiry),
    ]
    y = stack(s, 40, 110, 310, left, 22, 14)
    y = max(y, stack(s, 370, 110, 300, right, 22, 14))
    zone(s, 40, max(y, 560) + 16, 920, p.zone)


@specimen_template("passport", "numbered", "test", ("en",), wide=_WIDE, height=704, loose=True)
def numbered(s: Sheet) -> None:
    """Numbered labels before the values on ruled lines, number in red in the corner."""
    ground(s)
    p = _Page(s)
    with s.region("Title"):
        s.line(330, 30, f"{p.state[0].upper()} - PASSPORT", 24, "b", width=400)
    with s.region("Text"):
        s.line(700, 28, "No. " + p.number, 28, "b", "right", 260, (150, 30, 40))
    portrait(s, 40, 90, 250, 340)
    items = [
        ("1. Last name", p.surname),
        ("2. First and middle names", p.given),
        ("3. Nationality", p.nationality),
        ("4. Day, month, year of birth", p.birth),
        ("5. Sex", p.sex),
        ("6. Birthplace (city)", p.place),
        ("7. Issue date", p.issued),
        ("8. Expires on", p.expiry),
        ("9. Office of issue", p.authority),
    ]
    y = stack(s, 330, 90, 630, items, 20, 8, "line", 0.42)
    zone(s, 40, max(y, 560) + 16, 920, p.zone)
