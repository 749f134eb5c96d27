"""A person with a scan: upload, ask, see the place, layout, bad files, stop, another visitor."""

from pathlib import Path

import pytest

from tests.browser import driving
from tests.browser.conftest import NewPage


@pytest.fixture(scope="module")
def invoice() -> driving.Invoice:
    return driving.draw_invoice()


@pytest.fixture
def scan(invoice: driving.Invoice, tmp_path: Path) -> Path:
    return invoice.save(tmp_path / "invoice.png")


def test_a_question_is_answered_with_its_place_on_the_page(
    new_page: NewPage, invoice: driving.Invoice, scan: Path
) -> None:
    page = new_page()
    driving.upload(page, scan)
    page.wait_for_selector("#page-view img[src]")
    assert "invoice.png" in page.inner_text("#page-view")
    assert "invoice.png is open: 1 page." in driving.answers(page)
    with driving.answered(page):
        driving.ask(page, "What is the total?")
    assert driving.digits(driving.TOTAL) in driving.digits(driving.answers(page)[-1])
    mark = page.locator("#page-view [data-evidence]").first
    assert mark.get_attribute("data-page") == "0"
    truth = invoice.total_box
    stated = tuple(float(edge) for edge in mark.get_attribute("data-bbox").split(","))
    assert driving.covered(stated, truth) > 0.5
    assert driving.covered(driving.box_on_screen(page, mark), truth) > 0.5
    assert page.locator("#evidence [data-chip]").count() >= 1
    # A follow-up needs no new upload.
    with driving.answered(page):
        driving.ask(page, "What is the invoice number?")
    assert "20417" in driving.answers(page)[-1]
    assert "lite" in page.inner_text("#status")


def test_the_layout_is_drawn_and_listed(new_page: NewPage, scan: Path) -> None:
    page = new_page()
    driving.upload(page, scan)
    page.wait_for_selector("#page-view img[src]")
    page.locator("#task").get_by_text("Layout", exact=True).click()
    with driving.answered(page):
        page.click("#run")
    regions = page.locator("#page-view [data-region]")
    rows = page.locator("#regions [data-region]")
    assert regions.count() == rows.count() > 0
    assert regions.first.get_attribute("data-category")
    assert [int(row.get_attribute("data-order")) for row in rows.all()] == list(range(rows.count()))
    paper = page.locator("#page-view .sc-paper").bounding_box()
    for tag in page.locator("#page-view .sc-tag").all():
        box = tag.bounding_box()
        assert box["x"] >= paper["x"] - 3
        assert box["y"] >= paper["y"] - 3
        assert box["x"] + box["width"] <= paper["x"] + paper["width"] + 3
    for kind, start in (("png", b"\x89PNG"), ("json", b"{")):
        with page.expect_download() as download:
            page.click(f"#regions [data-export={kind}]")
        assert Path(download.value.path()).read_bytes().startswith(start)
        assert download.value.suggested_filename.endswith(kind)
    words = driving.text_of(regions.first)
    regions.first.click(position={"x": 4, "y": 4})
    assert page.input_value("#question textarea").split() == words.split()


def test_a_broken_file_gets_one_sentence_and_the_session_goes_on(
    new_page: NewPage, invoice: driving.Invoice
) -> None:
    files = [
        ("broken.pdf", "application/pdf", b"%PDF-1.7\nnothing follows"),
        ("<img src=x onerror=window.pwned=1>.txt", "text/plain", b"not an image"),
        ("invoice.png", "image/png", invoice.png()),
    ]
    page = new_page()
    driving.upload(
        page, *({"name": name, "mimeType": kind, "buffer": data} for name, kind, data in files)
    )
    page.wait_for_selector("#page-view img[src]")
    page.wait_for_selector("#chat .sc-problem >> nth=1")
    problems = page.locator("#chat .sc-problem").all_inner_texts()
    assert len(problems) == 2
    assert "broken.pdf" in problems[0] + problems[1]
    assert page.evaluate("window.pwned") is None
    with driving.answered(page):
        driving.ask(page, "What is the total?")
    assert driving.digits(driving.TOTAL) in driving.digits(driving.answers(page)[-1])


def test_two_visitors_do_not_see_each_other(new_page: NewPage, scan: Path) -> None:
    first, second = new_page(), new_page(locale="ru-RU")
    driving.upload(first, scan)
    with driving.answered(first):
        # Sent at once: the question waits for its file.
        driving.ask(first, "What is the total?")
        assert "Вопрос" in second.inner_text("#task")
        driving.ask(second, "Какая сумма?")
        second.wait_for_selector("#chat .sc-problem")
    assert driving.digits(driving.TOTAL) in driving.digits(driving.answers(first)[-1])
    assert first.locator("#page-view [data-evidence]").count() >= 1
    assert second.locator("#page-view [data-evidence]").count() == 0
    assert second.locator("#page-view img[src]").count() == 0
    assert driving.TOTAL not in second.inner_text("#chat")


def test_stop_ends_the_answer_and_new_chat_clears_the_screen(
    new_page: NewPage, tmp_path: Path
) -> None:
    pages = [driving.draw_invoice(f"{number},000.00").image for number in range(1, 13)]
    pages[0].save(tmp_path / "many.pdf", save_all=True, append_images=pages[1:], resolution=150)
    page = new_page()
    driving.upload(page, tmp_path / "many.pdf")
    page.wait_for_selector("#page-view img[src]")
    driving.ask(page, "What is the total?")
    page.wait_for_selector("#stop:not([disabled])")
    page.click("#stop")
    page.wait_for_selector("#stop[disabled]", timeout=20_000)
    assert driving.answers(page)[-1] == "Stopped."
    # Pages are turned without the answer, and their pictures come when they are needed.
    page.click("#page-next")
    page.wait_for_selector("#page-view img[src]")
    assert "page 2 of 12" in page.inner_text("#page-view")
    page.click("#page-prev")
    assert page.locator("#page-prev").is_disabled()
    page.click("#new-chat")
    page.wait_for_selector("#chat .example, #chat .placeholder")
    page.wait_for_selector("#page-view .sc-empty:not([hidden])")
    assert page.locator("#page-view img[src]").count() == 0


def test_the_screen_fits_a_phone(new_page: NewPage, scan: Path) -> None:
    page = new_page(viewport={"width": 375, "height": 740}, has_touch=True, is_mobile=True)
    driving.upload(page, scan)
    page.wait_for_selector("#page-view img[src]", state="attached")
    for side, shown, hidden in (("page", "#look", "#talk"), ("chat", "#talk", "#look")):
        driving.show(page, side)
        assert page.locator(shown).is_visible()
        assert not page.locator(hidden).is_visible()
        assert page.get_attribute(f"button[data-side={side}]", "aria-pressed") == "true"
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
    # One page has nowhere to turn: its bar is room enough for what it says.
    driving.show(page, "page")
    said = page.locator("#page-view .sc-overall").bounding_box()
    tools = page.locator("#page-view .sc-bar > button:visible, #page-view .sc-zoom button:visible")
    assert tools.count() >= 4
    assert all(tool.bounding_box()["x"] >= said["x"] + said["width"] for tool in tools.all())
