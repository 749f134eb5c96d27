"""Further payment orders.

They are a SEPA form or a print from the internet bank, an application for a transfer, and the
form 0401060 as printed today.
"""

from __future__ import annotations

from synthetic.papers.pieces import row, stack
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Cell, Row, Sheet
from synthetic.values import digits


class _Payment:
    """The marked values of a payment."""

    def __init__(self, s: Sheet, words: bool = False) -> None:
        r, en = s.rng, s.language == "en"
        cents = s.v.cents(100, 40000) * (1 if en else 20)
        self.number = s.mark("number", str(r.randint(3, 9999)))
        self.date = s.mark("date", s.v.date(s.today, None if en else 0))
        self.payer, self.payee = s.mark("payer", s.v.company()), s.mark("payee", s.v.company())
        self.amount = s.mark(
            "amount", s.v.money(cents) if en else r.choice([s.ru.kopecks(cents), s.v.money(cents)])
        )
        self.words = s.ru.amount_in_words(cents) if not en else s.v.in_words(cents // 100)
        self.banks = (s.v.bank(), s.v.bank())
        number, day = r.randint(10, 999), s.v.date(s.near(-60, -2), 0)
        self.purpose = s.mark(
            "purpose",
            s.t(
                f"Invoice {number} of {day}, spare parts|Rent, contract {number}|Advance",
                f"Оплата по счету № {number} от {day} за запасные части|Аванс по договору "
                f"№ {number} от {day}|Оплата аренды за квартал по договору № {number}",
            ),
        )
        if en:
            self.bics = (s.en.swift(), s.en.swift())
            self.payer_account = s.mark("payer_account", s.en.iban())
            self.account = s.mark("iban", s.en.iban())
            return
        a, b = s.ru.bic(), s.ru.bic()
        self.bics = (s.mark("payer_bik", a), s.mark("bik", b))
        self.payer_inn = s.mark("payer_inn", s.ru.inn())
        self.inn = s.mark("inn", s.ru.inn())
        self.payer_account = s.mark("payer_account", s.ru.account(a))
        self.account = s.mark("account", s.ru.account(b))
        self.corr = (s.ru.account(a, "30101810"), s.ru.account(b, "30101810"))


@specimen_template("payment_order", "transfer", "train")
def transfer(s: Sheet) -> None:
    """A SEPA transfer form, or a payment printed by the internet bank: ruled rows with labels."""
    p = _Payment(s)
    with s.region("Page-header"):
        s.line(70, 44, p.banks[0], 20, "b")
    with s.region("Title"):
        y = s.line(
            70,
            90,
            s.t("SEPA CREDIT TRANSFER|PAYMENT ORDER", "Платежное поручение|Платёжное поручение")
            + f" № {p.number}" * (s.language == "ru"),
            28,
            "b",
        )
    if s.language == "en":
        items = [
            ("Order No.", p.number),
            ("Date", p.date),
            ("Beneficiary name", p.payee),
            ("Beneficiary IBAN", p.account),
            ("BIC of the beneficiary's bank", p.bics[1]),
            ("Amount", p.amount),
            ("Remittance information", p.purpose),
            ("Ordering customer", p.payer),
            ("Ordering customer IBAN", p.payer_account),
        ]
    else:
        items = [
            ("Дата", p.date),
            ("Сумма", p.amount),
            ("Сумма прописью", p.words),
            ("Плательщик", p.payer),
            ("ИНН плательщика", p.payer_inn),
            ("Счёт плательщика", p.payer_account),
            ("БИК банка плательщика", p.bics[0]),
            ("Получатель", p.payee),
            ("ИНН получателя", p.inn),
            ("Счёт получателя", p.account),
            ("Банк получателя", p.banks[1]),
            ("БИК банка получателя", p.bics[1]),
            ("Назначение платежа", p.purpose),
        ]
    y = stack(s, 70, y + 16, 860, items, 18, 12, "line", 0.34)
    s.signature(600, y + 20, 150)
    if s.chance(0.5):
        s.stamp(300, y + 90, 80)


@specimen_template("payment_order", "application", "test")
def application(s: Sheet) -> None:
    """A customer's application for a transfer: sections, payee first, boxes to tick."""
    p = _Payment(s)
    with s.region("Title"):
        y = s.line(
            60,
            50,
            s.t("APPLICATION FOR MONEY TRANSFER", "ЗАЯВЛЕНИЕ НА ПЕРЕВОД ДЕНЕЖНЫХ СРЕДСТВ"),
            26,
            "b",
            "center",
            880,
        )
    y = row(
        s,
        60,
        y + 10,
        [
            (s.t("Application no.", "Заявление №"), p.number, 300),
            (s.t("Submitted on", "Подано"), p.date, 290),
            (s.t("Sum to send", "Перевести сумму"), p.amount, 290),
        ],
        20,
    )
    for k, (en, ru) in enumerate((("RECIPIENT", "КОМУ"), ("SENDER", "ОТ КОГО"))):
        with s.region("Section-header"):
            y = s.line(60, y + 16, s.t(en, ru), 20, "b")
        mine = k == 1
        items = [
            (s.t("Name or company", "Наименование"), p.payer if mine else p.payee),
            (s.t("Account (IBAN)", "Номер счёта"), p.payer_account if mine else p.account),
            (s.t("With bank", "Наименование банка"), p.banks[1 - k]),
            (s.t("BIC / SWIFT", "Код БИК"), p.bics[1 - k]),
        ]
        if s.language == "ru":
            items.insert(1, ("Код ИНН", p.payer_inn if mine else p.inn))
        y = stack(s, 60, y + 6, 880, items, 18, 6, "right", 0.3)
    with s.region("Section-header"):
        y = s.line(60, y + 16, s.t("REASON", "ДЛЯ ЧЕГО"), 20, "b")
    with s.region("Text"):
        y = s.paragraph(60, y + 4, 880, p.purpose, 18)
    for text, ticked in (
        (s.t("charges to the sender", "комиссия за счёт отправителя"), True),
        (s.t("charges to the recipient", "комиссия за счёт получателя"), False),
    ):
        s.checkbox(60, y + 16, 16, ticked)
        with s.region("Text"):
            y = s.line(90, y + 14, text, 16)
    s.signature(640, y + 20, 160)


@specimen_template("payment_order", "form_0401060", "test", ("ru",))
def form_0401060(s: Sheet) -> None:
    """The form 0401060 (Bank of Russia, 762-П): numbered places, payee's bank in the lower half."""
    p = _Payment(s)
    with s.region("Text"):
        s.line(60, 40, "____________", 16)
        s.line(60, 60, "Поступ. в банк плат.", 12)
        s.line(330, 60, "Списано со сч. плат.", 12)
        s.line(820, 44, "0401060", 16, align="right", width=120)
    with s.region("Title"):
        s.line(60, 100, f"ПЛАТЕЖНОЕ ПОРУЧЕНИЕ № {p.number}", 20, "b")
    with s.region("Text"):
        s.line(520, 102, p.date, 17)
        s.line(700, 102, "электронно", 16)
        s.line(530, 126, "Дата", 12)
        s.line(700, 126, "Вид платежа", 12)
    rows: list[Row] = [
        ["Сумма прописью", Cell(p.words, 3), None, None],
        [f"ИНН {p.payer_inn}", f"КПП {s.ru.kpp()}", "Сумма", p.amount],
        [Cell(p.payer, 2), None, "", ""],
        [Cell("Плательщик", 2), None, "Сч. №", p.payer_account],
        [Cell(p.banks[0], 2), None, "БИК", p.bics[0]],
        [Cell("Банк плательщика", 2), None, "Сч. №", p.corr[0]],
        [Cell(p.banks[1], 2), None, "БИК", p.bics[1]],
        [Cell("Банк получателя", 2), None, "Сч. №", p.corr[1]],
        [f"ИНН {p.inn}", f"КПП {s.ru.kpp()}", "Сч. №", p.account],
        [Cell(p.payee, 2), None, "Вид оп.", "01"],
        [Cell("", 2), None, "Очер. плат.", "5"],
        [Cell("Получатель", 2), None, "Код", "0"],
        [digits(s.rng, 20), digits(s.rng, 8), "ТП", "0"],
        [Cell(p.purpose, 4), None, None, None],
    ]
    y = s.table(60, 160, [270, 210, 100, 300], rows, 0, 16, "llll", "grid", 6)
    with s.region("Text"):
        y = s.line(60, y + 4, "Назначение платежа", 12)
        s.line(420, y + 16, "Подписи", 13)
        s.line(720, y + 16, "Отметки банка", 13)
        s.line(200, y + 70, "М.П.", 14)
    s.signature(420, y + 50, 150)


@specimen_template("payment_order", "standing_order", "test", ("en",))
def standing_order(s: Sheet) -> None:
    """Instructions to a bank as running text with filled blanks, then a table of two parties."""
    p = _Payment(s)
    with s.region("Title"):
        y = s.line(60, 50, "INSTRUCTION TO YOUR BANK TO PAY", 28, "b")
    with s.region("Text"):
        y = s.line(60, y + 6, f"To the manager, {p.banks[0]}", 18)
        y = s.paragraph(
            60,
            y + 14,
            880,
            f"Please pay {p.amount} from our account {p.payer_account} on {p.date} and charge it "
            f"under instruction {p.number}.",
            19,
            leading=1.7,
        )
    rows: list[Row] = [
        ["", "We, who pay", "Who is paid"],
        ["Name", p.payer, p.payee],
        ["Account", "as above", p.account],
        ["Bank", p.banks[0], p.banks[1]],
        ["Bank code", p.bics[0], p.bics[1]],
    ]
    y = s.table(60, y + 20, [150, 365, 365], rows, 1, 16, "lll", "grid", 8)
    y = stack(s, 60, y + 20, 880, [("To be quoted", p.purpose)], 18)
    s.signature(600, y + 30, 160)
