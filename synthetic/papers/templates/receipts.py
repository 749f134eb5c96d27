"""Further receipts: a fiscal slip, a card slip, a receipt book's stub."""

from __future__ import annotations

from synthetic.papers.pieces import stack
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Sheet
from synthetic.templates.receipt_parts import (
    WIDE,
    cash_paid,
    shop_address,
    some_goods,
    till_time,
)
from synthetic.values import digits


@specimen_template("receipt", "fiscal", "train", wide=WIDE, height=1100, look="mono", loose=True)
def fiscal(s: Sheet) -> None:
    """Like a fiscal till's print: heading first, shop at the end, codes at the foot."""
    goods = some_goods(s, 1, 7)
    total = sum(p * n for _, p, n in goods)
    size = 36.0
    with s.region("Title"):
        y = s.line(
            40,
            40,
            s.t("SALES RECEIPT|CUSTOMER COPY", "КАССОВЫЙ ЧЕК ПРИХОД|КАССОВЫЙ ЧЕК / ПРИХОД"),
            42,
            "b",
            "center",
            920,
        )
    with s.region("Text"):
        y = s.line(
            40,
            y,
            s.t("Receipt # ", "ЧЕК № ") + s.mark("number", str(s.rng.randint(10, 99999))),
            size,
        )
        moment = s.mark("date", f"{s.today:%d.%m.%y}" if s.language == "ru" else s.v.date(s.today))
        y = s.line(40, y, f"{moment} {till_time(s)}", size)
    with s.region("Table"):
        for name, price, count in goods:
            y = s.line(40, y + 8, name, size, width=920)
            text = f"{count} x {s.v.money(price, False)} = {s.v.money(price * count, False)}"
            y = s.line(40, y, text, size, align="right", width=920)
    s.rule(40, y + 12, 960, y + 12, 3, dash=8)
    rate = s.rng.choice([10, 20])
    paid, change = cash_paid(s, total)
    rows = [
        (s.t("TOTAL|TOTAL TO PAY", "ИТОГ|ИТОГО"), s.mark("total", "=" + s.v.money(total, False))),
        (s.t("Cash", "НАЛИЧНЫМИ"), s.v.money(paid, False)),
        (s.t("Change", "СДАЧА"), s.v.money(change, False)),
        (
            s.t(f"VAT {rate}%", f"СУММА НДС {rate}%"),
            s.mark("tax", s.v.money(round(total * rate / (100 + rate)), False)),
        ),
    ]
    y = stack(s, 40, y + 24, 920, rows, 40, 4, "far", 0.55)
    with s.region("Text"):
        y = s.paragraph(40, y + 20, 920, s.mark("company", s.v.company()), size, "b")
        y = s.paragraph(40, y, 920, s.mark("address", shop_address(s)), size)
        if s.language == "ru":
            y = s.line(40, y, "ИНН " + s.mark("inn", s.ru.inn()), size)
            for label in ("РН ККТ", "ФН", "ФД", "ФП"):
                y = s.line(40, y, f"{label} {digits(s.rng, 10)}", size)
        else:
            y = s.line(40, y, f"Tax reg. {s.en.tax_id()}", size)
    with s.region("Picture"):
        for k in range(144):
            if s.chance(0.5):
                s.box(380 + k % 12 * 20, y + 20 + k // 12 * 20, 20, 20, 0, fill=(20, 20, 20))
        s.touch(380, y + 20, 620, y + 260)


@specimen_template("receipt", "card_slip", "test", wide=WIDE, height=900, look="mono", loose=True)
def card_slip(s: Sheet) -> None:
    """The slip of a card terminal: merchant, terminal, card, sum."""
    total = s.v.cents(5, 400) * (1 if s.language == "en" else 50)
    size = 38.0
    with s.region("Text"):
        y = s.paragraph(40, 40, 920, s.mark("company", s.v.company()), 42, "b", align="center")
        y = s.paragraph(40, y, 920, s.mark("address", s.v.address()), size, align="center")
    number = s.mark("number", f"{s.rng.randint(1, 9999):04d}")
    lines = [
        (s.t("TERMINAL", "ТЕРМИНАЛ"), digits(s.rng, 8)),
        (s.t("SLIP", "КВИТАНЦИЯ"), number),
        (s.t("ON", "ОТ"), s.mark("date", s.v.date(s.today, 2 if s.language == "en" else 0))),
        (s.t("AT", "В"), till_time(s)),
        (s.t("CARD", "КАРТА"), f"**** {digits(s.rng, 4)}"),
        (s.t("AUTH CODE", "КОД АВТОРИЗАЦИИ"), digits(s.rng, 6)),
    ]
    y = stack(s, 40, y + 20, 920, lines, size, 4, "far", 0.5)
    with s.region("Title"):
        y = s.line(40, y + 16, s.t("SALE  APPROVED", "ОПЛАТА  ОДОБРЕНО"), 42, "b", "center", 920)
    y = stack(
        s,
        40,
        y + 10,
        920,
        [(s.t("CHARGED", "СПИСАНО"), s.mark("total", s.v.money(total)))],
        46,
        4,
        "far",
        0.4,
    )
    with s.region("Text"):
        y = s.paragraph(
            40,
            y + 20,
            920,
            s.t("CARDHOLDER COPY - PIN VERIFIED", "ПОДПИСЬ КЛИЕНТА НЕ ТРЕБУЕТСЯ"),
            size,
            align="center",
        )


@specimen_template("receipt", "paid_stub", "test", wide=(900, 1300), height=620, loose=True)
def paid_stub(s: Sheet) -> None:
    """A stub from a receipt book: payer, purpose, amount."""
    cents = s.v.cents(20, 2000) * (1 if s.language == "en" else 50)
    s.box(25, 25, 950, 570, 2)
    with s.region("Title"):
        s.line(60, 50, s.t("CASH RECEIVED", "КВИТАНЦИЯ к приходному ордеру"), 30, "b")
    with s.region("Text"):
        number = s.mark("number", str(s.rng.randint(100, 9999)))
        s.line(700, 54, s.t("Stub ", "№ ") + number, 26, "b", "right", 240)
    words = s.v.in_words(cents // 100)
    items = [
        (s.t("On", "Число"), s.mark("date", s.v.date(s.today))),
        (s.t("Taken by", "Организация"), s.mark("company", s.v.company())),
        (s.t("At", "Место"), s.mark("address", s.v.address())),
        (s.t("Taken from", "Принято от"), s.v.person()),
        (s.t("For", "Основание"), s.t("rent|repairs|tuition", "аренда|ремонт|обучение")),
        (s.t("The sum of", "Сумма"), s.mark("total", s.v.money(cents))),
        (s.t("In letters", "Прописью"), words[0].upper() + words[1:]),
    ]
    y = stack(s, 60, 120, 880, items, 20, 12, "line", 0.24)
    s.signature(640, y - 10, 160)
