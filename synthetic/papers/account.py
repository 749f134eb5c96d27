"""An invented account: its holder, period, balances and entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from synthetic.sheet import Sheet


@dataclass
class Entry:
    day: date
    text: str
    cents: int
    balance: int


class Statement:
    """The marked values and the entries of one account in one period."""

    def __init__(self, s: Sheet, low: int, high: int) -> None:
        r, en = s.rng, s.language == "en"
        first = s.near(-60, 0).replace(day=1)
        last = (first + timedelta(days=r.choice([31, 31, 62]))).replace(day=1) - timedelta(days=1)
        style = r.choice([0, 2, 3, 4, 5]) if en else 0
        self.style = style
        money = s.v.money
        opening = s.v.cents(300, 9000) * (1 if en else 60)
        balance, self.entries = opening, list[Entry]()
        for _ in range(r.randint(low, high)):
            cents = round(s.v.cents(5, 900) * (1 if en else 60))
            if r.random() < 0.65 and cents < balance:
                cents = -cents
            balance += cents
            self.entries.append(
                Entry(first + timedelta(days=r.randint(0, 27)), self._about(s, cents), cents, 0)
            )
        self.entries.sort(key=lambda entry: entry.day)
        running = opening
        for entry in self.entries:
            running += entry.cents
            entry.balance = running
        self.turnover = (
            sum(e.cents for e in self.entries if e.cents > 0),
            -sum(e.cents for e in self.entries if e.cents < 0),
        )
        bic = s.ru.bic()
        self.bank = s.v.bank()
        self.person = r.random() < 0.5
        self.holder = s.mark("holder", s.v.person() if self.person else s.v.company())
        self.opening = s.mark("opening_balance", money(opening, self._sign(s)))
        self.closing = s.mark("balance", money(balance, self._sign(s)))
        self.start = s.mark("period_start", s.v.date(first, style))
        self.end = s.mark("period_end", s.v.date(last, style))
        self.date = s.mark("date", s.v.date(last + timedelta(days=r.randint(1, 4)), style))
        if en:
            self.account = s.mark("account", s.en.account())
            self.iban = s.mark("iban", s.en.iban())
            self.bik = s.en.swift()
        else:
            prefix = "40817810" if self.person else "40702810"
            self.account = s.mark("account", s.ru.account(bic, prefix))
            self.iban = ""
            self.bik = s.mark("bik", bic)
            self.inn = s.mark("inn", s.ru.inn(self.person))
        self._s = s

    @staticmethod
    def _sign(s: Sheet) -> bool:
        return s.language == "en" or s.rng.random() < 0.5

    @staticmethod
    def _about(s: Sheet, cents: int) -> str:
        place = s.v.company()
        if cents > 0:
            return s.t(
                f"Credit transfer {place}|Salary {place}|Interest paid|Refund {place}",
                f"Зачисление: {place}|Заработная плата|Возврат {place}|Поступление от {place}",
            )
        return s.t(
            f"Card payment {place}|Direct debit {place}|ATM withdrawal|Account fee|Standing order",
            f"Покупка: {place}|Оплата {place}|Выдача наличных|Комиссия банка|Перевод по карте",
        )

    def day(self, day: date) -> str:
        return self._s.v.date(day, self.style)

    def money(self, cents: int) -> str:
        return self._s.v.money(abs(cents), False)
