"""Behind a proxy in a sub-path: the page, its assets, uploads, the stream of an answer.

The model is the scripted one: what an answer says does not depend on the path.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.app_process import Served, serving
from tests.browser import driving
from tests.fakes import FAKE_MODELS_TOML
from tests.missing import missing
from tests.sub_path_proxy import PREFIX, nginx, nginx_path, small_proxy


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("app")
    settings = folder / "settings.toml"
    settings.write_text(f"data_dir = '{folder / 'data'}'\n{FAKE_MODELS_TOML}", encoding="utf-8")
    program = ("-m", "tests.browser.scripted_app", "--settings", str(settings))
    with serving(folder, "--port", "0", "--root-path", PREFIX, program=program) as app:
        yield app


@pytest.mark.parametrize("kind", ["a small proxy", "nginx as documented"])
def test_everything_works_under_a_sub_path(
    chromium: Any, served: Served, tmp_path: Path, kind: str
) -> None:
    if kind != "a small proxy" and nginx_path() is None:
        pytest.skip(missing("nginx"))
    proxy = small_proxy if kind == "a small proxy" else nginx
    scan = driving.draw_invoice().save(tmp_path / "invoice.png")
    asked: list[str] = []
    failed: list[str] = []
    with proxy(served.url, tmp_path) as url:
        context = chromium.new_context(viewport={"width": 1360, "height": 860}, locale="en-US")
        page = context.new_page()
        page.set_default_timeout(90_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on(
            "response",
            lambda answer: answer.status >= 400 and failed.append(f"{answer.status} {answer.url}"),
        )
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.goto(f"{url}{PREFIX}/")
        page.wait_for_selector("#page-view [data-ready=true]")
        driving.upload(page, scan)
        page.wait_for_selector("#page-view img[src]")
        # The page's picture is served under the sub-path too.
        page.wait_for_function("document.querySelector('#page-view img[src]').naturalWidth > 0")
        with driving.answered(page):
            driving.ask(page, f"The total is {driving.TOTAL}.")
        # The answer and its place on the page.
        page.wait_for_selector("#page-view [data-evidence]")
        assert driving.digits(driving.TOTAL) in driving.digits(driving.answers(page)[-1])
        context.close()
        outside = [
            one for one in asked
            if not one.startswith((f"{url}{PREFIX}/", "data:", "blob:"))
        ]  # fmt: skip
        assert not outside
        assert not failed
