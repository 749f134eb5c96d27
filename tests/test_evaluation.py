"""Scores of answers, evidence, text and regions, on cases worked out by hand."""

import pytest

from engine.evaluation import (
    anls,
    character_error_rate,
    covered_share,
    evidence_hit,
    exact,
    match_regions,
)
from engine.schema import Region


def test_anls_is_one_less_the_share_of_wrong_letters_down_to_a_half() -> None:
    assert anls("Montgomary", ["Montgomery"]) == pytest.approx(0.9)
    assert anls("abcd", ["wxyz"]) == 0
    assert anls("", ["x"]) == 0


def test_case_quotes_and_outer_punctuation_do_not_count() -> None:
    assert exact("«Ромашка».", ['"ромашка"'])
    assert exact("  TOTAL: ", ["total"])
    assert not exact("41", ["42"])


def test_saying_nothing_is_right_exactly_when_there_is_no_answer() -> None:
    assert anls("", []) == 1
    assert anls("42", []) == 0


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
