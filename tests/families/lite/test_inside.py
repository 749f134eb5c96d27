"""A drawn box: `lite` reads what is in it and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Engine, load_settings
from engine.core.schema import BBox, Line, Region, Word
from engine.index.crop import crop_index
from engine.index.page_index import PageIndex
from tests.fakes import draw_page


def word(text: str, x: float, y: float) -> Word:
    return Word(text, (x, y, x + 100.0, y + 20.0))


def line(*words: Word) -> Line:
    return Line(words, (words[0].bbox[0], words[0].bbox[1], words[-1].bbox[2], words[0].bbox[3]))


INDEX = PageIndex(
    "doc",
    0,
    1000,
    1000,
    (
        line(word("North", 100, 100), word("South", 600, 100)),
        line(word("Total", 100, 200)),
        line(word("Total", 600, 200)),
    ),
    (
        Region((100, 100, 700, 120), "Section-header", "North South", 0, 0.8),
        Region((100, 200, 200, 220), "Text", "Total", 1),
        Region((600, 200, 700, 220), "Text", "Total", 2),
        Region((550, 400, 950, 800), "Picture", "", 3),
    ),
    ((0,), (1,), (2,), ()),
)


def test_a_box_around_the_page_changes_nothing() -> None:
    assert crop_index(INDEX, (0, 0, 1000, 1000)) == INDEX


def test_lines_and_regions_become_as_small_as_what_is_left_of_them() -> None:
    right = crop_index(INDEX, (500, 0, 1000, 1000))
    assert [one.text for one in right.lines] == ["South", "Total"]
    assert [one.bbox for one in right.lines] == [(600, 100, 700, 120), (600, 200, 700, 220)]
    assert [(one.category, one.text) for one in right.regions] == [
        ("Section-header", "South"),
        ("Text", "Total"),
        ("Picture", ""),
    ]
    assert right.regions[0].bbox == (600, 100, 700, 120)
    assert right.regions[0].confidence == 0.8
    assert [one.order for one in right.regions] == [0, 1, 2]
    assert right.region_lines == ((0,), (1,), ())


def test_the_centre_decides() -> None:
    assert crop_index(INDEX, (0, 0, 150, 1000)).lines == ()
    assert [one.text for one in crop_index(INDEX, (0, 0, 151, 1000)).lines] == ["North", "Total"]


def test_an_empty_box_leaves_an_empty_page() -> None:
    empty = crop_index(INDEX, (0, 900, 1000, 1000))
    assert (empty.lines, empty.regions, empty.region_lines) == ((), (), ())
    assert (empty.width, empty.height) == (1000, 1000)


LINES = [
    ("Report of two branches", 60, 50),
    ("North branch", 60, 170),
    ("South branch", 660, 170),
    ("Total due", 60, 250),
    ("1,248.00", 300, 250),
    ("Total due", 660, 250),
    ("3,907.50", 900, 250),
]
RIGHT: BBox = (620, 130, 1200, 320)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(load_settings()) as engine:
        yield engine


def ask(engine: Engine, path: Path, task: str, bbox: BBox | None, question: str = ""):
    image, _ = draw_page(LINES, size=(1240, 600))
    image.save(path)
    session_id = engine.create_session()
    document = engine.add_document(session_id, path, name=path.name)
    pages = [(document.document_id, 0)]
    stream = engine.ask(session_id, question, task=task, pages=pages, bbox=bbox)
    return stream.answer()


def test_a_question_about_a_box_is_answered_from_inside_it(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    for bbox, total in ((RIGHT, "3,907.50"), ((20, 130, 600, 320), "1,248.00")):
        answer = ask(engine, path, "question", bbox, "What is the total due?")
        assert answer.text.strip() == total
        for found in answer.evidence:
            assert bbox[0] < (found.bbox[0] + found.bbox[2]) / 2 < bbox[2]


def test_text_and_layout_of_a_box(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    text = ask(engine, path, "ocr", RIGHT).text
    assert "South branch" in text
    assert "3,907.50" in text
    assert "North" not in text
    assert "1,248.00" not in text
    answer = ask(engine, path, "layout", RIGHT)
    assert "North" not in answer.text
    assert "South" in answer.text


def test_a_box_without_text_says_so(engine: Engine, tmp_path: Path) -> None:
    empty: BBox = (20, 400, 600, 500)
    answer = ask(engine, tmp_path / "page.png", "question", empty, "What is the total due?")
    assert answer.text == "There is no text in the box."
    assert answer.evidence == ()
