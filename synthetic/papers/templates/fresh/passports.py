"""Passports in English, in the styles of Ireland, India and Australia."""

from __future__ import annotations

from datetime import date

from synthetic.papers.people import somebody, td3_lines
from synthetic.papers.pieces import ground, portrait, row, stack, zone
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Sheet
from synthetic.values import digits, words

_WIDE = (1000, 1500)
_MONTHS = words("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
_OTHER_MONTHS = words("EAN FEA MAR AIB BEA MEI IUI LUN MFO DFO SAM NOL")


class _Bearer:
    """Marked values; `written` formats a date as the state prints it."""

    def __init__(self, s: Sheet, nationality: str, code: str, number: str, bilingual: bool) -> None:
        who = somebody(s)

        def written(day: date) -> str:
            if bilingual:
                month = f"{_MONTHS[day.month - 1]}/{_OTHER_MONTHS[day.month - 1]}"
                return f"{day.day:02d} {month} {day.year}"
            return f"{day:%d/%m/%Y}"

        self.surname = s.mark("surname", who.surname.upper())
        self.given = s.mark("given_names", who.given.upper())
        self.nationality = s.mark("nationality", nationality)
        self.birth = s.mark("birth_date", written(who.birth))
        self.sex = s.mark("sex", who.sex)
        self.place = s.mark("birth_place", who.birth_place.upper())
        self.issued = s.mark("issue_date", written(who.issued))
        self.expiry = s.mark("expiry_date", written(who.expiry))
        self.number = s.mark("document_number", number)
        self.zone = td3_lines(s, who, code, number)


@specimen_template("passport", "green", "fresh", ("en",), wide=_WIDE, height=704, loose=True)
def green(s: Sheet) -> None:
    """Labels in three languages, the English one in the middle; months in two."""
    ground(s, (236, 244, 236))
    b = _Bearer(s, "IRISH", "IRL", f"PA{digits(s.rng, 7)}", True)
    authority = s.mark(
        "authority", s.rng.choice(["AN ROINN GNÓTHAÍ EACHTRACHA", "PASSPORT DUBLIN"])
    )
    with s.region("Title"):
        s.line(40, 20, "ÉIRE  IRELAND  IRLANDE", 28, "b", width=460)
        s.line(540, 24, "PAS  PASSPORT  PASSEPORT", 22, "", "right", 420)
    portrait(s, 40, 100, 250, 330)
    heads = [
        ("Cineál/Type/Type", "P", 150),
        ("Tír/Country/Pays", "IRL", 180),
        ("Uimh. Phas/Passport No./No. de passeport", b.number, 310),
    ]
    y = row(s, 320, 84, heads, 19)
    y = stack(s, 320, y, 640, [("Sloinne/Surname/Nom (1)", b.surname)], 20, 4)
    y = stack(s, 320, y, 640, [("Réamhainm(neacha)/Forename(s)/Prénom(s) (2)", b.given)], 20, 4)
    pairs = [
        [("Náisiúntacht/Nationality/Nationalité (3)", "ÉIREANNACH/" + b.nationality, 640)],
        [
            ("Dáta breithe/Date of birth/Date de naissance (4)", b.birth, 400),
            ("Gnéas/Sex/Sexe (5)", b.sex, 240),
        ],
        [("Áit bhreithe/Place of birth/Lieu de naissance (6)", b.place, 640)],
        [
            ("Dáta eisiúna/Date of issue (7)", b.issued, 300),
            ("Dáta as feidhm/Date of expiry (8)", b.expiry, 320),
        ],
        [("Údarás/Authority/Autorité (9)", authority, 640)],
    ]
    for items in pairs:
        y = row(s, 320, y, items, 19)
    zone(s, 40, max(y, 570) + 12, 920, b.zone)


@specimen_template("passport", "lion", "fresh", ("en",), wide=_WIDE, height=704, loose=True)
def lion(s: Sheet) -> None:
    """Values under small labels in columns of different widths.

    A faint copy of the number is at the right edge. There is a place of issue but no authority.
    """
    ground(s, (238, 240, 250))
    b = _Bearer(s, "INDIAN", "IND", s.rng.choice("JKLMNPRSZ") + digits(s.rng, 7), False)
    office = s.mark("authority", s.v.city().upper())
    with s.region("Title"):
        s.line(300, 18, "REPUBLIC OF INDIA", 30, "b", "center", 500)
    portrait(s, 40, 150, 240, 310)
    y = row(
        s,
        40,
        70,
        [("Type", "P", 200), ("Country Code", "IND", 240), ("Passport No.", b.number, 300)],
    )
    y = stack(s, 310, y, 600, [("Surname", b.surname), ("Given Name(s)", b.given)], 21, 5)
    y = row(
        s,
        310,
        y,
        [("Nationality", b.nationality, 220), ("Sex", b.sex, 120), ("Date of Birth", b.birth, 260)],
        21,
    )
    y = stack(s, 310, y, 600, [("Place of Birth", b.place), ("Place of Issue", office)], 21, 5)
    y = row(s, 310, y, [("Date of Issue", b.issued, 300), ("Date of Expiry", b.expiry, 300)], 21)
    zone(s, 40, max(y, 570) + 12, 920, b.zone)


@specimen_template("passport", "emu", "fresh", ("en",), wide=_WIDE, height=704, loose=True)
def emu(s: Sheet) -> None:
    """One label "Name" over two lines: the surname, then the given names."""
    ground(s, (232, 240, 246))
    b = _Bearer(s, "AUSTRALIAN", "AUS", "P" + s.rng.choice("ABE") + digits(s.rng, 7), False)
    with s.region("Title"):
        s.line(40, 22, "AUSTRALIA", 38, "b")
    with s.region("Text"):
        s.line(330, 32, "PASSPORT  PASSEPORT", 20)
    portrait(s, 40, 110, 260, 340)
    y = row(
        s,
        330,
        84,
        [
            ("Type", "P", 120),
            ("Code of issuing State", "AUS", 230),
            ("Document No.", b.number, 270),
        ],
    )
    with s.region("Text"):
        y = s.line(330, y, "Name", 17)
        y = s.line(330, y, b.surname, 24, "b")
        y = s.line(330, y, b.given, 24, "b") + 6
    y = stack(s, 330, y, 600, [("Nationality", b.nationality), ("Date of birth", b.birth)], 22, 4)
    y = row(s, 330, y, [("Sex", b.sex, 140), ("Place of birth", b.place, 460)], 22)
    y = row(s, 330, y, [("Date of issue", b.issued, 300), ("Date of expiry", b.expiry, 300)], 22)
    authority = s.mark("authority", s.rng.choice(["AUSTRALIA", "LONDON", "CANBERRA"]))
    y = stack(s, 330, y, 600, [("Authority", authority)], 22, 4)
    zone(s, 40, max(y, 575) + 10, 920, b.zone)
