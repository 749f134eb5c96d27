"""Pages of a reference book: an article with an infobox of facts beside or under it.

The prose is in one or two columns.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..registry import template
from ..sheet import Sheet


@dataclass
class Town:
    """A made-up town: facts for the box, sentences for the article."""

    name: str
    facts: list[tuple[str, str]]
    prose: list[str]


def _town(s: Sheet, keys: int) -> Town:
    r, name = s.rng, s.v.city()
    s.fields["name"] = name
    g, train = s.v.group, s.split == "train"
    person = s.v.person()
    facts = [
        (
            ("Founded", "Основан"),
            ("Year of foundation", "Год основания"),
            "founded",
            str(r.randint(1240, 1930)),
        ),
        (
            ("Population", "Население"),
            ("Inhabitants", "Жителей"),
            "population",
            g(r.randint(3100, 940000)),
        ),
        (
            ("Area", "Площадь"),
            ("Surface", "Территория"),
            "area",
            f"{r.randint(9, 480)} km²" if s.language == "en" else f"{r.randint(9, 480)} км²",
        ),
        (("Mayor", "Глава"), ("Head of council", "Мэр"), "mayor", person),
        (
            ("River", "Река"),
            ("Stands on", "Стоит на реке"),
            "river",
            s.t(
                "Arle|Wenning|Sorrow|Tamber|Lithe",
                "Ольшанка|Свияга Малая|Тихая Лада|Черёмуха|Унжица",
            ),
        ),
        (
            ("Elevation", "Высота центра"),
            ("Above sea level", "Над уровнем моря"),
            "elevation",
            f"{r.randint(12, 890)} m" if s.language == "en" else f"{r.randint(12, 890)} м",
        ),
        (
            ("Postal code", "Почтовый индекс"),
            ("Post code", "Индекс"),
            "postcode",
            str(r.randint(100000, 699999)),
        ),
        (
            ("Dialling code", "Телефонный код"),
            ("Area code", "Код города"),
            "dial",
            f"0{r.randint(1000, 1999)}" if s.language == "en" else f"+7 {r.randint(30000, 49999)}",
        ),
    ]
    chosen = sorted(r.sample(range(len(facts)), keys))
    box = [
        (s.t(*(facts[k][0] if train else facts[k][1])), s.mark(facts[k][2], facts[k][3]))
        for k in chosen
    ]
    prose = [
        s.t(
            f"{name} is a town in the lower part of a wide valley. It was first mentioned "
            f"in {{mentioned={r.randint(1100, 1239)}}}, in a deed about the sale of a "
            "mill, and received the rights of a town in "
            f"{{charter={r.randint(1500, 1899)}}}.",
            f"{name} — город в нижней части широкой долины. Впервые упоминается в "
            f"{{mentioned={r.randint(1100, 1239)}}} году в грамоте о продаже мельницы; "
            f"права города получил в {{charter={r.randint(1500, 1899)}}} году.",
        ),
        s.t(
            f"The great fire of {{fire={r.randint(1600, 1890)}}} destroyed "
            f"{{burnt={r.randint(40, 900)} houses}}; rebuilding was directed by the "
            f"architect {{architect={s.v.person()}}}. The stone bridge, "
            f"{{bridge={r.randint(60, 400)} metres}} long, dates from that time.",
            f"Большой пожар {{fire={r.randint(1600, 1890)}}} года уничтожил "
            f"{{burnt={r.randint(40, 900)} домов}}; восстановлением руководил "
            f"{{architect={s.ru.short_person()}}}. К тому времени относится каменный мост "
            f"длиной {{bridge={r.randint(60, 400)} метров}}.",
        ),
        s.t(
            "The main trade of the town is "
            f"{{trade={s.t('paper making|boat building|glass blowing|cloth weaving', '')}}}. "
            f"The mill employs {{workers={g(r.randint(120, 4800))}}} people, and its "
            f"output in the last year was worth {{output={r.randint(2, 90)} million}}.",
            "Главное занятие жителей — "
            f"{{trade={s.t('', 'производство бумаги|судостроение|стекольное дело|ткачество')}}}. "
            f"На фабрике занято {{workers={g(r.randint(120, 4800))}}} человек; её "
            f"продукция за прошлый год оценена в {{output={r.randint(2, 90)} млн рублей}}.",
        ),
        s.t(
            f"A museum of local history was opened in {{museum={r.randint(1901, 1999)}}}; "
            f"its collection counts {{items={g(r.randint(1500, 60000))}}} items, among "
            f"them a clock made by {{clockmaker={s.v.person()}}}. A fair is held every "
            f"year in {{fair={s.t('May|June|September|October', '')}}}.",
            f"Краеведческий музей открыт в {{museum={r.randint(1901, 1999)}}} году; в его "
            f"собрании {{items={g(r.randint(1500, 60000))}}} предметов, среди них часы, "
            f"которые сделал {{clockmaker={s.ru.short_person()}}}. Ярмарка проходит "
            f"ежегодно в {{fair={s.t('', 'мае|июне|сентябре|октябре')}}}.",
        ),
        s.t(
            "The streets of the old quarter still follow the line of the walls, which "
            "were pulled down to make room for gardens. From the hill one sees the whole "
            "bend of the stream and the orchards beyond it.",
            "Улицы старой части до сих пор повторяют линию стен, разобранных ради садов. "
            "С холма видна вся излучина и яблоневые сады за ней.",
        ),
    ]
    s.cannot_tell(
        f"What is the name of the football club of {name}?|How many churches does "
        f"{name} have?|What is the average temperature in January?",
        f"Как называется футбольный клуб города {name}?|Сколько церквей в городе "
        f"{name}?|Какова средняя температура января?",
    )
    return Town(name, box, [prose[0], *s.padded("study", prose[1:], 1, 4)])


def _column(s: Sheet, x: float, y: float, width: float, parts: list[str], size: float) -> float:
    for part in parts:
        with s.region("Text"):
            y = s.paragraph(x, y, width, part, size, align="justify", indent=20) + 8
    return y


@template("encyclopedia", "infobox", "train", look="serif")
def infobox(s: Sheet) -> None:
    """The article on the left; picture and facts in a shaded box on the right."""
    town = _town(s, s.rng.randint(5, 7))
    with s.region("Page-header"):
        s.line(
            70,
            40,
            s.t("Towns and Rivers|The Small Gazetteer", "Города и реки|Малый справочник городов"),
            15,
            "i",
        )
        s.line(800, 40, str(s.rng.randint(11, 780)), 15, align="right", width=130)
    with s.region("Title"):
        y = s.line(70, 80, town.name, 38, "b")
    s.rule(70, y + 4, 930, y + 4)
    top = y + 24
    s.photograph(620, top, 310, 190)
    with s.region("Caption"):
        low = s.line(
            620,
            top + 196,
            s.t("View of the town from the east", "Вид города с востока"),
            13,
            "i",
            "center",
            310,
        )
    low = s.table(
        620,
        low + 8,
        [130, 180],
        [[a, b] for a, b in town.facts],
        0,
        15,
        "ll",
        s.rng.choice(["grid", "rows", "frame"]),
        5,
        zebra=True,
    )
    _column(s, 70, top, 510, town.prose, 18)


@template("encyclopedia", "columns", "train", look="serif")
def two_columns(s: Sheet) -> None:
    """Two columns of small print; facts under a heading at the head of the second one."""
    town = _town(s, s.rng.randint(4, 6))
    with s.region("Title"):
        y = s.line(70, 70, town.name.upper(), 32, "b", "center", 860)
    with s.region("Text"):
        s.paragraph(
            70,
            y + 6,
            860,
            s.t("From a reference work on small towns", "Из справочника по малым городам"),
            15,
            "i",
            align="center",
        )
    _column(s, 70, y + 50, 415, town.prose[:5], 16)
    with s.region("Section-header"):
        low = s.line(515, y + 50, s.t("Key facts|In figures", "Основные сведения|Справка"), 19, "b")
    with s.region("Text"):
        low = s.pairs(515, low + 4, 415, town.facts, s.rng.choice(["right", "dots"]), 16, 0.42, 4)
    s.photograph(515, low + 16, 415, 230)
    with s.region("Caption"):
        low = s.line(
            515, low + 252, s.t("Fig. 1. The valley", "Рис. 1. Долина"), 13, "i", "center", 415
        )
    _column(s, 515, low + 20, 415, town.prose[5:], 16)


@template("encyclopedia", "entry", "test", look="sans")
def entry(s: Sheet) -> None:
    """Facts in a row of small cards above the article, value over its label."""
    town = _town(s, 6)
    with s.region("Title"):
        y = s.line(60, 60, town.name, 44, "b")
    for k, (name, value) in enumerate(town.facts):
        x, top = 60 + (k % 3) * 300, y + 20 + (k // 3) * 96
        s.box(x, top, 280, 84, 1, fill=(246, 244, 238))
        with s.region("Text"):
            s.line(x + 12, top + 10, value, 20, "b", width=256)
            s.line(x + 12, top + 48, name, 14, width=256)
    s.photograph(60, y + 230, 400, 250)
    low = _column(s, 490, y + 230, 450, town.prose[:2], 17)
    _column(s, 60, max(low, y + 500), 880, town.prose[2:], 17)
