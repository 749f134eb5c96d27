import numpy as np
from font_roboto import Roboto
from PIL import Image, ImageDraw, ImageFont

from engine.ocr.ruling import without_rules


def grid(columns: int) -> tuple[Image.Image, Image.Image]:
    """A drawn grid with a number in each cell, and the numbers alone."""
    bare = Image.new("RGB", (900, 600), "white")
    pen = ImageDraw.Draw(bare)
    face = ImageFont.truetype(Roboto, 18)
    for row in range(12):
        for column in range(columns):
            pen.text((60 + 100 * column, 52 + 40 * row), f"{row}.{column}", "black", face)
    ruled = bare.copy()
    pen = ImageDraw.Draw(ruled)
    for row in range(13):
        pen.line((40, 42 + 40 * row, 40 + 100 * columns, 42 + 40 * row), "black", 2)
    for column in range(columns + 1):
        pen.line((40 + 100 * column, 42, 40 + 100 * column, 522), "black", 2)
    return ruled, bare


def test_the_rules_of_a_grid_go_and_its_print_stays() -> None:
    ruled, bare = grid(8)
    done = without_rules(np.asarray(ruled)).astype(int)
    wanted = np.asarray(bare).astype(int)
    assert (np.abs(np.asarray(ruled).astype(int) - wanted) > 60).any(axis=2).mean() > 0.02
    assert (np.abs(done - wanted) > 60).any(axis=2).mean() < 0.001


def test_a_page_with_few_rules_is_left_as_it_is() -> None:
    ruled, _ = grid(2)
    picture = np.asarray(ruled)
    assert without_rules(picture) is picture
