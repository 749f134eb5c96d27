"""Drawn regions and evidence: colours, labels that stay on the page, text that stays text."""

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageColor, ImageDraw

from engine.core.schema import CATEGORIES, BBox, Evidence, PageLayout, Region
from engine.layout.overlay import (
    EVIDENCE_COLOUR,
    EVIDENCE_EDGE,
    category_colour,
    draw_evidence,
    draw_layout,
    to_svg,
)

SVG = "{http://www.w3.org/2000/svg}"


def layout_of(*regions: Region, size: tuple[int, int] = (800, 1000)) -> PageLayout:
    return PageLayout("d", 0, *size, regions=regions)


def region(bbox: BBox, category: str = "Text", text: str = "", order: int = 0) -> Region:
    return Region(bbox, category, text, order)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [value / 255 for value in ImageColor.getrgb(colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def near(image: Image.Image, colour: str, by: int = 20) -> np.ndarray:
    """(H, W) where a picture has a colour."""
    distance = np.abs(np.asarray(image).astype(int) - ImageColor.getrgb(colour)).max(axis=2)
    return np.asarray(distance <= by)


@pytest.mark.parametrize("category", [*CATEGORIES, "unknown"])
def test_white_labels_are_readable_on_every_colour(category: str) -> None:
    assert re.fullmatch("#[0-9a-f]{6}", category_colour(category))
    assert 1.05 / (luminance(category_colour(category)) + 0.05) >= 4.5


def test_every_category_has_a_colour_of_its_own() -> None:
    colours = [category_colour(category) for category in (*CATEGORIES, "unknown")]
    for first, second in combinations(colours, 2):
        difference = np.subtract(ImageColor.getrgb(first), ImageColor.getrgb(second))
        assert np.abs(difference).sum() >= 15, (first, second)
    assert len(set(colours)) == len(CATEGORIES) + 1


def test_a_region_gets_a_box_in_its_colour_and_the_page_is_not_changed() -> None:
    page = Image.new("RGB", (800, 1000), "white")
    drawn = draw_layout(page, layout_of(region((100, 300, 500, 600), "Table")))
    assert (drawn.size, drawn.mode) == (page.size, "RGB")
    assert page.getextrema() == ((255, 255),) * 3
    edge = near(drawn, category_colour("Table"))
    assert edge[300:600, 100].all()
    assert edge[300:600, 499].all()
    assert edge[599, 100:500].all()
    assert not edge[605:, :].any()
    assert not edge[:, 505:].any()
    red, green, blue = drawn.getpixel((300, 450))  # type: ignore[misc]
    assert 255 > green > max(red, blue) > 200  # a light tint of green inside
    assert drawn.getpixel((300, 700)) == (255, 255, 255)


def test_print_under_a_tint_stays_black() -> None:
    page = Image.new("RGB", (400, 400), "black")
    assert draw_layout(page, layout_of(region((0, 0, 400, 400)))).getpixel((200, 200)) == (0, 0, 0)
    found = Evidence("d", 0, (0, 0, 400, 400), "", 1.0)
    assert draw_evidence(page, [found]).getpixel((200, 200)) == (0, 0, 0)


def label_rows(drawn: Image.Image, category: str) -> tuple[int, int, int, int]:
    """The box of a label: the rows and columns that are mostly its colour or its white text."""
    solid = near(drawn, category_colour(category), by=3)
    ys, xs = np.nonzero(solid)
    return (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    "bbox", [(0, 0, 5, 5), (795, 995, 800, 1000), (790, 0, 900, 30), (300, 2, 400, 900)]
)
def test_a_label_at_the_pages_edge_is_whole(bbox: BBox, language: str) -> None:
    page = Image.new("RGB", (800, 1000), "white")
    middle = draw_layout(page, layout_of(region((300, 500, 305, 505), order=11)), language=language)
    drawn = draw_layout(page, layout_of(region(bbox, order=11)), language=language)

    def white_text(image: Image.Image) -> int:
        left, top, right, bottom = label_rows(image, "Text")
        inside = np.asarray(image)[top : min(bottom, top + 13), left:right]
        return int((inside > 200).all(axis=2).sum())

    colour = near(drawn, category_colour("Text"), by=3).sum()
    assert colour >= 0.8 * near(middle, category_colour("Text"), by=3).sum()
    assert white_text(drawn) >= 10


def test_labels_grow_with_the_page() -> None:
    heights = []
    for scale in (1, 2, 4):
        size = (800 * scale, 1000 * scale)
        mark = region((100 * scale, 500 * scale, 101 * scale, 500 * scale + 1))
        drawn = draw_layout(Image.new("RGB", size, "white"), layout_of(mark, size=size))
        left, top, _, bottom = label_rows(drawn, "Text")
        heights.append(bottom - top)
        assert left == 100 * scale
    assert all(1.6 < second / first < 2.4 for first, second in pairwise(heights))
    assert heights[0] >= 11


def test_russian_labels_have_letters_and_no_boxes_for_missing_ones() -> None:
    page = Image.new("RGB", (800, 1000), "white")
    cases = {}
    for language in ("en", "ru"):
        marked = layout_of(region((100, 500, 105, 505), "Table"))
        cases[language] = draw_layout(page, marked, language=language)
    assert cases["en"].tobytes() != cases["ru"].tobytes()
    from engine.layout.overlay import _font

    font = _font(30)
    missing = font.getmask("\U000e0001").getbbox(), bytes(font.getmask("\U000e0001"))
    for letter in "АЯаябщёй№":
        assert (font.getmask(letter).getbbox(), bytes(font.getmask(letter))) != missing


boxes = st.tuples(*[st.floats(-200, 1200, allow_nan=False) for _ in range(4)])
sizes = st.tuples(st.integers(1, 300), st.integers(1, 300))


@settings(max_examples=60, deadline=None)
@given(size=sizes, bbox=boxes, order=st.integers(0, 10_000), category=st.sampled_from(CATEGORIES))
def test_any_box_can_be_drawn_on_any_page(
    size: tuple[int, int], bbox: BBox, order: int, category: str
) -> None:
    page = Image.new("RGB", size, "white")
    marked = layout_of(region(bbox, category, order=order), size=size)
    assert draw_layout(page, marked).size == size
    assert draw_evidence(page, [Evidence("d", 0, bbox, "x", 0.5)]).size == size
    root = ElementTree.fromstring(to_svg(size, layout=marked))
    for rect in root.iter(f"{SVG}rect"):
        left, top, wide, high = (float(rect.attrib[k]) for k in ("x", "y", "width", "height"))
        assert left >= -0.01
        assert top >= -0.01
        assert left + wide <= size[0] + 0.01
        assert top + high <= size[1] + 0.01


def test_boxes_off_the_page_and_of_no_numbers_are_left_out() -> None:
    page = Image.new("RGB", (800, 1000), "white")
    nan = float("nan")
    wrong = layout_of(region((900, 0, 950, 50)), region((nan, nan, nan, nan)), region((5, 5, 5, 5)))
    assert draw_layout(page, wrong).tobytes() == page.tobytes()
    assert "<rect" not in to_svg((800, 1000), layout=wrong)


def test_evidence_looks_highlighted() -> None:
    page = Image.new("RGB", (800, 1000), "white")
    ImageDraw.Draw(page).rectangle((200, 420, 300, 440), fill="black")
    drawn = draw_evidence(page, [Evidence("d", 0, (150.4, 400.2, 399.7, 459.6), "12.50", 0.9)])
    red, green, blue = drawn.getpixel((160, 430))  # type: ignore[misc]
    assert red > 240
    assert green > 220
    assert blue < 160
    assert drawn.getpixel((250, 430)) == (0, 0, 0)
    assert near(drawn, EVIDENCE_EDGE)[400:460, 150].all()
    assert drawn.getpixel((145, 430)) == (255, 255, 255)
    assert page.getpixel((160, 430)) == (255, 255, 255)


def test_the_svg_has_the_pages_frame_and_the_contracts_attributes() -> None:
    marked = layout_of(
        region((10, 20, 110.5, 60), "Title", "Act № 5", 0), region((10, 80, 700, 900), order=1)
    )
    found = Evidence("d", 3, (50, 85, 120, 100), "12.50", 0.9)
    root = ElementTree.fromstring(to_svg((800, 1000), layout=marked, evidence=[found]))
    assert root.attrib["viewBox"] == "0 0 800 1000"
    first, second = [r for r in root.iter(f"{SVG}rect") if "data-region" in r.attrib]
    assert {k: first.attrib[k] for k in ("data-region", "data-category", "data-order")} == {
        "data-region": "0",
        "data-category": "Title",
        "data-order": "0",
    }
    assert [first.attrib[k] for k in ("x", "y", "width", "height")] == ["10", "20", "100.5", "40"]
    assert first.attrib["stroke"] == category_colour("Title")
    assert first.findtext(f"{SVG}title") == "Act № 5"
    assert second.attrib["data-order"] == "1"
    assert [text.text for text in root.iter(f"{SVG}text")] == ["1 Title", "2 Text"]
    (place,) = [r for r in root.iter(f"{SVG}rect") if "data-evidence" in r.attrib]
    assert place.attrib["data-page"] == "3"
    assert place.attrib["data-bbox"] == "50,85,120,100"
    assert place.attrib["fill"] == EVIDENCE_COLOUR


@given(text=st.text(max_size=60), category=st.text(max_size=20))
def test_no_text_becomes_svg_markup(text: str, category: str) -> None:
    hostile = f'"><script>alert(1)</script><!--{text}'
    marked = layout_of(region((10, 20, 110, 60), f"{category}'\"<b>", hostile))
    found = Evidence("d", 0, (1, 1, 50, 50), hostile, 1.0)
    root = ElementTree.fromstring(to_svg((800, 1000), layout=marked, evidence=[found]))
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {"svg", "rect", "title", "text"}
    titles = [node.text or "" for node in root.iter(f"{SVG}title")]
    assert all(title.startswith('"><script>') for title in titles)
    assert len(titles) == 2
