"""What a person with a keyboard, a screen reader or another language meets, state by state.

axe-core finds nothing serious, the focus is seen, nothing jumps while an answer is written, and a
Russian screen has no English word on it.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from font_roboto import Roboto
from PIL import Image, ImageDraw, ImageFont

from engine import load_settings
from tests.browser import driving
from tests.browser.conftest import NewPage
from tests.browser.scripted_app import REGIONS, SLOWLY

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
LINE = "1 250,00"
ANSWER = "1,250.00"
PHONE = {"viewport": {"width": 375, "height": 740}, "has_touch": True, "is_mobile": True}
# What is written with Latin letters in Russian too.
LATIN = {
    *("ScanChat", "English", "fake", "tests/fake", "lite", "OCR"),
    *("PDF", "PNG", "JPEG", "WebP", "BMP", "TIFF", "ZIP", "HEIC", "AVIF", "GIF"),
    *("HTML", "DOCX", "Word", "Markdown", "JSON", "CSV", "XLSX", "SVG"),
    *("Shift", "Enter", "Escape", "Ctrl"),
    # Names that documents and people gave, and what the scripted model says.
    *("scan", "tiff", "words", "of"),
    # {question}: the place in a prompt that the app fills.
    "question",
}


@pytest.fixture(scope="module")
def app_url(scripted_url: str) -> str:
    return scripted_url


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages with a sum on the first."""
    pages = []
    for line in (LINE, ""):
        page = Image.new("L", (620, 800), "white")
        font = ImageFont.truetype(Roboto, 40)
        ImageDraw.Draw(page).text((90, 500), line, font=font, fill="black")
        pages.append(page)
    path = tmp_path_factory.mktemp("scans") / "scan.tiff"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


def states(page: Any, scan: Path) -> Iterator[str]:
    """Goes through the screen's states; the name of each, when it is reached."""
    phone = page.viewport_size["width"] < 900
    yield "empty"
    driving.upload(page, scan)
    page.wait_for_selector("#page-view img[src]", state="attached")
    with driving.answered(page):
        driving.ask(page, ANSWER)
    page.wait_for_selector("#page-view [data-evidence]", state="attached")
    yield "answered"
    page.locator("#task [data-task=layout]").click()
    with driving.answered(page):
        page.click("#run")
    page.wait_for_selector(f"#page-view [data-region] >> nth={len(REGIONS) - 1}", state="attached")
    if phone:
        yield "laid out, chat"
        driving.show(page, "page")
    box = page.locator("#page-view [data-region]").nth(2)
    box.dispatch_event("click", {"detail": 0})
    page.wait_for_selector(".sc-card:not([hidden])")
    yield "laid out, a place selected"
    if phone:
        driving.show(page, "chat")
    page.click("#settings > button")
    page.wait_for_selector("#settings textarea")
    yield "settings"
    page.click("#side .toggle-button")
    page.wait_for_selector("#side .sc-talk")
    driving.wait_until_still(page, "#side .sc-talk")  # it slides in
    yield "conversations"


def problems(page: Any) -> list[str]:
    """What axe-core finds of a serious or critical kind."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [
        f"{one['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"color_scheme": "dark"}, id="dark"),
        pytest.param(PHONE, id="phone"),
    ],
)
def test_axe_finds_nothing_serious_nothing_is_too_wide_and_the_focus_is_seen(
    new_page: NewPage, scan: Path, options: dict[str, Any]
) -> None:
    page = new_page(**options)
    found: dict[str, list[str]] = {}
    for name in states(page, scan):
        found[name] = problems(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= page.viewport_size["width"], name
    assert not any(found.values()), found
    opener = page.locator("#side .toggle-button")
    assert opener.get_attribute("aria-label") == "Conversations"
    assert opener.get_attribute("aria-expanded") == "true"
    if options is not PHONE:
        the_focus_is_seen_wherever_tab_goes(page)
    opener.click()
    page.wait_for_selector("#side .toggle-button[aria-expanded=false]")


def test_the_russian_screen_has_no_english_word(new_page: NewPage, scan: Path) -> None:
    page = new_page(locale="ru-RU")
    # Names of models, of their repositories, licences and precisions.
    models = load_settings(None).models
    names = [
        name for key, model in models.items()
        for name in (key, model.repo_id, model.licence or "", model.dtype)
    ]  # fmt: skip
    found: dict[str, list[str]] = {}
    serious: dict[str, list[str]] = {}
    for name in states(page, scan):
        found[name] = []
        for said in page.evaluate(SAID):
            own = said
            for one in sorted(filter(None, names), key=len, reverse=True):
                own = own.replace(one, "")
            if set(re.findall(r"[A-Za-z]+(?:/[A-Za-z]+)*", own)) - LATIN:
                found[name].append(said)
        serious[name] = problems(page)
    assert not any(found.values()), found
    assert not any(serious.values()), serious


def test_nothing_is_asked_in_the_language_that_the_page_comes_in(new_page: NewPage) -> None:
    page = new_page(locale="ru-RU")
    asked: list[list[Any]] = []

    def note(request: Any) -> None:
        if "/queue/join" in request.url:
            asked.append(request.post_data_json["data"])

    page.on("request", note)
    wait_for_answers = driving.pending_requests(page)
    page.reload()
    page.wait_for_selector("#page-view [data-ready=true]")
    page.wait_for_function(
        "document.querySelector('#question textarea')?.placeholder.match(/[а-я]/)"
    )
    wait_for_answers()
    # An answer in the page's own language, come late, would be the last that is drawn.
    assert asked
    assert not [data for data in asked if "en" in data]


# Every text that is seen or read out: of nodes, and of the attributes that a screen reader reads.
SAID = """() => {
  const said = [document.title];
  const shown = (node) => node.getClientRects().length > 0
    && getComputedStyle(node).visibility !== "hidden";
  for (const node of document.body.querySelectorAll("*")) {
    if (node.closest("script, style, option, .sc-cite") || !shown(node)) continue;
    for (const name of ["title", "aria-label", "placeholder", "alt", "data-message"]) {
      // The paper says this only as long as it waits for its picture.
      if (name === "data-message" && !node.classList.contains("sc-waiting")) continue;
      said.push(node.getAttribute(name) ?? "");
    }
    for (const part of node.childNodes) {
      if (part.nodeType === Node.TEXT_NODE) said.push(part.textContent);
    }
  }
  return said.filter((words) => words.trim());
}"""


def the_focus_is_seen_wherever_tab_goes(page: Any) -> None:
    """With everything open that the states have opened."""
    page.evaluate("document.activeElement.blur()")
    seen: set[str] = set()
    for _ in range(90):
        page.keyboard.press("Tab")
        name, marked = page.evaluate(FOCUS)
        if name in seen or name == "BODY":
            break
        seen.add(name)
        assert marked, f"the focus is on {name} and is not seen"
    assert len(seen) > 30, seen


# Which part has the focus, and whether it or what is drawn for it has an outline or a ring.
FOCUS = """() => {
  const node = document.activeElement;
  window.steps ??= new Map();
  if (!window.steps.has(node)) window.steps.set(node, window.steps.size);
  const name = node === document.body
    ? "BODY"
    : `${window.steps.get(node)} <${node.tagName} id=${node.id} class=${node.className?.baseVal
        ?? node.className} aria-label=${node.getAttribute("aria-label")}>`;
  const marked = (one) => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1.5)
      || /\\d/.test(style.boxShadow.replace(/rgba?\\([^)]*\\)/g, "").replace(/0px/g, ""));
  };
  // A radio that is drawn as a button is marked at its label, the text box at its frame.
  const frames = [...(node.labels ?? []), node.closest("textarea") && node.closest("#question")];
  return [name, [node, ...frames].some((one) => one && marked(one))];
}"""


def test_nothing_jumps_while_an_answer_is_written(
    new_page: NewPage, scan: Path, watched: Callable[[Any], float]
) -> None:
    page = new_page(reduced_motion="no-preference")
    driving.upload(page, scan)
    page.wait_for_selector("#page-view img[src]")
    driving.wait_until_still(page, "#look *, #talk *")
    watched(page)
    words = " ".join(["The sum is", ANSWER, *["and so on it goes in the answer"] * 12])
    with driving.answered(page):
        driving.ask(page, f"{SLOWLY} {words}")
    page.wait_for_selector("#page-view [data-evidence]")
    driving.wait_until_still(page, "#look *, #talk *")
    assert watched(page) < 0.1


@pytest.fixture
def watched() -> Callable[[Any], float]:
    """Begins to sum the shifts of the layout, and says what they were since then."""

    def watch(page: Any) -> float:
        return float(
            page.evaluate(
                """() => {
                  const before = window.shifted ?? 0;
                  window.shifted = 0;
                  window.watcher ??= new PerformanceObserver((list) => {
                    for (const entry of list.getEntries()) window.shifted += entry.value;
                  });
                  if (!window.watching) window.watcher.observe({ type: "layout-shift" });
                  window.watching = true;
                  return before;
                }"""
            )
        )

    return watch
