"""Till receipts: narrow, a shop's name and address, goods, a total."""

from __future__ import annotations

from ..registry import template
from ..sheet import Sheet
from .receipt_parts import WIDE, ask, cash_paid, shop_address, some_goods, till_time


@template("receipt", "till", "train", wide=WIDE, height=900, look="mono")
def till(s: Sheet) -> None:
    """All centred at the top, dashes, name and price at the two edges."""
    goods = some_goods(s, 2, 9)
    total = sum(p * n for _, p, n in goods)
    day, size = s.v.day(), 38.0
    with s.region("Text"):
        y = s.paragraph(
            60,
            60,
            880,
            s.mark("company", s.v.company().upper() if s.language == "en" else s.v.company()),
            46,
            "b",
            align="center",
        )
        if s.chance(0.4):
            y = s.line(
                60,
                y,
                s.t("(Co. Reg. No. ", "ОГРН ")
                + (
                    f"{s.rng.randint(100000, 999999)}-{s.rng.choice('AKHW')})"
                    if s.language == "en"
                    else s.ru.ogrn()
                ),
                32,
                align="center",
                width=880,
            )
        y = s.paragraph(60, y, 880, s.mark("address", shop_address(s)), size, align="center")
        y = s.line(
            60,
            y,
            s.t("Tel: |TEL ", "Тел. |т. ") + s.mark("phone", s.v.phone()),
            size,
            align="center",
            width=880,
        )
        tax = s.en.tax_id() if s.language == "en" else s.ru.inn()
        y = s.line(
            60,
            y,
            s.t("GST ID |VAT Reg. ", "ИНН ") + s.mark("tax_id", tax),
            size,
            align="center",
            width=880,
        )
    y += 20
    with s.region("Title"):
        y = s.line(
            60,
            y,
            s.t("TAX INVOICE|RECEIPT|CASH RECEIPT", "КАССОВЫЙ ЧЕК|ТОВАРНЫЙ ЧЕК|ЧЕК"),
            42,
            "b",
            "center",
            880,
        )
    with s.region("Text"):
        s.line(60, y, s.t("Date: |", "Дата: |") + s.mark("date", s.v.date(day)), size)
        y = s.line(
            500,
            y,
            s.t("Time ", "Время ") + s.mark("time", till_time(s)),
            size,
            align="right",
            width=440,
        )
        number = str(s.rng.randint(1000, 999999))
        y = s.line(
            60,
            y,
            s.t("Receipt No: |Bill# |Invoice No ", "Чек № |Документ № ") + s.mark("number", number),
            size,
            width=880,
        )
        if s.chance(0.7):
            name = s.v.person().split()[0] if s.language == "en" else s.ru.short_person()
            y = s.line(
                60,
                y,
                s.t("Cashier: |Served by ", "Кассир: |Кассир ") + s.mark("cashier", name),
                size,
                width=880,
            )
    s.rule(60, y + 12, 940, y + 12, 3, dash=10)
    y += 26
    with s.region("Table"):
        for k, (name, price, count) in enumerate(goods):
            s.line(60, y, f"{{name.{k}={name}}}", size, width=600)
            if count > 1:
                y = s.line(60, y, "", size)
                s.line(100, y, f"{count} x {s.v.money(price, False)}", size)
            y = s.line(
                660,
                y,
                f"{{item.{k}={s.v.money(price * count, False)}}}",
                size,
                align="right",
                width=280,
            )
    s.rule(60, y + 12, 940, y + 12, 3, dash=10)
    y += 26
    with s.region("Text"):
        rows = []
        if s.chance(0.5):
            rows.append(
                (
                    s.t("No. of items|Items", "Кол-во покупок|Товаров"),
                    s.mark("n_items", str(sum(n for _, _, n in goods))),
                )
            )
        if s.chance(0.5):
            tax_cents = round(total * 0.06)
            rows.append(
                (
                    s.t("GST 6%|Tax incl.", "в т.ч. НДС 10%|НДС"),
                    s.mark("tax", s.v.money(tax_cents, False)),
                )
            )
        y = s.pairs(60, y, 880, rows, "far", size, 0.55, 4)
        big = size * s.rng.choice([1.0, 1.3])
        y = s.pairs(
            60,
            y,
            880,
            [
                (
                    s.t("TOTAL|Total|Total Amount|NETT TOTAL", "ИТОГ|ИТОГО|Всего"),
                    s.mark("total", s.v.money(total)),
                )
            ],
            "far",
            big,
            0.5,
            4,
        )
        if s.chance(0.7):
            paid, change = cash_paid(s, total)
            y = s.pairs(
                60,
                y,
                880,
                [
                    (
                        s.t("CASH|Cash tendered", "НАЛИЧНЫМИ|Получено"),
                        s.mark("cash", s.v.money(paid, False)),
                    ),
                    (s.t("CHANGE|Change due", "СДАЧА"), s.mark("change", s.v.money(change, False))),
                ],
                "far",
                size,
                0.5,
                4,
            )
    with s.region("Text"):
        y = s.paragraph(
            60,
            y + 30,
            880,
            s.t(
                "THANK YOU, PLEASE COME AGAIN|Goods sold are not returnable|Thank you for "
                "shopping with us",
                "СПАСИБО ЗА ПОКУПКУ!|Ждём вас снова|Сохраняйте чек",
            ),
            size,
            align="center",
        )
    if s.chance(0.4):
        s.barcode(220, y + 10, 560, 110)
        y += 130
    ask(s, goods)


@template("receipt", "columns", "train", wide=WIDE, height=1000)
def columns(s: Sheet) -> None:
    """Left-aligned head, goods in a table with quantity and price columns."""
    goods = some_goods(s, 2, 8)
    total = sum(p * n for _, p, n in goods)
    size = 36.0
    if s.chance(0.5):
        s.logo(440, 30, 110)
    with s.region("Title"):
        y = s.paragraph(50, 160, 900, s.mark("company", s.v.company()), 48, "b", align="center")
    with s.region("Text"):
        y = s.paragraph(
            50,
            y,
            900,
            s.mark("address", shop_address(s)),
            size,
            align=s.rng.choice(["left", "center"]),
        )
        y = s.pairs(
            50,
            y + 16,
            900,
            [
                (
                    s.t("Doc No.|Slip No.", "Номер чека|Чек"),
                    s.mark(
                        "number",
                        f"CS{s.rng.randint(10000, 99999)}"
                        if s.language == "en"
                        else f"{s.rng.randint(1, 9999):05d}",
                    ),
                ),
                (
                    s.t("Date|Date of sale", "Дата продажи|Дата"),
                    s.mark("date", s.v.date(s.v.day())),
                ),
                (s.t("Time|Hour", "Время"), s.mark("time", till_time(s))),
                (
                    s.t("Counter|Cashier", "Продавец|Оператор"),
                    s.mark("cashier", s.v.person() if s.language == "en" else s.ru.short_person()),
                ),
            ],
            "right",
            size,
            0.36,
            4,
        )
    head = [
        s.t("Item|Description", "Товар|Наименование"),
        s.t("Qty", "Кол"),
        s.t("Price|U.P.", "Цена"),
        s.t("Amt|Amount", "Сумма"),
    ]
    rows = [
        [
            f"{{name.{k}={n}}}",
            str(c),
            s.v.money(p, False),
            f"{{item.{k}={s.v.money(p * c, False)}}}",
        ]
        for k, (n, p, c) in enumerate(goods)
    ]
    y = s.table(
        50,
        y + 16,
        [420, 90, 190, 200],
        [head, *rows],
        1,
        34,
        "lcrr",
        s.rng.choice(["head", "none", "rows"]),
        8,
    )
    with s.region("Text"):
        paid, change = cash_paid(s, total)
        y = s.pairs(
            50,
            y + 16,
            900,
            [
                (
                    s.t("Total Sales|Amount payable|Total", "Итого к оплате|К оплате|Сумма"),
                    s.mark("total", s.v.money(total)),
                ),
                (s.t("Payment|Paid", "Внесено|Оплачено"), s.mark("cash", s.v.money(paid, False))),
                (s.t("Change|Return", "Сдача"), s.mark("change", s.v.money(change, False))),
            ],
            "far",
            40,
            0.55,
            4,
        )
    with s.region("Page-footer"):
        s.paragraph(
            50,
            y + 30,
            900,
            s.t(
                "Please keep this slip for exchange|No refund without receipt",
                "Товар обмену не подлежит|Благодарим за визит",
            ),
            32,
            "i",
            align="center",
        )
    ask(s, goods)
