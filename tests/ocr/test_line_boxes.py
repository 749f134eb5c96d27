"""Boxes of lines end where their print ends; dense pages keep all of their lines."""

import numpy as np
import pytest
from font_roboto import Roboto
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.ocr import rapid
from engine.ocr.line_boxes import fitted

WIDTH, HEIGHT = 400, 60


def page(text: str, size: int, *, rule_y: int | None = None) -> NDArray[np.uint8]:
    """A strip with print in its vertical middle, and a ruled line."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.truetype(Roboto, size)
    pen.text((20, HEIGHT / 2), text, "black", font=font, anchor="lm")
    if rule_y is not None:
        pen.line((0, rule_y, WIDTH, rule_y), "black", 2)
    return np.asarray(picture)


def box(top: float, bottom: float) -> NDArray[np.float32]:
    corners = [[10, top], [390, top], [390, bottom], [10, bottom]]
    return np.array([corners], np.float32)


def ink_rows(text: str, size: int) -> tuple[int, int]:
    rows = np.flatnonzero(page(text, size).min(axis=(1, 2)) < 128)
    return int(rows[0]), int(rows[-1]) + 1


@pytest.mark.parametrize(
    ("text", "rule_y"),
    [
        ("Total of the 12 items: 1,250.00", None),
        ("Ёлка и йод, щука и цирк в городе", None),
        ("Total of the 12 items: 1,250.00", 3),
    ],
)
def test_a_box_much_higher_than_its_print_ends_at_its_print(text: str, rule_y: int | None) -> None:
    top, bottom = ink_rows(text, 16)
    moved = fitted(page(text, 16, rule_y=rule_y), box(0, HEIGHT))[0]
    assert top - 8 < moved[0][1] <= top
    assert bottom <= moved[3][1] < bottom + 8
    assert moved[:, 0].tolist() == [10, 390, 390, 10]


def test_a_box_that_its_print_fills_stays() -> None:
    top, bottom = ink_rows("Total 1,250.00", 40)
    around = box(top - 4, bottom + 4)
    assert np.array_equal(fitted(page("Total 1,250.00", 40), around), around)


def test_a_box_without_print_stays() -> None:
    assert np.array_equal(fitted(page("", 16), box(0, HEIGHT)), box(0, HEIGHT))


def test_a_turned_box_is_fitted_along_its_own_edges() -> None:
    strip = Image.fromarray(page("Total 1,250.00", 16))
    turned = np.asarray(strip.rotate(-5, Image.Resampling.BICUBIC, expand=False, fillcolor="white"))
    angle, centre = np.deg2rad(5), np.array([WIDTH / 2, HEIGHT / 2])
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    quad = ((box(5, 55)[0] - centre) @ matrix.T + centre).astype(np.float32)
    found = fitted(turned, quad[None])[0]
    level = (found - centre) @ matrix + centre
    top, bottom = ink_rows("Total 1,250.00", 16)
    assert level[0][1] == pytest.approx(top - 4, abs=4)
    assert level[3][1] == pytest.approx(bottom + 4, abs=4)


def test_a_dense_table_keeps_all_of_its_cells() -> None:
    columns, rows = 22, 55
    picture = Image.new("RGB", (2300, 1650), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.truetype(Roboto, 16)
    for row in range(rows):
        for column in range(columns):
            pen.text((40 + column * 102, 25 + row * 29), f"{row * 37 % 90 + 10}.{column:02}",
                     "black", font=font)  # fmt: skip
    found = rapid.detect(np.asarray(picture))
    assert len(found) >= 0.98 * rows * columns
    assert found[:, :, 1].min() < 50
