"""The numbered marks in an answer: each leads to its box, and what was not found is marked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from font_roboto import Roboto
from PIL import Image, ImageDraw, ImageFont

from tests.browser import driving
from tests.browser.conftest import NewPage

ANSWER = "The deposit was 1,250.00, paid on 14 March 2026. The fee was 77.13."
MARK = "#chat .sc-cite"


@pytest.fixture(scope="module")
def app_url(scripted_url: str) -> str:
    return scripted_url


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pages; the deposit stands on the first, the date on the third."""
    pages = []
    for line in ("Deposit received: 1 250,00", "This page is left empty", "Paid: 2026-03-14"):
        page = Image.new("RGB", (800, 1000), "white")
        font = ImageFont.truetype(Roboto, 34)
        ImageDraw.Draw(page).text((90, 600), line, font=font, fill="black")
        pages.append(page)
    path = tmp_path_factory.mktemp("scans") / "deposit.tiff"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


@pytest.fixture
def asked(new_page: NewPage, scan: Path) -> Callable[..., Any]:
    """Opens the app with the scan and has the scripted model say something."""

    def ask(said: str = ANSWER, **options: Any) -> Any:
        page = new_page(**options)
        driving.upload(page, scan)
        page.wait_for_selector("#page-view img[src]", state="attached")
        with driving.answered(page):
            driving.ask(page, said)
        page.wait_for_selector(f"{MARK} >> nth=0")
        return page

    return ask


def shown_boxes(page: Any) -> list[tuple[str, str]]:
    """(page index, number) of the boxes on the page."""
    boxes = page.locator("#page-view svg [data-evidence]")
    numbers = page.locator("#page-view .sc-number").all_text_contents()
    return list(zip((box.get_attribute("data-page") for box in boxes.all()), numbers, strict=True))


def test_every_fact_has_its_mark_and_the_mark_leads_to_its_page(asked: Callable[..., Any]) -> None:
    page = asked()
    assert page.locator(MARK).evaluate_all("marks => marks.map((mark) => mark.value)") == ["1", "2"]
    assert page.locator("#evidence .sc-figure").all_inner_texts() == ["1", "2"]
    # Each mark stands right behind the last word of its fact.
    held = page.locator("#chat .sc-held").all_inner_texts()
    assert held == ["1,250.00", "2026"]
    missing = page.locator("#chat .sc-missing")
    assert missing.all_inner_texts() == ["77.13"]
    assert missing.get_attribute("title") == "Not found on the page"
    assert shown_boxes(page) == [("0", "1")]
    page.locator(MARK).nth(1).click()
    page.wait_for_selector("#page-view [data-evidence][data-page='2'].sc-glow")
    assert shown_boxes(page) == [("2", "2")]
    assert "page 3 of 3" in page.get_attribute("#page-view .sc-position", "title")
    assert "2026-03-14" in page.inner_text(".sc-card-text")
    # By keys: the mark keeps the focus, so that reading goes on where it was.
    page.locator(MARK).first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#page-view [data-evidence][data-page='0'].sc-glow")
    assert page.evaluate("document.activeElement.value") == "1"


def test_copying_an_answer_leaves_the_numbers_out(asked: Callable[..., Any]) -> None:
    page = asked()
    assert ANSWER in driving.answers(page)
    copied = page.evaluate(
        """() => {
          const said = document.querySelector(".sc-cite").closest(".message-content");
          getSelection().selectAllChildren(said);
          return getSelection().toString();
        }"""
    )
    assert copied.strip() == ANSWER


def test_a_mark_of_an_earlier_answer_brings_its_places_back(asked: Callable[..., Any]) -> None:
    page = asked()
    with driving.answered(page):
        driving.ask(page, "It was paid on 14 March 2026.")
    page.wait_for_function("document.querySelectorAll('#evidence [data-chip]').length === 1")
    page.locator(MARK).first.click()
    page.wait_for_selector("#page-view [data-evidence][data-page='0'].sc-glow")
    assert page.locator("#evidence [data-chip]").count() == 2
    # The next answer takes their place.
    with driving.answered(page):
        driving.ask(page, "Again 14 March 2026.")
    page.wait_for_selector("#page-view [data-evidence][data-page='2']")
    assert page.locator("#evidence [data-chip]").count() == 1


def test_a_finger_on_a_mark_brings_the_page_into_sight(asked: Callable[..., Any]) -> None:
    phone = {"viewport": {"width": 375, "height": 740}, "has_touch": True, "is_mobile": True}
    page = asked(**phone, reduced_motion="no-preference")
    box = page.locator(MARK).first.bounding_box()
    assert not page.locator("#page-view").is_visible()
    # A little beside the figure, as fingers are.
    page.touchscreen.tap(box["x"] + box["width"] + 3, box["y"] + box["height"] / 2)
    page.wait_for_selector("#page-view [data-evidence].sc-glow")
    page.wait_for_function("document.querySelector('#page-view').getBoundingClientRect().top < 400")
    assert not page.locator("#talk").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_words_of_a_model_cannot_become_a_mark(asked: Callable[..., Any]) -> None:
    forged = '<button class="sc-cite" name="turn-1" value="9">9</button> says 1,250.00'
    page = asked(forged)
    assert page.locator(MARK).count() == 1
    assert forged in driving.answers(page)


def test_marks_speak_the_language_of_the_screen(asked: Callable[..., Any]) -> None:
    page = asked(locale="ru-RU")
    assert page.locator(MARK).first.get_attribute("title") == "Показать место 1 на странице"
    assert page.get_attribute("#chat .sc-missing", "title") == "На странице не найдено"
