"""Contracts, laws and orders: prose in which facts are stated; articles and numbered clauses."""

from __future__ import annotations

from datetime import timedelta

from ..registry import template
from ..sheet import Sheet


def who(s: Sheet) -> str:
    return s.v.person() if s.language == "en" else s.ru.short_person()


def clauses(
    s: Sheet,
    y: float,
    x: float,
    width: float,
    parts: list[str],
    size: float,
    category: str = "Text",
) -> float:
    for part in parts:
        with s.region(category):
            y = s.paragraph(x, y, width, part, size, align="justify") + 8
    return y


def near(s: Sheet) -> None:
    s.cannot_tell(
        "Which notary certified the document?|What is the document's registration "
        "fee?|In which newspaper was the text printed?",
        "Какой нотариус заверил документ?|Какова пошлина за регистрацию?|В какой "
        "газете опубликован текст?",
    )


@template("legal", "contract", "train")
def contract(s: Sheet) -> None:
    """A contract of supply or services in numbered clauses, with both parties' data at the end."""
    r, day = s.rng, s.v.day()
    price = s.v.cents(900, 90000) if s.language == "en" else s.v.cents(20000, 4000000)
    with s.region("Title"):
        y = s.line(
            80,
            60,
            s.t("CONTRACT No. |AGREEMENT No. ", "ДОГОВОР № |КОНТРАКТ № ")
            + s.mark("number", f"{r.randint(10, 999)}/{r.randint(10, 25)}"),
            26,
            "b",
            "center",
            840,
        )
    with s.region("Text"):
        s.line(
            80, y + 8, s.mark("city", s.v.city() if s.language == "en" else f"г. {s.v.city()}"), 16
        )
        y = s.line(80, y + 8, s.mark("date", s.v.date(day)), 16, align="right", width=840)
    seller, buyer = s.mark("seller", s.v.company()), s.mark("buyer", s.v.company())
    s1, s2 = s.mark("seller_head", who(s)), s.mark("buyer_head", who(s))
    subject = s.mark(
        "subject",
        s.t(
            "repair of the warehouse roof|supply of office furniture|cleaning of the "
            "premises|printing of booklets",
            "ремонт кровли склада|поставка офисной мебели|уборка помещений|печать брошюр",
        ),
    )
    parts = [
        s.t(
            f"{seller}, represented by {s1}, hereinafter the Contractor, and {buyer}, "
            f"represented by {s2}, hereinafter the Customer, have agreed as follows.",
            f"{seller} в лице {s1}, именуемое «Исполнитель», и {buyer} в лице {s2}, "
            "именуемое «Заказчик», заключили настоящий договор о нижеследующем.",
        ),
        s.t(
            f"1.1. The subject of this contract is {subject}.",
            f"1.1. Предметом договора является {subject}.",
        ),
        s.t(
            f"2.1. The price of the contract is {{price={s.v.money(price)}}}. An advance "
            f"of {{advance={r.choice([10, 20, 30, 50])}%}} is paid within "
            f"{{advance_term={r.randint(3, 15)} banking days}} after signing.",
            f"2.1. Цена договора составляет {{price={s.v.money(price)}}}. Аванс в размере "
            f"{{advance={r.choice([10, 20, 30, 50])}%}} перечисляется в течение "
            f"{{advance_term={r.randint(3, 15)} банковских дней}} после подписания.",
        ),
        s.t(
            "3.1. The work shall be finished not later than "
            f"{{deadline={s.v.date(day + timedelta(days=90), 0)}}}. The warranty period "
            f"is {{warranty={r.choice([6, 12, 18, 24, 36])} months}}.",
            "3.1. Работы должны быть завершены не позднее "
            f"{{deadline={s.v.date(day + timedelta(days=90), 0)}}}. Гарантийный срок "
            f"составляет {{warranty={r.choice([6, 12, 18, 24, 36])} месяцев}}.",
        ),
        s.t(
            "4.1. For each day of delay the Contractor pays a penalty of "
            f"{{penalty=0.{r.randint(1, 9)}%}} of the price. Disputes are settled by "
            f"{{court=the court of {s.v.city()}}}.",
            "4.1. За каждый день просрочки Исполнитель уплачивает неустойку в размере "
            f"{{penalty=0,{r.randint(1, 9)}%}} от цены договора. Споры рассматривает "
            f"{{court=суд г. {s.v.city()}}}.",
        ),
        s.t(
            "5.1. The contract is made in "
            f"{{copies={r.choice(['two', 'three', 'four'])}}} copies and is in force "
            f"until {{end={s.v.date(day + timedelta(days=365), 0)}}}.",
            f"5.1. Договор составлен в {{copies={r.choice(['двух', 'трёх', 'четырёх'])}}} "
            f"экземплярах и действует до {{end={s.v.date(day + timedelta(days=365), 0)}}}.",
        ),
    ]
    y = clauses(s, y + 20, 80, 840, [parts[0], *s.padded("law", parts[1:], 0, 3)], 17)
    low = y
    for k, (title, party) in enumerate(
        (
            (s.t("THE CONTRACTOR", "ИСПОЛНИТЕЛЬ"), "seller"),
            (s.t("THE CUSTOMER", "ЗАКАЗЧИК"), "buyer"),
        )
    ):
        x = 80 + k * 430
        with s.region("Section-header"):
            top = s.line(x, y + 24, title, 17, "b")
        items = [(s.t("Address", "Адрес"), s.mark(f"{party}_address", s.v.address()))]
        if s.language == "ru":
            bic = s.ru.bic()
            items += [
                ("ИНН", s.mark(f"{party}_inn", s.ru.inn())),
                ("КПП", s.mark(f"{party}_kpp", s.ru.kpp())),
                ("Р/с", s.mark(f"{party}_account", s.ru.account(bic))),
                ("БИК", s.mark(f"{party}_bic", bic)),
            ]
        else:
            items += [
                ("Tax No.", s.mark(f"{party}_tax", s.en.tax_id())),
                ("Account", s.mark(f"{party}_account", s.en.account())),
            ]
        with s.region("Text"):
            low = max(low, s.pairs(x, top + 6, 400, items, "right", 15, 0.24, 3))
        s.signature(x + 60, low + 16, 130)
    if s.chance(0.5):
        s.stamp(240, low + 60, 80)
    near(s)
