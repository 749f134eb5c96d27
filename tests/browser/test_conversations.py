"""Conversations as a person keeps them: list, second thoughts, reload, two visitors."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.browser import driving
from tests.browser.conftest import NewPage
from tests.browser.scripted_app import SLOWLY

TALK = "#side [data-conversation]"
LONG = f"{SLOWLY} " + " ".join(f"w{number}" for number in range(150))
END = "w149"


@pytest.fixture(scope="module")
def app_url(scripted_url: str) -> str:
    return scripted_url


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    return driving.draw_invoice().save(tmp_path / "invoice.png")


@pytest.fixture
def second_scan(tmp_path: Path) -> Path:
    return driving.draw_invoice("9,000.00").save(tmp_path / "second.png")


def opened(page: Any, scan: Path) -> Any:
    driving.upload(page, scan)
    page.wait_for_selector("#page-view img[src]", state="attached")
    return page


def say(page: Any, *questions: str) -> None:
    for question in questions:
        with driving.answered(page):
            driving.ask(page, question)


def questions(page: Any) -> list[str]:
    return [words.strip() for words in page.locator("#chat .message.user").all_inner_texts()]


def leave_while_it_is_answered(page: Any) -> None:
    """Ask LONG and begin a new chat when its answer has begun."""
    driving.ask(page, LONG)
    wait_for_words(page, "w5")
    page.click("#new-chat")
    page.wait_for_function("document.querySelectorAll('#chat .message.user').length === 0")


def show_list(page: Any) -> None:
    page.locator("button.toggle-button").first.click()
    page.wait_for_selector(TALK)


def titles(page: Any) -> list[str]:
    return page.locator(f"{TALK} .sc-talk-title").all_inner_texts()  # type: ignore[no-any-return]


def wait_for_titles(page: Any, *expected: str) -> None:
    page.wait_for_function(
        """expected => JSON.stringify([...document.querySelectorAll("#side .sc-talk-title")]
           .map(node => node.textContent)) === JSON.stringify(expected)""",
        arg=list(expected),
    )


def wait_for_words(page: Any, words: str) -> None:
    page.wait_for_function(
        """words => [...document.querySelectorAll("#chat .bot .message-content")]
           .some(node => node.textContent.includes(words))""",
        arg=words,
        timeout=driving.ANSWER_MILLISECONDS,
        polling=driving.POLLING_MILLISECONDS,
    )


def wait_until_ready(page: Any) -> None:
    page.wait_for_function(
        """() => document.querySelector("#stop").disabled
           && !document.querySelector("#status .sc-busy")""",
        timeout=driving.ANSWER_MILLISECONDS,
        polling=driving.POLLING_MILLISECONDS,
    )


def test_second_thoughts_edit_take_back_and_answer_again(new_page: NewPage, scan: Path) -> None:
    page = opened(new_page(), scan)
    say(page, "one", "two", "three")
    page.locator(".sc-act[name=again]").first.click()
    page.wait_for_function("document.querySelectorAll('#chat .message.user').length === 4")
    wait_until_ready(page)
    assert questions(page) == ["one", "two", "three", "one"]
    page.locator(".sc-act[name=undo]").click()
    page.wait_for_function("document.querySelectorAll('#chat .message.user').length === 3")
    assert page.input_value("#question textarea") == "one"
    page.locator(".sc-act[name=edit]").nth(1).click()
    page.wait_for_selector("#editing button")
    assert page.input_value("#question textarea") == "two"
    driving.ask(page, "two, better")
    wait_for_words(page, "two, better")
    wait_until_ready(page)
    assert questions(page) == ["one", "two, better"]
    page.click("#save summary")
    with page.expect_download() as download:
        page.click("#save [data-kind=json]")
    saved = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    asked = [one["question"] for one in saved["exchanges"]]
    assert asked == ["one", "two, better"]


def test_the_list_is_searched_renamed_opened_and_deleted(
    new_page: NewPage, scan: Path, second_scan: Path
) -> None:
    page = opened(new_page(), scan)
    say(page, "apples")
    page.click("#new-chat")
    page.wait_for_selector("#page-view .sc-empty:not([hidden])", state="attached")
    say(opened(page, second_scan), "pears")
    # While the list is closed, Tab does not come to what cannot be seen.
    page.wait_for_selector("#side [data-do=wipe]", state="attached")
    assert not page.locator("#side [data-do=wipe]").is_visible()
    show_list(page)
    assert page.locator("#side [data-do=wipe]").is_visible()
    wait_for_titles(page, "pears", "apples")
    page.fill("#side [type=search]", "apples")
    wait_for_titles(page, "apples")
    # What was searched stays searched when another conversation is opened, renamed or answered.
    page.click(f"{TALK} [data-do=open]")
    wait_for_words(page, "apples")
    page.wait_for_selector(f"{TALK}[aria-current]")
    assert (titles(page), page.input_value("#side [type=search]")) == (["apples"], "apples")
    page.fill("#side [type=search]", "")
    wait_for_titles(page, "pears", "apples")
    page.locator(f"{TALK} [data-do=rename]").nth(1).click()
    page.keyboard.type("Fruit of")
    # An answer that ends meanwhile brings a new list; what is being typed stays.
    page.evaluate("document.querySelector('#question textarea').value = ''")
    page.locator("#chat .sc-act[name=again]").first.dispatch_event("click")
    page.wait_for_function(
        """() => { const row = document.querySelector("#side .sc-talk-name")?.closest("li");
           return row && row === row.parentNode.firstElementChild; }"""
    )
    assert page.input_value("#side .sc-talk-name") == "Fruit of"
    page.keyboard.type(" May")
    page.keyboard.press("Enter")
    wait_for_titles(page, "Fruit of May", "pears")
    page.locator(f"{TALK} [data-do=delete]").nth(1).click()
    assert "“pears”" in page.inner_text(f"{TALK} .sc-talk-ask")
    page.click(f"{TALK} [data-do=deleted]")
    wait_for_titles(page, "Fruit of May")


def test_a_question_that_was_not_sent_outlives_the_page(new_page: NewPage, scan: Path) -> None:
    page = opened(new_page(), scan)
    page.fill("#question textarea", "half a question")
    page.reload()
    page.wait_for_function(
        """document.querySelector("#question textarea")?.value === "half a question" """
    )
    # One that was taken does not come back.
    say(page, "whole")
    page.reload()
    page.wait_for_selector("#page-view img[src]")
    page.wait_for_selector("#chat .message.user")
    assert page.input_value("#question textarea") == ""


def test_a_reload_in_the_middle_of_an_answer_loses_none_of_it(
    new_page: NewPage, scan: Path
) -> None:
    page = opened(new_page(), scan)
    driving.ask(page, LONG)
    wait_for_words(page, "w5")
    page.reload()
    page.wait_for_selector("#stop:not([disabled])")
    wait_for_words(page, END)
    wait_until_ready(page)
    say(page, "and now")
    assert questions(page)[-1] == "and now"


def test_an_answer_goes_on_in_its_conversation_while_another_is_on_the_screen(
    new_page: NewPage, scan: Path, second_scan: Path
) -> None:
    page = opened(new_page(), scan)
    leave_while_it_is_answered(page)
    say(opened(page, second_scan), "short")
    assert questions(page) == ["short"]
    show_list(page)
    page.locator(f"{TALK}:not([aria-current]) [data-do=open]").click()
    wait_for_words(page, END)
    wait_until_ready(page)
    assert questions(page) == [LONG]


def test_a_new_chat_stays_empty_when_the_answer_that_was_left_ends(
    new_page: NewPage, scan: Path
) -> None:
    page = opened(new_page(), scan)
    wait_for_answers = driving.pending_requests(page)
    leave_while_it_is_answered(page)
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector("#page-view [data-ready=true]")
    show_list(other)
    other.locator(f"{TALK}:not([aria-current]) [data-do=open]").click()
    wait_for_words(other, END)
    wait_until_ready(other)
    other.close()
    wait_for_answers()
    assert questions(page) == []
    assert page.locator("#page-view img[src]").count() == 0


def test_two_visitors_at_once_cannot_open_each_others_conversations(
    new_page: NewPage, scan: Path
) -> None:
    mine, other = opened(new_page(), scan), new_page()
    say(mine, "my secret")
    show_list(mine)
    wait_for_titles(mine, "my secret")
    secret = mine.locator(TALK).first.get_attribute("data-conversation")
    say(opened(other, scan), "mine alone")
    show_list(other)
    wait_for_titles(other, "mine alone")
    # The stranger's browser asks the server for it, as its own list would.
    other.evaluate(
        """([talk, id]) => { const row = document.querySelector(talk);
           row.dataset.conversation = id; row.querySelector("[data-do=open]").click(); }""",
        [TALK, secret],
    )
    say(other, "still here")
    assert questions(other) == ["mine alone", "still here"]
    for page, words in ((mine, "mine alone"), (other, "my secret")):
        assert words not in page.inner_text("body")


def test_the_same_file_can_be_dropped_again_in_a_new_chat(new_page: NewPage, scan: Path) -> None:
    page = opened(new_page(), scan)
    page.click("#new-chat")
    page.wait_for_selector("#page-view img[src]", state="detached")
    opened(page, scan)
    assert "invoice.png" in page.inner_text("#page-view")
