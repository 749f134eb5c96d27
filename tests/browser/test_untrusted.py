"""What models, scans and file names say is only text: nothing of it runs, nothing is fetched.

Thirty payloads, in every place where foreign text is shown. `window.ran` stays unset in every
frame, and the browser asks nobody but the app; new_page fails the test on any other request.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from bench.soak.specimens import pdf
from tests.browser import driving
from tests.browser.conftest import NewPage, serving
from tests.fakes import FAKE_MODELS_TOML
from tests.reliability.payloads import FOREIGN, PAYLOADS

# As many in one question as keep it readable; each stands in a line of its own.
_AT_ONCE = 6
_GROUPS = [PAYLOADS[start : start + _AT_ONCE] for start in range(0, len(PAYLOADS), _AT_ONCE)]


@pytest.fixture(scope="module")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("poisoned")
    directories = f"data_dir = '{folder / 'data'}'\ncache_dir = '{folder / 'cache'}'\n"
    settings = folder / "settings.toml"
    settings.write_text(directories + FAKE_MODELS_TOML, encoding="utf-8")
    program = ("-m", "tests.reliability.poisoned_app", "--settings", str(settings))
    with serving(*program, GRADIO_TEMP_DIR=str(folder / "gradio")) as url:
        yield url


@pytest.fixture
def scan() -> dict[str, Any]:
    """A page whose file has a name that would run."""
    image = Image.new("RGB", (400, 700), "white")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    name = "<img src=x onerror=window.ran=1>.png"
    return {"name": name, "mimeType": "image/png", "buffer": buffer.getvalue()}


def harmless(page: Any) -> None:
    """Nothing ran, in any frame, even after the pointer has been everywhere."""
    for element in page.locator("#chat a, #regions a, #chat [onclick]").all()[:40]:
        element.dispatch_event("mouseover")
        element.dispatch_event("click")
    driving.wait_until_pictures_failed(page)
    for frame in page.frames:
        assert frame.evaluate("window.ran") is None
    assert len(page.frames) == 1
    live = page.evaluate(
        """() => [...document.querySelectorAll(
             "#chat *, #page-view *, #regions *, #fields *, #archive *, #evidence *, #status *")]
           .filter((node) => /^(SCRIPT|IFRAME|OBJECT|EMBED|LINK|META|BASE|FORM)$/i
               .test(node.tagName)
             // The icons of Gradio's buttons have a style of their own.
             || (/^STYLE$/i.test(node.tagName) && !node.closest("button svg"))
             || [...node.attributes].some((one) => /^on/i.test(one.name)
               || /^\\s*javascript:/i.test(one.value)))
           .map((node) => node.outerHTML.slice(0, 120))"""
    )
    assert live == []


def read_task(page: Any, task: str) -> None:
    """Run a task that needs no question. task: as the screen names it."""
    page.locator("#task").get_by_text(task, exact=True).first.dispatch_event("click")
    page.wait_for_selector("#run:visible")
    with driving.answered(page):
        page.click("#run")


def test_questions_answers_places_notices_and_names_are_only_text(
    new_page: NewPage, scan: dict[str, Any]
) -> None:
    page = new_page()
    driving.upload(page, scan)
    page.wait_for_selector("#page-view img[src]", state="attached")
    for group in _GROUPS:
        with driving.answered(page):
            driving.ask(page, "\n".join(group))
        harmless(page)
    shown = " ".join(driving.answers(page))
    for payload in PAYLOADS:
        assert re.sub(r"\s+", "", payload) in re.sub(r"\s+", "", shown), payload
    # The conversation's title is its first question; the list shows it, and so does renaming.
    title = page.locator("#archive .sc-talk-open").first
    title.wait_for(state="attached")
    assert "<script>" in (title.text_content() or "")
    harmless(page)
    # It is all there, and still text, after the page is loaded anew.
    page.reload()
    page.wait_for_function(
        "(count) => document.querySelectorAll('#chat .bot').length >= count", arg=len(_GROUPS)
    )
    harmless(page)


def test_regions_tables_and_markdown_are_only_text(new_page: NewPage, scan: dict[str, Any]) -> None:
    page = new_page()
    driving.upload(page, scan)
    page.wait_for_selector("#page-view img[src]", state="attached")
    for task in ("Layout", "Table", "Markdown"):
        read_task(page, task)
        harmless(page)
        if task == "Layout":
            page.wait_for_function(
                "(count) => document.querySelectorAll('#regions [data-region]').length === count",
                arg=len(PAYLOADS),
            )
            for region in page.locator("#page-view [data-region]").all()[:6]:
                region.dispatch_event("pointerenter")
                region.dispatch_event("click")
            harmless(page)


def test_the_form_of_fields_is_only_text(new_page: NewPage) -> None:
    """From the text layer of a PDF, which says whatever its maker wrote."""
    page = new_page()
    escaped = [re.sub(r"([()\\])", r"\\\1", one) for one in PAYLOADS[:12]]
    names = ("Vendor", "Invoice number", "Total", "Date", "Bill to", "Address")
    lines = [f"({names[at % 6]}: {one}) Tj 0 -24 Td" for at, one in enumerate(escaped)]
    content = "BT /F1 10 Tf 30 760 Td (INVOICE) Tj 0 -24 Td " + " ".join(lines) + " ET"
    file = pdf(content, box="0 0 595 842")
    driving.upload(page, {"name": "a.pdf", "mimeType": "application/pdf", "buffer": file})
    page.wait_for_selector("#page-view img[src]", state="attached")
    page.locator("#fields [data-fields=read]").dispatch_event("click")
    page.wait_for_function(
        "document.querySelectorAll('#fields input, #fields textarea').length > 0",
        timeout=driving.ANSWER_MILLISECONDS,
    )
    read = page.locator("#fields input, #fields textarea").evaluate_all(
        "boxes => boxes.map((box) => box.value).join(' ')"
    )
    # An attack did get into the form, as a value.
    assert "window.ran" in read
    harmless(page)


@pytest.mark.parametrize("kind", ["html", "md"])
def test_a_saved_conversation_is_only_text_where_it_is_opened(
    new_page: NewPage, scan: dict[str, Any], tmp_path: Path, kind: str
) -> None:
    page = new_page()
    driving.upload(page, scan)
    with driving.answered(page):
        driving.ask(page, "\n".join(PAYLOADS))
    save = page.locator(f"#save [data-kind={kind}]")
    save.wait_for(state="attached")
    with page.expect_download(timeout=driving.ANSWER_MILLISECONDS) as saving:
        save.dispatch_event("click")
    saved = tmp_path / f"saved.{kind}"
    saving.value.save_as(saved)
    text = saved.read_text(encoding="utf-8")
    if kind == "md":
        assert FOREIGN not in text
        return
    asked: list[str] = []
    opened = page.context.new_page()
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(saved.as_uri())
    driving.wait_until_pictures_failed(opened)
    assert opened.evaluate("window.ran") is None
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    shown = re.sub(r"\s+", "", opened.inner_text("body"))
    assert all(re.sub(r"\s+", "", payload) in shown for payload in PAYLOADS)


def test_the_browser_is_told_to_fetch_from_this_server_alone(chromium: Any, app_url: str) -> None:
    """Even what would slip through sanitising: put into the page by hand."""
    said = httpx.get(app_url, trust_env=False).headers
    policy = dict(part.split(" ", 1) for part in said["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["object-src"] == policy["frame-src"] == "'none'"
    assert all("http" not in sources and "*" not in sources for sources in policy.values())
    assert said["x-content-type-options"] == "nosniff"
    context = chromium.new_context(locale="en-US")
    page = context.new_page()
    finished: list[str] = []
    page.on("response", lambda answer: finished.append(answer.url))
    page.goto(app_url)
    page.wait_for_selector("#page-view [data-ready=true]", state="attached")
    wanted = {"img", "style", "media", "frame", "script", "connect"}
    blocked = page.evaluate(
        """async ([foreign, wanted]) => {
          const seen = new Set();
          document.addEventListener("securitypolicyviolation", (event) =>
            seen.add(event.effectiveDirective.split("-")[0]));
          const add = (html) => document.body.insertAdjacentHTML("beforeend", html);
          add(`<img src="${foreign}/a.png"><link rel=stylesheet href="${foreign}/a.css">`);
          add(`<video src="${foreign}/a.mp4"></video><iframe src="${foreign}"></iframe>`);
          add(`<object data="${foreign}/a"></object>`);
          const script = document.createElement("script");
          script.src = `${foreign}/a.js`;
          document.head.append(script);
          await fetch(foreign).catch(() => {});
          navigator.sendBeacon(`${foreign}/beacon`);
          // A browser that has much to do comes to a video and a frame late.
          const told = () => wanted.every((directive) => seen.has(directive));
          for (let waited = 0; !told() && waited < 10000; waited += 100)
            await new Promise((resolve) => setTimeout(resolve, 100));
          await new Promise((resolve) => setTimeout(resolve, 500));
          return [...seen].sort();
        }""",
        [FOREIGN, sorted(wanted)],
    )
    assert wanted <= set(blocked)
    assert not [url for url in finished if url.startswith(FOREIGN)]
    # Scripts are sanitising's affair; and the marker does notice what runs.
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=/x onerror=window.ran=1>')"
    )
    page.wait_for_function("window.ran === 1")
    context.close()
