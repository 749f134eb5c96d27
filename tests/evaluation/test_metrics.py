"""Scores of answers, evidence, text and regions, on cases worked out by hand."""

import pytest

from engine.core.schema import Region
from engine.evaluation import (
    anls,
    character_error_rate,
    covered_share,
    evidence_hit,
    exact,
    is_refusal,
    match_regions,
    same_field,
    word_error_rate,
    word_f1,
)
from engine.evaluation.regions import fold_to_publaynet


def test_anls_is_one_less_the_share_of_wrong_letters_down_to_a_half() -> None:
    assert anls("Montgomary", ["Montgomery"]) == pytest.approx(0.9)
    assert anls("abcd", ["wxyz"]) == 0
    assert anls("", ["x"]) == 0


def test_anls_takes_the_best_of_the_truths() -> None:
    assert anls("статья 42", ["42", "статьёй 42"]) == pytest.approx(0.8)


def test_case_quotes_and_outer_punctuation_do_not_count() -> None:
    assert exact("«Ромашка».", ['"ромашка"'])
    assert exact("  TOTAL: ", ["total"])
    assert not exact("41", ["42"])


@pytest.mark.parametrize(
    ("said", "truth", "same"),
    [
        ("CHF 3`949.75", "3,949.75", True),
        ("6300.00", "6 300,00", True),
        ("5 250,90 руб.", "5250.90", True),
        ("1,250", "1250", True),
        ("9.00", "9", False),
        ("3950", "3949.75", False),
        ("1105 copies", "1105", False),
    ],
)
def test_numbers_are_compared_by_their_digits_and_point(said: str, truth: str, same: bool) -> None:
    assert exact(said, [truth]) is same
    assert (anls(said, [truth]) == 1) is same


def test_saying_nothing_is_right_exactly_when_there_is_no_answer() -> None:
    assert anls("", []) == 1
    assert anls("42", []) == 0
    assert exact("", [])
    assert not exact("", ["42"])


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ("", True),
        ("I did not find the answer on the page.", True),
        ("The document doesn't mention a delivery date.", True),
        ("На странице не указан срок доставки.", True),
        ("Ответа нет на странице", True),
        ("Not Only Books Ltd", False),
        ("42", False),
        ("Нетто 14 кг", False),
    ],
)
def test_a_refusal_is_told_from_an_answer(said: str, refused: bool) -> None:
    assert is_refusal(said) is refused


def test_cover_counts_overlapping_boxes_once() -> None:
    assert covered_share((0, 0, 10, 10), [(0, 0, 5, 10), (0, 0, 5, 10)]) == 0.5
    assert covered_share((0, 0, 10, 10), [(0, 0, 5, 10), (5, 0, 10, 10)]) == 1


@pytest.mark.parametrize(
    ("boxes", "hit"),
    [
        ([(90.0, 95.0, 210.0, 125.0)], True),
        ([(0.0, 0.0, 1000.0, 1000.0)], False),
        ([(170.0, 100.0, 400.0, 120.0)], False),
        ([(100.0, 100.0, 145.0, 120.0), (150.0, 100.0, 200.0, 120.0)], True),
        ([(900.0, y, 910.0, y + 10) for y in range(0, 50, 10)] + [(100.0, 100, 200, 120)], False),
        ([], False),
    ],
)
def test_evidence_must_cover_half_the_truth_without_being_the_page(
    boxes: list[tuple[float, float, float, float]], hit: bool
) -> None:
    truth = [(100.0, 100.0, 200.0, 120.0)]
    size = (1000, 1000)
    assert evidence_hit(boxes, truth, boxes_size=size, truths_size=size) is hit


def test_evidence_boxes_are_scaled_to_the_size_of_the_truth() -> None:
    truth = [(100.0, 100.0, 200.0, 120.0)]
    boxes = [(180.0, 190.0, 420.0, 250.0)]
    assert evidence_hit(boxes, truth, boxes_size=(2000, 2000), truths_size=(1000, 1000))


def test_character_error_rate_counts_edits_per_true_character() -> None:
    assert character_error_rate("abxd", "abcd") == 0.25
    assert character_error_rate("a  b\nc", "a b c") == 0
    assert character_error_rate("", "abcd") == 1


def test_line_end_hyphens_and_bullets_are_no_errors() -> None:
    assert character_error_rate("перенос слова", "• пере-\nнос слова") == 0


def test_word_error_rate_counts_wrong_missing_and_added_words() -> None:
    assert word_error_rate("the cat sat", "the cat sat down") == 0.25
    assert word_error_rate("the dog sat down now", "the cat sat down") == 0.5


def test_the_f1_of_words_does_not_see_their_order() -> None:
    assert word_f1("c b a", "a b c") == 1
    assert word_f1("a b", "a c") == 0.5


def test_regions_match_once_each_and_only_within_their_category() -> None:
    predicted = [
        Region((0, 0, 10, 10), "Text", "", 0),
        Region((0, 0, 10, 9), "Text", "", 1),
        Region((20, 20, 30, 30), "Title", "", 2),
    ]
    true = [((0.0, 0.0, 10.0, 10.0), "Text"), ((20.0, 20.0, 30.0, 30.0), "Table")]
    counts = match_regions(predicted, true)
    assert (counts["Text"].matched, counts["Text"].predicted, counts["Text"].true) == (1, 2, 1)
    assert counts["Table"].f1 == counts["Title"].f1 == 0


def test_five_class_pages_join_list_items_and_know_no_footers() -> None:
    predicted = [
        Region((0, 0, 50, 30), "List-item", "", 0),
        Region((0, 31, 50, 60), "List-item", "", 1),
        Region((0, 70, 50, 80), "Caption", "", 2),
        Region((0, 95, 50, 99), "Page-footer", "", 3),
    ]
    true = [((0.0, 0.0, 50.0, 60.0), "List-item"), ((0.0, 70.0, 50.0, 80.0), "Text")]
    counts = match_regions(fold_to_publaynet(predicted, true), true)
    assert {name: one.f1 for name, one in counts.items()} == {"List-item": 1, "Text": 1}


@pytest.mark.parametrize(
    ("name", "said", "truth", "same"),
    [
        ("date", "15 Jan 2018", "15/01/2018", True),
        ("date", "24/03/2018", "24 MAR 18", True),
        ("issue_date", "2016-05-01", "01-05-2016", True),
        ("date", "16/01/2018", "15/01/2018", False),
        ("date", "soon", "15/01/2018", False),
        ("total", "51.30", "RM51.30", True),
        ("total", "9", "9.00", True),
        ("total_amount", "1 250,00 руб.", "1250.00", True),
        ("total", "90.0", "9.00", False),
        ("company", "AB Sdn. Bhd.", "A.B. SDN BHD", True),
        ("company", "AB Sdn", "A.B. SDN BHD", False),
        ("company", "", "A.B. SDN BHD", False),
        ("company", None, "A.B. SDN BHD", False),
    ],
)
def test_fields_are_compared_by_what_they_mean(
    name: str, said: str | None, truth: str, same: bool
) -> None:
    assert same_field(name, said, truth) is same


def test_boxes_that_cover_too_much_of_the_page_together_point_at_nothing() -> None:
    truth, size = [(0.0, 0.0, 400.0, 100.0)], (1000, 1000)
    for bottom, hit in ((90.0, True), (500.0, False)):
        halves = [(0.0, 0.0, 190.0, bottom), (190.0, 0.0, 380.0, bottom)]
        assert evidence_hit(halves, truth, boxes_size=size, truths_size=size) is hit
