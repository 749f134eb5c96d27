"""Exports of layouts: the promised shapes, and text from models that stays text in each."""

import io
import json
import zipfile
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from PIL import Image

from engine.core.schema import CATEGORIES, Document, Page, PageLayout, Region
from engine.layout import table_rows, to_html, to_json, to_markdown, to_zip
from engine.layout.overlay import category_colour

# GitHub's flavour with what it adds: tables, bare addresses as links, strikethrough, raw HTML.
GITHUB = MarkdownIt("gfm-like", {"linkify": False, "html": True})


def page(index: int, *regions: tuple[str, str], document_id: str = "d") -> PageLayout:
    """A page of regions one below the other, given as (category, text)."""
    made = tuple(
        Region((10.0, 20.0 + 40 * n, 190.0, 50.0 + 40 * n), category, text, n)
        for n, (category, text) in enumerate(regions)
    )
    return PageLayout(document_id, index, 200, 300, made)


FIRST = page(
    0,
    ("Page-header", "ACME Ltd"),
    ("Title", "Invoice № 5"),
    ("Text", "Dear Sir,\nplease pay."),
    ("Section-header", "Items"),
    ("List-item", "• bolts"),
    ("List-item", "2. nuts"),
    ("Table", "Name\tPrice\nbolt | M5\t12.50\nnut"),
    ("Picture", ""),
    ("Caption", "A bolt"),
    ("Formula", "$$a < b$$"),
    ("Footnote", "1 incl. VAT"),
    ("Page-footer", "page 1"),
)
SECOND = page(1, ("Text", "Thank you"))


def document(pages: int = 2) -> Document:
    return Document(
        "d",
        "act.pdf",
        tuple(
            Page("d", n, 200, 300, lambda: Image.new("RGB", (200, 300), "white"))
            for n in range(pages)
        ),
    )


# --- JSON -----------------------------------------------------------------------------------


def test_json_has_the_shape_of_the_command_line() -> None:
    found = to_json(document(), [SECOND, FIRST], "lite")
    assert json.loads(json.dumps(found)) == found
    assert list(found) == ["document", "model", "pages"]
    assert (found["document"], found["model"]) == ("act.pdf", "lite")
    assert [item["page_index"] for item in found["pages"]] == [0, 1]
    second = found["pages"][1]
    assert second == {
        "page_index": 1,
        "width": 200,
        "height": 300,
        "finish_reason": "stop",
        "regions": [
            {"bbox": [10.0, 20.0, 190.0, 50.0], "category": "Text", "text": "Thank you", "order": 0}
        ],
    }
    assert len(found["pages"][0]["regions"]) == 12


def test_json_without_page_furniture_keeps_the_orders() -> None:
    found = to_json(document(), [FIRST], "lite", page_furniture=False)
    orders = [region["order"] for region in found["pages"][0]["regions"]]
    assert orders == list(range(1, 11))


def test_layouts_of_another_document_are_left_out() -> None:
    other = page(0, ("Text", "secret"), document_id="other")
    assert (
        to_json(document(), [other, SECOND], "m")["pages"]
        == (to_json(document(), [SECOND], "m")["pages"])
    )


def test_regions_come_in_reading_order() -> None:
    shuffled = PageLayout("d", 0, 200, 300, FIRST.regions[::-1])
    assert to_json(document(), [shuffled], "m") == to_json(document(), [FIRST], "m")
    assert to_markdown([shuffled]) == to_markdown([FIRST])
    assert to_html([shuffled]) == to_html([FIRST])


# --- tables ---------------------------------------------------------------------------------


def test_table_rows_are_split_and_filled_up() -> None:
    assert table_rows("a\tb\n c  d \n\n\te\tf\n") == [
        ["a", "b", ""],
        ["c d", "", ""],
        ["", "e", "f"],
    ]
    assert table_rows("  \n") == []


# --- Markdown -------------------------------------------------------------------------------


def test_markdown_follows_the_categories() -> None:
    assert to_markdown([SECOND, FIRST]) == (
        "ACME Ltd\n\n"
        "# Invoice № 5\n\n"
        "Dear Sir,\nplease pay.\n\n"
        "## Items\n\n"
        "- bolts\n- 2\\. nuts\n\n"
        "| Name | Price |\n| --- | --- |\n| bolt \\| M5 | 12.50 |\n| nut |  |\n\n"
        "*Picture on page 1*\n\n"
        "*A bolt*\n\n"
        "```math\na < b\n```\n\n"
        "1 incl. VAT\n\n"
        "page 1\n\n---\n\n"
        "Thank you\n"
    )


def test_markdown_without_page_furniture() -> None:
    text = to_markdown([FIRST], page_furniture=False, language="ru")
    assert "ACME" not in text
    assert "page 1" not in text
    assert "*Рисунок на странице 1*" in text


def test_empty_pages_leave_nothing_behind() -> None:
    assert to_markdown([]) == ""
    assert to_markdown([page(0), page(1, ("Text", " \n "), ("Table", ""))]) == ""


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/a.png)",
    "[click](javascript:alert(1))",
    "[a]: https://evil.example\n[a]",
    "https://evil.example/?q=secret www.evil.example me@evil.example",
    "<https://evil.example>",
    "# heading\n## two\nunder\n===\nline\n---",
    "1. one\n2) two\n- three\n+ four\n* five\n> quote",
    "`code` ``more`` ```\nfence\n~~~\n~~strike~~ **bold** __bold__ *it* _it_",
    "a | b\n--- | ---\n1 | 2",
    "    indented code\n\ttoo",
    "&lt;b&gt; &amp; &#60;script&#62;",
    "\\<b> \\\\[a](b) \\",
    "$$x$$ $y$",
    "$$\n```\n</pre><script>alert(1)</script>\n$$",
    "]]> --> */ {{7*7}} ${x} %s",
    "a\u2028# b\x0b# c\x85# d\r# e",
]


def tokens(markdown: str) -> list[tuple[str, str]]:
    """(type, content) of every token, those inside of lines too."""
    found = []
    for token in GITHUB.parse(markdown):
        found.append((token.type, token.content))
        found += [(child.type, child.content) for child in token.children or ()]
    return found


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("category", ["Text", "Title", "List-item", "Caption", "Table", "Footnote"])
def test_no_text_becomes_markdown(category: str, text: str) -> None:
    markdown = to_markdown([page(0, (category, text))])
    kinds = {kind for kind, _ in tokens(markdown)}
    own = {"text", "softbreak", "inline", "paragraph_open", "paragraph_close"}
    own |= {"text_special"}  # an escaped character
    own |= {
        "Title": {"heading_open", "heading_close"},
        "List-item": {
            "bullet_list_open",
            "bullet_list_close",
            "list_item_open",
            "list_item_close",
        },
        "Caption": {"em_open", "em_close"},
        "Table": {f"{part}_{end}" for part in ("table", "thead", "tbody", "tr", "th", "td")
                  for end in ("open", "close")},
    }.get(category, set())  # fmt: skip
    assert kinds <= own, kinds - own
    # And a program that takes the Markdown for HTML finds none either.
    assert "<" not in markdown
    for address in ("://", "www.", "me@"):
        assert address not in markdown.replace("\\", "\\\\") or f"\\{address}" in markdown


@given(st.text(alphabet=st.sampled_from("ab1 #*_`[]()<>!|\\~$&;.-+=\n\t:/@"), max_size=60))
def test_markdown_shows_exactly_the_text(text: str) -> None:
    shown = "".join(
        content if kind.startswith("text") else "\n"
        for kind, content in tokens(to_markdown([page(0, ("Text", text))]))
        if kind in ("text", "text_special", "softbreak", "paragraph_close")
    )
    assert shown.split() == text.split()


def test_a_formula_cannot_leave_its_fence() -> None:
    for text in HOSTILE:
        markdown = to_markdown([page(0, ("Formula", text))])
        assert [kind for kind, _ in tokens(markdown)] == ["fence"], text


# --- HTML -----------------------------------------------------------------------------------


class Outline(HTMLParser):
    """The elements of a document with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.elements.append("comment")


def body(html: str) -> list[str]:
    elements = Outline(html).elements
    return elements[elements.index("body") + 1 :]


def test_html_follows_the_categories() -> None:
    html = to_html([FIRST, SECOND], title="act <5>")
    assert html.startswith("<!DOCTYPE html>")
    assert "<title>act &lt;5&gt;</title>" in html
    assert " ".join(body(html)) == (
        "section header h1 p h2 ul li li table tr td td tr td td tr td td "
        "figure p p em pre p footer section p"
    )
    assert "<td>bolt | M5</td>" in html
    assert "default-src &#x27;none&#x27;" in html


def test_html_without_page_furniture() -> None:
    html = to_html([FIRST], page_furniture=False)
    assert "ACME" not in html
    assert "<footer>" not in html


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("category", [*CATEGORIES, "unknown"])
def test_no_text_becomes_html(category: str, text: str) -> None:
    harmless = Outline(to_html([page(0, (category, "a\na"))], title="a"))
    outline = Outline(to_html([page(0, (category, text))], title=text))
    allowed = set(harmless.elements) | {"tr", "td"}
    assert set(outline.elements) <= allowed
    assert set(outline.attributes) <= set(harmless.attributes)
    for word in text.replace("•", "").split():
        if word.isalnum():
            assert word in outline.text


@given(st.text(max_size=80))
def test_any_text_makes_every_export(text: str) -> None:
    layouts = [page(0, *[(category, text) for category in CATEGORIES])]
    assert "script" not in Outline(to_html(layouts, title=text)).elements
    assert to_markdown(layouts).endswith("\n")
    json.dumps(to_json(document(), layouts, "m"))


# --- ZIP ------------------------------------------------------------------------------------


def test_the_zip_holds_every_export_and_the_drawn_pages() -> None:
    data = to_zip(document(), [SECOND, FIRST], "lite", language="ru")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "layout.json",
            "layout.md",
            "layout.html",
            "tables.csv",
            "tables.xlsx",
            "page-1.png",
            "page-2.png",
        ]
        found = json.loads(archive.read("layout.json"))
        assert found == to_json(document(), [FIRST, SECOND], "lite")
        assert archive.read("layout.md").decode() == to_markdown([FIRST, SECOND], language="ru")
        assert b"act.pdf" in archive.read("layout.html")
        picture = Image.open(io.BytesIO(archive.read("page-2.png")))
        assert picture.size == (200, 300)
        blue = Image.new("RGB", (1, 1), category_colour("Text")).getpixel((0, 0))
        assert (np.asarray(picture)[25:50, 10] == blue).all()
    assert data == to_zip(document(), [FIRST, SECOND], "lite", language="ru")


def test_a_lone_surrogate_from_a_model_does_not_stop_the_zip() -> None:
    data = to_zip(document(), [page(0, ("Text", "a\ud800b"))], "lite")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("layout.md") == b"a?b\n"
        assert json.loads(archive.read("layout.json"))["pages"][0]["regions"][0]["text"]
