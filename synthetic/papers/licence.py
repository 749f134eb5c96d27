"""The contents of a driver's licence as marked values, and lists of them."""

from __future__ import annotations

from datetime import date

from synthetic.papers.people import STATES, somebody
from synthetic.sheet import Sheet
from synthetic.values import digits

CARD_WIDE = (900, 1400)
_CATEGORIES = ("B", "B, M", "AM, B", "A, B", "B, BE", "B, C", "A, B, B1, M", "B, C, C1, M", "C, D")


class LicenceValues:
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


def column(s: Sheet, x: float, y: float, width: float, lines: list[str], size: float) -> float:
    with s.region("Text"):
        for text in lines:
            y = s.paragraph(x, y, width, text, size, leading=1.25) + size * 0.28
    return y
