"""Elements of invoices: rows of goods, sums, bank details, and the questions on rows."""

from __future__ import annotations

from dataclasses import dataclass

from ..sheet import Sheet


@dataclass
class Bill:
    """The rows of goods and the sums under them, in cents."""

    rows: list[list[str]]
    names: list[str]
    counts: list[int]
    subtotal: int
    tax: int
    rate: int

    @property
    def total(self) -> int:
        return self.subtotal + self.tax


def make_bill(s: Sheet, low: int, high: int) -> Bill:
    rows: list[list[str]] = []
    names: list[str] = []
    counts: list[int] = []
    subtotal = 0
    while len(rows) < s.rng.randint(low, high):
        name, price = s.v.goods()
        if name in names:
            continue
        number, count = len(rows), s.rng.choice([1, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20])
        names.append(name)
        counts.append(count)
        subtotal += price * count
        rows.append(
            [
                f"{{row.{number}={name}}}",
                f"{{count.{number}={count}}}",
                f"{{price.{number}={s.v.money(price, False)}}}",
                f"{{sum.{number}={s.v.money(price * count, False)}}}",
            ]
        )
    rate = s.rng.choice([0, 6, 8, 10, 20])
    return Bill(rows, names, counts, subtotal, round(subtotal * rate / 100), rate)


def ask_rows(s: Sheet, bill: Bill) -> None:
    """Cell questions on some rows, in other words for each split."""
    picked = s.rng.sample(range(len(bill.rows)), min(3, len(bill.rows)))
    train = s.split == "train"
    for at, number in enumerate(picked):
        name = bill.names[number]
        if at == 0:
            en = f"What is the unit price of {name}?|How much does one {name} cost?"
            ru = f"Какова цена за единицу товара «{name}»?|Сколько стоит одна штука: {name}?"
            if not train:
                en, ru = (
                    f"What price per item is charged for {name}?",
                    f"По какой цене продан товар «{name}»?",
                )
            s.ask(f"price.{number}", "table", en, ru)
        elif at == 1:
            en = f"How many units of {name} were ordered?|What is the quantity of {name}?"
            ru = f"Какое количество товара «{name}» указано?|Сколько штук «{name}» в счёте?"
            if not train:
                en, ru = f"{name}: how many are billed?", f"«{name}» — сколько единиц выставлено?"
            s.ask(f"count.{number}", "table", en, ru)
        else:
            en = f"What is the line total for {name}?|What amount is charged for {name}?"
            ru = f"На какую сумму поставлен товар «{name}»?|Какова сумма по строке «{name}»?"
            if not train:
                en, ru = (
                    f"How much in all for {name}?",
                    f"Во сколько обошлась позиция «{name}» целиком?",
                )
            s.ask(f"sum.{number}", "table", en, ru)
    s.count(
        "row.",
        len(bill.rows),
        "How many items are on the invoice?|How many lines of goods are billed?",
        "Сколько позиций в счёте?|Сколько наименований товаров перечислено?",
    )


def sum_lines(s: Sheet, bill: Bill, net: str, tax: str, total: str) -> list[tuple[str, str]]:
    out = []
    if bill.rate:
        out.append((net, s.mark("subtotal", s.v.money(bill.subtotal))))
        out.append((f"{tax} {bill.rate}%", s.mark("tax", s.v.money(bill.tax))))
    out.append((total, s.mark("total", s.v.money(bill.total))))
    return out


def bank_details(s: Sheet) -> list[tuple[str, str]]:
    """Labels and values of the seller's bank."""
    if s.language == "en":
        return [
            (s.t("Bank|Pay to bank", ""), s.mark("bank", s.v.bank())),
            ("IBAN", s.mark("account", s.en.iban())),
            (s.t("SWIFT|SWIFT/BIC", ""), s.mark("bic", s.en.swift())),
        ]
    bic = s.ru.bic()
    return [
        ("Банк", s.mark("bank", s.v.bank())),
        (s.t("", "р/с|Расчётный счёт"), s.mark("account", s.ru.account(bic))),
        ("БИК", s.mark("bic", bic)),
        ("к/с", s.mark("corr_account", s.ru.account(bic, "30101810"))),
    ]


def invoice_number(s: Sheet) -> str:
    r = s.rng
    return s.mark(
        "number",
        r.choice(
            [
                f"INV-{r.randint(1000, 99999)}",
                f"{r.randint(100, 9999)}/{r.randint(10, 25)}",
                f"{r.randint(10000, 999999)}",
            ]
        )
        if s.language == "en"
        else r.choice(
            [
                str(r.randint(3, 999)),
                f"{r.randint(10, 999)}-{r.choice('АБВК')}",
                f"{r.randint(100, 9999)}/{r.randint(10, 25)}",
            ]
        ),
    )
