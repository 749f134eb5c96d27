"""Pages of textbooks: prose with displayed formulas, numbered or not, and lettered captions."""

from __future__ import annotations

from ..formulas import draw_formula, some_formula
from ..registry import template
from ..sheet import Row, Sheet
from .scientific import Paper, flow, issue_of


def _lead(s: Sheet) -> str:
    return s.t(
        "The quantity is then found from the relation|It follows that|Taking both together we "
        "obtain|Under these assumptions we have",
        "Тогда искомая величина находится из соотношения|Отсюда следует|С учётом этого "
        "получаем|При этих допущениях имеем",
    )


def _where(s: Sheet) -> str:
    letter = s.rng.choice("abcdknpqrt")
    return s.t(
        f"where {letter} is the number of samples that were kept after the second weighing.|"
        f"Here {letter} stands for the share of water that is left in the wall.",
        f"где {letter} — число образцов, оставшихся после второго взвешивания.|"
        f"Здесь {letter} — доля воды, оставшейся в стене.",
    )


def _rows(s: Sheet, paper: Paper) -> list[Row]:
    return paper.rows(s)[: s.rng.randint(3, 4)]


@template("scientific", "lecture", "train", look="serif", wide=(1200, 1700))
def lecture(s: Sheet) -> None:
    """One column; formulas in the middle with numbers in brackets; a lettered table."""
    paper = Paper(s)
    name, issue = issue_of(s)
    with s.region("Page-header"):
        s.line(100, 44, f"{name}, {issue}", 14, "i", "center", 800)
    with s.region("Section-header"):
        y = s.line(
            100,
            92,
            s.t("2. Main Relations|3. The Model", "2. Основные соотношения|3. Описание модели"),
            22,
            "b",
        )
    for number in range(s.rng.randint(3, 4)):
        y = flow(s, 100, y + 8, 800, [f"{s.rng.choice(paper.parts[1:4])} {_lead(s)}:"], 17)
        label = f"({number + 1})" if s.chance(0.8) else ""
        y = draw_formula(s, 100, y + 10, 800, some_formula(s.rng, s.split), 22, label) + 14
        y = flow(s, 100, y, 800, [_where(s)], 17)
    letter = s.rng.choice("ABC" if s.language == "en" else "АБВ")
    with s.region("Caption"):
        y = s.line(
            100,
            y + 16,
            s.t(
                f"Table {letter}. Means by group|Table {letter}-1. Means by group",
                f"Таблица {letter}. Средние по группам|Таблица {letter}.1. Средние по группам",
            ),
            15,
            "b",
        )
    s.table(100, y + 6, [220, 130, 130, 130, 130], _rows(s, paper), 1, 15, "lrrrr", "head", 5)
    paper.ask(s)


@template("scientific", "derivation", "test", wide=(1100, 1700))
def derivation(s: Sheet) -> None:
    """Two columns of text; formulas at the left with a number at the edge of the column."""
    paper = Paper(s)
    with s.region("Title"):
        y = s.paragraph(70, 60, 860, s.mark("title", paper.title), 27, "b", align="center")
    with s.region("Text"):
        y = s.line(70, y + 4, ", ".join(paper.authors), 16, "i", "center", 860)
    top = y + 24
    number = 0
    for x in (70, 515):
        y = top
        for _ in range(2):
            number += 1
            y = flow(s, x, y, 415, [f"{s.rng.choice(paper.parts[1:4])} {_lead(s)}"], 16)
            formula = some_formula(s.rng, s.split)
            y = draw_formula(s, x + 20, y + 8, 395, formula, 20, f"({number})", "left") + 16
            y = flow(s, x, y, 415, [_where(s)], 16) + 4
    letter = s.rng.choice("ABC" if s.language == "en" else "АБВ")
    with s.region("Caption"):
        y = s.line(
            70,
            max(y, s.bottom / s.scale) + 18,
            s.t(f"TABLE {letter}: Outcome", f"ТАБЛИЦА {letter}. Итоги опытов"),
            15,
            "b",
            "center",
            860,
        )
    s.table(70, y + 6, [260, 130, 160, 160, 150], _rows(s, paper), 1, 15, "lcccc", "rows", 6)
    paper.ask(s)
