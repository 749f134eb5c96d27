"""Where the focus goes when what was pressed is drawn anew, and what Escape closes."""

from pathlib import Path
from typing import Any

import pytest
from font_roboto import Roboto
from PIL import Image, ImageDraw, ImageFont

from tests.browser import driving
from tests.browser.conftest import NewPage
from tests.browser.scripted_app import SLOWLY

QUESTION = "#question textarea"
CARD = ".sc-card:not([hidden])"
TALK = "#side [data-conversation]"
# A place of the answer: printed on the first page of two.
SUM = "1,250.00"


@pytest.fixture(scope="module")
def app_url(scripted_url: str) -> str:
    return scripted_url


@pytest.fixture
def page(new_page: NewPage, tmp_path: Path) -> Any:
    """The app with a scan of two pages."""
    font = ImageFont.truetype(Roboto, 40)
    sheets = []
    for line in (f"Deposit: {SUM}", "Yours truly"):
        sheet = Image.new("L", (620, 800), "white")
        ImageDraw.Draw(sheet).text((80, 400), line, font=font, fill="black")
        sheets.append(sheet)
    sheets[0].save(tmp_path / "letter.tiff", save_all=True, append_images=sheets[1:])
    page = new_page()
    driving.upload(page, tmp_path / "letter.tiff")
    page.wait_for_selector("#page-view img[src]")
    return page


def say(page: Any, words: str) -> None:
    with driving.answered(page):
        driving.ask(page, words)


def wait_for_focus(page: Any, selector: str) -> None:
    page.wait_for_function(
        "selector => document.activeElement.matches(selector)", arg=selector, timeout=5_000
    )


def is_open(page: Any, selector: str) -> bool:
    return bool(page.locator(selector).count())


def test_a_button_that_is_drawn_anew_has_the_focus_again(page: Any) -> None:
    say(page, "one")
    page.focus(".sc-act[name=good]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sc-act.sc-on[name=good]")
    wait_for_focus(page, ".sc-act.sc-on[name=good]")
    with driving.answered(page):
        driving.ask(page, f"{SLOWLY} " + "and " * 60)  # so long that its end is not missed
    again = page.locator(".sc-act[name=again]").last
    turn = again.get_attribute("value")
    again.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#stop:not([disabled])")
    page.wait_for_selector("#stop[disabled]", timeout=driving.ANSWER_MILLISECONDS)
    wait_for_focus(page, f".sc-act[name=again][value='{turn}'], {QUESTION}")
    # What is gone for good leaves the focus to the text box.
    page.locator(".sc-act[name=undo]").last.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('#chat .message.user').length === 1")
    wait_for_focus(page, QUESTION)


def test_the_button_of_a_task_is_greyed_while_it_runs_and_has_the_focus_after(page: Any) -> None:
    page.click("#task [data-task=layout]")
    with driving.answered(page):
        page.focus("#run")
        page.keyboard.press("Enter")
    wait_for_focus(page, "#run")
    # Who goes on elsewhere meanwhile stays there.
    with driving.answered(page):
        page.focus("#run")
        page.keyboard.press("Enter")
        page.focus("#new-chat")
    page.wait_for_selector("#run:not([disabled])")
    # A timer that is set now and longer ends after the one that would bring the focus back.
    page.evaluate("() => new Promise((ended) => setTimeout(ended, 100))")
    wait_for_focus(page, "#new-chat")


def test_escape_in_a_row_of_the_list_gives_its_button_the_focus(page: Any) -> None:
    say(page, "one")
    page.locator("button.toggle-button").first.click()
    page.wait_for_selector(TALK)
    for name in ("rename", "delete"):
        page.focus(f"{TALK} [data-do={name}]")
        page.keyboard.press("Enter")
        page.wait_for_selector(f"{TALK} [data-do={name}d], {TALK} [data-do=named]")
        page.keyboard.press("Escape")
        wait_for_focus(page, f"{TALK} [data-do={name}]")
    page.focus("#side [data-do=wipe]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#side [data-do=wiped]")
    page.keyboard.press("Escape")
    wait_for_focus(page, "#side [data-do=wipe]")
    # A name that is kept, too.
    page.focus(f"{TALK} [data-do=rename]")
    page.keyboard.press("Enter")
    page.keyboard.type("Deposit")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sc-talk-title >> text=Deposit")
    wait_for_focus(page, f"{TALK} [data-do=rename]")


def test_the_card_of_a_place_goes_by_escape_and_with_its_page(page: Any) -> None:
    say(page, f"The deposit was {SUM}")
    page.wait_for_selector("#page-view [data-evidence]")
    page.focus(QUESTION)
    page.evaluate("document.querySelector('#chat .sc-cite').click()")
    page.wait_for_selector(CARD)
    assert SUM in page.inner_text(".sc-card-text")
    page.keyboard.press("Escape")
    page.wait_for_selector(CARD, state="detached")
    wait_for_focus(page, QUESTION)
    page.click("#evidence [data-chip]")
    page.wait_for_selector(CARD)
    page.click("#page-next")
    assert not is_open(page, CARD)
    page.click("#page-prev")
    assert not is_open(page, CARD)


def test_who_leaves_an_edit_finds_what_stood_in_the_text_box(page: Any) -> None:
    say(page, "one")
    for typed in ("half a question", ""):
        for leave in ("Escape", "Escape elsewhere", "button"):
            page.fill(QUESTION, typed)
            page.click(".sc-act[name=edit]")
            page.wait_for_selector("#editing button")
            page.wait_for_function(
                "box => document.querySelector(box).value === 'one'", arg=QUESTION
            )
            wait_for_focus(page, QUESTION)
            if leave == "Escape":
                page.keyboard.type(" and two")
                page.keyboard.press("Escape")
            elif leave == "Escape elsewhere":
                page.evaluate("document.activeElement.blur()")
                page.keyboard.press("Escape")
            else:
                page.click("#editing button")
            page.wait_for_selector("#editing button", state="detached")
            assert page.input_value(QUESTION) == typed
            wait_for_focus(page, QUESTION)
    # The next question takes the place of none.
    say(page, "two")
    assert page.locator("#chat .message.user").count() == 2
