"""Later pages in rows: continued statements and invoices, the backs of cards."""

from __future__ import annotations

from collections.abc import Mapping

from synthetic.sheet import Row, Sheet

Facts = Mapping[str, str]


def about(facts: Facts, *names: str) -> str:
    return next((facts[name] for name in names if facts.get(name)), "")


def entries(s: Sheet, facts: Facts, number: int) -> None:
    """Continued rows of a statement, with or without column headings."""
    rows: list[Row] = []
    headed = s.chance(0.6)
    if headed:
        rows.append(
            [
                s.t("Date", "Дата"),
                s.t("Details", "Содержание"),
                s.t("Amount", "Сумма"),
                s.t("Balance", "Остаток"),
            ]
        )
    for _ in range(s.rng.randint(12, 24)):
        money = [s.v.money(s.v.cents(5, 3000), sign=False) for _ in range(2)]
        rows.append([s.v.date(s.near(-40, 0), 0), s.v.company(), *money])
    s.table(
        70, 70, [150, 400, 150, 160], rows, int(headed), 14, "llrr", s.rng.choice(("grid", "rows"))
    )


def operations(s: Sheet, facts: Facts, number: int) -> None:
    """Operations in lines of two, with the balance carried forward at the top."""
    y = 60.0
    with s.region("Text"):
        carried = s.t("Balance brought forward", "Перенос с предыдущей страницы")
        s.line(80, y, carried, 15, "b")
        y = s.line(80, y, s.v.money(s.v.cents(50, 9000)), 15, "b", "right", 840) + 12
    for _ in range(s.rng.randint(8, 14)):
        with s.region("Text"):
            s.line(80, y, s.v.date(s.near(-40, 0), 1), 14)
            s.line(250, y, s.v.company(), 14)
            y = s.line(80, y, s.v.money(s.v.cents(5, 3000)), 14, "", "right", 840)
            y = s.line(250, y, s.v.address(), 12) + 10


def goods(s: Sheet, facts: Facts, number: int) -> None:
    """More rows of an invoice, and the sums."""
    rows: list[Row] = []
    headed = s.chance(0.5)
    if headed:
        heads = (s.t("Description", "Наименование"), s.t("Qty", "Кол-во"))
        rows.append(["№", *heads, s.t("Price", "Цена"), s.t("Amount", "Сумма")])
    first = s.rng.randint(9, 20)
    for at in range(first, first + s.rng.randint(8, 16)):
        name, cents = s.v.goods()
        many = s.rng.randint(1, 20)
        money = [s.v.money(one, sign=False) for one in (cents, cents * many)]
        rows.append([str(at), name, str(many), *money])
    y = s.table(70, 70, [60, 420, 90, 140, 150], rows, int(headed), 14, "llrrr")
    if s.chance(0.6):
        with s.region("Text"):
            total = s.v.money(s.v.cents(500, 9000))
            s.pairs(520, y + 20, 410, [(s.t("Total", "Итого"), total)], "far", 18)


def goods_listed(s: Sheet, facts: Facts, number: int) -> None:
    """More goods without rules, the invoice's number above them."""
    y = 60.0
    known = about(facts, "number")
    if known and s.chance(0.6):
        with s.region("Page-header"):
            y = s.line(80, y, s.t("Continued: ", "Продолжение: ") + known, 14) + 20
    for _ in range(s.rng.randint(7, 14)):
        name, cents = s.v.goods()
        with s.region("Text"):
            s.line(80, y, name, 15, width=560)
            y = s.line(80, y, s.v.money(cents), 15, "", "right", 840) + 10
    with s.region("Text"):
        words = s.t(
            "Payment by transfer within ten days.", "Оплата переводом в течение десяти дней."
        )
        s.paragraph(80, y + 30, 840, words, 14)


def licence_back(s: Sheet, facts: Facts, number: int) -> None:
    """The back of a licence: categories with their dates."""
    headed = s.chance(0.7)
    rows: list[Row] = [["9", "10", "11", "12"]] if headed else []
    for category in ("AM", "A1", "A", "B", "C", "D", "BE", "CE")[: s.rng.randint(4, 8)]:
        dates = [s.v.date(s.near(-3000, 0), 0), s.v.date(s.near(10, 3000), 0)]
        rows.append([category, *dates, ""] if s.chance(0.6) else [category, "-", "-", ""])
    s.table(60, 60, [150, 260, 260, 200], rows, int(headed), 20, "llll")


def licence_back_listed(s: Sheet, facts: Facts, number: int) -> None:
    """The back of a licence: its groups, and a remark."""
    y = 60.0
    with s.region("Text"):
        for name in ("B", "B1", "C1", "D1")[: s.rng.randint(2, 4)]:
            words = s.t("vehicles up to the stated mass", "транспортные средства категории")
            y = s.line(70, y, f"{name}  {words}  {s.v.date(s.near(-900, 0), 0)}", 20) + 8
        remark = s.t("12. Restrictions: none", "14. Особые отметки: стаж")
        s.line(70, y + 20, f"{remark} {s.rng.randint(1, 30)}", 18)


def card_back(s: Sheet, facts: Facts, number: int) -> None:
    """The back of an identity card: address, authority, a zone with the card's number."""
    items = [
        (s.t("Address", "Адрес"), s.v.address()),
        (s.t("Authority", "Орган"), s.v.city()),
        (s.t("Date of issue", "Дата выдачи"), s.v.date(s.near(-2000, 0), 0)),
    ]
    y = s.pairs(60, 60, 860, items[: s.rng.randint(1, 3)], "below", 22)
    number_said = "".join(c for c in about(facts, "document_number") if c.isalnum()).upper()
    if s.chance(0.6):
        with s.region("Text"):
            for text in (
                f"IDUTO{number_said or 'X1234567'}",
                "8001014M3001011UTO",
                "EXAMPLE<<ANNA",
            ):
                y = s.line(60, y + 10, text.ljust(30, "<"), 26)


def card_back_worded(s: Sheet, facts: Facts, number: int) -> None:
    """The back of a card: its holder, and where to return it."""
    with s.region("Text"):
        words = s.t(
            "This card is the property of the issuer. If found, please return it to: ",
            "Карта является собственностью организации. Нашедшего просим вернуть по адресу: ",
        )
        y = s.paragraph(60, 80, 860, words + s.v.address(), 22)
        s.line(
            60, y + 30, s.t("Valid until ", "Действителен до ") + s.v.date(s.near(10, 900), 0), 22
        )
