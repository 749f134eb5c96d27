"""A guest's bill: items first, the place and its address at the foot."""

from __future__ import annotations

from ..registry import template
from ..sheet import Sheet
from .receipt_parts import WIDE, ask, shop_address, some_goods, till_time


@template("receipt", "cafe", "test", wide=WIDE, height=1000, look="sans")
def cafe(s: Sheet) -> None:
    """A guest bill: items first, the place and its address at the foot."""
    goods = some_goods(s, 2, 7)
    subtotal = sum(p * n for _, p, n in goods)
    service = round(subtotal * 0.1)
    size = 40.0
    with s.region("Title"):
        y = s.line(
            50, 60, s.t("GUEST CHECK|YOUR BILL", "СЧЁТ ГОСТЯ|ВАШ СЧЁТ"), 54, "b", "center", 900
        )
    with s.region("Text"):
        s.line(
            50, y + 10, s.t("Table ", "Стол ") + s.mark("table", str(s.rng.randint(1, 40))), size
        )
        y = s.line(
            500,
            y + 10,
            s.mark("date", s.v.date(s.v.day())) + "  " + s.mark("time", till_time(s)),
            size,
            align="right",
            width=450,
        )
        y = s.line(
            50,
            y,
            s.t("You were served by ", "Вас обслуживал(а) ")
            + s.mark("cashier", s.v.person() if s.language == "en" else s.ru.short_person()),
            size,
            width=900,
        )
    s.rule(50, y + 10, 950, y + 10, 3)
    y += 24
    with s.region("Table"):
        for k, (name, price, count) in enumerate(goods):
            s.line(50, y, f"{count}", size)
            s.line(120, y, f"{{name.{k}={name}}}", size, width=540)
            y = s.line(
                680,
                y,
                f"{{item.{k}={s.v.money(price * count, False)}}}",
                size,
                align="right",
                width=270,
            )
    s.rule(50, y + 10, 950, y + 10, 3)
    with s.region("Text"):
        y = s.pairs(
            50,
            y + 24,
            900,
            [
                (
                    s.t("Food and drink", "Блюда и напитки"),
                    s.mark("subtotal", s.v.money(subtotal, False)),
                ),
                (
                    s.t("Service 10%", "Обслуживание 10%"),
                    s.mark("service", s.v.money(service, False)),
                ),
                (
                    s.t("PLEASE PAY|SUM DUE", "К ОПЛАТЕ|ПРОСИМ ОПЛАТИТЬ"),
                    s.mark("total", s.v.money(subtotal + service)),
                ),
            ],
            "far",
            size,
            0.6,
            6,
        )
    with s.region("Text"):
        y = s.paragraph(50, y + 40, 900, s.mark("company", s.v.company()), 42, "b", align="center")
        y = s.paragraph(50, y, 900, s.mark("address", shop_address(s)), 34, align="center")
        s.line(
            50,
            y,
            s.t("Bookings: ", "Заказ столов: ") + s.mark("phone", s.v.phone()),
            34,
            align="center",
            width=900,
        )
    ask(s, goods)
