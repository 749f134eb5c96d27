"""Invoices with a layout that varies with the seed.

They have heads of two columns, facts in a ruled row, labels aligned at one edge, sums with or
without tax; Russian bills, tax invoices, waybills.
"""

from __future__ import annotations

from datetime import timedelta

from synthetic.papers.arranged import arranged, wording
from synthetic.papers.pieces import stack
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Cell, Row, Sheet
from synthetic.templates.invoice_parts import Bill, invoice_number, make_bill
from synthetic.values import digits

_EN_COLUMNS = ("Description|Item|Details", "Qty|Units|Quantity", "Price|Unit price", "Amount|Value")


def _goods(s: Sheet, bill: Bill, y: float, rules: str) -> float:
    head: Row = (
        [wording(s.rng, text) for text in _EN_COLUMNS]
        if s.language == "en"
        else [
            s.t("", "Наименование|Товары (работы, услуги)|Услуга"),
            s.t("", "Кол-во|Количество"),
            "Цена",
            "Сумма",
        ]
    )
    return s.table(60, y, [480, 100, 140, 160], [head, *bill.rows], 1, 15, "lrrr", rules, 6)


def _sums(s: Sheet, bill: Bill) -> list[tuple[str, str]]:
    """The sums with their labels, sometimes with more lines than fields."""
    out = []
    if bill.rate:
        net = s.mark("subtotal", s.v.money(bill.subtotal))
        tax = s.mark("tax", s.v.money(bill.tax))
        name = s.t("VAT|GST|Sales tax|Tax", "НДС|В т.ч. НДС|Сумма НДС")
        rate = s.t(f"{bill.rate}%|({bill.rate}%)|@ {bill.rate}%|", f"{bill.rate}%|({bill.rate} %)|")
        out.append((s.t("Subtotal|Net|Total net|Net amount", "Итого|Итого без НДС|Сумма"), net))
        if s.language == "en" and s.chance(0.3):
            out.append((s.t("Discount|Shipping|Postage", ""), s.v.money(0)))
        out.append((f"{name} {rate}".strip(), tax))
    total = s.mark("total", s.v.money(bill.total))
    out.append(
        (s.t("Total|Amount due|Total due|Balance due", "Всего к оплате|Итого с НДС|Всего"), total)
    )
    if s.language == "en" and s.chance(0.25):
        out.insert(len(out) - 1, (s.t("Paid|Deposit", ""), s.v.money(0)))
    return out


@specimen_template("invoice", "two_columns", "train", ("en",))
def two_columns(s: Sheet) -> None:
    """The letterhead on one side, facts on the other; parties side by side under labels.

    Other dates and numbers stand nearby.
    """
    bill, day, r = make_bill(s, 2, 5), s.today, s.rng
    seller, buyer = s.mark("seller", s.v.company()), s.mark("buyer", s.v.company())
    due = s.mark("due_date", s.v.date(day + timedelta(days=r.choice([7, 14, 30]))))
    facts = [
        (s.t("Invoice no.|Invoice number|Invoice #|No.|Number", ""), invoice_number(s)),
        (
            s.t("Date|Invoice date|Issued|Date of issue|Tax point", ""),
            s.mark("date", s.v.date(day)),
        ),
        (s.t("Due|Due date|Pay by|Payment due", ""), due),
    ]
    if s.chance(0.6):
        where = r.randint(0, len(facts))
        extra = [
            (s.t("Order no.|PO number|Purchase order", ""), f"PO-{digits(r, 5)}"),
            (s.t("Order date|Delivered|Delivery date", ""), s.v.date(s.near(-40, -3))),
            (s.t("Customer no.|Account no.|Client ID", ""), f"C{digits(r, 4)}"),
            (s.t("Contact|Sales person", ""), s.v.person()),
            (s.t("Terms|Payment terms", ""), "30 days net"),
        ]
        facts[where:where] = r.sample(extra, r.randint(1, 3))
    if s.chance(0.25):
        facts = [one for one in facts if "due_date" not in one[1]]
    colon = r.choice(["", ":"])
    facts = [(label + colon, value) for label, value in facts]
    title = s.t("INVOICE|Tax invoice|Commercial invoice|SALES INVOICE|Invoice / Facture", "")
    side = s.chance(0.5)
    head, other = (60, 560) if side else (520, 60)
    how = r.choice(["right", "flush", "far", "below", "table", "caption"])
    labelled = s.chance(0.4)
    y = 50.0
    if s.chance(0.5):
        with s.region("Title"):
            y = s.line(
                60, 44, title, r.choice([28, 40]), "b", r.choice(["left", "right", "center"]), 880
            )
    else:
        with s.region("Title"):
            s.line(other, 44, title, 34, "b", width=400)
    top = max(y, 90.0)
    low = top
    parties = s.chance(0.5)  # the seller has its own block beside the buyer's
    if not parties or s.chance(0.5):
        with s.region("Text"):
            low = s.line(head, top, seller, r.choice([18, 22, 28]), "b", width=400)
            low = s.paragraph(head, low + 2, 380, s.v.address(), 15)
            low = s.line(head, low, s.t("Tel. |Phone: |T ", "") + s.v.phone(), 15)
            if s.chance(0.5):
                low = s.line(head, low, s.t("VAT No. |VAT Reg. |Tax ID ", "") + s.en.tax_id(), 15)
    if how == "table":
        y = low + 20
        widths = [880 / len(facts)] * len(facts)
        rows: list[Row] = [[label.rstrip(":") for label, _ in facts], [value for _, value in facts]]
        y = s.table(60, y, widths, rows, 1, 15, "c" * len(facts), r.choice(["grid", "rows"]), 6)
    elif how == "far":
        y = max(low, stack(s, other, top + 6, 400, facts, 16, 5, "far", 0.5))
    else:
        y = max(low, arranged(s, other, top + 6, 400, facts, how, 16, 5))
    y += 24
    labels = (
        s.t("From|Seller|Supplier|Issued by", ""),
        s.t("Bill to|To|Invoice to|Customer|Billed to|Sold to", ""),
    )
    blocks = [(labels[1], buyer)]
    if parties:
        blocks.insert(0, (labels[0], seller))
    if s.chance(0.4):
        blocks.append(
            (
                s.t("Ship to|Deliver to|Delivery address", ""),
                s.v.company() if s.chance(0.4) else s.v.person(),
            )
        )
    lowest = y
    for at, (label, name) in enumerate(blocks):
        x = 60 + at * 300
        with s.region("Text"):
            under = s.line(x, y, label + r.choice(["", ":"]), 14, r.choice(["b", ""]), width=280)
            if s.chance(0.25) and "{" in name and not labelled:
                under = s.line(x, under, s.t("Attn. ", "") + s.v.person(), 16, width=280)
            under = s.line(x, under, name, 18, "b", width=285)
            lowest = max(lowest, s.paragraph(x, under, 270, s.v.address(), 15))
    y = _goods(s, bill, lowest + 24, r.choice(["grid", "rows", "head"]))
    sums = _sums(s, bill)
    if s.chance(0.3):
        y = arranged(s, 540, y + 14, 400, sums, "flush", 17, 5)
    else:
        y = stack(s, 540, y + 14, 400, sums, 17, 5, "far", 0.5)
    bank = [
        (s.t("Bank|Pay to", ""), s.v.bank()),
        ("IBAN", s.mark("iban", s.en.iban())),
        (s.t("BIC|SWIFT", ""), s.en.swift()),
    ]
    y = arranged(s, 60, y + 24, 500, bank, r.choice(["right", "inline"]), 15, 4)
    with s.region("Text"):
        s.line(
            60,
            max(y + 30, 1250),
            s.t(
                "Thank you for your business.|Goods remain our property until paid for in full.", ""
            ),
            14,
        )


@specimen_template("invoice", "bill_again", "train", ("ru",))
def bill_again(s: Sheet) -> None:
    """A bill (счёт) with the payee's table or without.

    The parties, with both taxpayer numbers, are in lines, in a table or side by side.
    """
    bill, r = make_bill(s, 1, 5), s.rng
    seller, buyer = s.mark("seller", s.v.company()), s.mark("buyer", s.v.company())
    inn, bic = s.mark("inn", s.ru.inn()), s.ru.bic()
    bik, account = s.mark("bik", bic), s.mark("account", s.ru.account(bic))
    kpp, corr, bank = s.ru.kpp(), s.ru.account(bic, "30101810"), s.v.bank()
    number, when = invoice_number(s), s.mark("date", s.v.date(s.today))
    form = r.choice(["table", "lines", "sides"])
    y = 46.0
    if form == "table":
        rows: list[Row] = [
            [Cell(bank, 2), None, "БИК", bik],
            [Cell("Банк получателя", 2), None, "Сч. №", corr],
            [f"ИНН {inn}", f"КПП {kpp}", "Сч. №", account],
            [Cell(seller, 2), None, "", ""],
            [Cell("Получатель", 2), None, "", ""],
        ]
        y = s.table(60, y, [240, 240, 90, 310], rows, 0, 15, "llll", "grid", 5)
    else:
        items = [
            (s.t("", "Поставщик|Исполнитель|Получатель"), seller),
            (s.t("", "ИНН/КПП|ИНН / КПП"), f"{inn}/{kpp}"),
            (s.t("", "Адрес|Юридический адрес"), s.v.address()),
            (s.t("", "Р/с|Расчётный счёт"), account),
            ("Банк", bank),
            ("БИК", bik),
            (s.t("", "К/с|Корр. счёт"), corr),
        ]
        if form == "lines":
            y = arranged(s, 60, y, 880, items, r.choice(["right", "inline", "flush"]), 16, 4)
        else:
            with s.region("Text"):
                s.line(60, y, s.t("", "Исполнитель|Поставщик|Продавец"), 15, "i")
                s.line(520, y, s.t("", "Заказчик|Покупатель|Плательщик"), 15, "i")
            y += 24
            left = [
                seller,
                f"ИНН {inn}",
                f"КПП {kpp}",
                s.v.address(),
                f"р/с {account}",
                f"БИК {bik}",
            ]
            right = [buyer, f"ИНН {s.ru.inn()}", f"КПП {s.ru.kpp()}", s.v.address()]
            low = y
            for x, lines in ((60, left), (520, right)):
                at = y
                with s.region("Text"):
                    for line in lines:
                        at = s.paragraph(x, at, 420, line, 16) + 2
                low = max(low, at)
            y = low
    with s.region("Title"):
        title = s.t("", "СЧЁТ НА ОПЛАТУ №|Счёт №|СЧЕТ-ДОГОВОР №|Счет-оферта №")
        y = s.line(
            60, y + 26, f"{title} {number} от {when}", 24, "b", r.choice(["left", "center"]), 880
        )
    if form != "sides":
        label = s.t("", "Покупатель|Плательщик|Заказчик")
        tail = f", ИНН {s.ru.inn()}, КПП {s.ru.kpp()}" if s.chance(0.5) else ""
        items = [(label + ":", buyer + tail)]
        if s.chance(0.4):
            items.append(
                ("Основание:", f"Договор № {r.randint(3, 400)} от {s.v.date(s.near(-90, -5), 0)}")
            )
        y = arranged(s, 60, y + 12, 880, items, r.choice(["right", "flush"]), 16, 5)
    if s.chance(0.4):
        due = s.mark("due_date", s.v.date(s.today + timedelta(days=r.choice([5, 10, 14]))))
        with s.region("Text"):
            y = s.line(
                60, y + 8, s.t("", "Оплатить до|Срок оплаты:|Счёт действителен до") + " " + due, 16
            )
    y = _goods(s, bill, y + 18, r.choice(["grid", "rows", "head"]))
    y = stack(s, 500, y + 12, 440, _sums(s, bill), 17, 5, "far", 0.5)
    with s.region("Text"):
        text = f"Всего наименований {len(bill.rows)}, на сумму {s.ru.money(bill.total)}"
        y = s.line(60, y + 12, text, 15)
        y = s.paragraph(60, y, 880, s.ru.amount_in_words(bill.total), 15, "b")
        s.line(60, y + 40, f"Руководитель ____________ {s.ru.short_person()}", 15)


@specimen_template("invoice", "waybill", "train", ("ru",), wide=(1400, 1800), height=760)
def waybill(s: Sheet) -> None:
    """A tax invoice (счёт-фактура) or a waybill (ТОРГ-12) in landscape.

    It has numbered lines and a table whose last row has the sums.
    """
    bill, r = make_bill(s, 1, 4), s.rng
    seller, buyer = s.mark("seller", s.v.company()), s.mark("buyer", s.v.company())
    number, when, inn = (
        invoice_number(s),
        s.mark("date", s.v.date(s.today)),
        s.mark("inn", s.ru.inn()),
    )
    goods = s.chance(0.5)
    size = 13.0
    numbered = not goods and s.chance(0.5)

    def tail(text: str) -> str:
        return f" ({text})" if numbered else ""

    if goods:
        items = [
            (s.t("", "Грузополучатель"), s.v.company() + ", " + s.v.address()),
            ("Поставщик", f"{seller}, ИНН {inn}, КПП {s.ru.kpp()}, {s.v.address()}"),
            ("Плательщик", f"{buyer}, ИНН {s.ru.inn()}"),
            ("Основание", f"Договор № {r.randint(2, 300)} от {s.v.date(s.near(-90, -5), 0)}"),
        ]
        y = stack(s, 30, 30, 940, items, size, 4, "line", 0.14)
        rows: list[Row] = [["Номер документа", "Дата составления"], [number, when]]
        with s.region("Title"):
            s.line(160, y + 40, "ТОВАРНАЯ НАКЛАДНАЯ", 22, "b")
        y = s.table(500, y + 14, [180, 180], rows, 1, size, "cc", "grid", 5)
    else:
        with s.region("Title"):
            title = s.t("", "СЧЕТ-ФАКТУРА №|Счёт-фактура №|Корректировочный счёт-фактура №")
            y = s.line(30, 24, f"{title} {number} от {when}", 20, "b", "left", 900)
        items = [
            ("Продавец" + tail("2"), seller),
            ("Адрес" + tail("2а"), s.v.address()),
            ("ИНН/КПП продавца" + tail("2б"), f"{inn}/{s.ru.kpp()}"),
            ("Грузоотправитель и его адрес" + tail("3"), "он же"),
            (
                "К платёжно-расчётному документу",
                f"№ {r.randint(1, 900)} от {s.v.date(s.near(-9, 0), 0)}",
            ),
            ("Покупатель" + tail("6"), buyer),
            ("Адрес" + tail("6а"), s.v.address()),
            ("ИНН/КПП покупателя" + tail("6б"), f"{s.ru.inn()}/{s.ru.kpp()}"),
            ("Валюта: наименование, код", "российский рубль, 643"),
        ]
        y = arranged(s, 30, y + 6, 900, items, r.choice(["right", "inline"]), size, 2)
    head: Row = [
        "№",
        "Наименование товара",
        "Кол-во",
        "Цена",
        "Стоимость без НДС",
        "Ставка",
        "Сумма НДС",
        "Стоимость с НДС",
    ]
    body: list[Row] = [head]
    money = s.ru.money
    for k, (name, count, price, _) in enumerate(bill.rows):
        each = int("".join(c for c in price.split("=")[1] if c.isdigit()))
        cents = each * bill.counts[k]
        tax = round(cents * bill.rate / 100)
        rate = f"{bill.rate}%" if bill.rate else "без НДС"
        body.append(
            [
                str(k + 1),
                name,
                count,
                price,
                money(cents, False),
                rate,
                money(tax, False),
                money(cents + tax, False),
            ]
        )
    net = money(bill.subtotal, False)
    body.append(
        [
            Cell(s.t("", "Всего к оплате|Итого|Всего по накладной"), 4, style="b"),
            None,
            None,
            None,
            s.mark("subtotal", net) if bill.rate else net,
            "X",
            s.mark("tax", money(bill.tax, False)) if bill.rate else "-",
            s.mark("total", money(bill.total, False)),
        ]
    )
    y = s.table(
        30, y + 16, [40, 290, 80, 110, 130, 80, 100, 120], body, 1, 12, "clrrrcrr", "grid", 5
    )
    with s.region("Text"):
        s.line(30, y + 16, f"Руководитель ____________ {s.ru.short_person()}", size)
        s.line(520, y + 16, f"Главный бухгалтер ____________ {s.ru.short_person()}", size)
