"""Going through many pages, turning the page, and the switch of a phone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from font_roboto import Roboto
from PIL import Image, ImageDraw, ImageFont

from tests.browser import driving
from tests.browser.conftest import NewPage
from tests.browser.driving import BBox
from tests.browser.scripted_app import REGIONS

PAGES = 100
SIZE = (620, 800)
THUMB = "#page-view .sc-thumb"
HERE = f"{THUMB}[aria-current=page]"
REGION = "#page-view svg [data-region]"


@pytest.fixture(scope="module")
def app_url(scripted_url: str) -> str:
    return scripted_url


def draw_pages(path: Path, lines: list[str]) -> Path:
    """A scan with a line on each page."""
    font = ImageFont.truetype(Roboto, 40)
    pages = []
    for line in lines:
        page = Image.new("L", SIZE, "white")
        ImageDraw.Draw(page).text((80, 560), line, font=font, fill="black")
        pages.append(page)
    pages[0].save(path, save_all=True, append_images=pages[1:], compression="tiff_lzw")
    return path


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = [f"Leaf {number}" for number in range(1, PAGES + 1)]
    return draw_pages(tmp_path_factory.mktemp("scans") / "book.tiff", lines)


@pytest.fixture(scope="module")
def letter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages; what the deposit was is printed on the second."""
    lines = ["Dear reader", "Deposit: 1,250.00"]
    return draw_pages(tmp_path_factory.mktemp("scans") / "letter.tiff", lines)


@pytest.fixture
def opened(new_page: NewPage, tmp_path: Path) -> Callable[..., Any]:
    """Opens the app with a blank page, wider than high."""

    def open_page(**options: Any) -> Any:
        path = tmp_path / "page.png"
        Image.new("RGB", (1200, 900), "white").save(path)
        page = new_page(**options)
        driving.upload(page, path)
        page.wait_for_selector("#page-view img[src]", state="attached")
        return page

    return open_page


def lay_out(page: Any) -> None:
    page.locator("#task [data-task=layout]").click()
    with driving.answered(page):
        page.click("#run")
    page.wait_for_selector(f"{REGION} >> nth={len(REGIONS) - 1}", state="attached")


def drawn(thumb: Any) -> bool:
    return bool(thumb.evaluate("node => (node.querySelector('img').naturalWidth ?? 0) > 0"))


def test_a_strip_of_a_hundred_pages_draws_what_is_in_sight(new_page: NewPage, book: Path) -> None:
    page = new_page()
    driving.upload(page, book)
    page.wait_for_selector(HERE)
    thumbs = page.locator(THUMB)
    assert thumbs.count() == PAGES
    page.wait_for_function(
        "document.querySelector('.sc-thumb img').naturalWidth > 0", timeout=20_000
    )
    last = thumbs.nth(PAGES - 1)
    assert not drawn(last), "out of sight, not asked for"
    # Keys go through the strip; one stop for Tab.
    page.focus(HERE)
    page.keyboard.press("End")
    assert last.evaluate("node => node === document.activeElement")
    page.wait_for_function(
        "document.activeElement.querySelector('img')?.naturalWidth > 0", timeout=20_000
    )
    page.keyboard.press("Enter")
    assert page.get_attribute(HERE, "data-thumb") == str(PAGES - 1)
    assert page.locator(f"{THUMB}[tabindex='0']").count() == 1
    drawn_ones = page.evaluate(
        "[...document.querySelectorAll('.sc-thumb img')].filter((i) => i.naturalWidth).length"
    )
    assert drawn_ones < PAGES / 2, "what was passed in between was never asked for"
    # By its number; what is no page of the document is the nearest one, a word is nothing.
    for typed, shown in (("42", 42), ("900", PAGES), ("seven", PAGES), ("1", 1)):
        page.fill(".sc-jump input", typed)
        page.press(".sc-jump input", "Enter")
        assert page.get_attribute(HERE, "data-thumb") == str(shown - 1)
        assert page.input_value(".sc-jump input") == str(shown)
        assert f"page {shown} of {PAGES}" in page.inner_text(".sc-position")


# Where the box (x0, y0, x1, y1) of a page of 1200 x 900 lies after so many quarter turns.
TURNED: dict[int, Callable[[BBox], BBox]] = {
    0: lambda b: b,
    1: lambda b: (900 - b[3], b[0], 900 - b[1], b[2]),
    2: lambda b: (1200 - b[2], 900 - b[3], 1200 - b[0], 900 - b[1]),
    3: lambda b: (b[1], 1200 - b[2], b[3], 1200 - b[0]),
}


def test_the_page_turns_with_its_boxes_and_a_drawn_box_is_in_page_pixels(
    opened: Callable[..., Any],
) -> None:
    page = opened()
    lay_out(page)
    wanted: BBox = (300, 450, 750, 600)
    for turns in range(4):
        if turns:
            page.click("[data-rotate]")
            page.click("button[data-fit=page]")  # all of it, so that the pointer reaches it
        paper = page.locator("#page-view .sc-paper").bounding_box()
        wide, high = (1200, 900) if turns % 2 == 0 else (900, 1200)
        assert paper["width"] / paper["height"] == pytest.approx(wide / high, rel=0.02)
        image = page.locator("#page-view .sc-image").bounding_box()
        assert [image[side] for side in ("x", "y", "width", "height")] == pytest.approx(
            [paper[side] for side in ("x", "y", "width", "height")], abs=1.5
        )
        scale = paper["width"] / wide
        for number, (_, shares) in enumerate(REGIONS):
            box = tuple(share * (1200, 900)[at % 2] for at, share in enumerate(shares))
            left, top, right, bottom = TURNED[turns](box)  # type: ignore[arg-type]
            seen = page.locator(REGION).nth(number).bounding_box()
            assert seen["x"] == pytest.approx(paper["x"] + left * scale, abs=3)
            assert seen["y"] == pytest.approx(paper["y"] + top * scale, abs=3)
            assert seen["width"] == pytest.approx((right - left) * scale, abs=6)
            assert seen["height"] == pytest.approx((bottom - top) * scale, abs=6)
        labels_are_upright_and_on(page, paper)
        left, top, right, bottom = TURNED[turns](wanted)
        page.click("[data-draw]")
        driving.wait_until_still(page, "#page-view .sc-paper")  # the hint moves the page
        paper = page.locator("#page-view .sc-paper").bounding_box()
        scale = paper["width"] / wide
        page.mouse.move(paper["x"] + left * scale, paper["y"] + top * scale)
        page.mouse.down()
        page.mouse.move(paper["x"] + right * scale, paper["y"] + bottom * scale, steps=3)
        page.mouse.up()
        stated = page.get_attribute("#page-view [data-box]", "data-bbox")
        assert [float(edge) for edge in stated.split(",")] == pytest.approx(wanted, abs=4), turns
        page.keyboard.press("Escape")
        page.wait_for_selector(".sc-card", state="hidden")
        page.click("button[data-fit=page]")
    arrows_move_the_box_as_the_screen_says(page)
    page.keyboard.press("Escape")
    ctrl_and_wheel_enlarge_what_is_under_the_pointer(page)


def arrows_move_the_box_as_the_screen_says(page: Any) -> None:
    page.focus("[data-draw]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#page-view .sc-box")
    driving.wait_until_still(page, "#page-view .sc-paper")  # the hint moves the page
    before = on_paper(page, ".sc-box")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    after = on_paper(page, ".sc-box")
    assert after["x"] > before["x"] + 2
    assert after["y"] > before["y"] + 1
    assert after["width"] == pytest.approx(before["width"], abs=1)


def on_paper(page: Any, selector: str) -> dict[str, float]:
    """Where a part lies from the page's upper left corner, however the desk is scrolled."""
    part, paper = (
        page.locator(f"#page-view {name}").bounding_box() for name in (selector, ".sc-paper")
    )
    return {**part, "x": part["x"] - paper["x"], "y": part["y"] - paper["y"]}


def ctrl_and_wheel_enlarge_what_is_under_the_pointer(page: Any) -> None:
    page.click("button[data-fit=width]")
    title = page.locator(REGION).nth(1)  # at the upper left corner of the turned page
    page.evaluate("document.querySelector('.sc-desk').scrollTo(0, 0)")
    before = title.bounding_box()
    at = (before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    page.mouse.move(*at)
    page.keyboard.down("Control")
    for _ in range(3):
        page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    page.wait_for_function(
        """([selector, width]) =>
             document.querySelectorAll(selector)[1].getBoundingClientRect().width > 1.8 * width""",
        arg=[REGION, before["width"]],
    )
    after = title.bounding_box()
    assert after["x"] + after["width"] / 2 == pytest.approx(at[0], abs=4)
    assert after["y"] + after["height"] / 2 == pytest.approx(at[1], abs=4)


def labels_are_upright_and_on(page: Any, paper: Any) -> None:
    # Labels follow the size that the browser has laid out.
    driving.wait_until_still(page, "#page-view .sc-paper", "#page-view .sc-tag")
    for tag in page.locator("#page-view .sc-tag").all():
        box = tag.bounding_box()
        assert 10 <= box["height"] <= 20
        assert box["x"] >= paper["x"] - 1
        assert box["y"] >= paper["y"] - 1
        assert box["x"] + box["width"] <= paper["x"] + paper["width"] + 1
        assert box["y"] + box["height"] <= paper["y"] + paper["height"] + 1


def test_evidence_on_a_turned_and_enlarged_page_scrolls_into_sight(
    new_page: NewPage, letter: Path
) -> None:
    page = new_page(reduced_motion="no-preference")
    driving.upload(page, letter)
    page.wait_for_selector(HERE)
    with driving.answered(page):
        driving.ask(page, "The deposit was 1,250.00")
    # Where the answer was found is seen in the strip.
    page.wait_for_selector(f"{THUMB}.sc-found")
    assert page.get_attribute(f"{THUMB}.sc-found", "data-thumb") == "1"
    assert "place of the answer" in page.get_attribute(f"{THUMB}.sc-found", "aria-label")
    for _ in range(3):
        page.click("[data-rotate]")
        page.click("[data-zoom=in]")
        page.evaluate("document.querySelector('.sc-desk').scrollTo(0, 0)")
        page.click("#chat .sc-cite")
        page.wait_for_selector("#page-view [data-evidence].sc-glow")
        screen_state, mark = (
            page.locator(name).first.bounding_box() for name in (".sc-desk", "[data-evidence]")
        )
        middle = (mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
        assert screen_state["x"] <= middle[0] <= screen_state["x"] + screen_state["width"]
        assert screen_state["y"] <= middle[1] <= screen_state["y"] + screen_state["height"]


def test_on_a_phone_two_fingers_enlarge_and_the_switch_knows_where_to_go(
    opened: Callable[..., Any],
) -> None:
    page = opened(viewport={"width": 375, "height": 740}, has_touch=True, is_mobile=True)
    chat, look = page.locator("#talk"), page.locator("#look")
    assert chat.is_visible()
    assert not look.is_visible()
    page.focus("#sides button[data-side=page]")
    page.keyboard.press("Enter")
    assert look.is_visible()
    assert not chat.is_visible()
    assert page.get_attribute("#sides [data-side=page]", "aria-pressed") == "true"
    assert page.get_attribute("#sides [data-side=chat]", "aria-pressed") == "false"
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    paper = page.locator("#page-view .sc-paper")
    before = paper.bounding_box()
    middle = (before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    fingers = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 40), ("touchMove", 60), ("touchMove", 80)):
        points = [{"x": middle[0] + step, "y": middle[1], "id": at} for at, step in
                  enumerate((-apart / 2, apart / 2))]  # fmt: skip
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    driving.wait_until_still(page, "#page-view .sc-paper")
    assert paper.bounding_box()["width"] == pytest.approx(2 * before["width"], rel=0.1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    # To ask about a box is to write in the chat.
    page.locator("button[data-fit=width]").evaluate("node => node.click()")
    page.locator("[data-draw]").tap()
    box = paper.bounding_box()
    for kind, share in (("touchStart", 0.2), ("touchMove", 0.6)):
        point = {"x": box["x"] + share * box["width"], "y": box["y"] + share * box["height"]}
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.locator("[data-card=ask]").click()
    page.wait_for_selector("#area button")
    assert chat.is_visible()
    assert not look.is_visible()
