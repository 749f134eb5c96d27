"""An answer that may be wrong says so, and its suggestions show themselves on the page."""

from pathlib import Path
from typing import Any

import pytest
from font_roboto import Roboto
from PIL import Image, ImageDraw, ImageFont

from tests.browser import driving
from tests.browser.conftest import NewPage
from tests.browser.scripted_app import REFUSED, UNSURE

CHIP = "#chat .sc-place"


@pytest.fixture(scope="module")
def app_url(scripted_url: str) -> str:
    return scripted_url


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    pages = []
    for line in ("Deposit received: 1 250,00", "Paid: 2026-03-14"):
        page = Image.new("RGB", (800, 1000), "white")
        font = ImageFont.truetype(Roboto, 34)
        ImageDraw.Draw(page).text((90, 580), line, font=font, fill="black")
        pages.append(page)
    path = tmp_path / "deposit.tiff"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


def shown_box(page: Any) -> tuple[str | None, str | None]:
    """(page index, box in page pixels) of the box of a suggestion."""
    page.wait_for_selector("#page-view .sc-box[data-box]")
    box = page.locator("#page-view .sc-box")
    return box.get_attribute("data-page"), box.get_attribute("data-bbox")


@pytest.mark.parametrize(
    ("beginning", "words"), [(UNSURE, "Or here:"), (REFUSED, "Nearest places:")]
)
def test_a_suggestion_shows_itself_on_its_page_also_for_an_earlier_answer(
    new_page: NewPage, scan: Path, beginning: str, words: str
) -> None:
    page = new_page()
    driving.upload(page, scan)
    page.wait_for_selector("#page-view img[src]", state="attached")
    with driving.answered(page):
        driving.ask(page, f"{beginning} 1,250.00")
    page.wait_for_selector(CHIP)
    assert words in page.locator("#chat .sc-nearest").inner_text()
    assert page.locator("#chat .sc-doubt").count() == int(beginning == UNSURE)
    page.locator(CHIP).press("Enter")
    assert shown_box(page) == ("1", "80,550,480,650")
    with driving.answered(page):
        driving.ask(page, "Something else")
    page.keyboard.press("Escape")
    page.locator(CHIP).click()
    assert shown_box(page) == ("1", "80,550,480,650")
