"""Tables of models -> our rows, and back."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.layout.reading import table_rows
from engine.layout.tables import table_html, table_text


@pytest.mark.parametrize(
    ("markup", "rows"),
    [
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td></td></tr></table>", "a\tb\nc\t"),
        (
            "<table><tr><td rowspan='2'>a</td><td colspan=\"2\">b</td></tr>"
            "<tr><td>c</td><td>d</td></tr></table>",
            "a\tb\t\n\tc\td",
        ),
        ("<tr><th>a<br>b</th><td>1 &lt; 2</td></tr>", "a b\t1 < 2"),
        ("<table><tr><td>a<td>b<tr><td>c", "a\tb\nc\t"),
        (
            "<table><tr><td>a</td></tr></table><table><tr><td>b</td></tr></table>",
            "a\nb",
        ),
        ("| a | b |\n|---|:-:|\n| 1 | x\\|y |", "a\tb\n1\tx|y"),
        ("no table at all", "no table at all"),
    ],
)
def test_markup_becomes_rows(markup: str, rows: str) -> None:
    assert table_text(markup) == rows


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cf"]), max_size=8)


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(CELL, min_size=width, max_size=width).filter(any), min_size=1, max_size=5
        )
    )
)
def test_rows_survive_html_and_back(rows: list[list[str]]) -> None:
    assert table_rows(table_text(table_html(rows))) == [list(row) for row in rows]


def test_spoilt_tables_raise_nothing_and_stay_small() -> None:
    chance = random.Random(5)
    markup = "<table><tr><td rowspan='99999999'>a</td><td colspan=9999>b</td></tr><![x <!-- <td"
    for _ in range(2_000):
        at = chance.randrange(len(markup))
        spoilt = markup[:at] + chance.choice("<>/'\"&![x") + markup[at + chance.randint(0, 4) :]
        assert len(table_text(spoilt)) < 100_000
