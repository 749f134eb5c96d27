"""Intervals: the same for the same seed, about as wide as theory says, and paired."""

import numpy as np
import pytest

from engine.evaluation import difference, estimate

ROUNDS = 500


def test_a_figure_is_the_ratio_of_the_sums() -> None:
    found = estimate([(1, 4), (2, 2), (0, 0)], rounds=ROUNDS)
    assert found is not None
    assert (found.value, found.count) == (0.5, 2)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    scores = [(float(number % 3 == 0), 1.0) for number in range(50)]
    assert estimate(scores, seed=1, rounds=ROUNDS) == estimate(scores, seed=1, rounds=ROUNDS)
    shares = [(number / 50, 1.0) for number in range(50)]
    one, two = (estimate(shares, seed=seed, rounds=ROUNDS) for seed in (1, 2))
    assert one is not None and two is not None
    assert (one.low, one.value) != (two.low, two.value)
    assert one.value == two.value


def test_intervals_hold_the_true_share_about_as_often_as_they_say() -> None:
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        answers = generator.random(60) < 0.7
        found = estimate([(float(right), 1) for right in answers], rounds=300)
        assert found is not None and found.low is not None and found.high is not None
        held += found.low <= 0.7 <= found.high
    assert 0.88 <= held / 200 <= 0.99


def test_whole_documents_give_wider_intervals_where_their_answers_agree() -> None:
    # Ten documents, all ten questions of each right or all wrong.
    scores = [(float(document % 2), 1.0) for document in range(10) for _ in range(10)]
    clusters = [document for document in range(10) for _ in range(10)]
    single = estimate(scores, rounds=ROUNDS)
    whole = estimate(scores, clusters=clusters, rounds=ROUNDS)
    assert single is not None and single.low is not None and single.high is not None
    assert whole is not None and whole.low is not None and whole.high is not None
    assert whole.high - whole.low > 2 * (single.high - single.low)


def test_one_question_has_no_interval_and_none_has_no_figure() -> None:
    found = estimate([(1, 1)])
    assert found is not None
    assert (found.value, found.low, found.high) == (1, None, None)
    assert estimate([(0, 0)]) is None
    assert estimate([]) is None


def test_pairing_sees_a_difference_that_lies_inside_both_intervals() -> None:
    # The second is right wherever the first is, and in eight of a hundred more.
    first = [(float(number % 2), 1.0) for number in range(100)]
    second = [(1.0 if number < 16 else float(number % 2), 1.0) for number in range(100)]
    found = difference(first, second, rounds=ROUNDS)
    assert found is not None
    assert found.value == pytest.approx(0.08)
    assert found.beyond_chance
    one, two = estimate(first, rounds=ROUNDS), estimate(second, rounds=ROUNDS)
    assert one is not None and two is not None
    assert one.high is not None and two.low is not None
    assert one.high > two.low


def test_equal_runs_differ_by_nothing_and_swapping_turns_the_sign() -> None:
    scores = [(float(number % 3 == 0), 1.0) for number in range(30)]
    worse = [(0.0, 1.0)] * 30
    same = difference(scores, scores, rounds=ROUNDS)
    assert same is not None
    assert (same.value, same.low, same.high, same.beyond_chance) == (0, 0, 0, False)
    down, up = difference(scores, worse, rounds=ROUNDS), difference(worse, scores, rounds=ROUNDS)
    assert down is not None and up is not None
    assert down.value == -up.value
    assert down.low is not None and up.high is not None
    assert down.low == pytest.approx(-up.high)


def test_runs_of_other_lengths_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="cannot be paired"):
        difference([(1, 1)], [(1, 1), (0, 1)])
