"""Print on the back of the sheet that shines through is not read; faint print is."""

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from engine.index.builder import build_index
from tests.ocr.drawing import SETTINGS, Sheet, page_of
from tests.ocr.test_pages import PARAGRAPH, RUSSIAN

PAPER = 248


def sheet_with(texts: tuple[str, ...], *, top: int = 120) -> Sheet:
    sheet = Sheet(1000, 1000)
    for row, text in enumerate(texts * 2):
        sheet.write(80, top + 90 * row, text, size=30)
    return sheet


def faint(image: Image.Image, strength: float, blur: float = 0.0) -> Image.Image:
    """The print with this share of its contrast on grainy paper."""
    grey = np.asarray(image.convert("L").filter(ImageFilter.GaussianBlur(blur)), np.float32)
    grain = np.random.default_rng(3).normal(0, 1.5, grey.shape)
    faded = PAPER - (255 - grey) * strength + grain
    return Image.fromarray(np.clip(faded, 0, 255).astype(np.uint8)).convert("RGB")


@pytest.mark.parametrize(
    ("texts", "strength", "blur"),
    [(PARAGRAPH, 0.1, 1.0), (RUSSIAN, 0.3, 1.0), (RUSSIAN, 0.35, 3.0)],
)
def test_a_blank_back_stays_blank(texts: tuple[str, ...], strength: float, blur: float) -> None:
    back = faint(ImageOps.mirror(sheet_with(texts).image), strength, blur)
    assert build_index(page_of(back), SETTINGS).words == ()


def test_only_the_front_of_a_sheet_is_read() -> None:
    front = sheet_with(PARAGRAPH)
    back = faint(ImageOps.mirror(sheet_with(PARAGRAPH, top=165).image), 0.25, 1.0)
    both = np.minimum(np.asarray(front.image), np.asarray(back))
    index = build_index(page_of(Image.fromarray(both)), SETTINGS)
    assert index.text.split() == [word.text for word in front.words]


@pytest.mark.parametrize(
    ("texts", "strength", "blur"), [(PARAGRAPH, 0.12, 1.0), (RUSSIAN, 0.3, 2.0)]
)
def test_faint_print_is_read(texts: tuple[str, ...], strength: float, blur: float) -> None:
    sheet = sheet_with(texts)
    index = build_index(page_of(faint(sheet.image, strength, blur)), SETTINGS)
    assert len(index.lines) == len(texts) * 2
    read = set(index.text.split())
    assert sum(word.text in read for word in sheet.words) > 0.8 * len(sheet.words)
