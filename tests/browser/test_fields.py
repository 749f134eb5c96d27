"""The form of fields beside the page: read, look at a place, correct, confirm, save."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser import driving
from tests.browser.conftest import NewPage
from tests.fields.drawn import specimen_of

Opened = Callable[..., tuple[Any, driving.Invoice]]


@pytest.fixture
def opened(new_page: NewPage, tmp_path: Path) -> Opened:
    """Opens the app with a drawn invoice whose fields are read."""

    def open_invoice(**options: Any) -> tuple[Any, driving.Invoice]:
        page, invoice = new_page(**options), driving.draw_invoice()
        driving.upload(page, invoice.save(tmp_path / "invoice.png"))
        page.wait_for_selector("#page-view img[src]", state="attached")
        if page.viewport_size["width"] <= 900:
            driving.show(page, "page")
        page.click("#fields [data-fields=read]")
        page.wait_for_selector(".sc-field", timeout=driving.ANSWER_MILLISECONDS)
        return page, invoice

    return open_invoice


def field(page: Any, name: str) -> Any:
    return page.locator(f"[data-field={name}]")


def value(page: Any, name: str) -> str:
    return str(field(page, name).locator("textarea").input_value())


def test_fields_are_read_shown_on_the_page_corrected_and_saved(opened: Opened) -> None:
    page, invoice = opened()
    assert page.locator("#fields select").input_value() == "invoice"
    assert value(page, "total") == "1486.25"
    assert value(page, "date") == "2026-03-14"
    assert "NP-20417" in value(page, "number")

    field(page, "total").locator("textarea").focus()
    page.wait_for_selector("#page-view .sc-box")
    x, y, width, height = (
        float(page.locator("#page-view .sc-box").get_attribute(name))
        for name in ("x", "y", "width", "height")
    )
    left, top, right, bottom = invoice.total_box
    assert x < (left + right) / 2 < x + width
    assert y < (top + bottom) / 2 < y + height
    assert driving.TOTAL in page.locator(".sc-card-text").inner_text()

    field(page, "buyer").locator("textarea").fill("Larkfield Ltd")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-field=buyer][data-state=confirmed]")
    field(page, "total").locator("[data-fields=confirm]").click()
    page.wait_for_selector("[data-field=total][data-state=confirmed]")

    with page.expect_download() as downloading:
        page.click("#fields [data-save=json]")
    saved = json.loads(Path(downloading.value.path()).read_text(encoding="utf-8"))
    assert saved["fields"]["buyer"]["value"] == "Larkfield Ltd"
    assert saved["fields"]["total"]["value"] == "1486.25"


@pytest.mark.parametrize(
    ("language", "named", "warned"),
    [
        ("en", "Contract (experimental)", "three in ten fields"),
        ("ru", "Договор (экспериментально)", "три поля из десяти"),
    ],
)
def test_a_type_that_is_often_wrong_is_marked_experimental(
    opened: Opened, language: str, named: str, warned: str
) -> None:
    page, _ = opened(locale=f"{language}-{language.upper()}")
    hint = page.locator("#fields .sc-fields > .sc-hint")
    assert warned not in hint.inner_text()
    assert page.locator("#fields option[value=contract]").inner_text() == named
    page.select_option("#fields select", "contract")
    hint.filter(has_text=warned).wait_for(timeout=driving.ANSWER_MILLISECONDS)
    assert field(page, "seller").count() == 1


def test_the_type_can_be_changed_and_confirmed_values_stay(opened: Opened) -> None:
    page, _ = opened()
    field(page, "total").locator("[data-fields=confirm]").click()
    page.wait_for_selector("[data-field=total][data-state=confirmed]")
    page.select_option("#fields select", "receipt")
    page.wait_for_selector("[data-field=company]", timeout=driving.ANSWER_MILLISECONDS)
    assert value(page, "total") == "1486.25"
    assert field(page, "total").get_attribute("data-state") == "confirmed"


def test_each_document_of_a_file_has_its_form_and_keys_step_between_them(
    new_page: NewPage, tmp_path: Path
) -> None:
    page, invoice = new_page(locale="ru-RU"), driving.draw_invoice()
    receipt = specimen_of("receipt", "en", 4).image
    path = tmp_path / "scans.tiff"
    invoice.image.save(path, save_all=True, append_images=[receipt])
    driving.upload(page, path)
    page.wait_for_selector("#page-view img[src]", state="attached")
    page.click("#fields [data-fields=read]")
    page.wait_for_selector("text=Документ 1 из 2 · стр. 1", timeout=driving.ANSWER_MILLISECONDS)
    assert value(page, "total") == "1486.25"
    field(page, "buyer").locator("textarea").fill("Larkfield Ltd")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-field=buyer][data-state=confirmed]")

    page.locator("[data-part='1']").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Документ 2 из 2 · стр. 2")
    assert page.locator("#fields select").input_value() == "receipt"
    assert page.locator("[data-field=company]").count() == 1
    assert page.locator(".sc-jump input").input_value() == "2"
    assert page.evaluate("document.activeElement.dataset.part") == "1", "the focus stays"
    page.keyboard.press("Enter")  # there is no third
    page.locator("[data-part='-1']").press("Enter")
    page.wait_for_selector("text=Документ 1 из 2 · стр. 1")
    assert value(page, "buyer") == "Larkfield Ltd"

    with page.expect_download() as downloading:
        page.click("#fields [data-save=json]")
    saved = json.loads(Path(downloading.value.path()).read_text(encoding="utf-8"))
    assert [one["document_type"] for one in saved["documents"]] == ["invoice", "receipt"]
    assert saved["documents"][0]["fields"]["buyer"]["value"] == "Larkfield Ltd"

    page.click("#fields [data-fields=whole]")
    page.wait_for_selector("text=Искать несколько документов", timeout=driving.ANSWER_MILLISECONDS)
    page.wait_for_selector(".sc-part", state="hidden")
    assert value(page, "buyer") == "Larkfield Ltd"


def test_the_form_is_in_russian_and_fits_a_phone(opened: Opened) -> None:
    page, _ = opened(locale="ru-RU", viewport={"width": 375, "height": 800})
    assert field(page, "total").locator("label").inner_text().startswith("Итого")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    small = page.locator("#fields button:visible").evaluate_all(
        "buttons => buttons.filter((one) => one.getBoundingClientRect().height < 36).length"
    )
    assert small == 0


@pytest.mark.parametrize("size", [(1360, 860), (1024, 768)], ids=["wide", "small"])
def test_below_layout_and_fields_the_page_keeps_its_room_and_all_of_it_can_be_drawn_on(
    opened: Opened, size: tuple[int, int]
) -> None:
    page, _ = opened(viewport={"width": size[0], "height": size[1]})
    page.click("#task [data-task=layout]")
    with driving.answered(page):
        page.click("#run")
    page.wait_for_selector("#regions tr[data-region]")
    look, view, screen_state = (
        page.locator(name).bounding_box() for name in ("#look", "#page-view", ".sc-desk")
    )
    assert screen_state["height"] >= 0.37 * look["height"]
    assert view["height"] >= 0.5 * look["height"]
    # What the desk shows is seen: its frame cuts nothing off.
    assert screen_state["y"] + screen_state["height"] <= view["y"] + view["height"]
    page.click("button[data-fit=page]")
    paper = page.locator(".sc-paper").bounding_box()
    assert paper["y"] + paper["height"] <= screen_state["y"] + screen_state["height"]
    # The hint for drawing takes room, and the page stays as large as it is.
    page.click("[data-draw]")
    page.wait_for_selector(".sc-how:not([hidden])")
    driving.wait_until_still(page, ".sc-paper", ".sc-desk")
    drawn_on = page.locator(".sc-paper").bounding_box()
    assert drawn_on["height"] == pytest.approx(paper["height"], abs=1)
    page.locator(".sc-desk").evaluate("desk => desk.scrollTo(0, desk.scrollHeight)")
    drawn_on = page.locator(".sc-paper").bounding_box()
    left, low = drawn_on["x"], drawn_on["y"] + drawn_on["height"]
    page.mouse.move(left + 0.2 * drawn_on["width"], low - 0.1 * drawn_on["height"])
    page.mouse.down()
    page.mouse.move(left + 0.6 * drawn_on["width"], low - 0.02 * drawn_on["height"], steps=3)
    page.mouse.up()
    bottom = float(page.get_attribute("#page-view [data-box]", "data-bbox").split(",")[3])
    assert bottom == pytest.approx(0.98 * 1754, abs=8)
    # The ends of both lists can be reached.
    for last in ("#fields [data-save=xlsx]", "#regions tbody tr:last-child"):
        part = page.locator(last)
        part.scroll_into_view_if_needed()
        box = part.bounding_box()
        at = (box["x"] + 20, box["y"] + box["height"] - 4)
        assert page.evaluate(
            """([last, x, y]) =>
                 document.querySelector(last).contains(document.elementFromPoint(x, y))""",
            [last, *at],
        ), last
