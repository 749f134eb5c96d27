"""Other things that people photograph, all of the type "other".

They are posters, menus, articles, tickets, recipes, labels, shop signs, business cards and book
pages.
"""

from __future__ import annotations

from synthetic import filler
from synthetic.canvas import Color
from synthetic.papers.pieces import ground, stack
from synthetic.papers.registry import specimen_template
from synthetic.sheet import Sheet
from synthetic.templates.receipt_parts import till_time
from synthetic.values import digits

_COLORS: tuple[Color, ...] = ((150, 40, 40), (30, 70, 130), (40, 100, 60), (110, 60, 130))


def _columns(s: Sheet, y: float, count: int, size: float, paragraphs: int) -> float:
    low, width = y, (860 - 30 * (count - 1)) / count
    for k in range(count):
        at = y
        for text in filler.paragraphs(s.rng, s.language, "office", paragraphs):
            with s.region("Text"):
                at = s.paragraph(70 + k * (width + 30), at, width, text, size, align="justify") + 8
        low = max(low, at)
    return low


@specimen_template("other", "poster", "train", height=1300)
def poster(s: Sheet) -> None:
    """A concert's or a fair's poster: few words, large."""
    ground(s)
    color = s.rng.choice(_COLORS)
    with s.region("Text"):
        y = s.line(60, 80, s.v.company(), 30, "", "center", 880)
    with s.region("Title"):
        y = s.paragraph(
            60,
            y + 40,
            880,
            s.t(
                "SUMMER CONCERT|SPRING FAIR|CITY MARATHON|OPEN DAY",
                "ЛЕТНИЙ КОНЦЕРТ|ВЕСЕННЯЯ ЯРМАРКА|ГОРОДСКОЙ МАРАФОН|ДЕНЬ ОТКРЫТЫХ ДВЕРЕЙ",
            ),
            88,
            "b",
            1.2,
            align="center",
            color=color,
        )
    s.photograph(120, y + 40, 760, 380)
    with s.region("Text"):
        y = s.line(60, y + 460, s.v.date(s.near(10, 90)), 46, "b", "center", 880)
        y = s.line(60, y, till_time(s), 40, "", "center", 880)
        y = s.line(60, y + 10, s.v.address(), 26, "", "center", 880)
        s.line(60, y + 20, s.t("Admission free", "Вход свободный"), 34, "i", "center", 880, color)


@specimen_template("other", "menu", "train")
def menu(s: Sheet) -> None:
    """A menu: groups of dishes with prices at the right."""
    with s.region("Title"):
        y = s.line(60, 60, s.t("MENU|Our menu", "МЕНЮ|Меню дня"), 54, "b", "center", 880)
    for en, ru in (
        ("Starters|Soups", "Закуски|Супы"),
        ("Main courses", "Горячие блюда"),
        ("Drinks", "Напитки"),
    ):
        with s.region("Section-header"):
            y = s.line(60, y + 26, s.t(en, ru), 30, "i", "center", 880)
        dishes = [s.v.groceries() for _ in range(s.rng.randint(3, 6))]
        y = stack(
            s, 140, y + 10, 720, [(n, s.v.money(p, False)) for n, p in dishes], 21, 8, "dots", 0.8
        )
    with s.region("Page-footer"):
        s.line(
            60,
            y + 40,
            s.t("Please ask for allergens", "Приятного аппетита!"),
            18,
            "i",
            "center",
            880,
        )


@specimen_template("other", "article", "train", look="serif")
def article(s: Sheet) -> None:
    """A newspaper's page: name, headline, columns, a picture."""
    with s.region("Page-header"):
        s.line(70, 40, s.t("The Morning Courier", "Вечерний вестник"), 44, "b", "center", 860)
        y = s.line(70, 100, s.v.date(s.today), 16, "", "center", 860)
    s.rule(70, y + 2, 930, y + 2, 2)
    with s.region("Title"):
        y = s.paragraph(
            70,
            y + 20,
            860,
            s.t(
                "New bridge opens after long wait|Town library to stay open at night",
                "Новый мост открыли после долгого ожидания|Библиотека будет работать ночью",
            ),
            46,
            "b",
            1.2,
        )
    with s.region("Text"):
        y = s.line(70, y + 6, s.t("By ", "Автор: ") + s.v.person(), 17, "i")
    s.photograph(70, y + 16, 860, 300)
    _columns(s, y + 340, s.rng.choice([2, 3]), 16, 3)


@specimen_template("other", "ticket", "train", height=420, wide=(900, 1400), loose=True)
def ticket(s: Sheet) -> None:
    """A ticket to a play or a train: seat, hour, price, barcode."""
    ground(s)
    with s.region("Title"):
        y = s.line(40, 30, s.t("ADMIT ONE|TRAIN TICKET", "БИЛЕТ|ЭЛЕКТРОННЫЙ БИЛЕТ"), 40, "b")
    items = [
        (s.t("Row", "Ряд"), str(s.rng.randint(1, 30))),
        (s.t("Seat", "Место"), str(s.rng.randint(1, 60))),
        (s.t("Date", "Дата"), s.v.date(s.near(3, 60))),
        (s.t("Time", "Время"), till_time(s)),
        (s.t("Price", "Цена"), s.v.money(s.v.cents(4, 90))),
    ]
    stack(s, 40, y + 10, 560, items, 24, 6, "right", 0.3)
    s.barcode(660, 60, 280, 220)
    with s.region("Text"):
        s.line(660, 300, digits(s.rng, 12), 22, width=280)


@specimen_template("other", "recipe", "test", look="serif")
def recipe(s: Sheet) -> None:
    """A cook book's page: ingredients in a list, steps in numbered paragraphs."""
    with s.region("Title"):
        y = s.line(
            80,
            60,
            s.t(
                "Grandmother's apple cake|Cold beetroot soup",
                "Яблочный пирог|Щи из квашеной капусты",
            ),
            42,
            "b",
        )
    s.photograph(560, 140, 360, 280)
    lines = s.t(
        "4 large apples#200 g flour#3 eggs#150 g sugar#a pinch of salt#butter for the tin",
        "4 крупных яблока#200 г муки#3 яйца#150 г сахара#щепотка соли#масло для формы",
    ).split("#")
    for text in lines:
        with s.region("List-item"):
            y = s.line(80, y + 8, "• " + text, 21)
    steps = s.t(
        "Peel the apples and cut them into thin slices.#Beat the eggs with the sugar until the "
        "mixture is white, then stir in the flour.#Pour the dough over the apples and bake for "
        "forty minutes in a hot oven.",
        "Очистите яблоки и нарежьте тонкими ломтиками.#Взбейте яйца с сахаром добела и всыпьте "
        "муку.#Залейте яблоки тестом и выпекайте сорок минут в горячей духовке.",
    ).split("#")
    y = max(y, 440)
    for k, text in enumerate(steps, start=1):
        with s.region("Text"):
            y = s.paragraph(80, y + 16, 840, f"{k}. {text}", 21)


@specimen_template("other", "boarding_pass", "test", height=400, wide=(1000, 1500), loose=True)
def boarding_pass(s: Sheet) -> None:
    """A boarding pass: large codes of airports, flight, gate, seat."""
    s.box(0, 0, 1000, 70, 0, fill=s.rng.choice(_COLORS))
    with s.region("Title"):
        title = s.t("Boarding pass", "Посадочный талон")
        s.line(40, 16, title, 30, "b", color=(250, 250, 250))
    codes = s.rng.sample(["KGM", "PHW", "ALD", "MRL", "STB", "GLN"], 2)
    with s.region("Text"):
        s.line(40, 90, f"{codes[0]}  >  {codes[1]}", 70, "b")
    items = [
        (s.t("Passenger", "Пассажир"), s.v.latin(s.v.person()).upper()),
        (s.t("Flight", "Рейс"), f"{s.rng.choice('ABSU')}{s.rng.choice('LRX')} {digits(s.rng, 3)}"),
        (s.t("Gate", "Выход"), f"{s.rng.choice('ABC')}{s.rng.randint(1, 30)}"),
        (s.t("Seat", "Место"), f"{s.rng.randint(1, 38)}{s.rng.choice('ABCDEF')}"),
        (s.t("Boarding", "Посадка"), till_time(s)),
    ]
    stack(s, 40, 190, 500, items, 20, 3, "right", 0.34)
    s.barcode(600, 110, 340, 180)


@specimen_template("other", "business_card", "test", height=560, wide=(800, 1200), loose=True)
def business_card(s: Sheet) -> None:
    """A business card."""
    name = s.v.person()
    s.logo(60, 60, 110)
    with s.region("Title"):
        y = s.line(60, 220, name, 44, "b", width=880)
    with s.region("Text"):
        y = s.line(60, y, s.v.position(), 26, "i")
        y = s.line(60, y + 6, s.v.company(), 28)
        y = s.line(60, y + 30, s.v.phone(), 26)
        y = s.line(60, y, s.v.email(name), 26)
        s.line(60, y, s.v.address(), 22, width=880)


@specimen_template("other", "book_page", "test", look="serif")
def book_page(s: Sheet) -> None:
    """A page of a book: running title, prose, page number."""
    with s.region("Page-header"):
        y = s.line(70, 60, s.t("Chapter Seven", "Глава седьмая"), 18, "i", "center", 860)
    y = _columns(s, y + 30, 1, 22, 4)
    with s.region("Page-footer"):
        s.line(70, max(y + 40, 1300), str(s.rng.randint(20, 480)), 20, "", "center", 860)


@specimen_template("other", "shop_sign", "test", height=700)
def shop_sign(s: Sheet) -> None:
    """A sign on a door: opening hours in large print."""
    color = s.rng.choice(_COLORS)
    s.box(0, 0, 1000, 1100, 0, fill=color)
    white: Color = (250, 250, 250)
    with s.region("Title"):
        y = s.line(
            60,
            60,
            s.t("OPENING HOURS|OPEN", "ЧАСЫ РАБОТЫ|РЕЖИМ РАБОТЫ"),
            70,
            "b",
            "center",
            880,
            white,
        )
    with s.region("Text"):
        for en, ru in (
            ("Mon - Fri", "Пн - Пт"),
            ("Saturday", "Суббота"),
            ("Sunday", "Воскресенье"),
        ):
            s.line(120, y + 30, s.t(en, ru), 46, color=white)
            hours = f"{s.rng.randint(7, 10)}:00 - {s.rng.randint(16, 21)}:00"
            y = s.line(480, y + 30, hours, 46, "b", "right", 400, white)
    with s.region("Text"):
        s.line(60, y + 50, s.v.phone(), 40, "", "center", 880, white)
