"""Whether an answer stands on the page: by its words, not by luck of a substring."""

import pytest

from engine.core.schema import Line, Region
from engine.evaluation import is_verbatim
from engine.index.page_index import PageIndex
from tests.fakes import draw_page


def page_index(lines: list[Line]) -> PageIndex:
    return PageIndex("doc", 0, 900, 600, tuple(lines))


PAGE = page_index(
    draw_page(
        [
            ("Invoice No.1105 of 14:05", 40, 40),
            ("Total:1,250.00 $42.50", 40, 90),
            ("Общество «Ёлочка» имеет право на инфор-", 40, 140),
            ("мацию о договоре", 40, 175),
            ("Main Street", 40, 260),
            ("12 apples", 500, 262),
            ("Springfield", 40, 295),
            ("15 pears", 500, 297),
        ]
    )[1]
)


@pytest.mark.parametrize(
    "answer",
    [
        "1105",
        "1,250.00",
        "Total: 1,250.00",
        "42.50",
        "14:05",
        'Общество "Елочка"',
        "право на информацию о договоре",
        "Main Street\nSpringfield",
        "invoice no. 1105",
    ],
)
def test_what_is_printed_is_verbatim(answer: str) -> None:
    assert is_verbatim(answer, PAGE)


@pytest.mark.parametrize(
    "answer",
    [
        "250.00",
        "110",
        "05",
        "voice",
        "1250.00",
        "Main 12",
        "Total Main",
        "право информацию",
        "",
        "—",
    ],
)
def test_pieces_of_words_and_words_that_do_not_follow_are_not(answer: str) -> None:
    assert not is_verbatim(answer, PAGE)


def test_the_lines_of_a_cell_follow_each_other_across_the_rows_of_a_table() -> None:
    # One printed line holds a line of both cells, as OCR gives a table's rows.
    left = draw_page([("Main Street", 40, 260), ("Springfield", 40, 295)])[1]
    right = draw_page([("ripe apples", 500, 260), ("and pears", 500, 295)])[1]
    rows = [
        Line((*one.words, *two.words), (one.bbox[0], one.bbox[1], two.bbox[2], one.bbox[3]))
        for one, two in zip(left, right, strict=True)
    ]
    index = page_index(rows)
    assert is_verbatim("Main Street Springfield", index)
    assert is_verbatim("ripe apples and pears", index)
    assert not is_verbatim("Main Street and pears", index)


def test_an_answer_does_not_run_on_into_another_region() -> None:
    lines = tuple(draw_page([("Main Street", 40, 260), ("12 apples", 500, 262)])[1])
    regions = (Region(lines[0].bbox, "Text", "", 0), Region(lines[1].bbox, "Text", "", 1))
    parted = PageIndex("doc", 0, 900, 600, lines, regions, ((0,), (1,)))
    assert not is_verbatim("Street 12", parted)
    joined = PageIndex("doc", 0, 900, 600, lines, regions[:1], ((0, 1),))
    assert is_verbatim("Street 12", joined)
