"""Bank payment orders: payer, payee, their banks and accounts, the amount and its purpose."""

from __future__ import annotations

from dataclasses import dataclass

from ..registry import template
from ..sheet import Cell, Sheet


@dataclass
class Side:
    """One party's data, marked."""

    name: str
    inn: str
    kpp: str
    account: str
    bank: str
    bic: str
    corr: str


def order_side(s: Sheet, who: str) -> Side:
    if s.language == "en":
        return Side(
            s.mark(f"{who}", s.v.company()),
            s.mark(f"{who}_tax", s.en.tax_id()),
            "",
            s.mark(f"{who}_account", s.rng.choice([s.en.iban(), s.en.account()])),
            s.mark(f"{who}_bank", s.v.bank()),
            s.mark(f"{who}_bic", s.rng.choice([s.en.swift(), s.en.routing()])),
            "",
        )
    bic = s.ru.bic()
    return Side(
        s.mark(f"{who}", s.v.company()),
        s.mark(f"{who}_inn", s.ru.inn()),
        s.mark(f"{who}_kpp", s.ru.kpp()),
        s.mark(f"{who}_account", s.ru.account(bic)),
        s.mark(f"{who}_bank", s.v.bank()),
        s.mark(f"{who}_bic", bic),
        s.mark(f"{who}_corr", s.ru.account(bic, "30101810")),
    )


def order_purpose(s: Sheet) -> str:
    number, day = s.rng.randint(10, 999), s.v.date(s.near(-60, -2), 0)
    text = s.t(
        f"Payment under invoice {number} of {day} for office supplies|Rent for "
        f"premises under contract {number} of {day}|"
        f"Repair of the roof, contract No. {number} dated {day}",
        f"Оплата по счёту № {number} от {day} за канцелярские товары|Арендная плата "
        f"по договору № {number} от {day}|"
        f"Оплата за ремонт кровли по договору № {number} от {day}",
    )
    return s.mark("purpose", text)


def order_amount(s: Sheet) -> tuple[str, str]:
    cents = s.v.cents(200, 90000) if s.language == "en" else s.v.cents(3000, 4000000)
    if s.language == "ru":
        printed = s.rng.choice([s.ru.kopecks(cents), s.v.money(cents)])
        return s.mark("amount", printed), s.mark("amount_words", s.ru.amount_in_words(cents))
    words = s.v.in_words(cents // 100)
    return s.mark("amount", s.v.money(cents)), s.mark(
        "amount_words", words[0].upper() + words[1:] + f" and {cents % 100:02d}/100"
    )


def order_gaps(s: Sheet) -> None:
    s.cannot_tell(
        "What exchange rate was applied?|How much commission did the bank take?|What "
        "is the payer's telephone number?",
        "Какую комиссию удержал банк?|Какой телефон у получателя?|По какому курсу проведён платёж?",
    )


@template("payment_order", "official", "train")
def official(s: Sheet) -> None:
    """The ruled form with payer above payee, as in Russian banks; amounts at the right."""
    payer, payee = order_side(s, "payer"), order_side(s, "payee")
    amount, words = order_amount(s)
    with s.region("Text"):
        s.line(
            70,
            60,
            s.t("Received by bank: ", "Поступ. в банк плат. ")
            + s.mark("received", s.v.date(s.near(0, 2), 2 if s.language == "en" else 0)),
            14,
        )
        s.line(640, 60, s.t("Form PO-4", "0401060"), 14, align="right", width=290)
    with s.region("Title"):
        s.line(
            70,
            120,
            s.t("TRANSFER ORDER No. |PAYMENT ORDER No. ", "ПЛАТЁЖНОЕ ПОРУЧЕНИЕ № ")
            + s.mark("number", str(s.rng.randint(3, 9999))),
            22,
            "b",
        )
    with s.region("Text"):
        s.line(560, 122, s.mark("date", s.v.date(s.today, 2 if s.language == "en" else 0)), 17)
        s.line(
            740,
            122,
            s.mark("method", s.t("electronic|by post|urgent", "электронно|почтой|срочно")),
            17,
        )
    inn, kpp, acc, bic = (
        s.t("Tax No.", "ИНН"),
        "КПП",
        s.t("Acc. No.", "Сч. №"),
        s.t("SWIFT/ABA", "БИК"),
    )
    rows: list[list[Cell | str | None]] = [
        [s.t("Amount in words", "Сумма прописью"), Cell(words, 3), None, None],
        [
            Cell(f"{inn} {payer.inn}", 1 if payer.kpp else 2),
            f"{kpp} {payer.kpp}" if payer.kpp else None,
            s.t("Amount", "Сумма"),
            amount,
        ],
        [Cell(payer.name, 2), None, Cell(acc, down=2), Cell(payer.account, down=2)],
        [Cell(s.t("Payer", "Плательщик"), 2, style="i"), None, None, None],
        [Cell(payer.bank, 2), None, bic, payer.bic],
        [Cell(s.t("Payer's bank", "Банк плательщика"), 2, style="i"), None, acc, payer.corr],
        [Cell(payee.bank, 2), None, bic, payee.bic],
        [Cell(s.t("Payee's bank", "Банк получателя"), 2, style="i"), None, acc, payee.corr],
        [
            Cell(f"{inn} {payee.inn}", 1 if payee.kpp else 2),
            f"{kpp} {payee.kpp}" if payee.kpp else None,
            acc,
            payee.account,
        ],
        [
            Cell(payee.name, 2),
            None,
            s.t("Queue", "Очер. плат."),
            s.mark("queue", s.rng.choice("35")),
        ],
        [
            Cell(s.t("Payee", "Получатель"), 2, style="i"),
            None,
            s.t("Type", "Вид оп."),
            s.mark("type", "01"),
        ],
    ]
    if s.language == "en":
        for k in (5, 7):
            rows[k][2:] = ["", ""]
    y = s.table(70, 180, [230, 230, 120, 280], rows, 0, 16, "llll", "grid", 7)
    with s.region("Text"):
        y = s.paragraph(70, y + 14, 860, order_purpose(s), 16)
        y = s.line(70, y + 4, s.t("Purpose of payment", "Назначение платежа"), 14, "i")
    s.rule(70, y + 4, 930, y + 4)
    with s.region("Text"):
        s.line(460, y + 20, s.t("Signatures", "Подписи"), 15)
        s.line(730, y + 20, s.t("Bank's marks", "Отметки банка"), 15)
    s.signature(420, y + 50, 150)
    s.stamp(240, y + 110, 85)
    order_gaps(s)


@template("payment_order", "sections", "train")
def sections(s: Sheet) -> None:
    """Two titled blocks side by side, labels on the left of values."""
    payer, payee = order_side(s, "payer"), order_side(s, "payee")
    amount, words = order_amount(s)
    with s.region("Page-header"):
        s.line(70, 50, payer.bank, 22, "b")
    with s.region("Title"):
        y = s.line(
            70,
            110,
            s.t(
                "Order to transfer funds No. |Remittance order ",
                "Распоряжение о переводе № |Поручение на перевод средств № ",
            )
            + s.mark("number", f"{s.rng.randint(100, 99999)}"),
            25,
            "b",
        )
    with s.region("Text"):
        y = s.pairs(
            70,
            y + 10,
            860,
            [
                (s.t("Order date", "Дата составления"), s.mark("date", s.v.date(s.today))),
                (
                    s.t("Execution date|Value date", "Дата исполнения"),
                    s.mark("value_date", s.v.date(s.near(1, 3))),
                ),
                (s.t("Transfer amount|Sum", "Сумма перевода"), amount),
                (s.t("In words", "Прописью"), words),
            ],
            "right",
            18,
            0.28,
        )
    for side, title, x in (
        (payer, s.t("ORDERING PARTY|PAYER", "ПЛАТЕЛЬЩИК"), 70.0),
        (payee, s.t("BENEFICIARY|PAYEE", "ПОЛУЧАТЕЛЬ"), 515.0),
    ):
        with s.region("Section-header"):
            top = s.line(x, y + 20, title, 18, "b")
        items = [(s.t("Name", "Наименование"), side.name), (s.t("Tax number", "ИНН"), side.inn)]
        items += [("КПП", side.kpp)] if side.kpp else []
        items += [(s.t("Account", "Счёт"), side.account)]
        items += [(s.t("Bank", "Банк"), side.bank)] if x > 500 else []
        items += [(s.t("Bank code", "БИК"), side.bic)]
        items += [(s.t("", "Корр. счёт"), side.corr)] if side.corr else []
        with s.region("Text"):
            low = s.pairs(x, top + 8, 415, items, "right", 16, 0.34)
    with s.region("Section-header"):
        y = s.line(
            70,
            low + 30,
            s.t("DETAILS OF PAYMENT|REMITTANCE INFORMATION", "НАЗНАЧЕНИЕ ПЛАТЕЖА"),
            18,
            "b",
        )
    with s.region("Text"):
        y = s.paragraph(70, y + 6, 860, order_purpose(s), 17)
    with s.region("Text"):
        s.line(
            70,
            y + 50,
            s.t("Authorised signature: ", "Ответственный исполнитель: ")
            + s.mark("signatory", s.v.person() if s.language == "en" else s.ru.short_person()),
            17,
        )
    s.signature(640, y + 30, 170)
    order_gaps(s)


@template("payment_order", "slip", "test")
def slip(s: Sheet) -> None:
    """A counter slip: labels in small print above values in boxes."""
    payer, payee = order_side(s, "payer"), order_side(s, "payee")
    amount, words = order_amount(s)
    with s.region("Title"):
        y = s.line(
            70,
            60,
            s.t("CREDIT TRANSFER SLIP|GIRO ORDER", "ИЗВЕЩЕНИЕ О ПЛАТЕЖЕ|КВИТАНЦИЯ НА ПЕРЕВОД"),
            26,
            "b",
        )
    with s.region("Text"):
        s.pairs(
            70,
            y + 14,
            250,
            [(s.t("Slip no.", "Квитанция №"), s.mark("number", f"{s.rng.randint(10000, 999999)}"))],
            "box",
            17,
        )
    with s.region("Text"):
        s.pairs(
            340,
            y + 14,
            250,
            [(s.t("Made out on", "Составлена"), s.mark("date", s.v.date(s.today)))],
            "box",
            17,
        )
    with s.region("Text"):
        y = s.pairs(
            610, y + 14, 320, [(s.t("Sum to be moved", "Платёж на сумму"), amount)], "box", 17
        )
    for side, en, ru in (
        (payee, "To the credit of", "В пользу"),
        (payer, "To the debit of", "Со счёта кого"),
    ):
        with s.region("Text"):
            y = s.pairs(70, y + 4, 860, [(s.t(en, ru), side.name)], "box", 18)
        with s.region("Text"):
            s.pairs(
                70,
                y,
                425,
                [
                    (s.t("Account", "Номер счёта"), side.account),
                    (s.t("Held with", "Открыт в"), side.bank),
                ],
                "box",
                16,
            )
        with s.region("Text"):
            rest = [
                (s.t("Bank identifier", "Код банка (БИК)"), side.bic),
                (s.t("Fiscal number", "ИНН"), side.inn),
            ]
            rest += [("КПП", side.kpp), ("Кор/сч", side.corr)] if side.kpp else []
            y = s.pairs(505, y, 425, rest, "box", 16)
    with s.region("Text"):
        y = s.pairs(
            70,
            y + 4,
            860,
            [
                (s.t("Sum in letters", "Сумма буквами"), words),
                (s.t("What for", "За что"), order_purpose(s)),
            ],
            "below",
            17,
        )
    s.signature(640, y + 20, 160)
    order_gaps(s)
