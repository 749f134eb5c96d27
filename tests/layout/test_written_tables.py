"""Tables that stand between other text in a model's answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.layout import parts_of

ROWS = [["Item", "Sum"], ["Tea", "4.20"]]


@pytest.mark.parametrize(
    "table",
    [
        "| Item | Sum |\n|---|---|\n| Tea | 4.20 |",
        "|Item|Sum|\n| :-- | --: |\n|Tea|4.20|",
        "<table><tr><th>Item</th><th>Sum</th></tr><tr><td>Tea</td><td>4.20</td></tr></table>",
    ],
)
def test_a_table_is_found_between_what_stands_around_it(table: str) -> None:
    assert parts_of(table) == [ROWS]
    assert parts_of(f"The bill:\n\n{table}\n\nThank you.") == ["The bill:", ROWS, "Thank you."]


def test_two_tables_stay_two() -> None:
    table = "| Item | Sum |\n|---|---|\n| Tea | 4.20 |"
    assert parts_of(f"{table}\n\n{table}") == [ROWS, ROWS]


def test_pipes_without_a_rule_are_no_table() -> None:
    assert parts_of("| a | b |\n| c | d |") == ["| a | b |\n| c | d |"]


def test_an_escaped_pipe_is_text_of_its_cell() -> None:
    assert parts_of("| a \\| b | c |\n|---|---|\n| 1 | 2 |") == [[["a | b", "c"], ["1", "2"]]]


@given(st.text(alphabet="ab|- \n<>/tdrable", max_size=80))
def test_no_text_breaks_it_and_none_without_tables_is_changed(text: str) -> None:
    parts = parts_of(text)
    assert all(parts)
    if "|" not in text and "<" not in text:
        assert parts == ([text.strip("\n")] if text.strip() else [])
