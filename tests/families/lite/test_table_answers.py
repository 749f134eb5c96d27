"""Questions that name a cell of a drawn table by its row and its column."""

from dataclasses import replace

import pytest

from engine.core.schema import Line, Region, Word
from engine.families.lite.best_answer import SURE
from engine.families.lite.question import analyse
from engine.families.lite.reader import read_page
from engine.families.lite.table_answers import answer_from_tables
from engine.index.page_index import IndexedTable, PageIndex
from engine.index.table_cells import table_cells, texts_of_table

HEADS = [["", "2024", "", "2025", ""], ["Site", "Jan", "Feb", "Jan", "Feb"]]
ROWS = [
    ["Oak Depot", "11.0", "12.0", "13.0", "14.0"],
    ["Oak Mill", "21.0", "22.0", "23.0", "24.0"],
    ["Elm Depot", "31.0", "32.0", "33.0", "34.0"],
    ["Elm Yard", "41.0", "42.0", "43.0", "44.0"],
]
RUSSIAN = [
    ["Город", "Население", "Площадь", "Основан"],
    ["Азов", "80 тыс.", "66", "1067"],
    ["Елец", "98 тыс.", "75", "1146"],
    ["Муром", "107 тыс.", "44", "862"],
]


def page(rows: list[list[str]], number: int = 0) -> PageIndex:
    lines = []
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            # Texts over two columns stand over the middle of both.
            x = 20 + 200 * column + (100 if text in ("2024", "2025") else 0)
            words = []
            for word in text.split():
                words.append(Word(word, (x, 40 + 40 * at, x + 10 * len(word), 60 + 40 * at)))
                x += 10 * len(word) + 5
            if words:
                box = (words[0].bbox[0], words[0].bbox[1], words[-1].bbox[2], words[-1].bbox[3])
                lines.append(Line(tuple(words), box))
    own, cells = table_cells(lines, None)
    text, html = texts_of_table(cells, own, 0)
    region = Region((20, 40, 980, 40 + 40 * len(rows)), "Table", text, 0, 1.0, html)
    return PageIndex(
        "d", number, 1000, 1400, tuple(own), (region,), (tuple(range(len(own))),),
        tables=(IndexedTable(0, tuple(cells)),),
    )  # fmt: skip


def said(question: str, *pages: PageIndex) -> str | None:
    found = answer_from_tables(analyse(question), [read_page(one) for one in pages])
    return None if found is None else found.text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the Jan 2025 of Oak Mill?", "23.0"),
        ("What is the value for Elm Depot in Feb 2024?", "32.0"),
        ("Elm Yard: what is its February 2025?", None),
        ("Oak Depot: what is its Feb 2025?", "14.0"),
    ],
)
def test_a_cell_is_named_by_its_row_and_the_heads_over_it(
    question: str, answer: str | None
) -> None:
    assert said(question, page([*HEADS, *ROWS])) in ((answer,) if answer else (None, "44.0"))


def test_russian_questions_decline_the_names_of_rows_and_columns() -> None:
    index = page(RUSSIAN)
    assert said("Какое население у Мурома?", index) == "107 тыс."
    assert said("Чему равна площадь Ельца?", index) in ("75", None)
    assert said("Какая площадь указана для города Азов?", index) == "66"


def test_a_question_that_fits_two_cells_or_none_has_no_answer() -> None:
    index = page([*HEADS, *ROWS])
    assert said("What is the Jan of Oak Mill?", index) is None
    assert said("What is the Jan 2023 of Oak Mill?", index) is None
    assert said("What is the Jan 2024 of Ash Mill and Oak Yard?", index) is None
    assert said("Which site has the highest Jan 2024?", index) is None
    assert said("Is the Jan 2024 of Oak Mill 21.0?", index) is None


def test_the_place_of_the_answer_is_the_box_of_the_cell() -> None:
    index = page([*HEADS, *ROWS])
    found = answer_from_tables(analyse("What is the Jan 2025 of Oak Mill?"), [read_page(index)])
    assert found is not None
    (line,) = [line for line in index.lines if line.text == "23.0"]
    assert found.candidate.boxes() == (line.bbox,)


def test_a_row_on_the_next_page_is_under_the_heads_of_the_first_page() -> None:
    first = page([*HEADS, *ROWS[:2]])
    second = page(ROWS[1:], 1)
    second = replace(
        second,
        tables=(replace(second.tables[0], cells=second.tables[0].cells),),
    )
    assert said("What is the Feb 2025 of Elm Yard?", first, second) == "44.0"
    assert said("What is the Feb 2025 of Elm Yard?", second) is None


def test_a_cell_that_was_read_badly_is_less_certain() -> None:
    clear = page(HEADS + ROWS)
    at = next(at for at, line in enumerate(clear.lines) if line.text == "23.0")
    (word,) = clear.lines[at].words
    unclear = replace(clear.lines[at], words=(replace(word, confidence=0.6),))
    faint = replace(clear, lines=(*clear.lines[:at], unclear, *clear.lines[at + 1 :]))
    question = analyse("What is the Jan 2025 of Oak Mill?")
    sure, unsure = (answer_from_tables(question, [read_page(one)]) for one in (clear, faint))
    assert sure is not None and unsure is not None
    assert sure.text == unsure.text == "23.0"
    assert unsure.score < SURE["table"] < sure.score
