"""Tests of preprocessing: each step changes the image as documented, and boxes map back."""

import cv2
import font_roboto
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from engine.core.errors import GeometryError
from engine.core.schema import BBox
from engine.core.settings import PreprocessSettings
from engine.ocr.preprocess import PreprocessedImage, apply_steps, estimate_skew, is_blank, resize_to

FONT = ImageFont.truetype(font_roboto.Roboto, 26)
WORDS = ["Total", "invoice", "amount", "12.50", "договор", "of", "price", "page", "№ 7"]
MARK = (200, 0, 0)


def steps(**on: bool) -> PreprocessSettings:
    return PreprocessSettings(**{"deskew": False, "contrast": False, "denoise": False, **on})


def drawn_page(kind: str = "text", size: tuple[int, int] = (900, 1200)) -> Image.Image:
    """Level lines of print; a red mark at (200..260, 800..830)."""
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    number = 0
    for top in range(80, size[1] - 100, 42 if kind == "text" else 56):
        left = 70
        while left < size[0] - 150:
            word = WORDS[number * 7 % len(WORDS)]
            number += 1
            pen.text((left, top), word, fill="black", font=FONT)
            left += int(FONT.getlength(word)) + (12 if kind == "text" else 90)
        if kind == "table":
            pen.line((60, top - 8, size[0] - 60, top - 8), fill="black", width=2)
    pen.rectangle((200, 800, 259, 829), fill=MARK)
    return image


def turned(image: Image.Image, degrees: float) -> Image.Image:
    """Clockwise by `degrees`, as a sheet lies askew in a scanner."""
    return image.rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")


def photographed(image: Image.Image) -> Image.Image:
    """Add a shadow to one side and grain, as in a phone's photo of a page."""
    pixels = np.asarray(image).astype(float)
    light = np.linspace(0.45, 1.0, image.width)[None, :, None]
    grain = np.random.default_rng(5).normal(0, 8, pixels.shape)
    return Image.fromarray(np.clip(pixels * light + grain, 0, 255).astype(np.uint8))


def mark_box(image: Image.Image) -> BBox:
    """The box around the red mark."""
    pixels = np.asarray(image).astype(int)
    ys, xs = np.nonzero((pixels[..., 0] > 140) & (pixels[..., 1] < 90) & (pixels[..., 2] < 90))
    return (float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1))


@pytest.mark.parametrize("kind", ["text", "table"])
@pytest.mark.parametrize("degrees", [-7.5, -3.0, -0.6, 0.0, 1.3, 3.0, 7.9])
def test_skew_is_found_within_a_third_of_a_degree(kind: str, degrees: float) -> None:
    page = turned(drawn_page(kind), degrees)
    assert estimate_skew(page) == pytest.approx(degrees, abs=0.3)


def test_skew_is_found_under_a_shadow() -> None:
    page = photographed(turned(drawn_page(), 3.0))
    assert estimate_skew(page) == pytest.approx(3.0, abs=0.3)


def test_pages_without_lines_have_no_skew() -> None:
    assert estimate_skew(Image.new("RGB", (300, 400), "white")) == 0.0
    assert estimate_skew(Image.new("RGB", (1, 1))) == 0.0


def test_deskew_levels_the_lines_and_keeps_the_corners() -> None:
    page = turned(drawn_page(), 3.0)
    prepared = apply_steps(page, steps(deskew=True))
    assert abs(estimate_skew(prepared.image)) <= 0.1
    assert prepared.page_size == page.size
    assert prepared.image.width >= page.width
    # Every corner of the page is still on the canvas, and its paper is white, not black.
    assert np.asarray(prepared.image)[[0, 0, -1, -1], [0, -1, 0, -1]].min() > 240


@pytest.mark.parametrize("degrees", [-6.0, 3.0])
def test_a_box_found_on_the_level_page_lies_on_the_mark_of_the_askew_one(degrees: float) -> None:
    page = turned(drawn_page(), degrees)
    prepared = apply_steps(page, steps(deskew=True))
    level = mark_box(prepared.image)
    assert level[2] - level[0] == pytest.approx(60, abs=3)  # level again: as wide as it was drawn
    wanted = mark_box(page)
    assert prepared.to_page(level) == pytest.approx(wanted, abs=2)


def test_a_level_page_is_not_resampled() -> None:
    page = drawn_page()
    prepared = apply_steps(page, steps(deskew=True))
    assert prepared.image.tobytes() == page.tobytes()
    assert prepared.to_page((10, 20, 30, 40)) == (10, 20, 30, 40)


def test_steps_that_are_off_change_nothing() -> None:
    page = photographed(turned(drawn_page(), 2.0))
    prepared = apply_steps(page, steps())
    assert prepared.image.tobytes() == page.tobytes()
    assert prepared.to_page((10.5, 20, 30, 40)) == (10.5, 20, 30, 40)


@pytest.mark.parametrize("step", ["deskew", "contrast", "denoise"])
def test_no_step_changes_the_page_it_was_given(step: str) -> None:
    page = photographed(turned(drawn_page(), 2.0))
    before = page.tobytes()
    assert apply_steps(page, steps(**{step: True})).image.tobytes() != before
    assert page.tobytes() == before


def test_contrast_takes_the_shadow_away_and_keeps_the_print_dark() -> None:
    page = photographed(drawn_page())
    evened = np.asarray(apply_steps(page, steps(contrast=True)).image.convert("L")).astype(float)
    shadowed = np.asarray(page.convert("L")).astype(float)
    margin = np.s_[1150:1190, :]  # bare paper across the whole page
    assert np.ptp(shadowed[margin].reshape(40, 9, 100).mean(axis=(0, 2))) > 90
    assert np.ptp(evened[margin].reshape(40, 9, 100).mean(axis=(0, 2))) < 12
    assert evened[margin].mean() > 220
    ink = np.asarray(drawn_page().convert("L")) < 40
    assert np.median(evened[ink]) < 60


def test_denoise_removes_specks_and_keeps_strokes() -> None:
    page = drawn_page()
    specked = np.array(page)
    rng = np.random.default_rng(2)
    ys, xs = rng.integers(0, 1200, 400), rng.integers(0, 900, 400)
    specked[ys, xs] = 0
    cleaned = np.asarray(apply_steps(Image.fromarray(specked), steps(denoise=True)).image)
    paper = np.asarray(page).min(axis=2) == 255
    lone = paper[ys, xs]
    assert (cleaned[ys, xs].min(axis=1)[lone] > 200).mean() > 0.95
    ink = np.asarray(page.convert("L")) < 60
    kept = (cleaned.mean(axis=2) < 128) & ink
    assert kept.sum() / ink.sum() > 0.85


def test_all_steps_work_together() -> None:
    page = photographed(turned(drawn_page(), -2.0))
    prepared = apply_steps(page, steps(deskew=True, contrast=True, denoise=True))
    assert abs(estimate_skew(prepared.image)) <= 0.15
    assert prepared.to_page(mark_box(prepared.image)) == pytest.approx(
        mark_box(turned(drawn_page(), -2.0)), abs=4
    )


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "1"])
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (40, 1), (20, 30)])
def test_tiny_pages_of_any_mode_survive_every_step(mode: str, size: tuple[int, int]) -> None:
    page = Image.new(mode, size)
    prepared = apply_steps(page, steps(deskew=True, contrast=True, denoise=True))
    assert (prepared.image.mode, prepared.page_size) == ("RGB", size)


def test_resize_keeps_a_small_page_and_maps_a_large_one() -> None:
    page = drawn_page()
    assert resize_to(page, 1200).image is page
    prepared = resize_to(page, 500)
    assert prepared.image.size == (375, 500)
    assert prepared.to_page(mark_box(prepared.image)) == pytest.approx(mark_box(page), abs=3)
    assert resize_to(Image.new("L", (5000, 2)), 100).image.size == (100, 1)


@settings(max_examples=60)
@given(
    width=st.integers(20, 400),
    height=st.integers(20, 400),
    side=st.integers(10, 500),
    shares=st.tuples(*[st.floats(0, 0.9)] * 2),
)
def test_a_resized_box_comes_back(
    width: int, height: int, side: int, shares: tuple[float, float]
) -> None:
    prepared = resize_to(Image.new("L", (width, height)), side)
    wide, high = prepared.image.size
    box = (shares[0] * wide, shares[1] * high, wide, high)
    wanted = (shares[0] * width, shares[1] * height, width, height)
    assert prepared.to_page(box) == pytest.approx(wanted, abs=1e-6)


def test_a_box_beside_the_page_is_refused() -> None:
    prepared = PreprocessedImage(Image.new("RGB", (10, 10)), (20, 20), ((0.5, 0, 0), (0, 0.5, 0)))
    with pytest.raises(GeometryError):
        prepared.to_page((30, 30, 40, 40))


SHEET = (1240, 1754)  # A4 at 150 dpi


def sheet(
    paper: int = 250, *, ink: int | None = None, lines: int = 1, shade: int = 0
) -> Image.Image:
    """A sheet of grey level `paper`, darker by `shade` at its left edge, with lines of print."""
    light = np.linspace(paper - shade, paper, SHEET[0])[None, :].repeat(SHEET[1], axis=0)
    image = Image.fromarray(light.astype(np.uint8)).convert("RGB")
    pen = ImageDraw.Draw(image)
    for number in range(lines if ink is not None else 0):
        assert ink is not None
        pen.text((150, 200 + 50 * number), "Total 12.50", fill=(ink,) * 3, font=FONT)
    return image


def grainy(image: Image.Image, deviation: float) -> Image.Image:
    noise = np.random.default_rng(5).normal(0, deviation, (image.height, image.width, 1))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    "page",
    [sheet(255), sheet(235), sheet(shade=30), grainy(sheet(), 1.0), grainy(sheet(shade=20), 2.0)],
    ids=["white", "grey paper", "shaded", "grain", "grain and shade"],
)
def test_a_sheet_with_nothing_on_it_is_blank(page: Image.Image) -> None:
    assert is_blank(page)


@pytest.mark.parametrize("grain", [0.0, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("ink", [0, 180, 225, 238])
def test_print_and_pencil_are_ink_however_faint(ink: int, grain: float) -> None:
    assert not is_blank(grainy(sheet(ink=ink), grain))


def through(contrast: int) -> Image.Image:
    """Lines of print that shine through from the back of a sheet."""
    back = np.asarray(sheet(255, ink=0, lines=25).transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    soft = cv2.GaussianBlur(back.astype(np.float32), (0, 0), 2.5)
    return Image.fromarray((255 - (255 - soft) * contrast / 255).astype(np.uint8))


def photo() -> Image.Image:
    """Soft forms of middle brightness, as a picture out of focus."""
    forms = np.random.default_rng(3).uniform(60, 220, (5, 4, 3)).astype(np.float32)
    return Image.fromarray(cv2.resize(forms, SHEET, interpolation=cv2.INTER_CUBIC).astype(np.uint8))


def marked(*box: int) -> Image.Image:
    image = sheet(255)
    ImageDraw.Draw(image).rectangle(box, fill="black")
    return image


@pytest.mark.parametrize(
    "page",
    [
        through(12),
        through(40),
        photo(),
        marked(600, 1700, 604, 1712),
        marked(0, 0, 20, 1753),
        Image.new("RGB", SHEET, "black"),
        drawn_page(),
        drawn_page("table"),
    ],
    ids=["back", "back strong", "photo", "page number", "edge", "black", "text", "table"],
)
def test_whatever_else_there_is_is_no_blank_page(page: Image.Image) -> None:
    assert not is_blank(page)
