"""The page viewer's modules by themselves: late and lost pictures, copied answers, early files."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from ui.views import fields_view, page_view
from ui.views.page_column import template
from ui.views.scripts import modules

# What gr.HTML gives the module: its element, its properties, and a way to the server.
_MOUNT = """async ([html, strings]) => {
  const view = document.querySelector("#page-view");
  view.innerHTML = html;
  const watched = [];
  window.asked = [];
  window.props = { value: null, images: {}, thumbnails: {}, strings };
  window.give = (given) => {
    Object.assign(props, given);
    for (const [names, run] of watched) if (names.some((name) => name in given)) run();
  };
  const watch = (names, run) => watched.push([[names].flat(), run]);
  const trigger = (name, detail) => window.asked.push([name, detail]);
  const { start } = await import("/scripts/page_view.js");
  start({ element: view, trigger, props, watch });
}"""
_BODY = '<div id="main"><div id="talk"></div><div id="look"><div id="page-view"></div></div></div>'


# The body, the modules and one picture are served there; pictures named "gone" are not found.
_ADDRESS = "http://page.test/"


@pytest.fixture
def empty_page(chromium: Any) -> Iterator[Any]:
    picture = io.BytesIO()
    Image.new("RGB", (10, 14), "white").save(picture, "PNG")

    def serve(route: Any) -> None:
        address = route.request.url
        if address == _ADDRESS:
            route.fulfill(content_type="text/html", body=_BODY)
        elif address.endswith(".js"):
            module = modules()[address.rpartition("/")[2]]
            route.fulfill(content_type="text/javascript", body=module)
        elif "gone" in address:
            route.fulfill(status=404)
        else:
            route.fulfill(content_type="image/png", body=picture.getvalue())

    page = chromium.new_page()
    page.route("**/*", serve)
    page.goto(_ADDRESS)
    yield page
    page.close()


@pytest.fixture
def viewer(empty_page: Any) -> Any:
    _mount(empty_page)
    return empty_page


def _mount(page: Any) -> None:
    page.evaluate(_MOUNT, [template("page_view.html"), page_view.strings("en")])


def _two_pages(at: int) -> dict[str, Any]:
    size = {"width": 100, "height": 140, "name": "a.pdf", "pages": 2}
    pages = [{"document": "d", "page": number, **size} for number in range(2)]
    jump = {"document": "d", "page": at, "number": at + 1, "evidence": False}
    return {"pages": pages, "evidence": [], "regions": [], "jump": jump}


def _shown(viewer: Any) -> str | None:
    return viewer.evaluate("document.querySelector('#page-view .sc-image').getAttribute('src')")


def _wished(viewer: Any) -> list[int]:
    return viewer.evaluate("asked.filter(([n]) => n === 'showpage').map(([, what]) => what.page)")


def test_a_picture_is_kept_when_an_older_answer_of_the_server_comes_after_it(viewer: Any) -> None:
    older, newer = {"d/0": "first.png"}, {"d/0": "first.png", "d/1": "second.png"}
    viewer.evaluate("(given) => give(given)", {"value": _two_pages(1), "images": older})
    assert _wished(viewer) == [1]
    viewer.evaluate("(images) => give({ images })", newer)
    viewer.evaluate("(given) => give(given)", {"value": _two_pages(1), "images": older})
    assert str(_shown(viewer)).endswith("second.png")
    assert _wished(viewer) == [1]


def test_a_picture_that_is_gone_is_asked_for_once_more_and_then_told(viewer: Any) -> None:
    given = {"value": _two_pages(0), "images": {"d/0": "gone.png"}}
    viewer.evaluate("(given) => give(given)", given)
    viewer.wait_for_function("asked.some(([name]) => name === 'showpage')")
    assert _wished(viewer) == [0]
    viewer.evaluate("(given) => give(given)", given)
    assert _shown(viewer) is None
    message = viewer.locator("#page-view .sc-paper").get_attribute("data-message")
    assert message == "This page cannot be shown."
    viewer.evaluate("() => give({ images: { 'd/0': 'new.png' } })")
    assert str(_shown(viewer)).endswith("new.png")
    assert _wished(viewer) == [0]


def test_of_two_answers_side_by_side_the_one_above_the_button_is_copied(viewer: Any) -> None:
    viewer.evaluate(
        """() => {
          const acts = '<div class="sc-acts"><button class="sc-act" name="copy"></button></div>';
          const column = (words) =>
            `<div class="sc-column"><p>costs</p><div>a note</div><div>${words}${acts}</div></div>`;
          const table = "<table><tr><td>a</td><td>1</td></tr></table>";
          document.querySelector("#talk").innerHTML = `<div class="message-content">
            <div class="sc-beside">${column(table)}${column("two")}</div></div>`;
          Object.defineProperty(navigator, "clipboard", {
            value: { writeText: async (words) => { window.copied = words; } },
          });
        }"""
    )
    for number, words in enumerate(("a\t1", "two")):
        viewer.locator("#talk .sc-act").nth(number).dispatch_event("click")
        assert viewer.evaluate("copied") == words


def test_files_that_come_before_the_viewer_has_started_are_opened_when_it_has(
    empty_page: Any,
) -> None:
    attach = "async () => (await import('/scripts/attaching.js')).attach({ files: ['a.png'] })"
    empty_page.evaluate(f"() => {{ ({attach})(); }}")
    _mount(empty_page)
    empty_page.wait_for_function("asked.some(([name]) => name === 'attach')")
    empty_page.evaluate("async () => (await import('/scripts/attaching.js')).attach({ files: [] })")
    assert empty_page.evaluate("asked.filter(([name]) => name === 'attach').length") == 1


def test_parts_of_the_screen_may_start_before_the_viewer(empty_page: Any) -> None:
    errors: list[str] = []
    empty_page.on("pageerror", lambda error: errors.append(str(error)))
    empty_page.evaluate(
        """async ([strings]) => {
          const element = document.createElement("div");
          element.id = "fields";
          document.querySelector("#look").append(element);
          const { start } = await import("/scripts/fields.js");
          start({ element, trigger: () => {}, props: { value: null, strings }, watch: () => {} });
        }""",
        [fields_view.strings("en", None)],
    )
    form = empty_page.locator("#fields")
    assert "sc-none" in str(form.get_attribute("class"))
    _mount(empty_page)
    empty_page.evaluate("(given) => give(given)", {"value": _two_pages(0), "images": {}})
    assert "sc-none" not in str(form.get_attribute("class"))
    assert not errors
