"""Dense tables with their true structure: 18 to 20 columns, heads of two lines, groups, totals.

Every template is a way of drawing; templates of the split "test" are for measuring only. A page is
2,339 x 1,654 pixels, A4 at 200 dpi on its side.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image

from engine.layout.grid import Table, TableCell

from .sheet import Cell, Row, Sheet
from .truth import Word

RULES: Final = ("grid", "head", "none")
SPLITS: Final = ("train", "test")
_PIXELS: Final = 2339
_HEIGHT: Final = 707.0
_LEFT: Final = 30.0
_WIDTH: Final = 940.0
_SITES: Final = (
    "Alder|Birch|Cedar|Elder|Hazel|Holly|Larch|Maple|Oak|Pine|Rowan|Willow",
    "Ольхово|Берёзово|Кедрово|Липово|Орехово|Осиново|Рябиново|Сосново|Ясенево|Дубово",
)
_KINDS: Final = ("Depot|Mill|Plant|Store|Yard", "склад|завод|цех|магазин|двор")
_GOODS: Final = (
    "Bolts|Cables|Filters|Gaskets|Hinges|Nails|Pumps|Rivets|Valves|Washers|Wheels|Wires",
    "Болты|Кабели|Фильтры|Прокладки|Петли|Гвозди|Насосы|Заклёпки|Клапаны|Шайбы|Колёса|Провода",
)
_TOWNS: Final = (
    "Ashford|Barton|Carlow|Denby|Exmoor|Farley|Girton|Hexham|Ilkley|Jarrow|Kelso|Ludlow",
    "Азов|Бор|Вязьма|Гдов|Елец|Жуков|Зарайск|Ишим|Клин|Луга|Муром|Невель",
)
_MONTHS: Final = (
    "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec",
    "Янв|Фев|Мар|Апр|Май|Июн|Июл|Авг|Сен|Окт|Ноя|Дек",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about one cell and the text of the cell."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class TablePage:
    """A drawn page.

    Attributes:
        table: the true cells, heads marked.
        words: every printed word, the title's first.
        title_words: how many of them are the title's.
        asked: questions about some cells.
    """

    image: Image.Image
    table: Table
    words: tuple[Word, ...]
    title_words: int
    asked: tuple[Asked, ...]
    language: str


Drawn = tuple[list[Row], list[float], int, str, list[Asked]]


def draw_page(
    seed: int, *, split: str = "train", rules: str = "grid", language: str = "en", rows: int = 24
) -> TablePage:
    """Draw a page with one dense table.

    Args:
        split: "train" or "test"; each has templates of its own.
        rules: "grid" (every cell), "head" (above, below the head and at the end) or "none".
        language: "en" or "ru".
        rows: rows of values; groups and totals come on top.
    """
    rng = random.Random(f"{split}-{seed}-{language}")
    templates = _TEMPLATES[split]
    make = templates[seed % len(templates)]
    sheet = Sheet("table", language, split, rng, _PIXELS, _HEIGHT, bundled_only=True)
    body, widths, head, aligns, asked = make(rng, language == "ru", rules == "grid", rows)
    size = rng.choice((6.0, 6.5, 7.0) if split == "train" else (5.8, 6.4, 7.2))
    pad = rng.choice((1.6, 2.2, 3.0) if split == "train" else (1.8, 2.5))
    with sheet.region("Title"):
        title = ("Quarterly overview", "Сводная таблица")[language == "ru"]
        y = sheet.line(_LEFT, 24, title, 13, "b")
    title_words = len(sheet.words)
    scale = _WIDTH / sum(widths)
    sheet.table(
        _LEFT, y + 12, [w * scale for w in widths], body, head, size, aligns, rules, pad,
        shade=rng.choice((None, (228, 232, 238))) if rules == "grid" else None,
    )  # fmt: skip
    cells = [
        TableCell(r, c, cell.text, cell.down, cell.span, r < head)
        for r, row in enumerate(body)
        for c, one in enumerate(row)
        if one is not None
        for cell in [one if isinstance(one, Cell) else Cell(one)]
    ]
    return TablePage(
        sheet.finished(),
        Table(tuple(cells)),
        tuple(sheet.words),
        title_words,
        tuple(asked),
        language,
    )


def _ask(rng: random.Random, russian: bool, row: str, column: str, answer: str) -> Asked:
    forms = (
        ("What is the {c} of {r}?", "What is the value for {r} in {c}?", "{r}: what is its {c}?")
        if not russian
        else ("Какое значение {c} у {r}?", "Что указано для {r} в столбце {c}?")
    )
    return Asked(rng.choice(forms).format(r=row, c=column), answer)


def _some(rng: random.Random, russian: bool, words: tuple[str, str]) -> str:
    return rng.choice(words[russian].split("|"))


def _number(rng: random.Random, russian: bool, places: int = 1, most: float = 2000.0) -> str:
    text = f"{rng.uniform(1, most):,.{places}f}"
    return text.replace(",", " ").replace(".", ",") if russian else text


def _total(russian: bool, group: str = "") -> str:
    if not group:
        return "Всего" if russian else "Grand total"
    return f"Итого {group}" if russian else f"Total {group}"


def _deliveries(rng: random.Random, russian: bool, ruled: bool, rows: int) -> Drawn:
    """Months below years, groups of sites under titles that span the table, totals."""
    del ruled
    months = _MONTHS[russian].split("|")
    first, width = rng.choice((8, 10)), 19
    years = ["2024", "2025"]
    top: list[Cell | str | None] = [Cell("Площадка" if russian else "Site", 1, 2)]
    for year, span in zip(years, (first, width - first), strict=True):
        top += [Cell(year, span), *[None] * (span - 1)]
    heads = [*months[12 - first :], *months[: width - first]]
    table: list[Row] = [top, [None, *heads]]
    asked = []
    names = _unique(rng, russian, rows)
    regions = (("Север", "Юг", "Запад") if russian else ("North", "South", "West"))[:3]
    for number, region in enumerate(regions):
        table.append([Cell(region, width + 1, align="left", style="b"), *[None] * width])
        for name in names[number::3]:
            values = [_number(rng, russian) for _ in range(width)]
            table.append([name, *values])
            at = rng.randrange(width)
            year = years[at >= first]
            asked.append(_ask(rng, russian, name, f"{heads[at]} {year}", values[at]))
        sums = [_number(rng, russian, 1, 9000) for _ in range(width)]
        table.append(
            [Cell(_total(russian, region), style="b"), *(Cell(s, style="b") for s in sums)]
        )
    sums = [_number(rng, russian, 1, 9000) for _ in range(width)]
    table.append([Cell(_total(russian), style="b"), *(Cell(s, style="b") for s in sums)])
    return table, [3.2, *[1.0] * width], 2, "l" + "r" * width, rng.sample(asked, 6)


def _stock(rng: random.Random, russian: bool, ruled: bool, rows: int) -> Drawn:
    """Heads that wrap to two lines, codes, labels of two lines, empty cells; one head row."""
    del ruled
    heads = (
        "Item|Code|Unit price|Opening stock|Goods in|Goods out|Closing stock|Min. level|Max. level"
        "|Lead time|Shelf no.|Last count|Net weight|Gross weight|Box size|Safety margin|Cost centre"
        "|Return rate|Order cycle|Stock value"
        if not russian
        else "Товар|Код|Цена за ед.|Остаток нач.|Приход сырья|Расход сырья|Остаток кон."
        "|Мин. запас|Макс. запас|Срок дней|Номер полки|Дата счёта|Вес нетто|Вес брутто|Размер тары"
        "|Запас прочн.|Центр затрат|Доля возвр.|Цикл заказа|Сумма запаса"
    ).split("|")
    table: list[Row] = [heads]
    asked = []
    goods = _GOODS[russian].split("|")
    kinds = ("steel", "brass", "long, galvanised", "short") if not russian else (
        "стальные", "латунные", "длинные, оцинкованные", "малые"
    )  # fmt: skip
    pairs = [(g, k) for g in goods for k in kinds]
    for good, kind in rng.sample(pairs, min(rows, len(pairs))):
        name = f"{good} {kind}"
        code = f"{rng.choice('ABK')}-{rng.randint(1000, 9999)}"
        values = [
            code,
            *(_number(rng, russian, rng.choice((0, 2)), 900) for _ in range(18)),
        ]
        for at in range(2, 19):
            if rng.random() < 0.08:
                values[at] = rng.choice(("", "–"))
        table.append([name, *values])
        at = rng.randrange(1, 19)
        if len(values[at]) > 1:
            asked.append(_ask(rng, russian, name, heads[at + 1], values[at]))
    sums = [_number(rng, russian, 0, 9000) for _ in range(18)]
    table.append([Cell(_total(russian), style="b"), "", *(Cell(s, style="b") for s in sums)])
    return table, [2.4, 1.4, *[1.0] * 18], 1, "ll" + "r" * 18, rng.sample(asked, 6)


def _budget(rng: random.Random, russian: bool, ruled: bool, rows: int) -> Drawn:
    """Three figures below each of six quarters; departments span their rows in a ruled table."""
    leaves = ("План", "Факт", "Откл.") if russian else ("Plan", "Actual", "Diff.")
    quarters = [
        (f"{q} кв. {year}" if russian else f"Q{q} {year}")
        for year, q in ((2024, 3), (2024, 4), (2025, 1), (2025, 2), (2025, 3), (2025, 4))
    ]
    top: list[Cell | str | None] = [
        Cell("Отдел" if russian else "Department", 1, 2),
        Cell("Статья" if russian else "Item", 1, 2),
    ]
    for quarter in quarters:
        top += [Cell(quarter, 3), None, None]
    table: list[Row] = [top, [None, None, *leaves * 6]]
    asked = []
    names = [f"{g} {n}" for n in range(1, 4) for g in rng.sample(_GOODS[russian].split("|"), 12)][
        :rows
    ]
    departments = (
        ("Закупки", "Сбыт", "Ремонт", "Связь")
        if russian
        else ("Sales", "Repair", "Supply", "Office")
    )
    for number, department in enumerate(departments):
        own = names[number::4]
        for place, name in enumerate(own):
            values = [_number(rng, russian, 0, 9000) for _ in range(18)]
            if place == 0:
                head: Cell | str | None = Cell(department, 1, len(own) if ruled else 1)
            else:
                head = None if ruled else ""
            table.append([head, name, *values])
            at = rng.randrange(18)
            column = f"{leaves[at % 3]} {quarters[at // 3]}"
            asked.append(_ask(rng, russian, name, column, values[at]))
        sums = [_number(rng, russian, 0, 9000) for _ in range(18)]
        total = Cell(_total(russian, department), 2, style="b", align="left")
        table.append([total, None, *(Cell(s, style="b") for s in sums)])
    return table, [1.7, 1.7, *[1.0] * 18], 2, "ll" + "r" * 18, rng.sample(asked, 6)


def _survey(rng: random.Random, russian: bool, ruled: bool, rows: int) -> Drawn:
    """Towns with a running number, shares, labels of two lines, heads of two lines over a span."""
    del ruled
    groups = (
        (("Население, тыс. чел.", 5), ("Занятость, %", 6), ("Жильё на человека, кв. м", 6))
        if russian
        else (("Population, thousand", 5), ("Employment, %", 6), ("Housing per person, sq m", 6))
    )
    top: list[Cell | str | None] = [
        Cell("№" if russian else "No.", 1, 2), Cell("Город" if russian else "Town", 1, 2)
    ]  # fmt: skip
    for text, span in groups:
        top += [Cell(text, span), *[None] * (span - 1)]
    years = [str(year) for _, span in groups for year in range(2026 - span, 2026)]
    table: list[Row] = [top, [None, None, *years]]
    asked = []
    towns = _TOWNS[russian].split("|")
    endings = (
        ("upon Water", "Green", "Old Market") if not russian else ("верхний", "на реке", "новый")
    )
    names = [f"{t} {e}" for e in endings for t in towns]
    spans = [text for text, span in groups for _ in range(span)]
    for number, name in enumerate(rng.sample(names, min(rows, len(names))), start=1):
        values = [_number(rng, russian, 1, 99) for _ in range(17)]
        table.append([str(number), name, *values])
        at = rng.randrange(17)
        column = f"{spans[at].split(',')[0]} {years[at]}"
        asked.append(_ask(rng, russian, name, column, values[at]))
    values = [_number(rng, russian, 1, 99) for _ in range(17)]
    table.append(["", Cell("В среднем" if russian else "Average", style="b"), *values])
    return table, [0.8, 2.0, *[1.0] * 17], 2, "rl" + "r" * 17, rng.sample(asked, 6)


def _unique(rng: random.Random, russian: bool, count: int) -> list[str]:
    pairs = [f"{s} {k}" for s in _SITES[russian].split("|") for k in _KINDS[russian].split("|")]
    return rng.sample(pairs, min(count, len(pairs)))


_Maker = Callable[[random.Random, bool, bool, int], Drawn]
_TEMPLATES: Final[dict[str, Sequence[_Maker]]] = {
    "train": (_deliveries, _stock),
    "test": (_budget, _survey),
}
