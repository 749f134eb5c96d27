"""The boxes over the page: select one, ask about it, draw one, hide categories, zoom, download."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from font_roboto import Roboto
from PIL import Image, ImageDraw, ImageFont

from tests.browser import driving
from tests.browser.conftest import NewPage
from tests.browser.driving import BBox

SIZE = (1240, 1100)
TITLE = "Quarterly Report of Two Branches"
LEFT = (
    "The north branch sold paper and",
    "toner to forty customers in the",
    "quarter. Orders grew by a tenth,",
    "and the new store opened early.",
)
RIGHT = (
    "The south branch moved into its",
    "new building in May. Three new",
    "clerks joined, and the telephone",
    "lines were replaced in June.",
)
TOTALS = ("1,248.00", "3,907.50")
# Around each column's total, in page pixels.
BOXES: tuple[BBox, BBox] = ((90, 620, 600, 720), (640, 620, 1150, 720))
QUESTION = "#question textarea"
REGION = "#page-view [data-region]"


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of two columns, each with a total of its own, and words in the four corners."""
    image = Image.new("RGB", SIZE, "white")
    pen = ImageDraw.Draw(image)

    def write(x: int, y: int, text: str, size: int = 28) -> None:
        pen.text((x, y), text, font=ImageFont.truetype(Roboto, size), fill="black")

    for x, y in ((0, 0), (1130, 0), (0, 1070), (1130, 1070)):
        write(x, y, "Corner", 28)
    write(110, 120, TITLE, 50)
    for x, lines, total in ((110, LEFT, TOTALS[0]), (660, RIGHT, TOTALS[1])):
        for row, line in enumerate(lines):
            write(x, 300 + 42 * row, line)
        write(x, 650, "Total due:")
        write(x + 260, 650, total)
    path = tmp_path_factory.mktemp("scans") / "report.png"
    image.save(path)
    return path


@pytest.fixture
def opened(new_page: NewPage, scan: Path) -> Callable[..., Any]:
    """Opens the app with the scan."""

    def open_scan(**options: Any) -> Any:
        page = new_page(**options)
        driving.upload(page, scan)
        page.wait_for_selector("#page-view img[src]", state="attached")
        return page

    return open_scan


def choose(page: Any, task: str) -> None:
    page.locator("#task").get_by_text(task, exact=True).click()


def lay_out(page: Any) -> None:
    choose(page, "Layout")
    with driving.answered(page):
        page.click("#run")


def on_screen(page: Any, x: float, y: float) -> tuple[float, float]:
    """A point of the page, in page pixels, where the person sees it."""
    paper = page.locator("#page-view .sc-paper").bounding_box()
    scale = paper["width"] / SIZE[0]
    return (paper["x"] + x * scale, paper["y"] + y * scale)


def drag(page: Any, box: BBox) -> None:
    page.mouse.move(*on_screen(page, box[0], box[1]))
    page.mouse.down()
    page.mouse.move(*on_screen(page, box[2], box[3]), steps=4)
    page.mouse.up()


def drawn_box(page: Any) -> list[float]:
    stated = page.locator("#page-view [data-box]").get_attribute("data-bbox")
    return [float(edge) for edge in stated.split(",")]


def test_the_third_box_lands_in_the_question_and_can_be_asked_about(
    opened: Callable[..., Any],
) -> None:
    page = opened()
    lay_out(page)
    regions = page.locator(REGION)
    assert [tag.split()[0] for tag in page.locator("#page-view .sc-tag").all_text_contents()] == [
        str(number + 1) for number in range(regions.count())
    ]
    third = regions.nth(2)
    words = driving.text_of(third)
    third.click(position={"x": 4, "y": 4})
    assert page.input_value(QUESTION).split() == words.split()
    assert page.inner_text(".sc-card-text").split() == words.split()
    assert third.get_attribute("aria-current") == "true"
    # The card's own button puts nothing in twice.
    page.click("[data-card=use]")
    assert page.input_value(QUESTION).split() == words.split()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("[data-card=copy]")
    page.wait_for_function("document.querySelector('.sc-said').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()").split() == words.split()
    # The region's own text is no question about it.
    choose(page, "Question")
    page.click("[data-card=ask]")
    assert "Region of page 1" in page.inner_text("#area")
    assert page.input_value(QUESTION) == ""
    page.wait_for_function("document.activeElement.matches('#question textarea')")
    page.click("#area button")
    assert page.locator("#area button").count() == 0


def test_a_drawn_box_is_answered_from_inside_it(opened: Callable[..., Any]) -> None:
    page = opened()
    for box, total in zip(reversed(BOXES), reversed(TOTALS), strict=True):
        page.click("[data-draw]")
        assert page.get_attribute("[data-draw]", "aria-pressed") == "true"
        drag(page, box)
        assert page.get_attribute("[data-draw]", "aria-pressed") == "false"
        assert drawn_box(page) == pytest.approx(box, abs=3)
        # The page has no layout: the words in the box come from its reading.
        page.wait_for_function(
            """words => {
                 const said = document.querySelector(".sc-card-text").textContent;
                 return said.split(/\\s+/).join(" ") === words;
               }""",
            arg=f"Total due: {total}",
        )
        page.click("[data-card=ask]")
        page.wait_for_selector("#area button")
        with driving.answered(page):
            driving.ask(page, "What is the total due?")
        assert driving.answers(page)[-1] == total
        assert "Region of page 1" in page.locator("#chat .message.user").last.inner_text()
        # The viewer draws on its own; until then the mark of the question before is there.
        page.wait_for_function(
            """([left, right]) => {
                 const marks = document.querySelectorAll("#page-view [data-evidence]");
                 const edges = [...marks].map((mark) => mark.dataset.bbox.split(",").map(Number));
                 return edges.length
                   && edges.every((e) => left < (e[0] + e[2]) / 2 && (e[0] + e[2]) / 2 < right);
               }""",
            arg=[box[0], box[2]],
            timeout=10_000,
        )
        # It was asked about one question only.
        assert page.locator("#area button").count() == 0


def test_a_box_is_drawn_and_a_region_is_chosen_with_keys_alone(
    opened: Callable[..., Any],
) -> None:
    page = opened()
    page.focus("[data-draw]")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.locator("#page-view [data-box]").count() == 0
    assert page.get_attribute("[data-draw]", "aria-pressed") == "false"
    page.keyboard.press("Enter")
    for key in ["ArrowUp"] * 200 + ["Shift+ArrowRight"] * 200:
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    left, top, right, bottom = drawn_box(page)
    assert top == 0
    assert right == SIZE[0]
    assert 0 < left < right
    assert 0 < bottom < SIZE[1]
    assert page.evaluate("document.activeElement.dataset.card") == "ask"
    page.keyboard.press("Escape")
    assert page.locator("#page-view [data-box]").count() == 0
    assert not page.locator(".sc-card").is_visible()
    # The same page is still shown: the arrows moved the box and turned nothing.
    lay_out(page)
    second = page.locator(REGION).nth(1)
    second.focus()
    page.keyboard.press("Enter")
    assert page.input_value(QUESTION).split() == driving.text_of(second).split()
    assert page.evaluate("document.activeElement.dataset.card") == "ask"
    page.keyboard.press("Escape")
    assert second.evaluate("node => node === document.activeElement")


def test_a_finger_draws_a_box_on_a_phone(opened: Callable[..., Any]) -> None:
    page = opened(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    driving.show(page, "page")
    page.locator("[data-draw]").tap()
    fingers = page.context.new_cdp_session(page)
    box = BOXES[1]
    points = [on_screen(page, *box[:2]), on_screen(page, 900, 700), on_screen(page, *box[2:])]
    for kind, (x, y) in zip(("touchStart", "touchMove", "touchMove"), points, strict=True):
        touch = {"type": kind, "touchPoints": [{"x": x, "y": y}]}
        fingers.send("Input.dispatchTouchEvent", touch)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_selector("#page-view [data-box]")
    assert drawn_box(page) == pytest.approx(box, abs=8)
    assert page.locator("[data-card=ask]").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_categories_are_hidden_labels_stay_on_the_page_and_downloads_come(
    opened: Callable[..., Any],
) -> None:
    page = opened()
    lay_out(page)
    count = page.locator(REGION).count()
    category = page.locator(REGION).nth(2).get_attribute("data-category")
    own = page.locator(f"{REGION}[data-category={category}]")
    key = page.locator(f"[data-legend={category}]")
    assert key.get_attribute("aria-pressed") == "true"
    key.click()
    assert key.get_attribute("aria-pressed") == "false"
    assert not any(mark.is_visible() for mark in own.all())
    assert page.locator(f"{REGION}:visible").count() == count - own.count()
    key.click()
    assert all(mark.is_visible() for mark in own.all())
    for step in ("[data-fit=width]", "[data-zoom=in]", "[data-zoom=in]", "[data-fit=page]"):
        page.click(step)
        paper = page.locator("#page-view .sc-paper").bounding_box()
        for tag in page.locator("#page-view .sc-tag").all():
            box = tag.bounding_box()
            assert box["x"] >= paper["x"] - 0.1
            assert box["y"] >= paper["y"] - 0.1
            assert box["x"] + box["width"] <= paper["x"] + paper["width"] + 0.1
            assert box["y"] + box["height"] <= paper["y"] + paper["height"] + 0.1
    screen_state = page.locator("#page-view .sc-desk").bounding_box()
    assert paper["height"] <= screen_state["height"], "the whole page is seen"
    page.click("#regions summary")
    for kind, start in (("md", b""), ("html", b"<!"), ("pdf", b"%PDF"), ("zip", b"PK")):
        with page.expect_download() as download:
            page.click(f"#regions [data-export={kind}]")
        content = Path(download.value.path()).read_bytes()
        assert content.lower().startswith(start.lower())
        assert download.value.suggested_filename == f"report.{kind}"
        assert len(content) > 50
    assert zipfile.is_zipfile(download.value.path())
    # A page without a table has no spreadsheet.
    assert page.locator("#regions [data-export=xlsx]").is_visible() is False


def test_regions_stay_while_questions_are_asked(opened: Callable[..., Any]) -> None:
    page = opened()
    lay_out(page)
    count = page.locator(REGION).count()
    choose(page, "Question")
    with driving.answered(page):
        driving.ask(page, "What did the south branch do in May?")
    assert page.locator(REGION).count() == count
    page.wait_for_selector("#page-view [data-evidence]")
    page.click("#new-chat")
    page.wait_for_selector("#page-view .sc-empty:not([hidden])")
    assert page.locator(REGION).count() == 0
    assert not page.locator(".sc-legend").is_visible()
