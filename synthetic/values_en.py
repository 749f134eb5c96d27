"""Random English values: names, companies, addresses, dates, amounts, numbers. All invented."""

from __future__ import annotations

import random
from datetime import date

from .values import Values, digits, items, words

FIRST = words(
    "Alice Martin Grace Oliver Hannah Victor Naomi Edwin Clara Simon Priya Daniel Irene "
    "Hugo Lydia Marcus Esther Felix Joan Rupert Maya Gordon Celia Amir Paula Desmond Ruth "
    "Leonard Tessa Wilfred"
)
LAST = words(
    "Ashdown Birkett Calloway Denholm Everly Farrant Glenister Harrowby Inskip Jessop "
    "Kirkbride Lorimer Mossman Northam Oakeshott Pemberly Quillan Rathbone Selwick "
    "Tolliver Underhay Vantongeren Wexcombe Yardley Zellaby Brannock Coverdale Dunmore "
    "Halloran Mistry"
)
MONTHS = words(
    "January February March April May June July August September October November December"
)
_CITIES = items(
    "Marlingford|Eastwick|Port Hallow|Brackenridge|Stonebury|Lower Wickham|Kingsmere|"
    "Haverdale|Aldenport|Cedar Falls|Millhaven|Northgate|Redwater|Ashcombe|Glenrock|"
    "Westbrook"
)
_STREETS = items(
    "Harbour Road|Elm Street|Station Lane|Victoria Avenue|Mill Hill|Orchard Way|"
    "Queen's Parade|Foundry Street|Bridge Road|Canal Walk|Chapel Street|Linden Avenue|"
    "Market Square|Old Quay|Park Terrace|Jalan Teratai"
)
_STEMS = words(
    "Halden Brightwater Corvus Meridian Oakfield Pinnacle Silverline Tamarind Northstar "
    "Bluegate Kestrel Larkspur Granite Summit Evergreen Cobalt Amberley Redfern Solway "
    "Thornton"
)
_TRADES = items(
    "Supplies|Engineering|Printing|Logistics|Stationery|Hardware|Electrical|Consulting|"
    "Foods|Trading|Medical|Furniture|Textiles|Software|Catering|Motors"
)
_FORMS = ("Ltd", "Inc.", "LLC", "Co. Ltd", "PLC", "Sdn Bhd", "& Sons", "Group")
_BANKS = items(
    "Harbour Commercial Bank|First Aldenport Bank|Union Bank of Kingsmere|"
    "Meridian Savings Bank|Solway Trust Bank|Northern Counties Bank|Bank of Redwater"
)
_POSITIONS = items(
    "Chief Accountant|Office Manager|Director of Operations|Head of Procurement|"
    "Regional Secretary|Financial Controller|Deputy Director|Registrar|"
    "Project Coordinator|Managing Director|Head of Archives"
)
GOODS = (
    "Copy paper A4, 80 g|450;Toner cartridge T-120|6400;Desk lamp with clamp|"
    "3890;Office chair, mesh back|12900;"
    "Whiteboard markers, set of 8|780;Steel shelving unit|8450;Network cable, 20 "
    "m|1450;Ring binders, 50 mm|320;"
    "Safety gloves, size L|260;LED panel 600 x 600|4120;Cordless drill 18 V|"
    "13900;Filing cabinet, 4 drawers|21500;"
    "Envelopes C5, box of 500|1890;Water filter cartridge|2240;Carpet tiles, "
    "pack of 10|5600;Wall clock|1750;"
    "Laser printer LP-220|24900;External hard disk 2 TB|7990;First aid kit|2650;"
    "Paint, white, 10 l|4480;"
    "Extension lead, 5 sockets|1190;Paper shredder S-14|9900;Hand soap, 5 l|1340;"
    "Barrier posts, pair|6750"
)
GROCERIES = (
    "Whole milk 1L|129;Brown bread|185;Basmati rice 2kg|549;Eggs x12|299;Orange "
    "juice|239;Green tea 50s|315;"
    "Tomatoes kg|219;Washing liquid|499;Chicken breast|649;Butter 250g|279;"
    "Bananas kg|119;Dish sponge 3pk|149;"
    "Instant noodles|89;Mineral water 6pk|279;Dark chocolate|199;Olive oil 500ml|"
    "695;AA batteries 4s|449;"
    "Nasi lemak|550;Teh tarik|220;Coffee latte|390;Club sandwich|575;Apple pie "
    "slice|350;Notebook A5|245;"
    "Ball pen blue|120;Masking tape|310;Wood screws 40mm|425;Sandpaper P120|165;"
    "Paint brush 2in|380"
)
_ONES = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
)
_TENS = words("_ _ twenty thirty forty fifty sixty seventy eighty ninety")


def priced(table: str) -> list[tuple[str, int]]:
    """Split a "name|cents;..." list."""
    pairs = (entry.split("|") for entry in table.split(";"))
    return [(name, int(price)) for name, price in pairs]


class English(Values):
    """Values of an English document."""

    language = "en"

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.currency = rng.choice(["$", "$", "£", "€", "USD", "EUR", "RM", ""])
        self.thousands = rng.choice([",", ",", ",", " "])
        self.date_style = rng.randrange(8)

    def group(self, number: int) -> str:
        return f"{number:,}".replace(",", self.thousands)

    def date(self, day: date, style: int | None = None) -> str:
        month = MONTHS[day.month - 1]
        return [
            f"{day.day} {month} {day.year}",
            f"{month} {day.day}, {day.year}",
            f"{day:%d/%m/%Y}",
            f"{day:%Y-%m-%d}",
            f"{day.day:02d}-{month[:3]}-{day.year}",
            f"{day:%d.%m.%Y}",
            f"{month[:3]}. {day.day}, {day.year}"
            if len(month) > 4
            else f"{month} {day.day}, {day.year}",
            f"{day:%d/%m/%y}",
        ][self.date_style if style is None else style]

    def money(self, cents: int, sign: bool = True) -> str:
        number = f"{self.group(cents // 100)}.{cents % 100:02d}"
        if not sign or not self.currency:
            return number
        if self.currency in "$£€":
            return self.currency + number
        return (
            f"{self.currency} {number}" if self.currency in ("RM",) else f"{number} {self.currency}"
        )

    def person(self) -> str:
        middle = f" {self.pick('ABCDEFGHJKLMPRST')}." if self.rng.random() < 0.3 else ""
        return self.fresh(lambda: f"{self.pick(FIRST)}{middle} {self.pick(LAST)}")

    def company(self) -> str:
        return self.fresh(lambda: f"{self.pick(_STEMS)} {self.pick(_TRADES)} {self.pick(_FORMS)}")

    def city(self) -> str:
        return self.pick(_CITIES)

    def street(self) -> str:
        return f"{self.rng.randint(2, 240)} {self.pick(_STREETS)}"

    def address(self) -> str:
        code = self.pick(
            [
                digits(self.rng, 5),
                f"{self.pick('ABEGKLMN')}{self.pick('ELNRST')}{self.rng.randint(1, 19)} "
                f"{self.rng.randint(1, 9)}{self.pick('ABDEHJ')}{self.pick('LNPQRX')}",
            ]
        )
        suite = self.pick(
            ["", "", f", Unit {self.rng.randint(2, 40)}", f", Suite {self.rng.randint(100, 990)}"]
        )
        return f"{self.street()}{suite}, {self.city()} {code}"

    def phone(self) -> str:
        r = self.rng
        tail = f"{r.randint(100, 199):04d}"
        return self.pick(
            [
                f"({r.randint(201, 989)}) 555-{tail}",
                f"+1 {r.randint(201, 989)} 555 {tail}",
                f"01632 {r.randint(960000, 960999)}",
                f"+44 1632 {r.randint(960000, 960999)}",
            ]
        )

    def bank(self) -> str:
        return self.fresh(lambda: self.pick(_BANKS))

    def position(self) -> str:
        return self.pick(_POSITIONS)

    def goods(self) -> tuple[str, int]:
        name, price = self.rng.choice(priced(GOODS))
        return name, max(50, round(price * self.rng.uniform(0.7, 1.4)))

    def groceries(self) -> tuple[str, int]:
        name, price = self.rng.choice(priced(GROCERIES))
        return name, max(20, round(price * self.rng.uniform(0.7, 1.4)))

    def in_words(self, number: int) -> str:
        """A whole number in words."""
        if number < 20:
            return _ONES[number]
        if number < 100:
            return _TENS[number // 10] + (f"-{_ONES[number % 10]}" if number % 10 else "")
        if number < 1000:
            rest = f" and {self.in_words(number % 100)}" if number % 100 else ""
            return f"{_ONES[number // 100]} hundred{rest}"
        size, name = (1_000_000, "million") if number >= 1_000_000 else (1000, "thousand")
        rest = f" {self.in_words(number % size)}" if number % size else ""
        return f"{self.in_words(number // size)} {name}{rest}"

    def iban(self) -> str:
        """A GB-shaped IBAN with valid check digits, in groups of four."""
        body = f"{self.pick(['HCBK', 'FABK', 'UBKM', 'STBK'])}{digits(self.rng, 14)}"
        as_number = "".join(str(int(c, 36)) for c in body + "GB00")
        whole = f"GB{98 - int(as_number) % 97:02d}{body}"
        return " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))

    def routing(self) -> str:
        """A nine-digit ABA routing number with a valid check digit."""
        head = digits(self.rng, 8)
        total = sum(int(d) * w for d, w in zip(head, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
        return head + str(-total % 10)

    def swift(self) -> str:
        bank = self.pick(["HCBK", "FABK", "UBKM", "STBK", "NCBK"])
        return f"{bank}GB{self.rng.randint(2, 9)}{self.pick('LMX')}"

    def account(self) -> str:
        return digits(self.rng, self.rng.choice([8, 10, 12]))

    def tax_id(self) -> str:
        return self.pick(
            [
                f"GB {digits(self.rng, 9)}",
                f"{digits(self.rng, 2)}-{digits(self.rng, 7)}",
                digits(self.rng, 12),
            ]
        )
