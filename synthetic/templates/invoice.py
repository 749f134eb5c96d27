"""Invoices: seller, buyer, a table of goods, a total, a due date and bank details."""

from __future__ import annotations

from datetime import timedelta

from ..registry import template
from ..sheet import Row, Sheet
from .invoice_parts import ask_rows, bank_details, invoice_number, make_bill, sum_lines


@template("invoice", "classic", "train")
def classic(s: Sheet) -> None:
    """Seller at the top left, number and date in lines to the right, goods in a ruled grid."""
    day = s.v.day()
    bill = make_bill(s, 3, 8)
    seller = s.v.company()
    if s.chance(0.6):
        s.logo(70, 60, 70)
    with s.region("Text"):
        y = s.line(160, 60, s.mark("seller", seller), 26, "b")
        y = s.paragraph(160, y, 380, s.mark("seller_address", s.v.address()), 15)
        s.line(160, y, s.t("Phone|Tel.", "Тел.|Телефон") + ": " + s.mark("phone", s.v.phone()), 15)
    with s.region("Title"):
        s.line(
            560,
            60,
            s.t("INVOICE|Invoice|TAX INVOICE", "СЧЁТ|СЧЁТ НА ОПЛАТУ|Счёт-фактура"),
            34,
            "b",
            "right",
            370,
        )
    with s.region("Text"):
        items = [
            (s.t("Invoice No.|Invoice #|Invoice number", "Номер счёта|Счёт №"), invoice_number(s)),
            (s.t("Date|Invoice date", "Дата|Дата выставления"), s.mark("date", s.v.date(day))),
        ]
        if s.chance(0.7):
            due = s.v.date(day + timedelta(days=s.rng.choice([10, 14, 30])))
            items.append(
                (s.t("Due date|Payment due", "Оплатить до|Срок оплаты"), s.mark("due_date", due))
            )
        if s.chance(0.5):
            items.append(
                (
                    s.t("P.O. No.|Purchase order", "Заказ №|Номер заказа"),
                    s.mark("po", str(s.rng.randint(10000, 99999))),
                )
            )
        s.pairs(600, 130, 330, items, s.rng.choice(["right", "far"]), 15, 0.46, 5)
    with s.region("Text"):
        y = s.line(
            70,
            280,
            s.t("Bill to:|Customer:|Sold to:", "Покупатель:|Плательщик:|Заказчик:"),
            16,
            "b",
        )
        y = s.line(70, y, s.mark("buyer", s.v.company()), 17)
        y = s.paragraph(70, y, 420, s.mark("buyer_address", s.v.address()), 16)
    head: Row = [
        s.t("No.|#", "№"),
        s.t("Description|Item", "Наименование|Товар"),
        s.t("Qty|Quantity", "Кол-во|Количество"),
        s.t("Unit price|Price", "Цена"),
        s.t("Amount|Total", "Сумма|Стоимость"),
    ]
    rows: list[Row] = [head, *([str(i + 1), *row] for i, row in enumerate(bill.rows))]
    shade = s.rng.choice([None, (225, 228, 235), (235, 235, 235)])
    y = s.table(
        70,
        y + 40,
        [50, 430, 110, 130, 140],
        rows,
        1,
        16,
        "clrrr",
        s.rng.choice(["grid", "grid", "rows"]),
        shade=shade,
    )
    with s.region("Text"):
        sums = sum_lines(
            s,
            bill,
            s.t("Subtotal|Net amount", "Итого без НДС|Всего без НДС"),
            s.t("VAT|Sales tax", "НДС"),
            s.t("Total|TOTAL DUE|Amount due", "Итого|ИТОГО К ОПЛАТЕ|Всего к оплате"),
        )
        y = s.pairs(560, y + 20, 370, sums, "far", 18, 0.5)
        if s.chance(0.5):
            s.line(
                70,
                y - 40,
                s.t("Total quantity: |Units in all: ", "Всего единиц: |Общее количество: ")
                + s.mark("n_items", str(sum(bill.counts))),
                16,
            )
    with s.region("Text"):
        y = s.line(
            70,
            y + 30,
            s.t("Payment details|Please pay to", "Реквизиты для оплаты|Банковские реквизиты"),
            16,
            "b",
        )
        y = s.pairs(70, y, 520, bank_details(s), "right", 15, 0.3, 3)
    who = s.mark("signatory", s.v.person() if s.language == "en" else s.ru.short_person())
    s.signature(300, y + 50, 120)
    with s.region("Text"):
        s.line(70, y + 80, s.t("Authorised by|Issued by", "Руководитель|Главный бухгалтер"), 15)
        s.rule(290, y + 102, 480, y + 102)
        s.line(500, y + 80, who, 15)
    if s.chance(0.4):
        s.stamp(330, y + 80, 75)
    ask_rows(s, bill)
    s.cannot_tell(
        "What is the name of the carrier?|On what date were the goods delivered?|"
        "What is the discount for early payment?",
        "Кто доставил товар?|Какого числа товар был отгружен?|Какова скидка за досрочную оплату?",
    )


@template("invoice", "stripe", "train", look="sans")
def stripe(s: Sheet) -> None:
    """A coloured band, facts under their labels in three columns, goods without vertical rules."""
    day = s.v.day(2015)
    bill = make_bill(s, 2, 6)
    band = s.rng.choice([(38, 70, 110), (60, 60, 60), (20, 95, 85), (120, 40, 50)])
    s.box(0, 0, 1000, 120, 0, fill=band)
    with s.region("Page-header"):
        s.line(70, 36, s.mark("seller", s.v.company()), 30, "b", color=(255, 255, 255))
        s.line(
            620,
            44,
            s.t("Invoice|INVOICE", "Счёт|СЧЁТ"),
            26,
            align="right",
            width=310,
            color=(255, 255, 255),
        )
    columns = [
        [
            (s.t("INVOICE NUMBER|REFERENCE", "НОМЕР ДОКУМЕНТА|СЧЁТ №"), invoice_number(s)),
            (s.t("ISSUED|DATE OF ISSUE", "ДАТА|ВЫСТАВЛЕН"), s.mark("date", s.v.date(day))),
        ],
        [
            (s.t("BILLED TO|CLIENT", "КЛИЕНТ|ПОЛУЧАТЕЛЬ СЧЁТА"), s.mark("buyer", s.v.company())),
            (
                s.t("CLIENT ADDRESS|ADDRESS", "АДРЕС КЛИЕНТА|АДРЕС"),
                s.mark("buyer_address", s.v.address()),
            ),
        ],
        [
            (
                s.t("PAY BY|DUE", "ОПЛАТИТЬ ДО|СРОК ОПЛАТЫ"),
                s.mark("due_date", s.v.date(day + timedelta(days=21))),
            ),
            (
                s.t("AMOUNT DUE|TO PAY", "К ОПЛАТЕ|СУММА К ОПЛАТЕ"),
                s.mark("total", s.v.money(bill.total)),
            ),
        ],
    ]
    low = 0.0
    for k, items in enumerate(columns):
        with s.region("Text"):
            low = max(low, s.pairs(70 + k * 300, 165, 270, items, "below", 18))
    head: Row = [
        s.t("Service or product|Product", "Товар или услуга|Позиция"),
        s.t("Units|Qty", "Шт.|Кол-во"),
        s.t("Rate|Each", "Цена за ед.|Цена"),
        s.t("Sum|Line total", "Сумма|Всего"),
    ]
    y = s.table(
        70,
        low + 30,
        [440, 110, 150, 160],
        [head, *bill.rows],
        1,
        17,
        "lrrr",
        "rows",
        9,
        zebra=s.chance(0.5),
    )
    with s.region("Text"):
        sums = sum_lines(
            s,
            bill,
            s.t("Before tax|Net", "Без налога|Сумма без НДС"),
            s.t("Tax|VAT", "НДС"),
            s.t("To pay|Balance due", "Итого к оплате|Всего"),
        )
        y = s.pairs(560, y + 24, 370, sums, "far", 18, 0.5)
    with s.region("Section-header"):
        y = s.line(70, y + 30, s.t("How to pay|Bank details", "Как оплатить|Реквизиты"), 19, "b")
    with s.region("Text"):
        s.pairs(70, y + 6, 480, bank_details(s), "dots", 15, 0.36, 4)
    with s.region("Page-footer"):
        s.rule(70, 1335, 930, 1335)
        parts = [s.mark("seller_address", s.v.address()), s.mark("phone", s.v.phone())]
        if s.language == "ru":
            parts.append("ИНН " + s.mark("seller_inn", s.ru.inn()))
        s.line(70, 1345, "  •  ".join(parts), 13, align="center", width=860)
    ask_rows(s, bill)
    s.cannot_tell(
        "Who approved the invoice?|What is the purchase order's date?",
        "Кто подписал счёт?|Как зовут менеджера?",
    )
