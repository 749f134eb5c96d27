"""Conversion of boxes between the model's frame, a rotated page and the upright page."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import GeometryError
from engine.core.geometry import clip, iou, to_model_frame, to_page_frame, undo_quarter_turns, union

sizes = st.tuples(st.integers(50, 4000), st.integers(50, 4000))


@st.composite
def boxes_on(draw: st.DrawFn, size: tuple[int, int]) -> tuple[float, float, float, float]:
    x0 = draw(st.floats(0, size[0] - 2))
    y0 = draw(st.floats(0, size[1] - 2))
    x1 = draw(st.floats(x0 + 1, size[0]))
    y1 = draw(st.floats(y0 + 1, size[1]))
    return (x0, y0, x1, y1)


@given(data=st.data(), page_size=sizes, model_size=sizes)
def test_a_box_survives_the_way_to_the_model_frame_and_back(
    data: st.DataObject, page_size: tuple[int, int], model_size: tuple[int, int]
) -> None:
    bbox = data.draw(boxes_on(page_size))
    there = to_model_frame(bbox, model_size=model_size, page_size=page_size)
    back = to_page_frame(there, model_size=model_size, page_size=page_size)
    assert back == pytest.approx(bbox, abs=1e-6 * max(page_size))


def test_thousandths_become_page_pixels() -> None:
    mapped = to_page_frame((0, 500, 1000, 1000), model_size=(1000, 1000), page_size=(800, 600))
    assert mapped == (0, 300, 800, 600)


def test_corners_in_any_order_give_the_same_box() -> None:
    assert clip((30, 40, 10, 20), page_size=(100, 100)) == (10, 20, 30, 40)


def test_what_hangs_over_the_page_is_cut_off() -> None:
    assert clip((-5, -5, 50, 500), page_size=(100, 200)) == (0, 0, 50, 200)


@pytest.mark.parametrize(
    "bbox", [(200, 0, 300, 50), (10, 10, 10, 50), (math.nan, 0, 10, 10), (0, 0, 10, math.nan)]
)
def test_a_box_that_is_nowhere_on_the_page_is_refused(
    bbox: tuple[float, float, float, float],
) -> None:
    with pytest.raises(GeometryError, match="100 x 100"):
        clip(bbox, page_size=(100, 100))


@pytest.mark.parametrize("turns", range(-1, 6))
def test_a_quarter_turn_is_undone_to_where_the_ink_is(turns: int) -> None:
    from PIL import Image

    page = Image.new("L", (60, 40), 255)
    page.paste(0, (5, 7, 20, 12))
    turned = page.rotate(90 * turns, expand=True)
    ink = turned.point(lambda value: 255 - value).getbbox()
    assert ink is not None
    box = (float(ink[0]), float(ink[1]), float(ink[2]), float(ink[3]))
    assert undo_quarter_turns(box, turns=turns, page_size=page.size) == (5, 7, 20, 12)


def test_iou_and_union() -> None:
    assert iou((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert iou((0, 0, 1, 1), (5, 5, 6, 6)) == 0
    assert union([(0, 5, 2, 6), (1, 1, 3, 2)]) == (0, 1, 3, 6)
