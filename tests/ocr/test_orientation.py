"""Orientation of drawn pages in all four positions, with little or no print in their middle."""

import numpy as np
import pytest
from PIL import Image

from engine.ocr.orientation import quarter_turns
from engine.ocr.reader import read_picture
from tests.ocr.drawing import Sheet
from tests.ocr.test_pages import english_sheet, russian_sheet


@pytest.mark.parametrize("turned", [0, 1, 2, 3])
@pytest.mark.parametrize("sheet", [english_sheet, russian_sheet])
def test_a_page_is_turned_back_from_every_position(turned: int, sheet: type[Sheet]) -> None:
    picture = np.rot90(np.asarray(sheet().image), turned)
    assert quarter_turns(np.ascontiguousarray(picture)) == (4 - turned) % 4


@pytest.mark.parametrize("turned", [0, 1, 2, 3])
def test_a_page_without_print_in_its_middle_is_turned_by_its_longest_line(turned: int) -> None:
    sheet = Sheet(900, 1200)
    sheet.write(80, 80, "Invoice number 20817 of Larkfield Timber Limited", size=28)
    sheet.write(80, 140, "Total due 1,248.00 within thirty days", size=28)
    found = read_picture(np.ascontiguousarray(np.rot90(np.asarray(sheet.image), turned)))
    assert found.quarter_turns == (4 - turned) % 4
    assert any("Larkfield" in line.text for line in found.lines)


def test_a_blank_page_is_not_turned() -> None:
    blank = np.asarray(Image.new("RGB", (900, 1200), "white"))
    assert quarter_turns(blank) is None
    assert read_picture(blank).quarter_turns == 0
