"""The grid of drawn dense tables from their true words and their picture, without OCR."""

import numpy as np
import pytest

from engine.core.schema import Line, Word
from engine.evaluation.tables import teds
from engine.layout.grid import Table, TableCell
from engine.ocr import regions
from engine.ocr.layout_model import DetectedRegion
from engine.ocr.tables import structure_of
from synthetic.degrade import degrade, move_box
from synthetic.dense_tables import RULES, TablePage, draw_page

CASES = [(split, seed, rules) for split in ("train", "test") for seed in (0, 1) for rules in RULES]


def found_in(page: TablePage, quality: str = "clean") -> Table:
    image, matrix = degrade(page.image, quality, 5)
    words = page.words[page.title_words :]
    heights: dict[int, list[float]] = {}
    for word in words:
        heights.setdefault(word.line, []).extend((word.box[1], word.box[3]))
    # As high as their line, as OCR's are.
    boxes = [
        move_box(
            matrix, (word.box[0], min(heights[word.line]), word.box[2], max(heights[word.line]))
        )
        for word in words
    ]
    texts = [word.text for word in words]
    cells = structure_of(boxes, texts, np.asarray(image.convert("RGB")))
    return Table(
        tuple(
            TableCell(
                cell.row,
                cell.column,
                " ".join(texts[at] for line in cell.words for at in line),
                cell.rows,
                cell.columns,
                cell.is_header,
            )
            for cell in cells
        )
    )


@pytest.mark.parametrize(("split", "seed", "rules"), CASES)
def test_cells_of_a_dense_table_are_in_their_rows_and_columns(
    split: str, seed: int, rules: str
) -> None:
    page = draw_page(seed, split=split, rules=rules)
    assert teds(found_in(page), page.table) >= 0.97


@pytest.mark.parametrize(("split", "seed", "rules"), CASES)
def test_a_table_photographed_at_a_slant_keeps_its_grid(split: str, seed: int, rules: str) -> None:
    page = draw_page(seed, split=split, rules=rules)
    assert teds(found_in(page, "photo"), page.table) >= 0.9


def test_heads_span_the_columns_that_they_stand_over_where_no_rule_says_so() -> None:
    page = draw_page(0, rules="none")
    spans = {cell.text: (cell.row, cell.column, cell.rows, cell.columns) for cell in _heads(page)}
    found = {
        cell.text: (cell.row, cell.column, cell.rows, cell.columns)
        for cell in found_in(page).cells
        if cell.is_header and cell.is_spanned
    }
    assert found == spans


def _heads(page: TablePage) -> list[TableCell]:
    return [cell for cell in page.table.cells if cell.is_header and cell.is_spanned]


def test_a_table_of_few_words_has_every_word_once() -> None:
    boxes = [(10.0, 10.0, 60.0, 30.0), (200.0, 10.0, 260.0, 30.0), (10.0, 50.0, 60.0, 70.0)]
    cells = structure_of(boxes, ["Item", "Sum", "Tea"], None)
    assert sorted(at for cell in cells for line in cell.words for at in line) == [0, 1, 2]
    assert structure_of([], [], None) == []


def test_a_label_column_that_the_layout_model_left_out_belongs_to_its_table() -> None:
    page = draw_page(0, rules="none")
    words = page.words[page.title_words :]
    lines = [Line((Word(word.text, word.box),), word.box) for word in words]
    left = min(word.box[0] for word in words if word.text[0].isdigit()) - 10
    table = DetectedRegion((left, 150.0, 2300.0, 1600.0), "Table", 0.9)
    found = regions.blocks(lines, [table], height=page.image.height)
    tables = [block for block in found if block.category == "Table"]
    labels = {i for i, line in enumerate(lines) if line.bbox[2] < left and line.bbox[1] > 150}
    assert len(tables) == 1
    assert labels <= set(tables[0].lines)


def test_rows_of_many_texts_are_no_picture() -> None:
    page = draw_page(1, rules="none")
    words = page.words[page.title_words :]
    lines = [Line((Word(word.text, word.box),), word.box) for word in words]
    whole = DetectedRegion((0.0, 100.0, 2339.0, 1654.0), "Picture", 0.95)
    found = regions.blocks(lines, [whole], height=page.image.height)
    assert "Picture" not in {block.category for block in found}
