"""The tasks as buttons: greyed ones say why, the keyboard goes round, fields start the form."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.browser import driving


@pytest.fixture(scope="module")
def app_url(scripted_url: str) -> str:
    return scripted_url


def page_of_text(path: Path) -> Path:
    image = Image.new("RGB", (600, 400), "white")
    ImageDraw.Draw(image).text((60, 60), "Total 42", fill="black", font_size=40)
    image.save(path)
    return path


def chosen(page: Any) -> str:
    return str(page.locator("#task [aria-checked=true]").get_attribute("data-task"))


def test_the_chosen_task_can_be_read_under_the_pointer(new_page: Any) -> None:
    page = new_page()
    button = page.locator("#task [data-task=layout]")
    button.click()
    page.wait_for_selector("#task [data-task=layout][aria-checked=true]")
    button.hover()
    colours = button.evaluate(
        "node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]"
    )
    assert colours == ["rgb(255, 255, 255)", "rgb(29, 78, 216)"]


def test_the_list_of_models_closes_when_the_keyboard_leaves_it(new_page: Any) -> None:
    page = new_page()
    page.focus("#model input")
    page.wait_for_selector("#model [role=option]")
    page.keyboard.press("Tab")
    page.wait_for_selector("#model [role=option]", state="detached")
    # It is closed for good: Gradio opens it anew when the focus has gone. A timer of the page that
    # is set now ends after those by which that happens (200 ms, dropdowns.js).
    page.evaluate("() => new Promise((ended) => setTimeout(ended, 300))")
    assert page.locator("#model [role=option]").count() == 0
    page.focus("#model input")
    page.wait_for_selector("#model [role=option]")


def test_tasks_say_why_they_are_greyed_and_are_chosen_by_keyboard(
    new_page: Any, tmp_path: Path
) -> None:
    page = new_page()
    page.wait_for_selector("#task [data-task=layout]")
    greyed = page.locator("#task [data-task=formula]")
    assert greyed.get_attribute("aria-disabled") == "true"
    greyed.click(force=True)  # to Playwright it is disabled
    said = page.inner_text("#task .sc-why")
    assert "cannot do this" in said and "glm_ocr" in said
    assert chosen(page) == "question"
    page.focus("#question textarea")
    assert page.locator("#task .sc-why").is_hidden()

    page.locator("#task [data-task=question]").focus()
    page.keyboard.press("ArrowRight")  # past those that are greyed
    assert chosen(page) == "layout"
    page.wait_for_selector("#run:visible")
    assert page.evaluate("document.activeElement.dataset.task") == "layout"
    page.keyboard.press("ArrowRight")
    assert chosen(page) == "question"
    page.wait_for_selector("#run", state="hidden")

    page.click("#task [data-task=fields]")
    assert page.inner_text("#task .sc-why")
    driving.upload(page, page_of_text(tmp_path / "total.png"))
    page.wait_for_selector("#page-view img[src]", state="attached")
    page.click("#task [data-task=fields]")
    page.wait_for_selector("#fields .sc-form:not([hidden])")
    assert page.locator("#task .sc-why").is_hidden()
