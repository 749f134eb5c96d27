"""Driver's licences in English: cards with numbered fields, with words or with abbreviations.

The numbers are those of Directive 2006/126/EC, annex I.
"""

from __future__ import annotations

from synthetic.papers.licence import CARD_WIDE, LicenceValues, column
from synthetic.papers.pieces import ground, portrait, row, stack
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Sheet


@specimen_template(
    "driver_licence", "eu_card", "train", ("en",), wide=CARD_WIDE, height=630, loose=True
)
def eu_card(s: Sheet) -> None:
    """Only numbers before the values, portrait at the left."""
    ground(s, (246, 232, 236))
    c = LicenceValues(s)
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
    y = column(s, 340, 110, 620, lines, 27)
    s.signature(380, y + 2, 150)
    column(s, 340, max(y + 60, 470), 620, [f"8. {c.address}"], 20)
    column(s, 50, 555, 600, [f"9. {c.categories}"], 26)


@specimen_template(
    "driver_licence", "state_card", "train", ("en",), wide=CARD_WIDE, height=630, loose=True
)
def state_card(s: Sheet) -> None:
    """Abbreviations as on North American cards."""
    ground(s, (234, 240, 248))
    c = LicenceValues(s, "%m/%d/%Y")
    with s.region("Title"):
        s.line(40, 24, c.region + " USA", 34, "b", color=(30, 50, 120))
        s.line(560, 30, s.t("DRIVER LICENSE|DRIVER'S LICENSE", ""), 30, "b", width=400)
    portrait(s, 40, 110, 270, 360)
    column(s, 340, 100, 620, [f"DL {c.number}", f"EXP {c.expiry}"], 30)
    column(s, 340, 200, 620, [f"LN {c.surname}", f"FN {c.given}"], 28)
    column(s, 340, 300, 620, [c.address], 23)
    sex = s.mark("sex", c.who.sex)
    column(s, 340, 370, 620, [f"DOB {c.birth}", f"SEX {sex}   HGT 5'-0{s.rng.randint(2, 9)}\""], 26)
    column(s, 340, 470, 320, [f"CLASS {c.categories}"], 26)
    column(s, 670, 470, 300, [f"ISS {c.issued}"], 26)
    s.signature(60, 500, 200)


@specimen_template(
    "driver_licence", "labelled", "train", ("en",), wide=CARD_WIDE, height=630, loose=True
)
def labelled(s: Sheet) -> None:
    """Words above the values, portrait at the right."""
    ground(s)
    c = LicenceValues(s, "%d-%m-%Y", upper=s.chance(0.5))
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
    "driver_licence", "southern_card", "test", ("en",), wide=CARD_WIDE, height=630, loose=True
)
def southern_card(s: Sheet) -> None:
    """Name and address as on an envelope, facts in a row at the foot."""
    ground(s, (238, 246, 238))
    c = LicenceValues(s, s.rng.choice(["%d %b %Y", "%d/%m/%Y"]))
    s.box(0, 0, 1000, 84, 0, fill=(40, 90, 80))
    with s.region("Title"):
        s.line(40, 22, "Driver Licence", 36, "b", color=(250, 250, 250))
        s.line(520, 30, c.region.title(), 24, "", "right", 440, (250, 250, 250))
    y = column(s, 40, 104, 600, [c.given, c.surname], 30)
    y = column(s, 40, y + 4, 520, [c.address], 23)
    portrait(s, 690, 104, 260, 330)
    y = row(s, 40, max(y, 250), [("Card number / Licence No.", c.number, 330)], 26)
    y = row(s, 40, y, [("Born on", c.birth, 320), ("Birthplace", c.place, 320)], 24)
    y = row(s, 40, y, [("Licence class", c.categories, 320), ("Issued by", c.authority, 320)], 24)
    row(s, 40, max(y, 470), [("Issued", c.issued, 320), ("Expires", c.expiry, 320)], 26)


@specimen_template(
    "driver_licence", "numbers_and_words", "test", ("en",), wide=CARD_WIDE, height=630, loose=True
)
def numbers_and_words(s: Sheet) -> None:
    """Numbers with short words beside the values, the table of categories at the right.

    The portrait is in the middle of the left side.
    """
    ground(s, (250, 240, 228))
    c = LicenceValues(s, "%d.%m.%y" if s.chance(0.3) else "%Y-%m-%d")
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
