"""Pages whose print is lost in a shrunk copy: long receipts, large sheets, the seams of tiles."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.schema import Word
from engine.index.builder import build_index
from engine.index.page_index import PageIndex
from engine.ocr import rapid
from engine.ocr.print_size import small_print
from engine.ocr.tiles import tiles_of
from tests.ocr.drawing import SETTINGS, Sheet, covered, page_of

GOODS = ("Apple juice", "Wholemeal bread", "Butter", "Green tea", "Soap", "Batteries AA", "Rice")


def receipt(rows: int) -> Sheet:
    """A receipt of this many numbered rows, 900 pixels wide; each price is its row's number."""
    sheet = Sheet(900, 40 * rows + 200)
    for row in range(rows):
        y = 100 + 40 * row
        sheet.write(60, y, f"{GOODS[row % len(GOODS)]} {row}", size=26)
        sheet.write(720, y, f"{row}.95", size=26)
    return sheet


def recall(index: PageIndex, words: list[Word]) -> float:
    """Share of the words that the index has, with their text, in their place."""
    found = sum(
        any(one.text == word.text and covered(word.bbox, one.bbox) > 0.6 for one in index.words)
        for word in words
    )
    return found / len(words)


def test_each_row_of_a_long_receipt_is_read_once_and_in_order() -> None:
    sheet = receipt(150)
    index = build_index(page_of(sheet.image), SETTINGS)
    assert recall(index, sheet.words) > 0.97
    rows = [int(word.text[:-3]) for word in index.words if word.text.endswith(".95")]
    assert rows == sorted(set(rows))


@pytest.mark.parametrize("place", [(7300, 5900), (3200, 3000)])
def test_the_title_block_of_a_blank_large_sheet_is_read(place: tuple[int, int]) -> None:
    """A0 at 200 dpi: letters of 11-point print are 28 pixels high, 0.4% of the sheet's height."""
    sheet = Sheet(9362, 6622)
    for x in range(300, 8200, 400):
        sheet.rule(x, 500, x, 5000)
    for row, text in enumerate(("DRAWING B-311-08", "SCALE 1:100", "CHECKED 19.02.2026")):
        sheet.write(place[0], place[1] + 55 * row, text, size=38)
    index = build_index(page_of(sheet.image), SETTINGS)
    assert recall(index, sheet.words) == 1.0


def test_lines_across_the_seams_are_found_whole() -> None:
    """Long lines of small print on a wide sheet cross every edge between tiles."""
    sheet = Sheet(6000, 3000)
    for row in range(12):
        sheet.write(100, 100 + 230 * row, "every line crosses seams " * 14, size=24)
    quads = rapid.detect(np.asarray(sheet.image))
    assert len(quads) == 12
    for row, quad in enumerate(sorted(quads, key=lambda quad: quad[0][1])):
        own = [word.bbox for word in sheet.words[56 * row : 56 * row + 56]]
        assert quad[:, 0].min() < own[0][0] + 12
        assert quad[:, 0].max() > own[-1][2] - 12
        assert quad[:, 1].max() - quad[:, 1].min() < 60


def test_large_print_among_small_print_is_found_whole() -> None:
    sheet = Sheet(6000, 4200)
    sheet.write(300, 1900, "GENERAL ARRANGEMENT", size=400)
    for row in range(8):
        sheet.write(4700, 200 + 50 * row, f"Note {row} see detail", size=26)
    quads = rapid.detect(np.asarray(sheet.image))
    assert len(quads) == 9
    title = max(quads, key=lambda quad: float(quad[:, 1].max() - quad[:, 1].min()))
    assert title[:, 0].min() < sheet.words[0].bbox[0] + 60
    assert title[:, 0].max() > sheet.words[1].bbox[2] - 60


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("size", [14, 20, 40])
def test_the_size_of_the_smallest_print_is_measured(size: int, turned: bool) -> None:
    sheet = Sheet(2000, 1500)
    sheet.write(100, 100, "A large title", size=160)
    for row in range(5):
        sheet.write(100, 500 + 100 * row, "plain words of one size", size=size)
    picture = np.asarray(sheet.image)
    small = small_print(np.ascontiguousarray(np.rot90(picture)) if turned else picture)
    assert small is not None
    # Small letters are half, capitals 0.7 of the size of the font.
    assert 0.45 * size < small.height < 0.8 * size


def test_a_drawing_without_words_has_no_print() -> None:
    sheet = Sheet(3000, 2000)
    for x in range(100, 2900, 37):
        sheet.rule(x, 100, x + 30, 1900)
    assert small_print(np.asarray(sheet.image)) is None


@given(st.integers(1, 9000), st.integers(1, 9000), st.integers(200, 2000), st.integers(0, 150))
def test_tiles_cover_the_picture_and_overlap(
    width: int, height: int, side: int, overlap: int
) -> None:
    tiles = list(tiles_of((width, height), side, overlap))
    for axis, length in ((0, width), (1, height)):
        spans = sorted({(tile[axis], tile[axis + 2]) for tile in tiles})
        assert spans[0][0] == 0
        assert spans[-1][1] == length
        assert all(end - start <= side for start, end in spans)
        for before, after in pairwise(spans):
            assert before[1] - after[0] >= min(overlap, length)
