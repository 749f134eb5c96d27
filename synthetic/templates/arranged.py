"""Business documents with their parts in random order.

The parts are titled blocks of labels and values, stacked or side by side, each with its own style.
With only two layouts per kind a model learns those two layouts. These templates add many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from ..registry import template
from ..sheet import Row, Sheet
from .form import form_data, form_gaps, some_entries
from .invoice_parts import ask_rows, bank_details, invoice_number, make_bill, sum_lines
from .payment_order import Side, order_amount, order_gaps, order_purpose, order_side

_MANNERS = ("right", "right", "dots", "far", "below", "box", "line", "cells", "pairs", "colon")
_ROW = 4  # labels and values side by side in a table of pairs


@dataclass
class Block:
    """A title, which may be empty, and labels with their marked values."""

    title: str
    items: list[tuple[str, str]] = field(default_factory=list)


def _draw(s: Sheet, block: Block, x: float, y: float, width: float) -> float:
    """Draw one block in a random style; returns the y below it."""
    size = s.rng.choice([14.0, 15.0, 16.0, 17.0])
    if block.title:
        with s.region("Section-header" if s.chance(0.7) else "Text"):
            y = s.line(x, y, block.title, size + 1, s.rng.choice(["b", "b", ""]), width=width) + 4
    manner = s.rng.choice(_MANNERS)
    if manner == "pairs" and width < 600:
        manner = "cells"
    if manner in ("cells", "pairs"):
        wide = width if manner == "cells" else width / 2
        widths = [wide * 0.38, wide * 0.62] * (1 if manner == "cells" else 2)
        flat = [cell for item in block.items for cell in item]
        rows: list[Row] = []
        step = 2 if manner == "cells" else _ROW
        for at in range(0, len(flat), step):
            rows.append([*flat[at : at + step], *[""] * (step - len(flat[at : at + step]))])
        return s.table(x, y, widths, rows, 0, size, "", s.rng.choice(["grid", "rows", "none"]), 5)
    with s.region("Text"):
        if manner != "colon":
            label = s.rng.choice([0.3, 0.36, 0.44])
            return s.pairs(x, y, width, block.items, manner, size, label, s.rng.choice([3, 6, 9]))
        for name, value in block.items:
            y = s.paragraph(x, y, width, f"{name}: {value}", size) + 3
    return y


def _arrange(s: Sheet, blocks: Sequence[Block], y: float) -> float:
    """Draw blocks under each other, some side by side; returns the y below all."""
    at = 0
    while at < len(blocks):
        both = blocks[at : at + 2]
        if len(both) == 2 and s.chance(0.5):
            y = max(_draw(s, both[0], 70, y, 405), _draw(s, both[1], 520, y, 410))
            at += 2
        else:
            y = _draw(s, blocks[at], 70, y, s.rng.choice([860.0, 860.0, 560.0]))
            at += 1
        y += s.rng.choice([12, 20, 32])
        if s.chance(0.2):
            s.rule(70, y - 8, 930, y - 8, 1)
    return y


def _head(s: Sheet, title: str, before: str = "") -> float:
    """Draw the head of the page; returns the y below it."""
    y = 50.0
    align = s.rng.choice(["left", "left", "center", "right"])
    if before:
        with s.region("Page-header"):
            y = s.line(70, y, before, 18, s.rng.choice(["b", ""]), width=860) + 10
    with s.region("Title"):
        return s.line(70, y + 10, title, s.rng.choice([22, 26, 30]), "b", align, 860) + 16


def _of(s: Sheet, label: str, party: str, genitive: str) -> str:
    """ "Account" of the payer, in one of the wordings of labels."""
    if s.language == "ru":
        return f"{label} {genitive}"
    lower = label if label[1:2].isupper() else label[0].lower() + label[1:]
    return s.rng.choice([f"{party}'s {lower}", f"{label} of {party.lower()}", f"{party} {lower}"])


def _side_block(s: Sheet, side: Side, named: tuple[str, str, str], titled: bool) -> Block:
    """All values of one party; its labels name the party if no title does."""
    party, genitive, title = named
    items = [
        (s.t("Tax number|Tax ID|Fiscal code", "ИНН"), side.inn),
        (s.t("Account|Account No.|A/c number|Credit account", "Счёт|Р/с|Сч. №"), side.account),
        (s.t("Bank|Bank name|With bank", "Банк|Наименование банка"), side.bank),
        (s.t("BIC|SWIFT|Sort code|Bank code", "БИК"), side.bic),
    ]
    items += [("КПП", side.kpp)] if side.kpp else []
    items += [(s.t("", "Корр. счёт|К/с"), side.corr)] if side.corr else []
    if s.chance(0.4):
        s.rng.shuffle(items)
    name = (s.t("Name|Company|Full name", "Наименование|Организация"), side.name)
    if titled:
        return Block(title, [name, *items])
    if s.chance(0.5):
        # The party's own label, then labels that do not name the party.
        return Block("", [(party, side.name), *items])
    return Block("", [(party, side.name), *((_of(s, a, party, genitive), b) for a, b in items)])


@template("payment_order", "arranged", "train")
def arranged_order(s: Sheet) -> None:
    """Payer and payee as two blocks, the payment and its purpose as others, in random order."""
    payer, payee = order_side(s, "payer"), order_side(s, "payee")
    amount, words = order_amount(s)
    number = s.mark("number", str(s.rng.randint(10, 99999)))
    day = s.mark("date", s.v.date(s.today))
    y = _head(
        s,
        s.t(
            "Money transfer|Transfer form|Payment instruction", "Перевод средств|Платёжный документ"
        )
        + (f" № {number}" if s.chance(0.5) else ""),
        s.v.bank() if s.chance(0.3) else "",
    )
    titled = s.chance(0.6)
    one = (
        s.rng.choice(
            [
                ("Payer", "плательщика", "Payer"),
                ("Remitter", "плательщика", "Remitter"),
                ("Sender", "плательщика", "Money from"),
                ("Debtor", "плательщика", "To be debited"),
            ]
        )
        if s.language == "en"
        else ("Плательщик", "плательщика", s.t("", "Плательщик|Отправитель средств|Дебет"))
    )
    other = (
        s.rng.choice(
            [
                ("Payee", "получателя", "Payee"),
                ("Beneficiary", "получателя", "Beneficiary"),
                ("Recipient", "получателя", "Money to"),
                ("Creditor", "получателя", "To be credited"),
            ]
        )
        if s.language == "en"
        else ("Получатель", "получателя", s.t("", "Получатель|Получатель средств|Кредит"))
    )
    parties = [_side_block(s, payer, one, titled), _side_block(s, payee, other, titled)]
    if s.chance(0.4):
        parties.reverse()
    about = Block(
        s.t("Payment|Order|", "Платёж|Реквизиты поручения|"),
        [
            (s.t("Date|Dated|Order date", "Дата|Дата документа"), day),
            (s.t("Amount|Sum|Amount to transfer", "Сумма|Сумма перевода"), amount),
            (s.t("In words|Amount in words", "Прописью|Сумма прописью"), words),
        ],
    )
    if "number" not in s.marks:
        about.items.insert(0, (s.t("Number|Order No.|Ref.", "Номер|№ документа"), number))
    if s.chance(0.5):
        about.items.append(
            (
                s.t("Value date|To be executed on", "Дата исполнения|Исполнить"),
                s.mark("value_date", s.v.date(s.near(1, 3))),
            )
        )
    why = Block(
        "",
        [
            (
                s.t(
                    "Purpose|Details|Payment for|Reason for payment", "Назначение|За что|Основание"
                ),
                order_purpose(s),
            )
        ],
    )
    blocks = [about, *parties, why] if s.chance(0.6) else [*parties, about, why]
    y = _arrange(s, blocks, y)
    if s.chance(0.6):
        who = s.v.person() if s.language == "en" else s.ru.short_person()
        _arrange(
            s,
            [
                Block(
                    "",
                    [
                        (
                            s.t("Signed|Signature|For the payer", "Подпись|Подписал"),
                            s.mark("signatory", who),
                        )
                    ],
                )
            ],
            y,
        )
    order_gaps(s)


@template("invoice", "arranged", "train")
def arranged_invoice(s: Sheet) -> None:
    """Seller, buyer, number and dates, goods, sums and bank as blocks in random styles."""
    bill, day = make_bill(s, 3, 8), s.v.day()
    seller = s.mark("seller", s.v.company())
    about = Block(
        "",
        [
            (s.t("Number|Invoice No.|Document No.", "Номер|№ счёта"), invoice_number(s)),
            (
                s.t("Issued|Date|Tax point", "Дата|Дата счёта|Выписан"),
                s.mark("date", s.v.date(day)),
            ),
        ],
    )
    if s.chance(0.7):
        due = s.mark("due_date", s.v.date(day + timedelta(days=s.rng.choice([7, 14, 30]))))
        about.items.append((s.t("Pay by|Due|Payable until", "Оплатить до|Срок оплаты"), due))
    if s.chance(0.5):
        number = s.mark("po", str(s.rng.randint(10000, 99999)))
        about.items.append((s.t("Your order|Order No.", "Заказ|Ваш заказ №"), number))
    address = s.t("Address|Registered office", "Адрес|Юр. адрес")
    from_ = Block(
        s.t("Seller|From|Supplier|", "Поставщик|Продавец|Исполнитель"),
        [
            (s.t("Company|Name", "Организация|Наименование"), seller),
            (address, s.mark("seller_address", s.v.address())),
            (s.t("Phone|Tel.", "Тел.|Телефон"), s.mark("phone", s.v.phone())),
        ],
    )
    if s.language == "ru":
        from_.items.append(("ИНН", s.mark("seller_inn", s.ru.inn())))
    to = Block(
        s.t("Buyer|Customer|To|Charged to", "Покупатель|Заказчик|Плательщик"),
        [
            (s.t("Company|Name", "Организация|Наименование"), s.mark("buyer", s.v.company())),
            (address, s.mark("buyer_address", s.v.address())),
        ],
    )
    first = [from_, to, about]
    s.rng.shuffle(first)
    y = _arrange(s, first, _head(s, s.t("Invoice|INVOICE|Bill", "СЧЁТ|Счёт на оплату")))
    heads = [
        s.t("Goods|Item|Description", "Товар|Наименование"),
        s.t("Qty|Pieces|Units", "Кол-во|Шт."),
        s.t("Price|Each|Unit price", "Цена|Цена за ед."),
        s.t("Amount|Line total|Value", "Сумма|Стоимость"),
    ]
    rules = s.rng.choice(["grid", "rows", "head", "none"])
    y = s.table(70, y, [440, 110, 150, 160], [heads, *bill.rows], 1, 15, "lrrr", rules)
    sums = sum_lines(
        s,
        bill,
        s.t("Net|Before tax|Goods total", "Без НДС|Сумма без налога"),
        s.t("VAT|Tax|GST", "НДС|Налог"),
        s.t("Total|To pay|Amount due", "Итого|К оплате|Всего"),
    )
    with s.region("Text"):
        y = s.pairs(560, y + 12, 370, sums, s.rng.choice(["right", "far", "dots"]), 16, 0.5, 5)
    pay = Block(s.t("Payment|Pay to|", "Реквизиты|Куда платить|"), bank_details(s))
    last = [pay]
    if s.chance(0.6):
        who = s.mark("signatory", s.v.person() if s.language == "en" else s.ru.short_person())
        last.append(Block("", [(s.t("Signed|Manager", "Руководитель|Подпись"), who)]))
    _arrange(s, last, y + 12)
    ask_rows(s, bill)
    s.cannot_tell(
        "What is the discount?|Who delivered the goods?|What is the buyer's phone number?",
        "Какая скидка предоставлена?|Кто доставил товар?|Какой телефон у покупателя?",
    )


@template("form", "arranged", "train")
def arranged_form(s: Sheet) -> None:
    """A person's entries in two or three titled parts, each with its own style."""
    number = s.mark("number", f"{s.rng.randint(100, 999)}/{s.rng.randint(10, 99)}")
    about = [
        (s.t("Form No.|Number", "Номер|Анкета №"), number),
        (s.t("Date|Completed on", "Дата|Дата заполнения"), s.mark("date", s.v.date(s.v.day(2005)))),
    ]
    items = some_entries(s, form_data(s), ["name", "birth", "address"], 7)
    cut = s.rng.randint(3, len(items) - 2)
    blocks = [
        Block(s.t("Person|Applicant|Part 1|", "Заявитель|Часть 1|Личные данные"), items[:cut]),
        Block(s.t("Further details|Part 2|", "Прочие сведения|Часть 2|"), items[cut:]),
    ]
    place = s.rng.choice([0, len(blocks)])
    blocks.insert(place, Block("", about))
    y = _head(
        s,
        s.t("Application|Questionnaire|Client card", "Анкета|Заявление|Карточка клиента"),
        s.mark("organisation", s.v.company()) if s.chance(0.5) else "",
    )
    y = _arrange(s, blocks, y)
    if s.chance(0.5):
        who = s.mark("clerk", s.v.person() if s.language == "en" else s.ru.short_person())
        _arrange(s, [Block("", [(s.t("Checked by|Verified", "Проверил|Принял"), who)])], y)
    form_gaps(s)
