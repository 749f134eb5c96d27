"""The real app in a process of its own, and Chromium to drive it.

Where Chromium or Playwright is absent the tests are skipped with the reason; with CI=true they
fail, so that a build cannot lose them silently.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.app_process import serving as app_serving
from tests.fakes import FAKE_MODELS_TOML
from tests.missing import missing

ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
NewPage = Callable[..., Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """A headless Chromium.

    Not for the whole session: while Playwright's sync API is started, its event loop counts as
    running in this thread, and no other test could call asyncio.run.
    """
    # The shell is the same without a window: a page opens in two thirds of the time (1.1 s of 1.8).
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(missing("Chromium"))
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip(missing("playwright (tests/requirements.txt)"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def real_url(chromium: Any) -> Iterator[str]:
    """The address of the app with its own model, which it loads once for all modules.

    It reads a picture once for all tests, most of which come with the same invoice.
    """
    with serving("-m", "tests.browser.real_app") as url:
        yield url


@pytest.fixture(scope="module")
def app_url(real_url: str) -> str:
    """Where new_page goes; a module that needs no model overrides it by scripted_url."""
    return real_url


@pytest.fixture(scope="package")
def scripted_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scripted")


@pytest.fixture(scope="package")
def scripted_url(scripted_folder: Path) -> Iterator[str]:
    """The address of the app with the scripted model; a module names it as its app_url.

    One for all modules: every test comes as a new visitor, and starting it takes long.
    """
    folder = scripted_folder
    directories = f"data_dir = '{folder / 'data'}'\n"
    settings = folder / "settings.toml"
    settings.write_text(directories + FAKE_MODELS_TOML, encoding="utf-8")
    program = ("-m", "tests.browser.scripted_app", "--settings", str(settings))
    with serving(*program, SCRIPTED_HOLD=str(folder / "hold")) as url:
        yield url


@pytest.fixture
def hold(scripted_folder: Path) -> Iterator[Path]:
    """A file: while it exists, the scripted model waits in the middle of a layout."""
    path = scripted_folder / "hold"
    path.touch()
    yield path
    path.unlink(missing_ok=True)


@contextmanager
def serving(*program: str, **variables: str) -> Iterator[str]:
    """The app in a process of its own: its address. program: arguments of the interpreter."""
    port = () if "--port" in program else ("--port", "0")
    with (
        tempfile.TemporaryDirectory(prefix="served") as folder,
        app_serving(
            Path(folder), "--host", "127.0.0.1", *port, program=program, environment=variables
        ) as app,
    ):
        yield app.url.removesuffix("/")


@pytest.fixture(scope="package")
def left_contexts(chromium: Any) -> dict[str, list[Any]]:
    """Browser contexts that earlier tests have left, by their options."""
    return {}


@pytest.fixture
def new_page(chromium: Any, app_url: str, left_contexts: dict[str, list[Any]]) -> Iterator[NewPage]:
    """Opens the app as a new visitor: a browser context without anybody's cookies and storage.

    Contexts are emptied and used again, because each compiles the app's scripts anew: a load takes
    2.5 s of CPU in a fresh one and 1.5 s in one that has loaded the app before. Pages ask for no
    motion, so that nothing is drawn 60 times a second while an answer is awaited.
    Every page notes script errors and requests to other hosts; the test fails on either.
    """
    contexts: list[tuple[str, Any]] = []
    problems: list[str] = []

    def note_request(request: Any) -> None:
        if not request.url.startswith((app_url, "data:", "blob:")):
            problems.append(f"request to {request.url}")

    def open_page(**options: Any) -> Any:
        options = {
            "viewport": {"width": 1360, "height": 860},
            "locale": "en-US",
            "reduced_motion": "reduce",
            **options,
        }
        kind = repr(sorted(options.items()))
        left = left_contexts.setdefault(kind, [])
        context = left.pop() if left else chromium.new_context(**options)
        contexts.append((kind, context))
        page = context.new_page()
        empty(context, page, app_url)
        page.set_default_timeout(30_000)
        page.on("request", note_request)
        page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
        page.goto(app_url)
        # On a phone the chat is shown and the page is not.
        page.wait_for_selector("#page-view [data-ready=true]", state="attached")
        return page

    yield open_page
    for kind, context in contexts:
        for page in context.pages:
            page.close()
        left_contexts[kind].append(context)
    assert not problems


def empty(context: Any, page: Any, url: str) -> None:
    """Take from a context what an earlier visitor of the address left: all but the HTTP cache."""
    context.clear_cookies()
    context.clear_permissions()
    session = context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "all"})
    session.detach()
