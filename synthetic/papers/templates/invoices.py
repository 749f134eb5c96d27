"""Further invoices: a service bill, a universal transfer document, a utility bill."""

from __future__ import annotations

from datetime import timedelta

from synthetic.papers.pieces import row, stack
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Cell, Row, Sheet
from synthetic.templates.invoice_parts import (
    bank_details,
    invoice_number,
    make_bill,
    sum_lines,
)


@specimen_template("invoice", "service", "train")
def service(s: Sheet) -> None:
    """A free-lance bill (a Russian "счёт на оплату" with the sample of a payment order on top)."""
    bill, day = make_bill(s, 1, 4), s.today
    seller, buyer = s.mark("seller", s.v.company()), s.mark("buyer", s.v.company())
    if s.language == "ru":
        bic = s.ru.bic()
        inn = s.mark("inn", s.ru.inn())
        rows: list[Row] = [
            [Cell(s.v.bank(), 2), None, "БИК", s.mark("bik", bic)],
            [Cell("Банк получателя", 2, style="i"), None, "Сч. №", s.ru.account(bic, "30101810")],
            [f"ИНН {inn}", f"КПП {s.ru.kpp()}", "Сч. №", s.mark("account", s.ru.account(bic))],
            [Cell(seller, 2), None, "", ""],
        ]
        y = s.table(60, 50, [240, 240, 90, 310], rows, 0, 16, "llll", "grid", 6)
        with s.region("Title"):
            number, when = s.mark("number", str(s.rng.randint(3, 2999))), s.v.date(day, 4)
            y = s.line(
                60,
                y + 30,
                f"Счет на оплату № {number} от {s.mark('date', when)}",
                27,
                "b",
                width=880,
            )
        s.rule(60, y + 4, 940, y + 4, 2)
        items = [("Поставщик:", f"{seller}, ИНН {inn}, {s.v.address()}"), ("Покупатель:", buyer)]
        y = stack(s, 60, y + 16, 880, items, 17, 10, "right", 0.18)
    else:
        with s.region("Text"):
            y = s.line(60, 50, seller, 22, "b")
            y = s.paragraph(60, y, 400, s.v.address(), 16)
        with s.region("Title"):
            y = s.line(60, y + 30, s.t("INVOICE FOR SERVICES|BILL", ""), 32, "b")
        items = [
            (s.t("Reference|Bill no.", ""), invoice_number(s)),
            (s.t("Dated|Bill date", ""), s.mark("date", s.v.date(day))),
            (s.t("Due|Terms", ""), s.mark("due_date", s.v.date(day + timedelta(days=14)))),
            (s.t("For|To", ""), buyer),
        ]
        y = stack(s, 60, y + 10, 560, items, 18, 6, "right", 0.3)
    head: Row = [
        s.t("Work done", "Товары (работы, услуги)"),
        s.t("Hours", "Кол-во"),
        s.t("Rate", "Цена"),
        s.t("Amount", "Сумма"),
    ]
    y = s.table(60, y + 20, [480, 100, 140, 160], [head, *bill.rows], 1, 16, "lrrr", "grid", 6)
    sums = sum_lines(
        s,
        bill,
        s.t("Sub-total", "Итого:"),
        s.t("VAT", "В том числе НДС"),
        s.t("Total payable", "Всего к оплате:"),
    )
    y = stack(s, 500, y + 14, 440, sums, 18, 5, "far", 0.5)
    if s.language == "ru":
        with s.region("Text"):
            y = s.paragraph(60, y + 14, 880, s.ru.amount_in_words(bill.total), 17, "b")
        with s.region("Text"):
            s.line(60, y + 50, f"Руководитель ____________ {s.ru.short_person()}", 16)
            s.line(520, y + 50, f"Бухгалтер ____________ {s.ru.short_person()}", 16)
        s.stamp(300, y + 70, 80)
    else:
        rows2 = [(a, b.replace("{account=", "{iban=")) for a, b in bank_details(s)]
        stack(s, 60, y + 30, 520, rows2, 15, 4, "right", 0.3)


@specimen_template("invoice", "transfer", "test", ("ru",), wide=(1400, 1800), height=720)
def transfer(s: Sheet) -> None:
    """A universal transfer document (УПД): the invoice in a landscape form with numbered lines."""
    bill, size = make_bill(s, 2, 5), 12.0
    r = s.rng
    with s.region("Text"):
        s.paragraph(20, 24, 120, "Универсальный передаточный документ", 13, "b")
        s.paragraph(20, 110, 120, "Статус: 1 - счет-фактура и передаточный документ (акт)", 10)
    s.rule(150, 20, 150, 300, 1.2)
    seller, buyer = s.mark("seller", s.v.company()), s.mark("buyer", s.v.company())
    number, when = s.mark("number", str(r.randint(5, 9999))), s.mark("date", s.v.date(s.today, 1))
    with s.region("Title"):
        y = s.line(165, 24, f"Счет-фактура № {number} от {when} (1)", 15, "b")
    inn = s.mark("inn", s.ru.inn())
    items = [
        ("Продавец:", f"{seller} (2)"),
        ("Адрес:", f"{s.v.address()} (2а)"),
        ("ИНН/КПП продавца:", f"{inn} / {s.ru.kpp()} (2б)"),
        ("Грузоотправитель и его адрес:", "он же (3)"),
        ("К платежно-расчетному документу №", f"{r.randint(1, 900)} от {s.v.date(s.today, 0)} (5)"),
        ("Покупатель:", f"{buyer} (6)"),
        ("Адрес:", f"{s.v.address()} (6а)"),
        ("ИНН/КПП покупателя:", f"{s.ru.inn()} / {s.ru.kpp()} (6б)"),
        ("Валюта: наименование, код", "Российский рубль, 643 (7)"),
    ]
    y = stack(s, 165, y + 4, 810, items, size, 2, "right", 0.3)
    head: Row = [
        "№ п/п",
        "Наименование товара (описание работ, услуг)",
        "Код ед.",
        "Коли-чество",
        "Цена за единицу",
        "Стоимость без налога",
        "Ставка",
        "Сумма налога",
        "Стоимость с налогом",
    ]
    rows: list[Row] = [head]
    rate = bill.rate
    for k, cells in enumerate(bill.rows):
        cents = 0
        name, count, price, _ = cells
        for at, value in enumerate(bill.counts):
            if at == k:
                digits_only = "".join(c for c in price.split("=")[1] if c.isdigit())
                cents = int(digits_only) * value
        tax = round(cents * rate / 100)
        money = s.ru.money
        rows.append(
            [
                str(k + 1),
                name,
                "796",
                count,
                price,
                money(cents, False),
                f"{rate}%" if rate else "без НДС",
                money(tax, False),
                money(cents + tax, False),
            ]
        )
    rows.append(
        [
            Cell("Всего к оплате (9)", 5, style="b"),
            None,
            None,
            None,
            None,
            s.mark("subtotal", s.ru.money(bill.subtotal, False)),
            "X",
            s.mark("tax", s.ru.money(bill.tax, False)),
            s.mark("total", s.ru.money(bill.total, False)),
        ]
    )
    y = s.table(
        20, max(y + 8, 270), [40, 260, 60, 70, 110, 120, 70, 110, 120], rows, 1, 12, "clcrrrcrr"
    )
    with s.region("Text"):
        s.line(20, y + 14, f"Руководитель организации ____________ {s.ru.short_person()}", size)
        s.line(520, y + 14, f"Главный бухгалтер ____________ {s.ru.short_person()}", size)
        s.line(20, y + 40, "Товар (груз) передал / услуги, результаты работ, права сдал", size)


@specimen_template("invoice", "utility", "test")
def utility(s: Sheet) -> None:
    """A bill for services used: number and period in a head band, the sum due in a large box."""
    bill, day = make_bill(s, 2, 4), s.today
    due = s.mark("due_date", s.v.date(day + timedelta(days=s.rng.choice([10, 20]))))
    s.box(60, 40, 880, 100, 0, fill=(232, 236, 242))
    with s.region("Text"):
        s.line(80, 56, s.mark("seller", s.v.company()), 26, "b", width=500)
        s.line(80, 96, s.v.address(), 14, width=500)
    with s.region("Title"):
        s.line(600, 60, s.t("Billing notice", "Квитанция-счёт"), 30, "b", "right", 320)
    y = row(
        s,
        60,
        170,
        [
            (s.t("Our ref.", "Лицевой № документа"), invoice_number(s), 290),
            (s.t("Drawn up", "Сформирован"), s.mark("date", s.v.date(day)), 290),
            (s.t("Settle before", "Внести до"), due, 290),
        ],
        20,
    )
    y = stack(
        s, 60, y + 6, 500, [(s.t("Account of", "Абонент"), s.mark("buyer", s.v.company()))], 20
    )
    s.box(600, y - 60, 340, 100, 2)
    total = s.mark("total", s.v.money(bill.total))
    stack(s, 620, y - 48, 300, [(s.t("Please settle", "К внесению"), total)], 30)
    head: Row = [
        s.t("Supplied", "Вид услуги"),
        s.t("Volume", "Объём"),
        s.t("Tariff", "Тариф"),
        s.t("Charge", "Начислено"),
    ]
    y = s.table(60, y + 70, [440, 130, 150, 160], [head, *bill.rows], 1, 16, "lrrr", "head", 8)
    items = []
    if bill.rate:
        items = [
            (
                s.t("Charges net of tax", "Начислено без НДС"),
                s.mark("subtotal", s.v.money(bill.subtotal)),
            ),
            (s.t(f"Tax at {bill.rate}%", f"НДС {bill.rate}%"), s.mark("tax", s.v.money(bill.tax))),
        ]
    items.append((s.t("To settle", "Итого начислено"), s.v.money(bill.total)))
    y = stack(s, 480, y + 14, 460, items, 17, 5, "far", 0.55)
    if s.language == "ru":
        bic = s.ru.bic()
        facts = [
            ("ИНН получателя", s.mark("inn", s.ru.inn())),
            ("Расч. счёт", s.mark("account", s.ru.account(bic))),
            ("БИК", s.mark("bik", bic)),
        ]
    else:
        facts = [("Pay into (IBAN)", s.mark("iban", s.en.iban())), ("BIC", s.en.swift())]
    stack(s, 60, y + 30, 560, facts, 16, 6, "dots", 0.4)
    s.rule(60, 1200, 940, 1200, 1, dash=8)
