import pytest

from engine.evaluation.tables import teds
from engine.layout.grid import Table, TableCell, table_of_rows

TABLE = table_of_rows([["Item", "Sum"], ["Tea", "4.20"], ["Cup", "9.99"]])
# One table, three rows, six cells.
NODES = 10


def test_a_table_is_like_itself() -> None:
    assert teds(TABLE, TABLE) == 1.0


def test_a_missing_row_costs_its_cells_and_itself() -> None:
    assert teds(table_of_rows([["Item", "Sum"], ["Cup", "9.99"]]), TABLE) == pytest.approx(
        1 - 3 / NODES
    )


def test_a_misread_text_costs_its_share_and_no_structure() -> None:
    found = table_of_rows([["Item", "Sum"], ["Tea", "4.28"], ["Cup", "9.99"]])
    assert teds(found, TABLE) == pytest.approx(1 - 0.25 / NODES)
    assert teds(found, TABLE, structure_only=True) == 1.0


def test_a_wrong_span_costs_the_cell_and_what_it_covers() -> None:
    found = Table((TableCell(0, 0, "Item Sum", 1, 2), *TABLE.cells[2:]))
    assert teds(found, TABLE, structure_only=True) == pytest.approx(1 - 2 / NODES)


def test_no_table_is_like_nothing() -> None:
    assert teds(Table(()), TABLE) == pytest.approx(1 - 9 / NODES)
