"""A server that ends and comes back, as the page that was open sees it."""

from pathlib import Path
from typing import Any

import pytest

from bench.app_process import free_port
from tests.browser import driving
from tests.browser.conftest import serving
from tests.fakes import FAKE_MODELS_TOML


@pytest.fixture
def home(tmp_path: Path) -> tuple[str, ...]:
    """The arguments of an app that keeps its conversations and has the same port each time."""
    port = free_port()
    places = f"data_dir = '{tmp_path / 'data'}'\n"
    settings = tmp_path / "settings.toml"
    settings.write_text(f"{places}{FAKE_MODELS_TOML}", encoding="utf-8")
    return ("-m", "tests.browser.scripted_app", "--settings", str(settings), "--port", str(port))


def test_after_a_restart_of_the_server_the_conversation_goes_on(
    chromium: Any, home: tuple[str, ...], tmp_path: Path
) -> None:
    context = chromium.new_context(
        viewport={"width": 1360, "height": 860}, locale="ru-RU", reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    with serving(*home) as url:
        page.goto(url)
        page.wait_for_selector("#page-view [data-ready=true]")
        driving.upload(page, driving.draw_invoice().save(tmp_path / "invoice.png"))
        page.wait_for_selector("#page-view img[src]", state="attached")
        with driving.answered(page):
            driving.ask(page, "before")
    page.evaluate("window.isOld = true")
    driving.ask(page, "meanwhile")
    page.wait_for_selector("[data-testid=toast-text] >> text=Сервер не отвечает")
    assert page.inner_text(".toast-title").startswith("Нет связи")
    with serving(*home) as again:
        assert again == url
        # The page finds the server and loads itself anew, with what was typed meanwhile.
        page.wait_for_function(
            """() => { return !window.isOld
                 && document.querySelectorAll("#chat .message.user").length === 1
                 && document.querySelector("#page-view [data-ready=true]")
                 && document.querySelector("#question textarea").value === "meanwhile";
            }""",
            polling=driving.POLLING_MILLISECONDS,
        )
        with driving.answered(page):
            driving.ask(page, "after")
        asked = page.locator("#chat .message.user").all_inner_texts()
        assert [words.strip() for words in asked] == ["before", "after"]
        assert "invoice.png" in page.inner_text("#page-view")
    context.close()
