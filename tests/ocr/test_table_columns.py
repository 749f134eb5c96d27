"""A row that is short stays in the columns of its table."""

import pytest

from engine.core.schema import BBox
from engine.ocr.table_columns import columns_of


def row(*spans: tuple[float, float]) -> list[BBox]:
    return [(left, 0.0, right, 20.0) for left, right in spans]


HEAD = row((0, 90), (120, 180), (300, 340), (400, 470))


@pytest.mark.parametrize(
    ("cells", "columns"),
    [
        (row((0, 80), (130, 170), (310, 340), (430, 470)), [0, 1, 2, 3]),
        (row((290, 345), (440, 470)), [2, 3]),  # a total below its column
        (row((5, 60)), [0]),
        (row((430, 470)), [3]),
        (row((10, 60), (420, 470)), [0, 3]),
        (row((200, 240), (420, 470)), [1, 3]),  # between two columns: the nearer
        (row((120, 150), (155, 180)), [0, 1]),  # two in one column: each has its own
    ],
)
def test_a_cell_stands_in_the_column_that_it_stands_under(
    cells: list[BBox], columns: list[int]
) -> None:
    body = row((0, 70), (125, 160), (310, 335), (410, 470))
    assert columns_of([HEAD, body, cells])[2] == columns


def test_a_wide_value_below_a_narrow_heading_widens_its_column() -> None:
    rows = [row((0, 30), (200, 230)), row((0, 150), (200, 290)), row((100, 150))]
    assert columns_of(rows) == [[0, 1], [0, 1], [0]]


def test_one_row_that_fell_to_pieces_makes_no_columns() -> None:
    pieces = row(*((10 * i, 10 * i + 8) for i in range(12)))
    assert columns_of([pieces, row((0, 50), (90, 118)), row((60, 118))]) == [
        list(range(12)),
        [0, 1],
        [0],
    ]


def test_no_rows_have_no_columns() -> None:
    assert columns_of([]) == []
