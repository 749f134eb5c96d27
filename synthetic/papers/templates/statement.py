"""Bank statements: holder, period, opening and closing balance, and the entries."""

from __future__ import annotations

from synthetic.papers.account import Statement
from synthetic.papers.pieces import row, stack
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Row, Sheet


@specimen_template("bank_statement", "classic", "train")
def classic(s: Sheet) -> None:
    """Title and facts at the top, entries with debit and credit columns, closing line."""
    a = Statement(s, 6, 14)
    with s.region("Page-header"):
        s.line(70, 50, a.bank, 28, "b")
    with s.region("Title"):
        y = s.line(
            70,
            110,
            s.t(
                "BANK STATEMENT|STATEMENT OF ACCOUNT", "ВЫПИСКА ПО СЧЁТУ|ВЫПИСКА ИЗ ЛИЦЕВОГО СЧЁТА"
            ),
            30,
            "b",
        )
    items = [
        (s.t("Account holder|Account name", "Клиент|Владелец счёта"), a.holder),
        (s.t("Account number|Account No.", "Номер счёта|Счёт"), a.account),
    ]
    if a.iban:
        items.append(("IBAN", a.iban))
    else:
        items += [("ИНН", a.inn), ("БИК банка", a.bik)]
    items += [
        (s.t("Statement period", "За период"), f"{a.start} - {a.end}"),
        (s.t("Opening balance", "Входящий остаток"), a.opening),
    ]
    y = stack(s, 70, y + 16, 860, items, 17, 6, "right", 0.28)
    head: Row = [
        s.t("Date", "Дата"),
        s.t("Description|Details", "Содержание операции|Назначение"),
        s.t("Debit|Paid out", "Дебет|Расход"),
        s.t("Credit|Paid in", "Кредит|Приход"),
        s.t("Balance", "Остаток"),
    ]
    rows: list[Row] = [head]
    for e in a.entries:
        out, into = ("", a.money(e.cents)) if e.cents > 0 else (a.money(e.cents), "")
        rows.append([a.day(e.day), e.text, out, into, a.money(e.balance)])
    y = s.table(
        70, y + 20, [150, 320, 125, 125, 140], rows, 1, 14, "llrrr", s.rng.choice(["grid", "rows"])
    )
    with s.region("Text"):
        s.pairs(
            480, y + 20, 450, [(s.t("Closing balance", "Исходящий остаток"), a.closing)], "far", 19
        )


@specimen_template("bank_statement", "summary", "train", look="sans")
def summary(s: Sheet) -> None:
    """A person's letter-like statement with a box of sums before the entries."""
    a = Statement(s, 5, 11)
    s.logo(70, 50, 60)
    with s.region("Page-header"):
        s.line(150, 60, a.bank, 24, "b")
    with s.region("Text"):
        y = s.line(70, 160, a.holder, 18)
        y = s.paragraph(70, y, 420, s.v.address(), 17)
    facts = [
        (s.t("Statement date", "Дата формирования"), a.date),
        (s.t("Your account", "Лицевой счёт"), a.account),
        (s.t("From", "Начало периода"), a.start),
        (s.t("To", "Конец периода"), a.end),
    ]
    stack(s, 560, 160, 370, facts, 16, 5, "right", 0.45)
    with s.region("Title"):
        y = s.line(
            70,
            max(y, 330),
            s.t("Your statement|Current account statement", "Выписка о движении средств|Выписка"),
            28,
            "b",
        )
    sums = [
        (s.t("Balance brought forward", "Остаток на начало периода"), a.opening),
        (s.t("Total paid in", "Всего зачислено"), a.money(a.turnover[0])),
        (s.t("Total paid out", "Всего списано"), a.money(a.turnover[1])),
        (s.t("Balance carried forward", "Остаток на конец периода"), a.closing),
    ]
    s.box(70, y + 14, 860, 170, 1, fill=(242, 244, 248))
    y = stack(s, 90, y + 26, 820, sums, 18, 6, "far") + 40
    head: Row = [s.t("Date", "Дата"), s.t("Transaction", "Операция"), s.t("Amount", "Сумма")]
    rows: list[Row] = [head]
    for e in a.entries:
        rows.append([a.day(e.day), e.text, ("+" if e.cents > 0 else "-") + a.money(e.cents)])
    s.table(70, max(y, 590), [180, 480, 200], rows, 1, 16, "llr", "rows", 7)


@specimen_template("bank_statement", "ledger", "train", look="mono")
def ledger(s: Sheet) -> None:
    """Like the print of an old banking program: typewriter letters, open columns."""
    a = Statement(s, 7, 15)
    with s.region("Title"):
        y = s.line(
            60, 40, s.t("ACCOUNT STATEMENT", "ВЫПИСКА ЛИЦЕВОГО СЧЁТА"), 22, "b", "center", 880
        )
    lines = [
        f"{s.t('Bank', 'Банк')}: {a.bank}  {s.t('SWIFT', 'БИК')} {a.bik}",
        f"{s.t('Customer', 'Наименование клиента')}: {a.holder}",
        f"{s.t('Account', 'Счёт №')} {a.account}" + (f"  IBAN {a.iban}" if a.iban else ""),
        f"{s.t('Period from', 'за период с')} {a.start} {s.t('to', 'по')} {a.end}",
        f"{s.t('Balance at start', 'Остаток входящий')}: {a.opening}",
    ]
    if not a.iban:
        lines[1] += f" ИНН {a.inn}"
    with s.region("Text"):
        for text in lines:
            y = s.line(60, y + 6, text, 16, width=880)
    head: Row = [
        s.t("Day", "Дата"),
        s.t("Ref", "№ док."),
        s.t("Narrative", "Корреспондент"),
        s.t("Debits", "Обороты Дт"),
        s.t("Credits", "Обороты Кт"),
    ]
    rows: list[Row] = [head]
    for e in a.entries:
        out, into = ("", a.money(e.cents)) if e.cents > 0 else (a.money(e.cents), "")
        rows.append([a.day(e.day), str(s.rng.randint(10, 9999)), e.text, out, into])
    rows.append(
        ["", "", s.t("Turnover", "Итого обороты"), a.money(a.turnover[1]), a.money(a.turnover[0])]
    )
    y = s.table(60, y + 16, [150, 90, 340, 150, 150], rows, 1, 14, "lllrr", "head")
    with s.region("Text"):
        s.line(60, y + 14, f"{s.t('Balance at end', 'Остаток исходящий')}: {a.closing}", 17, "b")


@specimen_template("bank_statement", "activity", "test", look="sans")
def activity(s: Sheet) -> None:
    """A print from the internet bank: coloured head, cards of facts, entries in two lines."""
    a = Statement(s, 5, 9)
    s.box(0, 0, 1000, 110, 0, fill=s.rng.choice([(20, 90, 80), (60, 40, 120), (150, 60, 20)]))
    with s.region("Page-header"):
        s.line(60, 36, a.bank, 30, "b", color=(250, 250, 250))
    with s.region("Title"):
        y = s.line(
            60,
            130,
            s.t(
                "Account activity|Transaction history",
                "История операций|Справка о движении средств",
            ),
            30,
            "b",
        )
    y = row(
        s,
        60,
        y + 10,
        [
            (s.t("In the name of", "Ф. И. О. или наименование"), a.holder, 440),
            (s.t("Account", "Договор, счёт"), a.account, 440),
        ],
        19,
    )
    y = row(
        s,
        60,
        y,
        [
            (s.t("Covers", "Операции с"), a.start, 220),
            (s.t("through", "по"), a.end, 220),
            ("IBAN", a.iban, 440) if a.iban else ("Код банка (БИК)", a.bik, 440),
        ],
        19,
    )
    y = row(
        s,
        60,
        y,
        [
            (s.t("Funds at the beginning", "Было на счёте"), a.opening, 440),
            (s.t("Funds at the end", "Стало на счёте"), a.closing, 440),
        ],
        22,
    )
    y += 14
    for e in a.entries:
        with s.region("Text"):
            s.line(60, y, e.text, 18, "b", width=620)
            mark = "+ " if e.cents > 0 else "- "
            s.line(700, y, mark + a.money(e.cents), 20, "b", "right", 240)
            y = s.line(60, y + 26, a.day(e.day), 15)
        s.rule(60, y + 4, 940, y + 4, 0.6)
        y += 14


@specimen_template("bank_statement", "confirmation", "test", look="serif")
def confirmation(s: Sheet) -> None:
    """A statement in a ruled form: the facts as table rows, unusual labels, the bank's stamp."""
    a = Statement(s, 4, 9)
    with s.region("Title"):
        y = s.line(
            60,
            50,
            s.t("EXTRACT OF ACCOUNT", "СВЕДЕНИЯ ОБ ОПЕРАЦИЯХ НА СЧЁТЕ"),
            26,
            "b",
            "center",
            880,
        )
    facts: list[Row] = [
        [s.t("Depositor", "Вкладчик"), a.holder],
        [s.t("No. of account", "№ счёта"), a.account],
        [s.t("Kept with", "Открыт в банке"), a.bank],
        [s.t("First day", "Дата начала"), a.start],
        [s.t("Last day", "Дата окончания"), a.end],
        [s.t("Amount held on the first day", "Сальдо начальное"), a.opening],
        [s.t("Amount held on the last day", "Сальдо конечное"), a.closing],
    ]
    if a.iban:
        facts.insert(2, ["International number (IBAN)", a.iban])
    else:
        facts.insert(1, ["ИНН вкладчика", a.inn])
        facts.insert(4, ["БИК", a.bik])
    y = s.table(60, y + 16, [340, 540], facts, 0, 17, "ll", "grid", 6)
    head: Row = [
        s.t("Value day", "Проведено"),
        s.t("Withdrawn", "Списание"),
        s.t("Deposited", "Зачисление"),
        s.t("Remarks", "Основание"),
    ]
    rows: list[Row] = [head]
    for e in a.entries:
        out, into = ("-", a.money(e.cents)) if e.cents > 0 else (a.money(e.cents), "-")
        rows.append([a.day(e.day), out, into, e.text])
    y = s.table(60, y + 20, [170, 160, 160, 390], rows, 1, 15, "lrrl", "grid", 5)
    s.stamp(760, y + 100, 80)
    with s.region("Text"):
        s.line(60, y + 40, s.t("Drawn up on ", "Составлено ") + a.date, 16)
        s.line(60, y + 80, s.t("For the bank", "Операционист"), 16)
    s.signature(240, y + 60, 140)
