"""Formulas that the layout model missed, their numbers, and captions with letters."""

import pytest

from engine.core.geometry import union
from engine.core.schema import Line
from engine.ocr.blocks import Block
from engine.ocr.labels import labelled
from tests.ocr.test_labels import prose, told
from tests.ocr.test_parts import line


def blocks_of(*written: tuple[str, list[Line]]) -> list[tuple[str, list[str]]]:
    """(category, texts) of the blocks after labelling; the arguments have the model's category."""
    lines = [one for _, own in written for one in own]
    blocks, at = [], 0
    for category, own in written:
        places = tuple(range(at, at + len(own)))
        blocks.append(Block(union(one.bbox for one in own), category, places))
        at += len(own)
    done = labelled(blocks, lines, height=1000)
    for block in done:
        assert block.bbox == union(lines[i].bbox for i in block.lines)
    return [(block.category, [lines[i].text for i in block.lines]) for block in done]


@pytest.mark.parametrize("number", ["(1)", "(2.14)", "(A-1)", "(3a)", "(А.2)", "( 7 )"])
def test_a_formula_and_the_number_at_its_row_are_one(number: str) -> None:
    found = blocks_of(
        ("Text", prose(100)),
        ("Formula", [line("x = a + b", 200, 300)]),
        ("Text", [line(number, 700, 300)]),
        ("Text", prose(400)),
    )
    assert [category for category, _ in found] == ["Text", "Formula", "Text"]
    assert found[1][1] == ["x = a + b", number]


def test_a_number_of_another_row_or_behind_another_block_stays() -> None:
    found = blocks_of(
        ("Text", prose(100)),
        ("Formula", [line("x = a + b", 10, 300)]),
        ("Text", [line("another column of words", 300, 300)]),
        ("Text", [line("(1)", 800, 300)]),
        ("Text", [line("(2)", 800, 500)]),
        ("Text", prose(600)),
    )
    assert ("Formula", ["x = a + b"]) in found
    assert {texts[0] for category, texts in found if category != "Formula"} >= {"(1)", "(2)"}


@pytest.mark.parametrize("text", ["q0=γd²−8δx", "f(x) = 2x", "E = mc2", "а=.", "y' = ky"])
def test_an_equation_without_words_is_a_formula(text: str) -> None:
    assert ("Formula", text) in told(("Text", prose(100)), ("Text", [line(text, 300, 300)]))


@pytest.mark.parametrize(
    "text",
    [
        "2 x 3.00 = 6.00",
        "Total = 12.00",
        "ИНН = 7701234567",
        "where n = 5 is the number kept",
        "(1)",
    ],
)
def test_sums_labels_and_sentences_are_no_formulas(text: str) -> None:
    found = told(("Text", prose(100)), ("Text", [line(text, 300, 300)]), ("Text", prose(400)))
    assert "Formula" not in {category for category, _ in found}


@pytest.mark.parametrize(
    "text",
    [
        "Table A",
        "TABLE B: Outcome",
        "Figure B-1. Loss of mass",
        "Таблица А. Итоги",
        "Таблица Б.1. Средние",
        "Рис. 3а",
        "Fig. 2",
    ],
)
def test_numbered_and_lettered_captions_are_captions(text: str) -> None:
    assert ("Caption", text) in told(("Text", prose(100)), ("Text", [line(text, 10, 300)]))


@pytest.mark.parametrize(
    "text", ["Table a day in time", "Figure skating", "TABLE OF CONTENTS", "Рисунок готов"]
)
def test_words_that_only_begin_like_a_caption_are_none(text: str) -> None:
    found = told(("Text", prose(100)), ("Text", [line(text, 10, 300)]), ("Text", prose(400)))
    assert "Caption" not in {category for category, _ in found}
