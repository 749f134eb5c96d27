"""Expenditure ledgers: 10-40 rows of date, document, payee, purpose and amount, with a total."""

from __future__ import annotations

from ..registry import template
from ..sheet import Cell, Row, Sheet
from .ledger_entries import ask, make_entries, marked_rows, period_mark, total_mark


@template("ledger", "grid", "train", wide=(1200, 1700))
def grid(s: Sheet) -> None:
    """A ruled grid under a title, with a total row."""
    entries = make_entries(s, 10, 28)
    with s.region("Title"):
        y = s.line(
            60,
            50,
            s.t(
                "EXPENDITURES|STATEMENT OF EXPENDITURE|Schedule of payments",
                "ВЕДОМОСТЬ РАСХОДОВ|ОТЧЁТ О РАСХОДАХ|РЕЕСТР ПЛАТЕЖЕЙ",
            ),
            28,
            "b",
            "center",
            880,
        )
    with s.region("Text"):
        y = s.line(
            60,
            y,
            s.t("Fund: |Office: ", "Организация: ") + s.mark("organisation", s.v.company()),
            17,
            align="center",
            width=880,
        )
        y = s.line(
            60, y, s.t("for ", "за ") + period_mark(s, entries), 17, align="center", width=880
        )
    head: Row = [
        s.t("No.", "№"),
        s.t("Date", "Дата"),
        s.t("Doc. No.|Voucher", "Док. №|№ док."),
        s.t("Paid to|Payee", "Получатель"),
        s.t("Purpose|For what", "Назначение|Статья"),
        s.t("Amount|Paid", "Сумма|Израсходовано, руб."),
    ]
    rows: list[Row] = [head, *marked_rows(entries)]
    rows.append(
        [
            Cell(s.t("Total|TOTAL", "Итого|ВСЕГО"), 5, align="right", style="b"),
            None,
            None,
            None,
            None,
            Cell(total_mark(s, entries), style="b"),
        ]
    )
    y = s.table(
        60,
        y + 16,
        [45, 110, 85, 300, 190, 150],
        rows,
        1,
        14.5,
        "cccllr",
        s.rng.choice(["grid", "grid", "rows"]),
        5,
        shade=s.rng.choice([None, (225, 228, 232)]),
        zebra=s.chance(0.3),
    )
    with s.region("Text"):
        if s.chance(0.5):
            y = (
                s.line(
                    60,
                    y + 14,
                    s.t("Number of payments: ", "Количество платежей: ")
                    + s.mark("n_entries", str(len(entries))),
                    16,
                )
                - 10
            )
        s.line(
            60,
            y + 36,
            s.t("Prepared by ", "Составил(а): ")
            + s.mark("prepared", s.v.person() if s.language == "en" else s.ru.short_person()),
            16,
        )
    s.signature(500, y + 20, 120)
    if s.chance(0.3):
        s.stamp(780, y + 40, 70)
    ask(s, entries, "p")


@template("ledger", "rules", "train", wide=(1100, 1700), look="serif")
def rules(s: Sheet) -> None:
    """An open table between rules as in printed disclosures; codes of documents first."""
    entries = make_entries(s, 14, 38)
    with s.region("Page-header"):
        s.line(80, 40, s.mark("organisation", s.v.company()), 15, "i")
        s.line(
            780,
            40,
            s.t("page ", "стр. ") + s.mark("page", str(s.rng.randint(2, 240))),
            15,
            align="right",
            width=140,
        )
    with s.region("Section-header"):
        y = s.line(
            80,
            90,
            s.t("Disbursements, |Cash paid out, ", "Выплаты из кассы, |Кассовый расход, ")
            + period_mark(s, entries),
            22,
            "b",
        )
    with s.region("Text"):
        y = s.line(
            80,
            y,
            s.t("Closing balance: ", "Остаток на конец периода: ")
            + s.mark("balance", s.v.money(s.v.cents(500, 9000))),
            16,
        )
    head: Row = [
        s.t("Document", "Документ"),
        s.t("Date posted|Posted", "Проведено|Дата"),
        s.t("Recipient|In favour of", "Кому выплачено|Контрагент"),
        s.t("Sum|Expended", "Расход|Выплачено"),
    ]
    rows: list[Row] = [head, *([m[2], m[1], m[3], m[5]] for m in marked_rows(entries))]
    rows.append(
        [
            "",
            "",
            Cell(s.t("Total paid|Sum total", "Всего выплачено|Итого расход"), style="b"),
            Cell(total_mark(s, entries), style="b"),
        ]
    )
    y = s.table(80, y + 16, [130, 160, 390, 160], rows, 1, 15.5, "lllr", "head", 3.5)
    with s.region("Footnote"):
        s.line(80, y + 10, s.t("All sums include tax.", "Все суммы указаны с учётом налогов."), 13)
    for k in range(len(entries)):  # rows have no number here: the documents are counted
        s.marks.setdefault(f"no.{k}", s.marks[f"doc.{k}"])
    ask(s, entries, "")


@template("ledger", "journal", "test", wide=(1200, 1700))
def journal(s: Sheet) -> None:
    """Amount in the second column, purpose in words, zebra stripes; the total stands above the
    table."""
    entries = make_entries(s, 10, 30)
    with s.region("Title"):
        y = s.line(
            50,
            50,
            s.t(
                "Cash book extract|Petty cash journal",
                "Выписка из кассовой книги|Журнал учёта трат",
            ),
            30,
            "b",
        )
    with s.region("Text"):
        y = s.pairs(
            50,
            y + 6,
            600,
            [
                (
                    s.t("Kept by", "Ведёт"),
                    s.mark("prepared", s.v.person() if s.language == "en" else s.ru.short_person()),
                ),
                (s.t("Covers", "Охватывает"), period_mark(s, entries)),
                (s.t("Outlays", "Число трат"), s.mark("n_entries", str(len(entries)))),
                (s.t("Spent in all", "Потрачено в целом"), total_mark(s, entries)),
            ],
            "dots",
            17,
            0.4,
            4,
        )
    head: Row = [
        s.t("Entry", "Запись"),
        s.t("Outlay", "Трата"),
        s.t("On", "Число"),
        s.t("Ref.", "Основание"),
        s.t("To whom", "Кому"),
        s.t("Under head", "По статье"),
    ]
    rows: list[Row] = [head, *([m[0], m[5], m[1], m[2], m[3], m[4]] for m in marked_rows(entries))]
    s.table(
        50,
        y + 16,
        [70, 130, 120, 110, 290, 180],
        rows,
        1,
        14.5,
        "crccll",
        "frame",
        5,
        shade=(215, 222, 230),
        zebra=True,
    )
    ask(s, entries, "p")
