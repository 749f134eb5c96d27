"""The parts of engine.ocr that need no image: words, script, order, regions."""

import numpy as np
import pytest

from engine.core.geometry import union
from engine.core.schema import CATEGORIES, Line, Word
from engine.ocr import order
from engine.ocr.labels import labelled
from engine.ocr.layout_model import CATEGORY_OF, DetectedRegion
from engine.ocr.recognised_text import RecognisedText
from engine.ocr.regions import blocks
from engine.ocr.text_layer import covers, is_plausible, lines_of
from engine.ocr.words import ascii_punctuation, join_neighbours, line_of, split_at_gaps

FLAT = np.array([[0, 0], [100, 0], [100, 10], [0, 10]], np.float32)


def line(text: str, x: float, y: float, *, height: float = 20) -> Line:
    """A line whose characters are half as wide as it is high."""
    words = []
    for token in text.split():
        end = x + len(token) * height / 2
        words.append(Word(token, (x, y, end, y + height)))
        x = end + height / 2
    return Line(tuple(words), union(word.bbox for word in words))


def texts(lines: list[Line], numbers: tuple[int, ...]) -> list[str]:
    return [lines[i].text for i in numbers]


def test_recognised_characters_become_words_at_their_columns() -> None:
    # "ab cd" in a crop of 100 x 10 pixels; the space between 0.4 and 0.6 holds no ink.
    reading = RecognisedText(
        "ab cd", (0.1, 0.3, 0.7, 0.9), (0.9, 0.7, 0.5, 0.3), 10.0, ((0.4, 0.6),)
    )
    found = line_of(reading, FLAT)
    assert found is not None
    assert [word.text for word in found.words] == ["ab", "cd"]
    assert [word.confidence for word in found.words] == pytest.approx([0.8, 0.4])
    assert found.words[0].bbox == pytest.approx((0, 0, 40, 10), abs=1)
    assert found.words[1].bbox == pytest.approx((60, 0, 100, 10), abs=1)


def test_words_of_a_sloping_line_follow_its_slope() -> None:
    quad = np.array([[0, 0], [100, 10], [100, 20], [0, 10]], np.float32)
    reading = RecognisedText("ab cd", (0.1, 0.3, 0.7, 0.9), (0.9,) * 4, 10.0, ((0.4, 0.6),))
    found = line_of(reading, quad)
    assert found is not None
    first, second = (word.bbox for word in found.words)
    assert second[1] - first[1] == pytest.approx(6, abs=1)


def test_a_lost_space_behind_a_colon_is_found_where_the_ink_has_a_gap() -> None:
    places = (0.05, 0.15, 0.25, 0.32, 0.75, 0.9)
    with_gap = RecognisedText("Tel:07", places, (0.9,) * 6, 10.0, ((0.36, 0.7),))
    without = RecognisedText("Tel:07", places, (0.9,) * 6, 10.0, ())
    for reading, words in ((with_gap, ["Tel:", "07"]), (without, ["Tel:07"])):
        found = line_of(reading, FLAT)
        assert found is not None
        assert [word.text for word in found.words] == words


def test_nothing_but_spaces_is_no_line() -> None:
    assert line_of(RecognisedText("   ", (), (), 10.0), FLAT) is None


def test_full_width_marks_are_ascii_unless_the_line_is_chinese() -> None:
    assert ascii_punctuation("（No．7）：") == "(No.7):"
    assert ascii_punctuation("合计（元）：") == "合计（元）："


def test_cells_far_apart_are_lines_of_their_own_and_a_phrase_is_not() -> None:
    words = [Word("Total", (0, 0, 50, 20)), Word("due", (60, 0, 90, 20))]
    far = Word("7.20", (300, 0, 340, 20))
    assert [one.text for one in split_at_gaps([*words, far])] == ["Total due", "7.20"]
    halves = [line("Total", 0, 0), line("due", 56, 1), line("7.20", 300, 0)]
    assert [one.text for one in join_neighbours(halves)] == ["Total due", "7.20"]


def test_columns_are_read_one_by_one_below_a_heading_across_both() -> None:
    heading = (100.0, 0.0, 700.0, 40.0)
    left = [(0.0, 60.0, 380.0, 200.0), (0.0, 220.0, 380.0, 400.0)]
    right = [(420.0, 60.0, 800.0, 200.0), (420.0, 220.0, 800.0, 400.0)]
    foot = (300.0, 420.0, 500.0, 440.0)
    boxes = [foot, right[0], left[0], heading, right[1], left[1]]
    read = [boxes[i] for i in order.columns(boxes)]
    assert read == [heading, *left, *right, foot]


def test_rows_go_from_top_to_bottom_and_from_left_to_right() -> None:
    boxes = [(200.0, 2.0, 240.0, 22.0), (0.0, 40.0, 50.0, 60.0), (0.0, 0.0, 50.0, 20.0)]
    assert order.rows(boxes) == [[2, 0], [1]]


def test_overlapping_regions_are_merged_and_every_line_has_one_home() -> None:
    lines = [line("First line of a paragraph", 10, 10), line("and its second line", 10, 34)]
    lines.append(line("far away", 600, 500))
    found = [
        DetectedRegion((0, 0, 400, 60), "Text", 0.9),
        DetectedRegion((5, 5, 390, 58), "Section-header", 0.5),
        DetectedRegion((0, 0, 800, 600), "Picture", 0.6),
    ]
    done = blocks(lines, found, height=700)
    homes = sorted(i for block in done for i in block.lines)
    assert homes == [0, 1, 2]
    assert [0, 1] in [list(block.lines) for block in done]


def test_a_foot_below_the_left_column_is_read_after_the_right_column() -> None:
    lines = [
        line("Quarterly report", 10, 80, height=40),
        *(line(f"Left column, line {i} of the text", 10, 200 + 24 * i) for i in range(4)),
        *(line(f"Right column, line {i} of the text", 600, 200 + 24 * i) for i in range(4)),
        line("Page 3", 10, 980, height=12),
    ]
    done = blocks(lines, [], height=1000)
    assert done[-1].category == "Page-footer"
    assert [lines[i].text[:5] for block in done for i in block.lines][-2:] == ["Right", "Page "]


def test_a_label_with_a_colon_and_its_value_are_one_block() -> None:
    lines = [line("Total due:", 10, 300), line("3,907.50", 400, 300)]
    found = [
        DetectedRegion((5, 295, 120, 325), "Text", 0.8),
        DetectedRegion((395, 295, 520, 325), "Text", 0.8),
    ]
    done = blocks(lines, found, height=700)
    assert [block.lines for block in done] == [(0, 1)]


def test_categories_of_the_layout_model_are_those_of_the_schema() -> None:
    assert set(CATEGORY_OF.values()) <= set(CATEGORIES)


def test_a_title_a_running_head_and_a_list_are_told_by_their_looks() -> None:
    lines = [
        line("Yearbook 1990", 10, 5, height=14),
        line("Loans by department", 10, 80, height=40),
        line("The survey was made in every town of the county and", 10, 180),
        line("lists the loans of one year by the reader's age.", 10, 204),
        line("• maps and atlases", 10, 300),
        line("• music on paper", 10, 324),
        line("Table 1. Loans by age", 10, 420),
    ]
    done = blocks(lines, [], height=1000)
    told = {lines[block.lines[0]].text: block.category for block in done}
    assert told["Yearbook 1990"] == "Page-header"
    assert told["Loans by department"] == "Title"
    assert told[lines[2].text] == "Text"
    assert told["• maps and atlases"] == told["• music on paper"] == "List-item"
    assert told["Table 1. Loans by age"] == "Caption"
    assert labelled([], lines, height=1000) == []


def test_pdf_words_in_narrow_columns_stay_in_their_columns() -> None:
    left, right = line("left one", 0, 0), line("right one", 110, 0)
    lower, beside = line("left two", 0, 24), line("right two", 110, 24)
    words = [*left.words, *lower.words, *right.words, *beside.words]
    assert sorted(one.text for one in lines_of(words)) == sorted(
        ["left one", "left two", "right one", "right two"]
    )


def test_a_pdf_layer_is_trusted_only_where_it_reads_like_the_page() -> None:
    words = line("A stamp of six short words", 0, 0).words
    assert is_plausible(words, page_size=(800, 600))
    assert not is_plausible(words[:3], page_size=(800, 600))
    sideways = [Word("sideways", (20 * i, 0, 20 * i + 15, 90)) for i in range(8)]
    assert not is_plausible(sideways, page_size=(800, 600))
    assert covers(words, [DetectedRegion((0, 0, 400, 40), "Text", 0.9)])
    assert not covers(words, [DetectedRegion((0, 100, 400, 500), "Text", 0.9)])
