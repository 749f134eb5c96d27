"""PDFs: an encrypted one asks for its password; the words of a page show where they come from."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser import driving
from tests.browser.conftest import NewPage
from tests.documents.pdf_writing import PdfFile, text_at

LABELS = ("Surname", "First name", "Date of birth", "Membership number", "Home address")
BOX = "#password input"
SOURCE = "#page-view [data-source={}]"


@pytest.fixture(scope="module")
def app_url(scripted_url: str) -> str:
    return scripted_url


@pytest.fixture
def form(tmp_path: Path) -> PdfFile:
    pdf = PdfFile(text_at(60, 780, "Application for membership", size=16))
    for row, label in enumerate(LABELS):
        pdf.content += text_at(60, 720 - 34 * row, label)
    pdf.text_field((190, 714, 450, 734), "van der Berg")
    return pdf


def open_form(page: Any, path: Path) -> None:
    driving.upload(page, path)
    page.wait_for_selector("#page-view img[src]", state="attached")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_words_are_tinted_and_counted_by_where_they_come_from(
    new_page: NewPage, form: PdfFile, tmp_path: Path, language: str
) -> None:
    path = tmp_path / "form.pdf"
    path.write_bytes(form.bytes())
    page = new_page(locale=language)
    open_form(page, path)
    button = page.locator("[data-sources]")
    button.click()
    page.wait_for_selector(SOURCE.format("form"), state="attached")
    assert page.locator(SOURCE.format("form")).count() == 3
    assert page.locator(SOURCE.format("pdf")).count() == 13
    line = page.locator(".sc-sources").inner_text()
    assert re.findall(r"\d+", line) == ["13", "3"]
    assert ("form fields" if language == "en" else "полей формы") in line
    button.click()
    assert page.locator("[data-source]").count() == 0
    assert page.locator(".sc-sources").is_hidden()


def test_an_encrypted_pdf_opens_with_its_password(
    new_page: NewPage, form: PdfFile, tmp_path: Path
) -> None:
    path = tmp_path / "secret.pdf"
    path.write_bytes(PdfFile(text_at(60, 700, "Secret")).bytes(password="zebra"))
    page = new_page()
    driving.upload(page, path)
    page.wait_for_selector(BOX)
    assert page.locator(BOX).get_attribute("type") == "password"
    page.locator(BOX).fill("lion")
    page.locator(BOX).press("Enter")
    page.get_by_text("does not open secret.pdf").wait_for()
    page.locator(BOX).fill("zebra")
    page.locator("#unlock").click()
    page.wait_for_selector("#page-view img[src]", state="attached")
    page.locator(BOX).wait_for(state="hidden")
