"""A conversation as Markdown, HTML, JSON and DOCX: what it says; foreign text stays text."""

import base64
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import jsonschema
import pytest
from lxml import etree
from markdown_it import MarkdownIt
from PIL import Image, ImageDraw

from engine.chat.export import KINDS, Exchange, export_conversation
from engine.core.errors import DocumentError, GenerationError, SessionError
from engine.core.schema import (
    BBox,
    Document,
    Evidence,
    EvidenceFound,
    Failed,
    Finished,
    Notice,
    Page,
    Region,
    RegionAdded,
    StreamEvent,
    TextDelta,
    Usage,
    UsageReport,
)
from engine.core.transcript import Transcript

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads(
    (ROOT / "engine" / "chat" / "export" / "conversation.schema.json").read_text("utf-8")
)
TOTAL: BBox = (400.0, 500.0, 520.0, 530.0)
ORANGE, GREEN = (255, 90, 0), (0, 160, 0)

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[click](javascript:alert(1))",
    "![](https://evil.example/track.png)",
    "<https://evil.example> https://evil.example www.evil.example a@evil.example",
    "=cmd|' /C calc'!A0",
    "</title></style><style>@import 'https://evil.example/a.css'</style>",
    "# heading\n---\n> quote\n```\ncode\n~~~\n| a | b |\n| --- | --- |\n[x]: https://evil.example",
    "\x00\x08\x1b[31m\ud800\u202eexe.gnp\u2066\ufffe]]>&#60;script&#62;&lt;b&gt;",
    "<!--<?xml version='1.0'?><!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e; {{7*7}}",
    "\\[a\\](https://evil.example) \\`\\`\\` $$\\href{https://evil.example}{x}$$ <iframe srcdoc=x>",
]


def drawn_page() -> Image.Image:
    """White, with the total's words as an orange bar and a green bar far from it."""
    image = Image.new("RGB", (800, 1000), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((405, 508, 515, 522), fill=ORANGE)
    pen.rectangle((50, 50, 150, 80), fill=GREEN)
    return image


def document(name: str = "invoice.png", load: Any = drawn_page) -> Document:
    return Document("d1", name, (Page("d1", 0, 800, 1000, load),))


def told(*events: StreamEvent, text: str = "") -> Transcript:
    transcript = Transcript()
    if text:
        transcript.add(TextDelta(text))
    for event in events:
        transcript.add(event)
    return transcript


def answered(text: str, *events: StreamEvent) -> Transcript:
    usage = UsageReport(Usage(100, 12, 0.8, 23.4, 0.0, 1.25, 0))
    return told(*events, usage, Finished("stop", "qwen_vl_2b"), text=text)


def found(text: str, span: tuple[int, int] | None, bbox: BBox = TOTAL) -> EvidenceFound:
    return EvidenceFound(Evidence("d1", 0, bbox, text, 0.9, span))


ANSWER = "The total is 1,240.50 EUR, due on 3 May."
TOTAL_SPAN, MISSING_SPAN = (13, 25), (34, 39)


@pytest.fixture(scope="module")
def conversation() -> tuple[Exchange, ...]:
    missing = Notice("notice.not_found", {"texts": "3 May", "spans": "34:39"})
    regions = [
        Region((0, 0, 800, 90), "Title", "Invoice", 0),
        Region((0, 300, 800, 600), "Table", "a\tb\nc\td", 2),
        Region((0, 100, 800, 200), "Text", "Larkfield", 1),
        Region((0, 700, 800, 900), "Chart", "unknown", 3),
    ]
    added = [RegionAdded("d1", 0, region) for region in regions]
    return (
        Exchange(
            "What is the total?",
            "question",
            datetime(2026, 3, 14, 9, 30, tzinfo=UTC),
            answered(ANSWER, found("1,240.50 EUR", TOTAL_SPAN), missing),
            True,
            ("invoice.png",),
        ),
        Exchange("", "layout", None, answered("# Invoice\n", *added), False),
        Exchange("Why?", "question", None, told(Failed(GenerationError(
            "model.stalled", model_id="lite", seconds=120)))),
        Exchange("Stop", "question", None, told(Finished("cancelled", "lite"), text="Half an")),
    )  # fmt: skip


def exported(exchanges: Any, kind: str, *documents: Document, language: str = "en") -> bytes:
    return export_conversation(
        exchanges, documents or (document(),), kind, title="Invoices", language=language
    )


class Reader(HTMLParser):
    """Elements with their attributes, and all text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def pictures_of(page: Reader) -> list[Image.Image]:
    sources = [str(one["src"]).removeprefix("data:image/jpeg;base64,") for one in page.of("img")]
    return [Image.open(io.BytesIO(base64.b64decode(source))) for source in sources]


def has_colour(image: Image.Image, colour: tuple[int, int, int]) -> bool:
    """Whether a colour is in a picture that JPEG has changed a little."""
    return any(
        all(abs(a - b) < 60 for a, b in zip(pixel, colour, strict=True))
        for _, pixel in image.convert("RGB").getcolors(10_000_000)
    )


def test_html_says_it_all_and_needs_nothing_else(conversation: tuple[Exchange, ...]) -> None:
    source = exported(conversation, "html").decode()
    page = Reader(source)
    assert "The total is 1,240.50 EUR1, due on 3 May." in page.text
    for words in ("What is the total?", "Layout", "Why?", "Larkfield", "Title"):
        assert words in page.text
    assert "Model qwen_vl_2b, 1.2 s, 12 tokens, 23.4 tokens/s" in page.text
    assert "Marked as a good answer" in page.text
    assert "Marked as a bad answer" in page.text
    assert "The answer failed: " in page.text
    assert "The answer was stopped." in page.text
    assert "2026-03-14 09:30" in page.text
    # No address outside of the file, in whichever attribute or style.
    addresses = [
        str(value)
        for _, attributes in page.elements
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "action", "data", "poster", "background"}
    ]
    assert addresses
    assert all(one.startswith(("#", "data:image/jpeg;base64,")) for one in addresses)
    assert not re.search(r"url\(|@import|https?:", source)
    assert "script" not in {tag for tag, _ in page.elements}
    assert "prefers-color-scheme:dark" in source
    assert "@media print" in source
    policy = [one["content"] for one in page.of("meta") if "content" in one]
    assert any("default-src 'none'" in str(one) for one in policy)


def test_marks_lead_to_the_crop_of_their_place(conversation: tuple[Exchange, ...]) -> None:
    page = Reader(exported(conversation, "html").decode())
    marks = [str(one["href"]) for one in page.of("a") if one.get("class") == "mark"]
    figures = [f"#{one['id']}" for one in page.of("figure")]
    assert marks == figures == ["#p1-1"]
    (crop,) = pictures_of(page)
    # Ten line heights aside, up to the page's edge, one and a half above and below; the line is
    # 30 pixels high and ends 280 pixels before the edge.
    assert crop.size == (300 + 120 + 280, 30 + 90)
    assert has_colour(crop, ORANGE)
    assert not has_colour(crop, GREEN), "the rest of the page is not in it"
    assert "invoice.png, page 1" in page.text
    ids = [one["id"] for _, one in page.elements if "id" in one]
    assert len(ids) == len(set(ids))


def test_what_is_on_no_page_is_marked_in_every_format(conversation: tuple[Exchange, ...]) -> None:
    source = exported(conversation, "html").decode()
    assert re.search(r'<mark class="missing"[^>]*>3 May</mark>', source)
    assert "due on 3 May *(not found on the page)*" in exported(conversation, "md").decode()
    assert json.loads(exported(conversation, "json"))["exchanges"][0]["answer"]["not_found"] == [
        list(MISSING_SPAN)
    ]
    made = docx.Document(io.BytesIO(exported(conversation, "docx")))
    runs = [run for paragraph in made.paragraphs for run in paragraph.runs if run.font.underline]
    assert [run.text for run in runs] == ["3 May"]


def test_a_layout_is_a_table_in_reading_order(conversation: tuple[Exchange, ...]) -> None:
    rows = [["1", "Title", "Invoice"], ["2", "Text", "Larkfield"]]
    made = docx.Document(io.BytesIO(exported(conversation, "docx")))
    (table,) = made.tables
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert cells[0] == ["No.", "Category", "Text"]
    assert cells[1:3] == rows
    assert cells[3] == ["3", "Table", "a\tb\nc\td"]
    assert cells[4] == ["4", "Chart", "unknown"]
    text = exported(conversation, "md").decode()
    assert "| 1 | Title | Invoice |\n| 2 | Text | Larkfield |" in text
    html = exported(conversation, "html").decode()
    assert html.index("Larkfield") < html.index("<td>a</td>")
    assert "# Invoice" not in html, "the layout's text is not repeated as markup"


def test_docx_is_read_back_with_headings_in_the_language_and_crops(
    conversation: tuple[Exchange, ...],
) -> None:
    made = docx.Document(io.BytesIO(exported(conversation, "docx", language="ru")))
    headings = [one.text for one in made.paragraphs if one.style.name.startswith("Heading")]
    assert headings[:3] == ["Вопрос 1", "Ответ", "Где это написано"]
    assert made.core_properties.title == "Invoices"
    assert len(made.inline_shapes) == 1
    marks = [run.text for one in made.paragraphs for run in one.runs if run.font.superscript]
    assert marks == ["[1]"]
    with zipfile.ZipFile(io.BytesIO(exported(conversation, "docx"))) as archive:
        (picture,) = [name for name in archive.namelist() if name.startswith("word/media/")]
        assert has_colour(Image.open(io.BytesIO(archive.read(picture))), ORANGE)


def test_json_keeps_to_its_schema_and_carries_the_pages_of_its_boxes(
    conversation: tuple[Exchange, ...],
) -> None:
    said = json.loads(exported(conversation, "json"))
    jsonschema.validate(said, SCHEMA)
    assert said["documents"] == [
        {
            "document_id": "d1",
            "name": "invoice.png",
            "pages": [{"page_index": 0, "width": 800, "height": 1000}],
        }
    ]
    first, second, third, _ = (one["answer"] for one in said["exchanges"])
    assert first["text"] == ANSWER
    assert first["evidence"][0]["bbox"] == list(TOTAL)
    assert first["evidence"][0]["number"] == 1
    assert [one["order"] for one in second["layouts"][0]["regions"]] == [0, 1, 2, 3]
    assert third["finish_reason"] is None
    assert "120" in third["error"]
    assert [one["liked"] for one in said["exchanges"]] == [True, False, None, None]
    broken = {**said, "exchanges": [{**said["exchanges"][0], "liked": "yes"}]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA)


def poisoned(payload: str) -> tuple[tuple[Exchange, ...], Document]:
    """The payload as question, answer, evidence, file name, region, model id and notice."""
    half = len(payload) // 2
    answer = answered(
        payload,
        found(payload, (0, half or 1)),
        found(payload, None, (10.0, 10.0, 90.0, 40.0)),
        Notice("notice.page_failed", {"page": 1, "reason": payload}),
    )
    answer.model_id = payload
    cells = f"<table><tr><td colspan=2>{payload}</td></tr><tr><td>a<td>b</table>"
    layout = answered(
        "x",
        RegionAdded("d1", 0, Region((0, 0, 9, 9), "Table", payload, 0, html=cells)),
        RegionAdded("d1", 0, Region((0, 0, 9, 9), payload, payload, 1)),
    )
    exchanges = (
        Exchange(payload, "question", None, answer, True, (payload,)),
        Exchange(payload, "layout", None, layout),
        Exchange(payload, payload, None, answered(payload)),
    )
    return exchanges, document(payload)


# What our own page is made of.
OUR_TAGS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "main", "section", "p",
    "ul", "li", "div", "a", "mark", "figure", "img", "figcaption", "b", "blockquote", "table",
    "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_foreign_text_is_only_text_in_html(payload: str) -> None:
    exchanges, of = poisoned(payload)
    source = export_conversation(exchanges, (of,), "html", title=payload, language="en")
    page = Reader(source.decode("utf-8"))
    assert {tag for tag, _ in page.elements} <= OUR_TAGS
    names = {name for _, attributes in page.elements for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in {"style", "srcdoc"}]
    assert len(page.of("style")) == len(page.of("title")) == 1
    for attributes in [*page.of("a"), *page.of("img")]:
        target = str(attributes.get("href") or attributes.get("src"))
        assert target.startswith(("#", "data:image/jpeg;base64,"))
    assert not re.search("[\x00-\x08\u202a-\u202e\u2066-\u2069]", source.decode("utf-8"))


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
@pytest.mark.parametrize("flavour", ["commonmark", "gfm-like"])
def test_foreign_text_is_only_text_in_markdown(payload: str, flavour: str) -> None:
    exchanges, of = poisoned(payload)
    text = export_conversation(exchanges, (of,), "md", title=payload, language="en").decode()
    reader = MarkdownIt(flavour, {"html": True, "linkify": False})
    if flavour == "gfm-like":
        reader.enable("table")
    tokens = [one for token in reader.parse(text) for one in [token, *(token.children or [])]]
    kinds = {token.type for token in tokens}
    forbidden = {"html_inline", "html_block", "link_open", "image", "fence", "code_block", "hr"}
    assert not kinds & (forbidden | {"code_inline", "s_open"})
    headings = [token.tag for token in tokens if token.type == "heading_open"]
    # Title; then question and answer, places of the first, regions of the second.
    assert headings == ["h1", "h2", "h3", "h4", "h2", "h3", "h4", "h2", "h3"]
    assert "https://evil" not in text
    assert "www.evil" not in text


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_foreign_text_is_only_text_in_json(payload: str) -> None:
    exchanges, of = poisoned(payload)
    source = export_conversation(exchanges, (of,), "json", title=payload, language="en")
    said = json.loads(source)
    jsonschema.validate(said, SCHEMA)
    kept = payload.encode("utf-8", "replace").decode()
    assert said["title"] == said["exchanges"][0]["question"] == kept
    assert said["documents"][0]["name"] == kept


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_foreign_text_is_only_text_in_docx(payload: str) -> None:
    exchanges, of = poisoned(payload)
    source = export_conversation(exchanges, (of,), "docx", title=payload, language="en")
    docx.Document(io.BytesIO(source))
    with zipfile.ZipFile(io.BytesIO(source)) as archive:
        body = etree.fromstring(archive.read("word/document.xml"))
        relations = archive.read("word/_rels/document.xml.rels").decode()
    names = {etree.QName(one).localname for one in body.iter() if isinstance(one.tag, str)}
    # Text alone could make none of these; fields are what would run a command.
    assert not names & {"hyperlink", "instrText", "fldSimple", "altChunk", "object", "pict"}
    assert 'TargetMode="External"' not in relations


def test_the_same_text_is_read_back_from_docx() -> None:
    exchanges, of = poisoned("=cmd|' /C calc'!A0 <b>&amp;")
    source = export_conversation(exchanges, (of,), "docx", title="t", language="en")
    texts = [one.text for one in docx.Document(io.BytesIO(source)).paragraphs]
    assert "=cmd|' /C calc'!A0 <b>&amp;" in texts


def test_lines_of_one_place_are_one_crop_and_one_number() -> None:
    lines = [(100.0, 200.0, 300.0, 220.0), (100.0, 225.0, 260.0, 245.0)]
    answer = answered("two lines", *(found("two lines", (0, 9), box) for box in lines))
    page = Reader(exported((Exchange("?", "question", None, answer),), "html").decode())
    (crop,) = pictures_of(page)
    # From the left edge of the page, 100 pixels away.
    assert crop.size == (100 + 200 + 200, 45 + 60)


def test_crops_are_bounded_and_a_place_that_comes_again_is_not_stored_twice_in_one_page() -> None:
    whole = found("x", (0, 1), (0.0, 0.0, 4000.0, 3000.0))
    big = Document("d1", "big.png", (Page("d1", 0, 4000, 3000, lambda: Image.effect_noise(
        (4000, 3000), 80).convert("RGB")),))  # fmt: skip
    source = exported((Exchange("?", "question", None, answered("x", whole)),), "html", big)
    (crop,) = pictures_of(Reader(source.decode()))
    assert crop.width <= 900
    assert crop.height <= 600
    assert len(source) < 1_000_000


def broken() -> Image.Image:
    raise DocumentError("document.missing", name="invoice.png")


@pytest.mark.parametrize("of", [document(load=broken), None], ids=["unreadable", "deleted"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_that_is_gone_leaves_its_picture_out(kind: str, of: Document | None) -> None:
    exchange = Exchange("?", "question", None, answered(ANSWER, found("1,240.50 EUR", TOTAL_SPAN)))
    documents = (of,) if of else ()
    made = export_conversation((exchange,), documents, kind, title="t", language="ru")
    assert b"1,240.50 EUR" in made or kind == "docx"
    if kind == "html":
        assert not Reader(made.decode()).of("img")
        assert "Изображения этого места больше нет." in made.decode()
        assert ("Удалённый файл, страница 1" in made.decode()) is (of is None)


def test_markdown_keeps_lines_and_shows_the_text_as_it_was() -> None:
    text = "a  b\n- no list\n1. no list\n\n    no code *x* _y_ [z] 5 > 3\ue000"
    source = exported((Exchange("q", "question", None, answered(text)),), "md").decode()
    tokens = MarkdownIt("commonmark").parse(source)
    shown = "\n".join(
        "".join(one.content if one.type == "text" else "\n" for one in token.children or [])
        for token in tokens
        if token.type == "inline"
    )
    assert "a b\n- no list\n1. no list\nno code *x* _y_ [z] 5 > 3" in re.sub(r"\n+", "\n", shown)


def test_an_empty_conversation_is_a_file_too() -> None:
    for kind in KINDS:
        assert export_conversation((), (), kind, title="", language="en")
    with pytest.raises(SessionError, match="pdf is not a format"):
        export_conversation((), (), "pdf", title="", language="en")


def test_what_was_not_found_is_named_under_the_answer(conversation: tuple[Exchange, ...]) -> None:
    sentence = Notice("notice.not_found", {"texts": "3 May", "spans": ""}).text("en")
    assert sentence in Reader(exported(conversation, "html").decode()).text
    paragraphs = docx.Document(io.BytesIO(exported(conversation, "docx"))).paragraphs
    assert sentence in [one.text for one in paragraphs]


def test_pictures_in_docx_say_what_they_show(conversation: tuple[Exchange, ...]) -> None:
    made = docx.Document(io.BytesIO(exported(conversation, "docx")))
    said = [shape._inline.docPr.get("descr") for shape in made.inline_shapes]
    assert said == [attributes["alt"] for attributes in Reader(
        exported(conversation, "html").decode()).of("img")]  # fmt: skip
    assert "invoice.png" in said[0]


def test_a_text_cannot_forge_the_marks_of_places_in_markdown() -> None:
    answer = answered("It is \ue0007\ue001 and \ue002 more")
    source = exported((Exchange("?", "question", None, answer),), "md").decode()
    assert "It is 7 and more" in source


def test_places_of_a_very_long_conversation_are_drawn_up_to_a_limit() -> None:
    places = [found("x", (n, n + 1), (10.0, 2.0 * n, 30.0, 2.0 * n + 9)) for n in range(302)]
    answer = answered("x" * 302, *places)
    page = Reader(exported((Exchange("?", "question", None, answer),), "html").decode())
    assert len(page.of("img")) == 300
    assert len(page.of("figure")) == 302
