"""The SVG layer over the page: its boxes by keys, touch and mouse, and its labels at every edge."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.browser import driving
from tests.browser.conftest import NewPage
from tests.browser.scripted_app import HELD_AFTER, REGIONS

REGION = "#page-view svg [data-region]"
QUESTION = "#question textarea"


@pytest.fixture(scope="module")
def app_url(scripted_url: str) -> str:
    return scripted_url


@pytest.fixture
def laid_out(new_page: NewPage, tmp_path: Path) -> Callable[..., Any]:
    """Opens a blank page of a size and lays it out."""

    def open_page(size: tuple[int, int] = (900, 1200), **options: Any) -> Any:
        path = tmp_path / "page.png"
        Image.new("RGB", size, "white").save(path)
        page = new_page(**options)
        driving.upload(page, path)
        page.wait_for_selector("#page-view img[src]", state="attached")
        page.click("#task [data-task=layout]")
        with driving.answered(page):
            page.click("#run")
        page.wait_for_selector(f"{REGION} >> nth={len(REGIONS) - 1}", state="attached")
        return page

    return open_page


def focused(page: Any) -> str | None:
    """The order of the box that has the focus."""
    order: str | None = page.evaluate("document.activeElement.dataset?.order ?? null")
    return order


def hides_no_neighbours_words(page: Any) -> None:
    """The label of a line does not lie over the line close above it."""
    upper = page.locator(REGION).nth(4).bounding_box()
    label = page.locator("#page-view .sc-tag").nth(5).bounding_box()
    across = min(label["x"] + label["width"], upper["x"] + upper["width"]) - max(
        label["x"], upper["x"]
    )
    down = min(label["y"] + label["height"], upper["y"] + upper["height"]) - max(
        label["y"], upper["y"]
    )
    assert min(across, down) <= 1


def white_can_be_read_on_every_category(page: Any) -> None:
    """WCAG AA: a contrast of 4.5 or more."""
    colours = page.locator("#page-view .sc-tag rect").evaluate_all(
        "plates => plates.map((plate) => getComputedStyle(plate).fill)"
    )
    assert len(set(colours)) == len({category for category, _ in REGIONS})
    words = page.locator("#page-view .sc-tag text").first
    assert words.evaluate("node => getComputedStyle(node).fill") == "rgb(255, 255, 255)"
    for colour in colours:
        channels = [int(part) / 255 for part in colour[4:-1].split(",")]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) >= 4.5


def test_boxes_are_buttons_in_page_pixels_with_labels_that_can_be_read(
    laid_out: Callable[..., Any],
) -> None:
    page = laid_out()
    assert page.get_attribute("#page-view svg.sc-layer", "viewBox") == "0 0 900 1200"
    for number, (category, shares) in enumerate(REGIONS):
        box = page.locator(REGION).nth(number)
        left, top, width, height = (
            float(box.get_attribute(name)) for name in ("x", "y", "width", "height")
        )
        stated = [float(edge) for edge in box.get_attribute("data-bbox").split(",")]
        assert [left, top, left + width, top + height] == pytest.approx(stated)
        assert stated == pytest.approx([shares[i] * (900, 1200)[i % 2] for i in range(4)])
        assert box.get_attribute("data-category") == category
        assert box.get_attribute("data-order") == str(number)
        assert box.get_attribute("role") == "button"
        assert box.get_attribute("tabindex") == "0"
        assert f"words of {number + 1}" in box.get_attribute("aria-label")
    hides_no_neighbours_words(page)
    white_can_be_read_on_every_category(page)


def test_keys_walk_in_reading_order_and_select(laid_out: Callable[..., Any]) -> None:
    page = laid_out()
    last = len(REGIONS) - 1
    page.locator(REGION).first.focus()
    walked = []
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "End", "ArrowDown", "ArrowUp", "Home"):
        page.keyboard.press(key)
        walked.append(focused(page))
    assert walked == ["1", "2", "1", str(last), str(last), str(last - 1), "0"]
    # A category that is hidden is passed over.
    page.click("[data-legend=Title]")
    page.locator(REGION).first.focus()
    page.keyboard.press("ArrowDown")
    assert focused(page) == "2"
    page.keyboard.press("Tab")
    assert focused(page) == "3"
    page.keyboard.press("Space")
    assert page.inner_text(".sc-card-text") == "words of 4"
    assert page.input_value(QUESTION) == "words of 4"
    assert page.evaluate("document.activeElement.dataset.card") == "ask"
    page.keyboard.press("Escape")
    assert focused(page) == "3"


def test_a_finger_selects_the_smallest_box_under_it(laid_out: Callable[..., Any]) -> None:
    page = laid_out(viewport={"width": 375, "height": 740}, has_touch=True, is_mobile=True)
    driving.show(page, "page")
    picture = page.locator(REGION).nth(2)
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    # The caption lies in the picture, a third of its height above its foot.
    page.touchscreen.tap(box["x"] + 0.5 * box["width"], box["y"] + 0.73 * box["height"])
    page.wait_for_selector(".sc-card:not([hidden])")
    assert page.inner_text(".sc-card-text") == "words of 4"
    assert page.locator("[data-card=ask]").is_visible()
    # No keyboard of the phone comes up.
    assert not page.evaluate("document.activeElement.matches('textarea')")
    page.touchscreen.tap(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"])
    page.wait_for_function("document.querySelector('.sc-card-text').textContent === 'words of 3'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.parametrize("size", [(2400, 500), (400, 2400)])
def test_labels_stay_on_the_page_at_every_zoom(
    laid_out: Callable[..., Any], size: tuple[int, int]
) -> None:
    page = laid_out(size)
    for step in ("[data-fit=page]", "[data-fit=width]", "[data-zoom=in]", "[data-zoom=in]"):
        page.click(step)
        # Labels follow the size that the browser has laid out.
        driving.wait_until_still(page, "#page-view .sc-paper", "#page-view .sc-tag")
        paper = page.locator("#page-view .sc-paper").bounding_box()
        tags = page.locator("#page-view .sc-tag")
        assert tags.count() == len(REGIONS)
        numbers = tags.locator("tspan:first-child").all_text_contents()
        assert numbers == [str(number + 1) for number in range(len(REGIONS))]
        for tag in tags.all():
            box = tag.bounding_box()
            assert 10 <= box["height"] <= 20, "a label keeps its size on the screen"
            assert box["x"] >= paper["x"] - 0.6
            assert box["y"] >= paper["y"] - 0.6
            assert box["x"] + box["width"] <= paper["x"] + paper["width"] + 0.6
            assert box["y"] + box["height"] <= paper["y"] + paper["height"] + 0.6


def test_boxes_appear_while_the_model_still_writes(
    new_page: NewPage, hold: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (900, 1200), "white").save(tmp_path / "page.png")
    page = new_page()
    driving.upload(page, tmp_path / "page.png")
    page.wait_for_selector("#page-view img[src]")
    page.locator("#task [data-task=layout]").click()
    with driving.answered(page):
        page.click("#run")
        page.wait_for_selector(f"{REGION} >> nth={HELD_AFTER - 1}", state="attached")
        assert page.locator(REGION).count() == HELD_AFTER
        assert page.locator("#regions tr[data-region]").count() == HELD_AFTER
        assert page.locator("#stop").is_enabled(), "the answer is still being written"
        first = page.locator(REGION).first.element_handle()
        page.locator(REGION).first.focus()
        hold.unlink()
    page.wait_for_selector(f"{REGION} >> nth={len(REGIONS) - 1}", state="attached")
    # The boxes that were there are still the same ones, and the focus stayed.
    assert first.evaluate("node => node.isConnected && node === document.activeElement")
