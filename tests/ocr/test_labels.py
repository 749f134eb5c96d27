"""Tests of engine.ocr.labels: categories of blocks where the layout model has none or is wrong."""

import pytest

from engine.core.geometry import union
from engine.core.schema import Line
from engine.ocr.blocks import Block
from engine.ocr.labels import labelled
from tests.ocr.test_parts import line

HEIGHT = 1000
PROSE = (
    "The survey was made in every town of the county and in",
    "some of the villages, and it lists the loans of one year",
    "by the age of the reader and by the kind of the book.",
)


def told(*written: tuple[str, list[Line]]) -> list[tuple[str, str]]:
    """(category, first line) of blocks after labelling; arguments have the model's category."""
    lines = [one for _, own in written for one in own]
    blocks: list[Block] = []
    at = 0
    for category, own in written:
        places = tuple(range(at, at + len(own)))
        blocks.append(Block(union(one.bbox for one in own), category, places))
        at += len(own)
    done = labelled(blocks, lines, height=HEIGHT)
    return [(block.category, lines[block.lines[0]].text) for block in done]


def prose(y: float, x: float = 10) -> list[Line]:
    return [line(text, x, y + 24 * number) for number, text in enumerate(PROSE)]


def test_a_formula_of_two_characters_is_a_signature() -> None:
    found = told(
        ("Text", prose(300)),
        ("Formula", [line("22", 10, 600)]),
        ("Formula", [line("m = k / (1 + t)", 10, 700)]),
    )
    assert [category for category, _ in found] == ["Text", "Picture", "Formula"]


@pytest.mark.parametrize(
    ("texts", "category"),
    [
        (PROSE, "Text"),
        (("[3] A. Smith, On clocks,", "London"), "List-item"),
        (("Smith A. On clocks (1998),", "London"), "List-item"),
        (("Smith A. Clocks and bells.", "Horology 2009;12:44"), "List-item"),
    ],
)
def test_a_list_of_sources_looks_like_one(texts: tuple[str, ...], category: str) -> None:
    own = [line(text, 10, 500 + 24 * number) for number, text in enumerate(texts)]
    assert told(("List-item", own))[0][0] == category


def test_a_sentence_is_no_heading() -> None:
    sentence = "You would begin on 2 December and the first of the months are there to learn it."
    found = told(("Section-header", [line(sentence, 10, 100, height=28)]), ("Text", prose(300)))
    assert found[0][0] == "Text"


def test_paragraphs_numbered_in_turn_are_items_and_a_lone_number_is_none() -> None:
    found = told(
        ("Text", prose(100)),
        ("Text", [line("1. Repair of the roof.", 10, 300)]),
        ("Text", [line("2. Election of the secretary.", 10, 360)]),
        ("Text", prose(450)),
        ("Text", [line("7. It was so in that year.", 10, 700)]),
    )
    assert [category for category, _ in found] == [
        "Text",
        "List-item",
        "List-item",
        "Text",
        "Text",
    ]


def test_notes_under_a_table_or_at_the_foot_are_footnotes() -> None:
    def source(y: float) -> list[Line]:
        return [line("Источник: Ежегодник области", 10, y), line("Опубликовано 2019", 10, y + 22)]

    found = told(
        ("Text", source(100)),
        ("Table", prose(300)),
        ("List-item", source(400)),
        ("Text", prose(500)),
        ("Text", [line("* without tax", 10, 900)]),
    )
    assert [category for category, _ in found] == ["Text", "Table", "Footnote", "Text", "Footnote"]


def test_the_title_stands_above_and_is_no_signature() -> None:
    found = told(
        ("Section-header", [line("CERTIFICATE", 240, 100, height=24)]),
        ("Text", prose(300)),
        ("Text", [line("Beio", 400, 800, height=60)]),
    )
    assert [category == "Title" for category, _ in found] == [True, False, False]


@pytest.mark.parametrize(
    ("heading", "x"), [("2. Methods of this work", 160.0), ("Methods of this work", 10.0)]
)
def test_a_heading_that_is_numbered_or_not_centred_is_no_title(heading: str, x: float) -> None:
    found = told(
        ("Section-header", [line(heading, x, 100)]), ("Text", prose(300)), ("Text", prose(500))
    )
    assert found[0] == ("Section-header", heading)


def test_a_heading_in_capitals_is_cut_off_its_block() -> None:
    pairs = [
        line("ПЛАТЕЛЬЩИК", 10, 100),
        line("Наименование", 10, 124),
        line("АО «Атлант»", 300, 124),
        line("Счёт", 10, 148),
        line("40702810", 300, 148),
    ]
    found = told(("Text", pairs), ("Text", prose(400)))
    assert [text for _, text in found] == ["ПЛАТЕЛЬЩИК", "Наименование", PROSE[0]]
    shouted = [line("ООО ОРИОН", 10, 100), line("ГОРОД НОВОРЕЧЬЕ", 10, 124)]
    assert len(told(("Text", shouted), ("Text", prose(400)))) == 2


def test_paragraphs_part_at_a_wide_gap_although_one_of_their_lines_is_in_pieces() -> None:
    upper = [*prose(100)[:2], line("by the age", 10, 148), line("of the reader", 300, 148)]
    assert len(told(("Text", [*upper, *prose(210)]))) == 2
