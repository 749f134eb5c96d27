"""Receipts of shops.

They have a name in large letters, an address of several lines, a line or two of numbers, goods,
and several sums: before tax, rounded, paid in cash, change.
"""

from __future__ import annotations

from synthetic.papers.pieces import stack
from synthetic.papers.registry import specimen_template
from synthetic.papers.templates.shop_parts import (
    address_lines,
    fixed,
    heading,
    letters_of_registration,
    name_lines,
    numbers_of_shop,
    sums,
)
from synthetic.sheet import Sheet
from synthetic.templates.receipt_parts import WIDE, some_goods, till_time
from synthetic.values import digits


@specimen_template("receipt", "shop", "train", wide=WIDE, height=1000, look="mono", loose=True)
def shop(s: Sheet) -> None:
    """All centred: name, registration, address line by line, phone, tax number; then the rest."""
    goods, size = some_goods(s, 1, 8), s.rng.choice([32.0, 36.0, 40.0])
    with s.region("Text"):
        y = 40.0
        if s.chance(0.2):
            y = s.line(
                40,
                y,
                s.t("Welcome to|* * *|COPY", "Добро пожаловать|* * *"),
                size,
                "",
                "center",
                920,
            )
        y = name_lines(s, y, size * s.rng.choice([1.0, 1.2, 1.6]), "center")
        y = letters_of_registration(s, y, size, "center", 0.6)
        y = address_lines(s, y, size, "center")
        y = numbers_of_shop(s, y, size, "center")
    y = heading(s, y + 16, 0.7)
    when = s.mark("date", fixed(s))
    time = f" {till_time(s)}" if s.chance(0.5) else ""
    number = s.mark(
        "number", s.rng.choice(["", "CS", "A-", "0"]) + digits(s.rng, s.rng.randint(4, 8))
    )
    label = s.t("Receipt #|Doc No|Inv No|Bill No|Invoice No", "Чек №|Документ|Чек")
    items = [
        (label, number),
        (s.t("Date|DATE|Bill Date", "Дата|Дата и время"), when + time),
        (s.t("Cashier|CASHIER|User", "Кассир|КАССИР"), s.v.person().split()[0]),
        (s.t("Counter|POS|Terminal", "Касса|Смена"), str(s.rng.randint(1, 20))),
    ]
    s.rng.shuffle(items)
    how = s.rng.choice(["colon", "right"])
    with s.region("Text"):
        if how == "colon":
            for name, value in items:
                y = s.line(
                    40, y, f"{name}{s.rng.choice([': ', ' : ', ':'])}{value}", size, width=920
                )
        else:
            y = s.pairs(40, y, 920, items, "right", size, 0.42, 2)
    y = _goods(s, goods, y, size)
    y = sums(s, goods, y, size)
    _farewell(s, y, size)


@specimen_template("receipt", "grocer", "train", wide=WIDE, height=1000, loose=True)
def grocer(s: Sheet) -> None:
    """The name large or as a sign, two lines of address, goods directly after, date at the foot."""
    goods, size = some_goods(s, 2, 10), s.rng.choice([34.0, 38.0])
    with s.region("Title"):
        y = name_lines(s, 40.0, s.rng.choice([56.0, 72.0, 90.0]), "center", short=True)
    with s.region("Text"):
        if s.chance(0.4):
            slogan = s.t(
                "Fresh every day|Low prices. Always.|Your local store",
                "Свежее каждый день|Рядом с домом",
            )
            y = s.line(40, y, slogan, size, "i", "center", 920)
        y = address_lines(s, y, size, "center")
        y = numbers_of_shop(s, y, size, "center")
    y = _goods(s, goods, y + 10, size)
    y = sums(s, goods, y, size)
    with s.region("Text"):
        store = (
            f"ST# {digits(s.rng, 4)} OP# {digits(s.rng, 6)}"
            if s.language == "en"
            else f"Смена {digits(s.rng, 3)}"
        )
        y = s.line(40, y + 10, store, size, "", "center", 920)
        label = s.t("TC# |Trans: |Ref: |Receipt: ", "Чек № |Документ № ")
        y = s.line(40, y, label + s.mark("number", digits(s.rng, 8)), size, "", "center", 920)
        y = s.line(40, y, s.mark("date", fixed(s)) + f"  {till_time(s)}", size, "", "center", 920)
    _farewell(s, y, size)


@specimen_template("receipt", "cash_bill", "train", wide=(800, 1200), height=1100, loose=True)
def cash_bill(s: Sheet) -> None:
    """A cash bill of a workshop: heading left, a table of goods, sums at the lower right."""
    goods, size = some_goods(s, 1, 6), 22.0
    align = s.rng.choice(["left", "center"])
    with s.region("Text"):
        y = name_lines(s, 40.0, s.rng.choice([26.0, 32.0, 40.0]), align)
        y = letters_of_registration(s, y, 18, align, 0.8)
        y = address_lines(s, y, size, align)
        y = numbers_of_shop(s, y, size, align)
    y = heading(s, y + 12, 0.9, 30.0)
    number = s.rng.choice(["", "CB-", "INV", "BD"]) + digits(s.rng, 6)
    left = [
        (
            s.t("Bill To|Customer|Sold To", "Покупатель|Клиент"),
            s.t("CASH|WALK-IN", "Розничный покупатель"),
        ),
        (s.t("Terms|Payment", "Оплата"), s.t("C.O.D.|Cash", "Наличные")),
    ]
    right = [
        (s.t("No.|Bill No.|Invoice No.", "Номер|№"), s.mark("number", number)),
        (s.t("Date", "Дата"), s.mark("date", fixed(s))),
    ]
    low = stack(s, 40, y, 440, left, 20, 6, "right", 0.4)
    y = max(low, stack(s, 540, y, 420, right, 20, 6, "right", 0.4))
    rows = [[n, str(c), s.v.money(p, False), s.v.money(p * c, False)] for n, p, c in goods]
    head = [
        s.t("Description|Item", "Наименование|Товар"),
        s.t("Qty", "Кол-во"),
        s.t("U/Price|Price", "Цена"),
        s.t("Amount|Total", "Сумма"),
    ]
    rules = s.rng.choice(["grid", "head"])
    y = s.table(40, y + 10, [480, 100, 160, 180], [head, *rows], 1, 20, "lrrr", rules, 6)
    y = sums(s, goods, y + 8, 21.0, left=480)
    with s.region("Text"):
        s.line(40, y + 30, s.t("Received by ______________", "Подпись ______________"), 18)


def _goods(s: Sheet, goods: list[tuple[str, int, int]], y: float, size: float) -> float:
    s.rule(40, y + 8, 960, y + 8, 2, dash=9 if s.chance(0.6) else 0)
    y += 18
    with s.region("Table"):
        if s.chance(0.5):
            s.line(40, y, s.t("ITEM|Description|QTY ITEM", "Товар|Наименование"), size)
            y = s.line(
                660,
                y,
                s.t("AMT|Amount (RM)|PRICE|TOTAL", "Сумма|Стоимость"),
                size,
                "",
                "right",
                300,
            )
        for name, price, count in goods:
            amount = s.v.money(price * count, False)
            if count > 1 or s.chance(0.3):
                y = s.line(40, y, name, size, width=920)
                s.line(
                    70,
                    y,
                    f"{count} {s.rng.choice(['x', '@', '*'])} {s.v.money(price, False)}",
                    size,
                )
            else:
                s.line(40, y, name, size, width=640)
            mark = s.rng.choice(["", "", " SR", " T"]) if s.language == "en" else ""
            y = s.line(660, y, amount + mark, size, "", "right", 300)
    s.rule(40, y + 6, 960, y + 6, 2, dash=9)
    return y + 16


def _farewell(s: Sheet, y: float, size: float) -> None:
    with s.region("Text"):
        text = s.t(
            "THANK YOU. PLEASE COME AGAIN|Goods sold are not refundable|Thank you for your visit!",
            "СПАСИБО ЗА ПОКУПКУ|Ждём вас снова!|Сохраняйте чек для обмена",
        )
        y = s.paragraph(40, y + 24, 920, text, size, align="center")
    if s.chance(0.3):
        s.barcode(260, y + 14, 480, 90)
