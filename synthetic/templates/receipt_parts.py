"""Common parts of till receipts: goods, address, payment, questions."""

from __future__ import annotations

from ..sheet import Sheet

WIDE = (500, 700)


def some_goods(s: Sheet, low: int, high: int) -> list[tuple[str, int, int]]:
    """(name, price in cents, count), each name once."""
    out: dict[str, tuple[str, int, int]] = {}
    while len(out) < s.rng.randint(low, high):
        name, price = s.v.groceries()
        out.setdefault(name, (name, price, s.rng.choice([1, 1, 1, 2, 3])))
    return list(out.values())


def shop_address(s: Sheet) -> str:
    return s.v.address() if s.language == "ru" or s.chance(0.5) else f"No. {s.v.address()}"


def ask(s: Sheet, goods: list[tuple[str, int, int]]) -> None:
    number = s.rng.randrange(len(goods))
    name = goods[number][0]
    train = s.split == "train"
    s.ask(
        f"item.{number}",
        "table",
        f"How much was charged for {name}?|What is the price of {name}?"
        if train
        else f"{name}: what did it come to?",
        f"Сколько стоит «{name}»?|Какая сумма за «{name}»?"
        if train
        else f"Во сколько обошёлся товар «{name}»?",
    )
    s.count(
        "name.",
        len(goods),
        "How many different items were bought?|How many lines of goods are on the receipt?",
        "Сколько разных товаров куплено?|Сколько позиций в чеке?",
    )
    s.cannot_tell(
        "What is the customer's name?|Until what date can the goods be returned?|How "
        "many bonus points were earned?",
        "Как зовут покупателя?|До какого числа можно вернуть товар?|Сколько бонусов начислено?",
    )


def cash_paid(s: Sheet, total: int) -> tuple[int, int]:
    step = s.rng.choice([100, 500, 1000] if s.language == "en" else [10000, 50000, 100000])
    paid = -(-total // step) * step
    return paid, paid - total


def till_time(s: Sheet) -> str:
    return f"{s.rng.randint(8, 21):02d}:{s.rng.randint(0, 59):02d}"
