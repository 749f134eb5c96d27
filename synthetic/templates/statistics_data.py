"""Made-up surveys: names of rows and columns, numbers, and the questions on cells."""

from __future__ import annotations

from ..sheet import Sheet


def some_subject(s: Sheet) -> tuple[str, list[str], list[str], list[str]]:
    """(title, row names, groups, columns within each group) of a made-up survey."""
    r = s.rng
    years = [str(y) for y in range(r.randint(1985, 2019), 2030)][:3]
    towns: list[str] = []
    while len(towns) < 14:
        town = s.v.city()
        if town not in towns:
            towns.append(town)
        elif len(set(towns)) >= 12:
            break
    if s.language == "en":
        options = [
            ("Pupils by district and school year", towns, years, ["Boys", "Girls"]),
            ("Traffic accidents by town", towns, years[:2], ["Injured", "Killed", "Damage only"]),
            (
                "Harvest of main crops, tonnes",
                [
                    "Wheat",
                    "Barley",
                    "Oats",
                    "Rye",
                    "Potatoes",
                    "Sugar beet",
                    "Flax",
                    "Hay",
                    "Apples",
                    "Cabbage",
                ],
                years,
                ["Plan", "Actual"],
            ),
            (
                "Library loans by department",
                [
                    "Fiction",
                    "History",
                    "Science",
                    "Music",
                    "Children",
                    "Maps",
                    "Law",
                    "Periodicals",
                    "Travel",
                ],
                years[:2],
                ["Adults", "Juniors", "Total"],
            ),
        ]
    else:
        options = [
            ("Численность учащихся по районам", towns, years, ["Мальчики", "Девочки"]),
            (
                "Дорожные происшествия по городам",
                towns,
                years[:2],
                ["Ранено", "Погибло", "Без жертв"],
            ),
            (
                "Сбор основных культур, тонн",
                [
                    "Пшеница",
                    "Ячмень",
                    "Овёс",
                    "Рожь",
                    "Картофель",
                    "Свёкла",
                    "Лён",
                    "Сено",
                    "Яблоки",
                    "Капуста",
                ],
                years,
                ["План", "Факт"],
            ),
            (
                "Выдача книг по отделам",
                [
                    "Художественный",
                    "Исторический",
                    "Научный",
                    "Музыкальный",
                    "Детский",
                    "Карты",
                    "Право",
                    "Периодика",
                ],
                years[:2],
                ["Взрослые", "Дети", "Всего"],
            ),
        ]
    title, rows, groups, columns = r.choice(options)
    rows = r.sample(rows, min(len(rows), r.randint(6, 12)))
    return title, rows, groups, columns


def random_numbers(s: Sheet, rows: int, columns: int) -> list[list[int]]:
    top = s.rng.choice([90, 900, 9000, 60000])
    return [[s.rng.randint(top // 15, top) for _ in range(columns)] for _ in range(rows)]


def ask(
    s: Sheet, names: list[str], groups: list[str], columns: list[str], data: list[list[int]]
) -> None:
    train, r = s.split == "train", s.rng
    picked = r.sample(
        [(i, j) for i in range(len(names)) for j in range(len(groups) * len(columns))], 5
    )
    for i, j in picked:
        n, g, c = names[i], groups[j // len(columns)], columns[j % len(columns)]
        en = (
            f"What is the value for {n} in {g}, column {c}?|{n}, {g}: how many under "
            f"“{c}”?|What number is given for {n} ({c}, {g})?"
        )
        ru = (
            f"Какое значение у строки «{n}» в {g} году, графа «{c}»?|{n}, {g} год: "
            f"сколько в графе «{c}»?|Какое число указано для «{n}» ({c}, {g})?"
        )
        if not train:
            en = (
                f"Find the figure where {n} meets {c} of {g}.|In {g}, what was the {c} figure "
                f"of {n}?"
            )
            ru = (
                f"Какая цифра стоит на пересечении «{n}» и «{c}» за {g}?|Чему равен "
                f"показатель «{c}» за {g} по строке «{n}»?"
            )
        s.ask(f"cell.{i}.{j}", "table", en, ru)
    j = r.randrange(len(groups) * len(columns))
    values = [row[j] for row in data]
    best = values.index(max(values))
    if values.count(max(values)) == 1:
        g, c = groups[j // len(columns)], columns[j % len(columns)]
        s.ask(
            f"name.{best}",
            "table",
            f"Which row has the highest figure for {c} in {g}?"
            if train
            else f"Where was {c} greatest in {g}?",
            f"В какой строке самое большое значение «{c}» за {g}?"
            if train
            else f"Где показатель «{c}» за {g} наибольший?",
        )
    s.count(
        "name.",
        len(names),
        "How many rows of data does the table have?|How many lines does the table "
        "list (without the total)?",
        "Сколько строк с данными в таблице?|Сколько строк в таблице (без итоговой)?",
    )
    s.cannot_tell(
        f"What is the value for {names[0]} in 1951?|What was the cost of the survey?|"
        "Who collected the data?",
        f"Какое значение у строки «{names[0]}» за 1951 год?|Во сколько обошёлся сбор "
        "данных?|Кто собрал данные?",
    )


def marked_cells(s: Sheet, names: list[str], data: list[list[int]]) -> list[list[str]]:
    return [
        [
            f"{{name.{i}={name}}}",
            *(f"{{cell.{i}.{j}={s.v.group(v)}}}" for j, v in enumerate(data[i])),
        ]
        for i, name in enumerate(names)
    ]
