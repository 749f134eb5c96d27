"""Line detection at the size that the print needs: small print, strips, tiny pictures."""

import numpy as np
import pytest

from engine.ocr import rapid
from engine.ocr.reader import read_picture
from tests.ocr.drawing import Sheet
from tests.ocr.test_pages import PARAGRAPH


@pytest.mark.parametrize("size", [18, 28, 90])
def test_lines_of_a_large_page_are_found_whatever_their_size(size: int) -> None:
    sheet = Sheet(2500, 1800)
    for i, text in enumerate(PARAGRAPH):
        sheet.write(100, 100 + round(2.2 * size) * i, text, size=size)
    quads = rapid.detect(np.asarray(sheet.image))
    assert len(quads) == len(PARAGRAPH)
    for quad, i in zip(sorted(quads, key=lambda quad: quad[0][1]), range(4), strict=True):
        line = [word.bbox for word in sheet.words if word.text in PARAGRAPH[i].split()]
        assert quad[:, 0].min() < min(box[0] for box in line) + size / 2
        height = quad[:, 1].max() - quad[:, 1].min()
        assert 0.7 * size < height < 2.2 * size


def test_a_strip_costs_no_more_than_a_page() -> None:
    """The detector enlarged strips to 736 pixels of height, 90,000 pixels wide."""
    sheet = Sheet(6000, 50)
    sheet.write(40, 8, "Total due 1,248.00", size=30)
    found = read_picture(np.asarray(sheet.image))
    assert [line.text for line in found.lines] == ["Total due 1,248.00"]
    ink = sheet.words[0].bbox
    assert found.lines[0].bbox[0] == pytest.approx(ink[0], abs=10)


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (1, 400), (400, 1)])
def test_a_picture_without_room_for_print_has_no_lines(shape: tuple[int, int]) -> None:
    assert len(rapid.detect(np.full((*shape, 3), 255, np.uint8))) == 0
