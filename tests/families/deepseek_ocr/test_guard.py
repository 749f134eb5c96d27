"""The n-gram guard: what is banned, what is not, and that it ends a loop."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.families.deepseek_ocr import NGramLogitsProcessor

VOCABULARY = 8


def banned(guard: NGramLogitsProcessor, *rows: list[int]) -> list[set[int]]:
    scores = guard(torch.tensor(rows), torch.zeros(len(rows), VOCABULARY))
    return [set(torch.isinf(row).nonzero().flatten().tolist()) for row in scores]


def described(ids: list[int], size: int, window: int, whitelist: set[int]) -> set[int]:
    """The rule in words: last tokens of the window's n-grams that begin as the next would."""
    beginning = ids[len(ids) - size + 1 :]
    starts = range(max(0, len(ids) - window), len(ids) - size + 1)
    last = {ids[i + size - 1] for i in starts if ids[i : i + size - 1] == beginning}
    return last - whitelist if len(ids) >= size else set()


def test_a_token_that_would_repeat_an_ngram_is_banned() -> None:
    assert banned(NGramLogitsProcessor(3, 90), [1, 2, 3, 4, 1, 2]) == [{3}]


def test_an_ngram_that_has_left_the_window_may_come_again() -> None:
    ids = [1, 2, 3, 4, 5, 6, 1, 2]
    assert banned(NGramLogitsProcessor(3, 8), ids) == [{3}]
    assert banned(NGramLogitsProcessor(3, 7), ids) == [set()]


def test_table_cells_may_repeat() -> None:
    ids = [6, 7, 6, 7, 6]
    assert banned(NGramLogitsProcessor(3, 90), ids) == [{7}]
    assert banned(NGramLogitsProcessor(3, 90, whitelist={6, 7}), ids) == [set()]


def test_the_prompt_is_not_looked_at() -> None:
    assert banned(NGramLogitsProcessor(2, 90, prompt_length=3), [1, 2, 3, 1]) == [set()]
    assert banned(NGramLogitsProcessor(2, 90, prompt_length=3), [0, 0, 0, 1, 2, 1]) == [{2}]


def test_rows_of_a_batch_are_their_own() -> None:
    assert banned(NGramLogitsProcessor(2, 90), [1, 2, 1], [3, 2, 1]) == [{2}, set()]


def test_scores_are_not_changed_in_place() -> None:
    scores = torch.zeros(1, VOCABULARY)
    NGramLogitsProcessor(2, 90)(torch.tensor([[1, 2, 1]]), scores)
    assert not torch.isinf(scores).any()


@given(
    ids=st.lists(st.integers(0, 3), min_size=1, max_size=30),
    size=st.integers(2, 6),
    window=st.integers(1, 20),
    whitelist=st.sets(st.integers(0, 3)),
)
def test_the_guard_does_what_its_rule_says(
    ids: list[int], size: int, window: int, whitelist: set[int]
) -> None:
    guard = NGramLogitsProcessor(size, window, whitelist)
    assert banned(guard, ids) == [described(ids, size, window, whitelist)]


def test_a_loop_is_broken() -> None:
    """A model that always prefers 1, 2, 3 in turn cannot go on doing so."""
    ids, guard = [1, 2, 3], NGramLogitsProcessor(4, 12)
    for _ in range(30):
        scores = torch.zeros(1, VOCABULARY)
        scores[0, ids[-3]] = 1.0
        ids.append(int(guard(torch.tensor([ids]), scores).argmax()))
    assert ids[3:6] == [1, 2, 3]
    assert ids != [1, 2, 3] * 11


@pytest.mark.parametrize("sizes", [(1, 90, 0), (3, 0, 0), (3, 90, -1)])
def test_sizes_out_of_range_are_refused(sizes: tuple[int, int, int]) -> None:
    size, window, prompt_length = sizes
    with pytest.raises(ValueError):
        NGramLogitsProcessor(size, window, prompt_length=prompt_length)
