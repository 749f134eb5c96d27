"""Invoices in four national styles.

They are like those of a British or Australian bookkeeping service, a continental letter, a Russian
счёт-фактура and a Russian bill of an online service.
"""

from __future__ import annotations

from datetime import timedelta

from synthetic.papers.pieces import stack
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Cell, Row, Sheet
from synthetic.templates.invoice_parts import make_bill
from synthetic.values import digits


@specimen_template("invoice", "bookkeeper", "fresh", ("en",))
def bookkeeper(s: Sheet) -> None:
    """Buyer at the left without a label, labels over values in the middle, seller at the right.

    Sums have a currency code; the payment term is under the table.
    """
    bill, day = make_bill(s, 2, 5), s.today
    code = s.rng.choice(["AUD", "GBP", "NZD"])
    with s.region("Title"):
        s.line(60, 90, "TAX INVOICE", 40)
    with s.region("Text"):
        y = s.line(60, 170, s.mark("buyer", s.v.company()), 17)
        s.paragraph(60, y, 280, s.v.address(), 16)
    y = 90.0
    terms = day + timedelta(days=s.rng.choice([7, 14, 20, 30]))
    number = s.mark("number", f"INV-{s.rng.randint(1, 9999):04d}")
    for label, value in (
        ("Invoice Date", s.mark("date", f"{day.day} {day:%b %Y}")),
        ("Invoice Number", number),
        ("Reference", f"PO {s.rng.randint(100, 9999)}"),
        ("ABN" if code == "AUD" else "VAT Number", digits(s.rng, 11)),
    ):
        with s.region("Text"):
            y = s.line(400, y, label, 16, "b")
            y = s.line(400, y, value, 16) + 10
    with s.region("Text"):
        y2 = s.line(680, 90, s.mark("seller", s.v.company()), 16)
        s.paragraph(680, y2, 250, s.v.address(), 16)
    head: Row = ["Description", "Quantity", "Unit Price", f"Amount {code}"]
    y = s.table(
        60, max(y, 330) + 30, [470, 110, 140, 160], [head, *bill.rows], 1, 16, "lrrr", "rows"
    )

    def money(cents: int) -> str:
        return s.v.money(cents, False)

    sums = []
    if bill.rate:
        sums.append(("Subtotal", s.mark("subtotal", money(bill.subtotal))))
        tax = "GST" if code != "GBP" else "VAT"
        sums.append((f"TOTAL {tax} {bill.rate}%", s.mark("tax", money(bill.tax))))
    sums.append((f"TOTAL {code}", s.mark("total", money(bill.total))))
    y = stack(s, 540, y + 14, 400, sums, 17, 8, "far", 0.55)
    with s.region("Text"):
        due = s.mark("due_date", f"{terms.day} {terms:%b %Y}")
        y = s.line(60, y + 60, f"Due Date: {due}", 18, "b")
        y = s.paragraph(
            60, y, 600, f"Please quote {number.split('=')[1][:-1]} with your payment.", 15
        )
        s.line(60, y + 4, f"IBAN: {s.mark('iban', s.en.iban())}", 15)


@specimen_template("invoice", "continental", "fresh", ("en",))
def continental(s: Sheet) -> None:
    """A letter: the sender in one small line over the addressee, facts in a block at the right.

    The payment term is in a sentence, the bank in the foot.
    """
    bill, day = make_bill(s, 2, 5), s.today
    seller = s.mark("seller", s.v.company())
    with s.region("Page-header"):
        s.line(60, 50, seller, 30, "b", color=(40, 70, 120))
    with s.region("Text"):
        s.line(60, 150, f"{s.v.street()} · {s.v.city()}", 11)
        y = s.line(60, 180, s.mark("buyer", s.v.company()), 18)
        s.paragraph(60, y, 360, s.v.address(), 18)
    number = s.mark("number", f"{day:%Y}-{s.rng.randint(10, 9999):05d}")
    facts = [
        ("Invoice no.", number),
        ("Customer no.", digits(s.rng, 5)),
        ("Invoice date", s.mark("date", f"{day:%d.%m.%Y}")),
        ("Date of supply", f"{day - timedelta(days=3):%d.%m.%Y}"),
        ("Your contact", s.v.person()),
    ]
    stack(s, 600, 150, 340, facts, 16, 5, "right", 0.45)
    with s.region("Title"):
        y = s.line(60, 360, f"Invoice {number.split('=')[1][:-1]}", 26, "b")
    with s.region("Text"):
        y = s.paragraph(
            60, y + 8, 860, "We thank you for your order and charge you as follows:", 16
        )
    head: Row = ["Pos.", "Article", "Qty", "Price", "Sum"]
    rows = [[str(k + 1), *cells] for k, cells in enumerate(bill.rows)]
    y = s.table(60, y + 16, [60, 440, 90, 140, 150], [head, *rows], 1, 16, "clrrr", "head")
    sums = []
    if bill.rate:
        sums.append(("Net value", s.mark("subtotal", s.v.money(bill.subtotal))))
        sums.append((f"plus {bill.rate} % VAT", s.mark("tax", s.v.money(bill.tax))))
    sums.append(("Amount payable", s.mark("total", s.v.money(bill.total))))
    y = stack(s, 540, y + 14, 400, sums, 17, 6, "far", 0.5)
    due = s.mark("due_date", f"{day + timedelta(days=s.rng.choice([10, 14, 30])):%d.%m.%Y}")
    with s.region("Text"):
        y = s.paragraph(60, y + 30, 860, f"Payable by {due} without any deduction.", 16)
        s.paragraph(60, y + 14, 860, "With kind regards", 16)
    s.rule(60, 1280, 940, 1280, 1)
    with s.region("Page-footer"):
        s.line(60, 1294, s.v.bank(), 13)
        s.line(60, 1314, f"IBAN {s.mark('iban', s.en.iban())}", 13)
        s.line(560, 1294, f"BIC {s.en.swift()}", 13)
        s.line(560, 1314, f"VAT ID {s.en.tax_id()}", 13)


@specimen_template("invoice", "facture", "fresh", ("ru",))
def facture(s: Sheet) -> None:
    """A счёт-фактура in portrait: its lines begin with the form's labels.

    The sums are the last row of the table.
    """
    bill, r = make_bill(s, 2, 4), s.rng
    number, when = str(r.randint(2, 4000)), s.v.date(s.today, 4)
    with s.region("Text"):
        s.paragraph(560, 30, 380, "Приложение № 1 к постановлению Правительства", 11, align="right")
    with s.region("Title"):
        title = f"СЧЁТ-ФАКТУРА № {s.mark('number', number)} от {s.mark('date', when)}"
        y = s.line(60, 80, title, 22, "b")
    with s.region("Text"):
        y = s.line(60, y, "ИСПРАВЛЕНИЕ № --- от ---", 14) + 10
    lines = [
        f"Продавец: {s.mark('seller', s.v.company())}",
        f"Адрес: {s.v.address()}",
        f"ИНН/КПП продавца: {s.mark('inn', s.ru.inn())}/{s.ru.kpp()}",
        f"Грузополучатель и его адрес: {s.v.company()}, {s.v.address()}",
        f"К платёжно-расчётному документу № {r.randint(1, 900)} от {s.v.date(s.today, 0)}",
        f"Покупатель: {s.mark('buyer', s.v.company())}",
        f"Адрес: {s.v.address()}",
        f"ИНН/КПП покупателя: {s.ru.inn()}/{s.ru.kpp()}",
        "Валюта: наименование, код: российский рубль, 643",
    ]
    with s.region("Text"):
        for text in lines:
            y = s.paragraph(60, y, 880, text, 15, "", 1.3) + 3
    head: Row = ["Наименование товара", "Кол-во", "Цена", "Без налога", "Налог", "С налогом"]
    rows: list[Row] = [head]
    for at, (name, count, price, _) in enumerate(bill.rows):
        cents = int("".join(c for c in price.split("=")[1] if c.isdigit())) * bill.counts[at]
        tax = round(cents * bill.rate / 100)
        sums = [s.ru.money(value, False) for value in (cents, tax, cents + tax)]
        rows.append([name, count, price, *sums])
    rows.append(
        [
            Cell("Всего к оплате", 3, style="b"),
            None,
            None,
            s.mark("subtotal", s.ru.money(bill.subtotal, False)),
            s.mark("tax", s.ru.money(bill.tax, False)),
            s.mark("total", s.ru.money(bill.total, False)),
        ]
    )
    y = s.table(60, y + 14, [300, 90, 120, 130, 110, 130], rows, 1, 13, "lrrrrr")
    with s.region("Text"):
        s.line(60, y + 30, f"Руководитель организации ____________ {s.ru.short_person()}", 14)
        s.line(60, y + 60, f"Главный бухгалтер ____________ {s.ru.short_person()}", 14)


@specimen_template("invoice", "service_ru", "fresh", ("ru",))
def service_ru(s: Sheet) -> None:
    """A bill of an online service: parties side by side, bank details in a block under the sums."""
    bill, day, r = make_bill(s, 1, 4), s.today, s.rng
    number = s.mark("number", f"{r.randint(100, 9999)}-{r.randint(1, 99):02d}")
    with s.region("Title"):
        y = s.line(60, 60, f"Счёт-договор {number}", 32, "b")
    due = day + timedelta(days=r.choice([3, 5, 10]))
    with s.region("Text"):
        y = s.line(60, y, f"от {s.mark('date', s.v.date(day))}", 18)
        y = s.line(60, y, f"Срок оплаты — до {s.mark('due_date', s.v.date(due))}", 18) + 30
    for x, label, key in ((60, "Исполнитель", "seller"), (520, "Заказчик", "buyer")):
        with s.region("Text"):
            low = s.line(x, y, label, 14, "", color=(110, 110, 110))
            low = s.paragraph(x, low, 400, s.mark(key, s.v.company()), 19, "b")
            low = s.paragraph(x, low, 400, s.v.address(), 15)
            inn = s.ru.inn()
            s.line(x, low, "ИНН " + (s.mark("inn", inn) if key == "seller" else inn), 15)
    head: Row = ["Услуга", "Количество", "Цена, ₽", "Сумма, ₽"]
    y = s.table(60, y + 180, [470, 120, 140, 150], [head, *bill.rows], 1, 16, "lrrr", "rows", 8)
    sums = []
    if bill.rate:
        sums.append(("Сумма без НДС", s.mark("subtotal", s.ru.money(bill.subtotal))))
        sums.append((f"НДС ({bill.rate} %)", s.mark("tax", s.ru.money(bill.tax))))
    sums.append(("К оплате", s.mark("total", s.ru.money(bill.total))))
    y = stack(s, 520, y + 20, 420, sums, 19, 8, "far", 0.45)
    bic = s.ru.bic()
    facts = [
        ("Банк", s.v.bank()),
        ("БИК банка", s.mark("bik", bic)),
        ("Корсчёт", s.ru.account(bic, "30101810")),
        ("Расчётный счёт", s.mark("account", s.ru.account(bic))),
    ]
    with s.region("Section-header"):
        y = s.line(60, y + 30, "Реквизиты исполнителя", 18, "b")
    stack(s, 60, y + 6, 560, facts, 16, 6, "right", 0.35)
    s.stamp(700, y + 60, 80)
