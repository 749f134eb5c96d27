"""An invoice in ruled boxes."""

from __future__ import annotations

from datetime import timedelta

from ..registry import template
from ..sheet import Row, Sheet
from .invoice_parts import ask_rows, bank_details, invoice_number, make_bill, sum_lines


@template("invoice", "boxes", "test")
def boxes(s: Sheet) -> None:
    """Everything in ruled boxes, as printed by an old accounting program."""
    day = s.v.day()
    bill = make_bill(s, 4, 11)
    with s.region("Title"):
        y = s.line(
            60,
            50,
            s.t("COMMERCIAL INVOICE|STATEMENT OF CHARGES", "СЧЁТ ЗА ПОСТАВКУ|ТОВАРНЫЙ СЧЁТ"),
            28,
            "b",
            "center",
            880,
        )
    y += 14
    with s.region("Text"):
        a = s.pairs(
            60,
            y,
            430,
            [
                (s.t("Vendor|Supplier", "Поставщик|Продавец"), s.mark("seller", s.v.company())),
                (
                    s.t("Vendor address", "Адрес поставщика"),
                    s.mark("seller_address", s.v.address()),
                ),
            ],
            "box",
            16,
        )
    with s.region("Text"):
        s.pairs(
            510,
            y,
            205,
            [
                (s.t("Document no.", "Документ №"), invoice_number(s)),
                (
                    s.t("Ship via", "Доставка"),
                    s.mark(
                        "ship", s.t("Courier|Own transport|Rail", "Курьер|Самовывоз|Автотранспорт")
                    ),
                ),
            ],
            "box",
            16,
        )
    with s.region("Text"):
        s.pairs(
            735,
            y,
            205,
            [
                (s.t("Issued on", "От"), s.mark("date", s.v.date(day))),
                (
                    s.t("Payable by", "Оплата не позднее"),
                    s.mark("due_date", s.v.date(day + timedelta(days=15))),
                ),
            ],
            "box",
            16,
        )
    with s.region("Text"):
        y = s.pairs(
            60,
            a + 4,
            880,
            [
                (
                    s.t("Consignee|Purchaser", "Грузополучатель|Кому"),
                    s.mark("buyer", s.v.company()),
                ),
                (s.t("Deliver to", "Адрес доставки"), s.mark("buyer_address", s.v.address())),
            ],
            "box",
            16,
        )
    head: Row = [
        s.t("Article", "Артикул"),
        s.t("Goods", "Предмет"),
        s.t("Pcs", "Ед."),
        s.t("Per piece", "За ед."),
        s.t("Value", "Стоимость"),
    ]
    rows: list[Row] = [
        head,
        *([f"{s.rng.randint(1000, 9999)}-{s.rng.randint(10, 99)}", *row] for row in bill.rows),
    ]
    if s.chance(0.5):
        rows.append(
            [
                "",
                s.t("Pieces in all", "Всего единиц"),
                s.mark("n_items", str(sum(bill.counts))),
                "",
                "",
            ]
        )
    sums = sum_lines(
        s,
        bill,
        s.t("Goods value", "Стоимость товаров"),
        s.t("Duty and tax", "Налог"),
        s.t("GRAND TOTAL|Invoice value", "ВСЕГО|Общая сумма"),
    )
    rows += [["", name, "", "", value] for name, value in sums]
    y = s.table(60, y + 16, [120, 420, 80, 120, 140], rows, 1, 15, "llrrr", "grid", 5)
    with s.region("Text"):
        words = s.v.in_words(bill.total // 100)
        y = s.paragraph(
            60,
            y + 18,
            880,
            s.t("Say: ", "Сумма прописью: ")
            + s.mark("words", words[0].upper() + words[1:])
            + s.t(" only", " руб."),
            16,
            "i",
        )
    with s.region("Text"):
        s.pairs(60, y + 20, 880, bank_details(s), "line", 15, 0.25)
    ask_rows(s, bill)
    s.cannot_tell(
        "What is the supplier's telephone number?|Which VAT certificate is cited?",
        "Какой телефон у поставщика?|По какому договору выставлен счёт?",
    )
