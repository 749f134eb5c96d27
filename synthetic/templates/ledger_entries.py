"""Rows of an expenditure ledger and the questions on them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from datetime import timedelta

from ..sheet import Sheet
from ..values_en import MONTHS
from ..values_ru import MONTHS_NOM


@dataclass
class Entry:
    """A row of the ledger as it is printed."""

    number: str
    date: str
    document: str
    payee: str
    purpose: str
    amount: str
    cents: int
    day: datetime.date


def make_entries(s: Sheet, low: int, high: int) -> list[Entry]:
    r = s.rng
    day, count = s.v.day(), r.randint(low, high)
    documents = r.sample(range(101, 999), count)
    payees: list[str] = []
    while len(payees) < max(4, count // 2):
        name = s.v.company()
        if name not in payees:
            payees.append(name)
    purposes = (
        "Office supplies|Rent|Heating|Postage|Repair of roof|Telephone|Travel|"
        "Printing|Cleaning|Insurance|Books|Furniture|Electricity|Catering"
        if s.language == "en"
        else "Канцтовары|Аренда|Отопление|Почтовые услуги|Ремонт кровли|Связь|"
        "Командировка|Печать|Уборка|Страхование|Книги|Мебель|Электроэнергия|Питание"
    ).split("|")
    out = []
    first = day.replace(day=1)
    days = sorted(r.randint(0, 27) for _ in range(count))
    for k in range(count):
        day = first + timedelta(days=days[k])
        cents = s.v.cents(20, 9000) if s.language == "en" else s.v.cents(900, 300000)
        out.append(
            Entry(
                str(k + 1),
                s.v.date(day, 2 if s.language == "en" else 0),
                str(documents[k]),
                payees[k] if k < len(payees) else r.choice(payees),
                r.choice(purposes),
                s.v.money(cents, False),
                cents,
                day,
            )
        )
    return out


def marked_rows(entries: list[Entry]) -> list[list[str]]:
    return [
        [
            f"{{no.{k}={e.number}}}",
            f"{{day.{k}={e.date}}}",
            f"{{doc.{k}={e.document}}}",
            f"{{payee.{k}={e.payee}}}",
            f"{{purpose.{k}={e.purpose}}}",
            f"{{amount.{k}={e.amount}}}",
        ]
        for k, e in enumerate(entries)
    ]


def ask(s: Sheet, entries: list[Entry], columns: str) -> None:
    """Questions on random rows; a row is named by its document or by a payee that occurs once."""
    r, train = s.rng, s.split == "train"
    rows = r.sample(range(len(entries)), min(6, len(entries)))
    once = [k for k, e in enumerate(entries) if sum(e.payee == o.payee for o in entries) == 1]
    for k in rows[:4]:
        e = entries[k]
        asks = [
            (
                "amount",
                "What is the amount of document {d}?|How much was paid under document No. {d}?",
                "For document {d}, what sum was spent?",
                "Какова сумма по документу № {d}?|Сколько рублей израсходовано по документу {d}?",
                "Документ {d}: какой расход?",
            ),
            (
                "day",
                "On what date was document {d} posted?|What is the date of document No. {d}?",
                "When was document {d} entered?",
                "Какого числа проведён документ № {d}?|Какая дата у документа {d}?",
                "Когда оформлен документ {d}?",
            ),
            (
                "payee",
                "Who was paid under document {d}?|Who is the payee of document No. {d}?",
                "Whom did document {d} pay?",
                "Кто получатель по документу № {d}?|Кому заплатили по документу {d}?",
                "В чью пользу документ {d}?",
            ),
        ]
        if "p" in columns:
            asks.append(
                (
                    "purpose",
                    "What was document {d} paid for?|What is the purpose given for document {d}?",
                    "Document {d} covers what kind of cost?",
                    "На что потрачены деньги по документу № {d}?|Какое назначение у документа {d}?",
                    "К какой статье относится документ {d}?",
                )
            )
        key, en, en_test, ru, ru_test = r.choice(asks)
        s.ask(
            f"{key}.{k}",
            "table",
            (en if train else en_test).format(d=e.document),
            (ru if train else ru_test).format(d=e.document),
        )
    for k in r.sample(once, min(3, len(once))):
        e = entries[k]
        if r.random() < 0.6:
            s.ask(
                f"amount.{k}",
                "table",
                f"How much was paid to {e.payee}?|What amount did {e.payee} receive?"
                if train
                else f"What sum went to {e.payee}?",
                f"Сколько заплатили {e.payee}?|Какую сумму получило {e.payee}?"
                if train
                else f"Какой расход приходится на {e.payee}?",
            )
        else:
            s.ask(
                f"doc.{k}",
                "table",
                f"What is the number of the document for {e.payee}?|Under which document was "
                f"{e.payee} paid?"
                if train
                else f"Which document names {e.payee}?",
                f"Какой номер документа по {e.payee}?|По какому документу заплачено {e.payee}?"
                if train
                else f"В каком документе значится {e.payee}?",
            )
    s.count(
        "no.",
        len(entries),
        "How many entries are in the table?|How many payments are listed?",
        "Сколько записей в таблице?|Сколько платежей перечислено?",
    )
    dear = max(range(len(entries)), key=lambda k: entries[k].cents)
    if sum(e.cents == entries[dear].cents for e in entries) == 1 and s.chance(0.6):
        s.ask(
            f"payee.{dear}",
            "table",
            "Who received the largest payment?" if train else "To whom went the highest sum?",
            "Кто получил самый большой платёж?" if train else "Кому выплачена наибольшая сумма?",
        )
    s.cannot_tell(
        "How much was paid for advertising?|Who audited the expenditures?|What was "
        "the expenditure in the previous year?",
        "Сколько потрачено на рекламу?|Кто проверил расходы?|Каковы расходы за прошлый год?",
    )


def total_mark(s: Sheet, entries: list[Entry]) -> str:
    return s.mark("total", s.v.money(sum(e.cents for e in entries), False))


def period_mark(s: Sheet, entries: list[Entry]) -> str:
    day = entries[0].day
    name = (MONTHS if s.language == "en" else MONTHS_NOM)[day.month - 1]
    return s.mark("period", f"{name} {day.year}" + ("" if s.language == "en" else " г."))
