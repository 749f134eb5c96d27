"""Statistics: numbers under row and column headings, columns grouped under a common heading."""

from __future__ import annotations

from ..registry import template
from ..sheet import Cell, Row, Sheet
from .statistics_data import ask, marked_cells, random_numbers, some_subject


def _notes(s: Sheet, y: float) -> None:
    with s.region("Footnote"):
        y = s.line(
            80,
            y + 12,
            s.t("Source: |Compiled by ", "Источник: |Составлено: ")
            + s.mark(
                "source",
                s.t(
                    "District Statistical Office|Yearbook of the Province",
                    "Районный отдел статистики|Ежегодник области",
                ),
            ),
            14,
        )
        s.line(
            80, y, s.t("Published ", "Опубликовано ") + s.mark("published", s.v.date(s.v.day())), 14
        )


@template("statistics", "grouped", "train", wide=(1100, 1654))
def grouped(s: Sheet) -> None:
    """Two header rows in a grid; the group's heading over its columns; a total row."""
    title, names, groups, columns = some_subject(s)
    data = random_numbers(s, len(names), len(groups) * len(columns))
    with s.region("Caption"):
        y = s.paragraph(
            80,
            70,
            840,
            s.t("Table ", "Таблица ")
            + s.mark("number", f"{s.rng.randint(1, 9)}.{s.rng.randint(1, 30)}")
            + s.t(". ", " — ")
            + s.mark("title", title),
            21,
            "b",
            align="center",
        )
    with s.region("Text"):
        y = s.paragraph(
            80,
            y + 6,
            840,
            s.t(
                "The table below shows how the figures changed over the years of the survey.",
                "В таблице показано, как менялись показатели за годы наблюдения.",
            ),
            16,
        )
    wide = 620 / (len(groups) * len(columns))
    first: list[Cell | str | None] = [Cell(s.t("Name|Item", "Показатель|Наименование"), down=2)]
    for g in groups:
        first += [Cell(g, len(columns)), *([None] * (len(columns) - 1))]
    second: Row = [None, *(c for _ in groups for c in columns)]
    total: Row = [Cell(s.t("Total", "Итого"), style="b")] + [
        Cell(f"{{total.{j}={s.v.group(sum(row[j] for row in data))}}}", style="b")
        for j in range(len(data[0]))
    ]
    y = s.table(
        80,
        y + 16,
        [220] + [wide] * len(data[0]),
        [first, second, *marked_cells(s, names, data), total],
        2,
        15,
        "l" + "r" * len(data[0]),
        "grid",
        6,
        shade=s.rng.choice([None, (230, 230, 230), (222, 230, 240)]),
    )
    j = s.rng.randrange(len(data[0]))
    g, c = groups[j // len(columns)], columns[j % len(columns)]
    s.ask(
        f"total.{j}",
        "table",
        f"What is the total for {c} in {g}?",
        f"Каков итог по графе «{c}» за {g} год?",
    )
    _notes(s, y)
    ask(s, names, groups, columns, data)


@template("statistics", "plain", "train", look="serif")
def plain_rules(s: Sheet) -> None:
    """A flat header with the year in each column's name, only horizontal rules."""
    title, names, groups, columns = some_subject(s)
    groups = groups[:2]
    data = random_numbers(s, len(names), len(groups) * len(columns))
    with s.region("Page-header"):
        s.line(
            90,
            44,
            s.t(
                "Statistical abstract|Yearbook of the province", "Статистический сборник|Ежегодник"
            ),
            15,
            "i",
        )
    with s.region("Title"):
        y = s.line(90, 90, s.mark("title", title), 26, "b", width=820)
    head: Row = ["", *(f"{c}, {g}" for g in groups for c in columns)]
    wide = 600 / len(data[0])
    y = s.table(
        90,
        y + 20,
        [220] + [wide] * len(data[0]),
        [head, *marked_cells(s, names, data)],
        1,
        16,
        "l" + "r" * len(data[0]),
        s.rng.choice(["head", "rows"]),
        7,
    )
    _notes(s, y)
    for k in range(2):
        low, high = s.rng.randint(3, 30), s.rng.randint(31, 80)
        with s.region("Text"):
            y = (
                s.paragraph(
                    90,
                    y + 60 * (k == 0) + 12,
                    820,
                    s.t(
                        "Over the period the share of the largest entry rose from "
                        f"{{share_from.{k}={low}%}} to {{share_to.{k}={high}%}}. The next survey "
                        "will be made with a new set of forms.",
                        "За отчётный период доля крупнейшей строки выросла с "
                        f"{{share_from.{k}={low}%}} до {{share_to.{k}={high}%}}. Следующее "
                        "обследование пройдёт по новым бланкам.",
                    ),
                    17,
                )
                + 10
            )
        if k == 0:
            s.ask(
                "share_to.0",
                "text",
                "To what share did the largest entry rise, according to the first paragraph?",
                "До какой доли выросла крупнейшая строка согласно первому абзацу?",
            )
    ask(s, names, groups, columns, data)


@template("statistics", "parts", "train", wide=(1100, 1654))
def parts(s: Sheet) -> None:
    """The groups stand under each other as parts of one table, each under a row with its name."""
    title, names, groups, columns = some_subject(s)
    names, groups = names[:6], groups[:3]
    data = random_numbers(s, len(names), len(groups) * len(columns))
    cells = marked_cells(s, names, data)
    rows: list[Row] = [[s.t("Name|", "Наименование|"), *columns]]
    for at, group in enumerate(groups):
        rows.append(
            [Cell(group, len(columns) + 1, align="left", style="b"), *[None] * len(columns)]
        )
        own = slice(1 + at * len(columns), 1 + (at + 1) * len(columns))
        rows += [[row[0], *row[own]] for row in cells]
    with s.region("Title"):
        y = s.paragraph(80, 70, 840, s.mark("title", title), 24, "b")
    wide = min(180.0, 560 / len(columns))
    rules = s.rng.choice(["grid", "rows", "head", "none"])
    y = s.table(80, y + 16, [260] + [wide] * len(columns), rows, 1, 15, "l" + "r" * 9, rules)
    with s.region("Footnote"):
        source = s.t("Office of Statistics|Town records", "Отдел статистики|Архив города")
        s.line(80, y + 12, s.t("Source: ", "Источник: ") + s.mark("source", source), 14)
    ask(s, names, groups, columns, data)


@template("statistics", "dense", "test", wide=(1200, 1700))
def dense(s: Sheet) -> None:
    """Groups down the side; the years are in the second column, one table row for each."""
    title, names, groups, columns = some_subject(s)
    names = names[:8]
    data = random_numbers(s, len(names), len(groups) * len(columns))
    with s.region("Title"):
        y = s.line(70, 70, s.mark("title", title.upper()), 24, "b", "center", 860)
    cells = marked_cells(s, names, data)
    rows: list[Row] = [[s.t("Unit", "Единица учёта"), s.t("Year", "Год"), *columns]]
    for row in cells:
        for k, g in enumerate(groups):
            start = 1 + k * len(columns)
            rows.append(
                [
                    Cell(row[0], down=len(groups)) if k == 0 else None,
                    g,
                    *row[start : start + len(columns)],
                ]
            )
    wide = 520 / len(columns)
    y = s.table(
        70,
        y + 20,
        [240, 100] + [wide] * len(columns),
        rows,
        1,
        15,
        "lc" + "r" * len(columns),
        "grid",
        5,
        shade=(238, 236, 226),
    )
    _notes(s, y)
    ask(s, names, groups, columns, data)
