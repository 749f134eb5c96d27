"""`lite` writes a page as Markdown and gives its tables, each with its place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Engine, load_settings
from engine.core.schema import BBox, Line, Region, Word
from engine.families.lite.markdown import markdown, tables
from engine.index.page_index import PageIndex
from tests.ocr.drawing import Sheet

ROWS = [
    ("Item", "Quantity", "Price", "Sum"),
    ("Spring", "2", "12.50", "25.00"),
    ("Glass", "1", "7.20", "7.20"),
    ("Brass dial", "3", "31.00", "93.00"),
    ("Screw set", "10", "0.40", "4.00"),
]
TOTAL = ("", "", "Total", "129.20")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(load_settings()) as made:
        yield made


def drawn(path: Path, *, with_table: bool) -> Path:
    sheet = Sheet(1000, 700)
    sheet.write(80, 60, "Parts that were used in March", size=36, bold=True)
    for i, row in enumerate([*ROWS, TOTAL] if with_table else []):
        for x, cell in zip((100, 380, 600, 800), row, strict=True):
            if cell:
                sheet.write(x, 170 + 56 * i, cell)
        sheet.rule(80, 160 + 56 * i, 920, 160 + 56 * i)
    if with_table:
        sheet.rule(80, 496, 920, 496)
    sheet.image.save(path)
    return path


def test_the_tables_of_a_page_are_given_with_their_places(engine: Engine, tmp_path: Path) -> None:
    session_id = engine.create_session()
    engine.add_document(session_id, drawn(tmp_path / "p.png", with_table=True), name="p.png")
    answer = engine.ask(session_id, task="table").answer()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in answer.text.split("\n")
    ]
    assert rows[0] == list(ROWS[0])
    assert [tuple(row) for row in rows[2:]] == [*ROWS[1:], TOTAL]
    (place,) = answer.evidence
    left, top, right, bottom = place.bbox
    assert left < 110 and top < 180 and right > 850 and bottom > 450
    assert top > 100, "the heading is not part of it"
    assert place.text == "Item Quantity Price Sum"


def test_a_page_without_a_table_says_so(engine: Engine, tmp_path: Path) -> None:
    session_id = engine.create_session()
    engine.add_document(session_id, drawn(tmp_path / "p.png", with_table=False), name="p.png")
    answer = engine.ask(session_id, task="table", language="ru").answer("ru")
    assert answer.text == "На странице нет таблицы."
    assert answer.evidence == ()


def line(text: str, x: float, y: float) -> Line:
    box: BBox = (x, y, x + 60.0, y + 20.0)
    return Line((Word(text, box),), box)


def test_markdown_has_headings_and_tables_and_no_running_heads() -> None:
    cells = [("Item", 0), ("Sum", 300), ("Tea|Cup", 0), ("4.20", 300), ("9.99", 300)]
    heights = [100, 100, 140, 140, 180]
    lines = (
        line("Page 1", 0, 0),
        line("Bill", 0, 40),
        *(line(text, x, y) for (text, x), y in zip(cells, heights, strict=True)),
    )
    index = PageIndex(
        "d", 0, 400, 300, lines,
        (
            Region((0, 0, 60, 20), "Page-header", "Page 1", 0),
            Region((0, 40, 60, 60), "Section-header", "Bill", 1),
            Region((0, 100, 360, 200), "Table", "", 2),
        ),
        ((0,), (1,), (2, 3, 4, 5, 6)),
    )  # fmt: skip
    table = "| Item | Sum |\n| --- | --- |\n| Tea\\|Cup | 4.20 |\n|  | 9.99 |"
    assert markdown(index) == f"## Bill\n\n{table}"
    assert tables(index) == [(2, table)]
