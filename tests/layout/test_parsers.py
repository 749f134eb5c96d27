"""Layout from model text: streamed, cut, spoilt. No exception, no lost complete cell."""

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.layout.cells import Cell, CellParser, box_of, category_of, plain_text
from engine.layout.deepseek_tags import DeepseekTagParser
from engine.layout.doctags import DocTagsParser
from engine.layout.dots_json import DotsJsonParser
from engine.layout.qwen_boxes import QwenBoxParser
from engine.layout.qwen_html import QwenHtmlParser
from engine.layout.scene_text import SceneTextParser
from tests.layout.outputs import (
    Written,
    as_deepseek,
    as_dots,
    as_qwen2,
    as_qwen3,
    as_qwen_html,
    dots_ends,
    pages,
    qwen_html,
)

MakeParser = Callable[[], CellParser]
FORMATS: dict[str, tuple[MakeParser, Callable[[list[Written]], str]]] = {
    "dots": (DotsJsonParser, as_dots),
    "qwen2": (QwenBoxParser, as_qwen2),
    "qwen3": (QwenBoxParser, as_qwen3),
    "deepseek": (DeepseekTagParser, as_deepseek),
    "qwen html": (QwenHtmlParser, as_qwen_html),
}
ONE = '{"bbox": [10, 20, 30, 40], "category": "Text", "text": "one"}'
TWO = '{"bbox": [10, 50, 30, 80], "category": "Title", "text": "# two"}'


def parsed(parser: CellParser, text: str, *, cut: bool = False) -> list[Cell]:
    return [*parser.feed(text), *parser.close(cut=cut)]


def keys(parser: CellParser) -> dict[str, object]:
    return {notice.key: notice.values["count"] for notice in parser.warnings}


def expected(written: list[Written]) -> list[Cell]:
    return [
        Cell(box, kind, plain_text("" if kind == "Picture" else text, kind))
        for box, kind, text in written
    ]


@settings(max_examples=150, deadline=None)
@given(written=pages(), data=st.data())
def test_cut_dots_output_keeps_every_complete_cell(
    written: list[Written], data: st.DataObject
) -> None:
    text = as_dots(written)
    cut = data.draw(st.integers(0, len(text)))
    complete = sum(end <= cut for end in dots_ends(written))
    parser = DotsJsonParser()
    assert parsed(parser, text[:cut], cut=True) == expected(written)[:complete]
    # What is saved of the last one at an end that nobody cut comes after the complete ones.
    assert parsed(DotsJsonParser(), text[:cut])[:complete] == expected(written)[:complete]


@settings(max_examples=100, deadline=None)
@given(written=pages(), data=st.data())
def test_a_dots_cell_appears_when_its_brace_closes(
    written: list[Written], data: st.DataObject
) -> None:
    parser = DotsJsonParser()
    text, ends = as_dots(written), dots_ends(written)
    for at, character in enumerate(text):
        found = parser.feed(character)
        assert len(found) == (at + 1 in ends)
    assert parser.close() == []
    assert parser.warnings == []


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=None)
@given(written=pages(), seed=st.integers(0, 2**32))
def test_pieces_of_any_size_give_the_cells_of_the_whole(
    name: str, written: list[Written], seed: int
) -> None:
    make, write = FORMATS[name]
    text = write(written)
    whole = parsed(make(), text)
    assert [cell.bbox for cell in whole] == [box for box, _, _ in written]
    parser, found, at = make(), [], 0
    sizes = random.Random(seed)
    while at < len(text):
        step = sizes.randint(1, 12)
        found += parser.feed(text[at : at + step])
        at += step
    assert [*found, *parser.close()] == whole


@pytest.mark.parametrize("name", FORMATS)
def test_ten_thousand_cuts_and_mutations_raise_nothing(name: str) -> None:
    make, write = FORMATS[name]
    chance = random.Random(name)
    written: list[Written] = [
        ((10.0, 20.0, 500.0, 60.0), "Title", "A page {of} things"),
        ((10.0, 70.0, 500.0, 200.0), "Table", "<table><tr><td rowspan='2'>1</td></tr></table>"),
        ((10.0, 220.0, 500.0, 300.0), "Formula", r"\frac{a}{b} \left\{ x \right."),
        ((10.0, 320.0, 500.0, 400.0), "Text", 'He said "so" & left\n[1]'),
    ]
    text = write(written)
    spoilers = [
        '"',
        "{",
        "}",
        "[",
        "]",
        "\\",
        "<|",
        "|>",
        "NaN",
        "1e999",
        "\x00",
        "\ud800",
        ",",
        "9",
        "<",
        "<!",
        "<![x",
        "&",
        "</",
        "<style>",
    ]
    for _ in range(2_500):
        mutated = text
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(mutated) + 1)
            match chance.randrange(3):
                case 0:
                    mutated = mutated[:at]
                case 1:
                    mutated = mutated[:at] + chance.choice(spoilers) + mutated[at:]
                case _:
                    mutated = mutated[:at] + mutated[at + chance.randint(1, 9) :]
        parser = make()
        for cell in parsed(parser, mutated, cut=chance.random() < 0.5):
            assert box_of(cell.bbox) == cell.bbox
        assert parser.warnings is not None


def test_a_mutation_inside_one_cell_costs_at_most_that_cell() -> None:
    chance = random.Random(4)
    words = ["Total", "1,248.00", r"\frac{a}{b}", '"so"', "C:\\path", "{x}", "[1]", "Итого", "<b>"]
    for _ in range(2_000):
        cells = [
            json.dumps(
                {
                    "bbox": [number, 10 * number, 500, 10 * number + 9],
                    "category": "Text",
                    "text": " ".join(chance.choices(words, k=chance.randint(1, 12))),
                }
            )
            for number in range(5)
        ]
        spoilt = chance.randrange(5)
        text = cells[spoilt]
        at = chance.randrange(1, len(text) - 1)
        match chance.randrange(3):
            case 0:
                text = text[:at] + text[at + chance.randint(1, 6) :]
            case 1:
                text = text[:at] + chance.choice('"{}[]\\,x\0') + text[at:]
            case _:
                text = text[:at]
        cells[spoilt] = text
        found = {cell.bbox[0] for cell in parsed(DotsJsonParser(), f"[{', '.join(cells)}]")}
        assert found >= {float(number) for number in range(5) if number != spoilt}


def test_a_bad_box_costs_that_cell_alone() -> None:
    parser = DotsJsonParser()
    bad = ['{"bbox": [1, 2, 3], "category": "Text", "text": "x"}'] + [
        f'{{"bbox": {box}, "category": "Text", "text": "x"}}'
        for box in ("[1, 2, 1, 9]", '["a", 2, 3, 4]', "null", "[1, 2, 3, 1e999]", "[NaN, 2, 3, 4]")
    ]
    found = parsed(parser, f"[{ONE}, {', '.join(bad)}, {TWO}]")
    assert [cell.text for cell in found] == ["one", "two"]
    assert keys(parser) == {"layout.bad_box": len(bad)}


@pytest.mark.parametrize(
    "broken",
    [
        '{"bbox": [1, 2, 3, 4], "category": "Text", "text": "he said "hi" to us"}',
        '{"bbox": [1, 2, 3, 4], "category": "Text", "text": "a quote " too many"}',
        '{"bbox": [1, 2, 3, 4], "category": "Text", "text": "no end',
        '{"bbox": [1, 2, 3, 4], "category": "Text", "text": "no brace"',
        "{\"bbox\": [1, 2, 3, 4], 'category': 'Text', 'text': 'other quotes'}",
        '{"bbox": [1, 2, 3, 4], "category": "Text" "text": "no comma"}',
    ],
)
def test_a_spoilt_cell_is_repaired_and_its_neighbours_stay(broken: str) -> None:
    parser = DotsJsonParser()
    found = parsed(parser, f"[{ONE}, {broken}, {TWO}]")
    assert [cell.text for cell in found if cell.bbox[0] == 10] == ["one", "two"]
    assert [cell.bbox for cell in found if cell.bbox[0] == 1] == [(1.0, 2.0, 3.0, 4.0)]
    assert keys(parser)["layout.repaired"] == 1


def test_unknown_kinds_become_text_and_that_is_said() -> None:
    parser = DotsJsonParser()
    odd = '{"bbox": [1, 2, 3, 4], "category": "Barcode", "text": "123"}'
    found = parsed(parser, f"[{ONE}, {odd}]")
    assert [(cell.category, cell.text) for cell in found] == [("Text", "one"), ("Text", "123")]
    assert keys(parser) == {"layout.unknown_category": 1}
    assert parser.warnings[0].values["category"] == "Barcode"


def test_fences_and_a_wrapping_object_are_seen_through() -> None:
    text = f'Here it is:\n```json\n{{"layout": [{ONE}, {TWO}]}}\n```'
    assert [cell.text for cell in parsed(DotsJsonParser(), text)] == ["one", "two"]


def test_markup_that_the_category_implies_is_no_text() -> None:
    assert plain_text("## 1 Introduction", "Section-header") == "1 Introduction"
    assert plain_text("a **bold** word, 2 ** 3", "Text") == "a bold word, 2 ** 3"
    assert plain_text(r"\frac{a}{b}", "Formula") == r"\frac{a}{b}"


def test_kinds_are_known_by_the_names_that_models_use() -> None:
    names = ("section_header", "List Item", "image_caption", "TABLE", "sub_title")
    assert [category_of(name) for name in names] == [
        "Section-header",
        "List-item",
        "Caption",
        "Table",
        "Section-header",
    ]
    assert category_of("barcode") is None


def test_qwen_labels_are_what_was_asked_for_or_the_kind_of_region() -> None:
    text = (
        '[{"bbox_2d": [1, 2, 3, 4], "label": "the total"},'
        ' {"bbox_2d": [5, 6, 7, 8], "label": "table"}]'
    )
    found = parsed(QwenBoxParser(), text)
    assert [(cell.category, cell.text) for cell in found] == [("Text", "the total"), ("Table", "")]
    tagged = "<|object_ref_start|>date<|object_ref_end|><|box_start|>(1, 2), (3, 4)<|box_end|>"
    assert parsed(QwenBoxParser(), tagged) == [Cell((1.0, 2.0, 3.0, 4.0), "Text", "date")]


def test_a_deepseek_region_may_have_several_boxes_and_says_its_text_once() -> None:
    text = "<|ref|>image<|/ref|><|det|>[[1, 2, 3, 4], [5, 6, 7, 8]]<|/det|>\n\n<|ref|>text<|/ref|>"
    found = DeepseekTagParser().feed(text)
    assert [cell.category for cell in found] == ["Picture", "Picture"]
    located = "<|ref|>the total<|/ref|><|det|>[[1, 2, 3, 4]]<|/det|>"
    assert parsed(DeepseekTagParser(), located) == [Cell((1.0, 2.0, 3.0, 4.0), "Text", "the total")]
    # While the model still writes a region's text, or was stopped there, it is not whole.
    assert parsed(DeepseekTagParser(), located, cut=True) == []


# The published example of the form (Qwen2.5-VL report, arXiv:2502.13923), with contents.
QWEN_HTML = """```html
<html><body>
<h1 data-bbox="10 10 500 40">Annual <b>report</b> &amp; more</h1>
<p data-bbox="10 50 500 90"> One line<br>and   another </p>
<style>table1 { border: 1px }</style><table data-bbox="10 100 500 200" class="table1">
<tr><th colspan="2">Sum &lt; 3</th></tr>
<tr><td>1</td><td onclick="x()">2<script>y()</script></td></tr>
</table>
<div class="formula" data-bbox="10 210 500 240"><img data-bbox="10 210 500 240" />
<div>E = mc^2</div></div>
<div class="image caption" data-bbox="10 250 500 400"><img data-bbox="12 252 498 380" />
<p>A dog</p></div>
<div class="chart" data-bbox="10 410 500 500"><img data-bbox="1 1 2 2" />
<table><tr><td>7</td></tr></table></div>
<ol data-bbox="10 510 500 600"><li data-bbox="10 510 500 550">first</li>
<li data-bbox="10 560 500 600">second</li></ol>
<ul data-bbox="10 610 500 700"><li>a</li><li>b</li></ul>
</body></html>
```"""


def test_qwenvl_html_as_it_is_published_becomes_cells() -> None:
    cells = parsed(QwenHtmlParser(), QWEN_HTML)
    assert [(cell.category, cell.text) for cell in cells] == [
        ("Title", "Annual report & more"),
        ("Text", "One line\nand another"),
        ("Table", "Sum < 3\t\n1\t2"),
        ("Formula", "E = mc^2"),
        ("Picture", ""),
        ("Picture", ""),
        ("List-item", "first"),
        ("List-item", "second"),
        ("List-item", "a\nb"),
    ]
    assert cells[0].bbox == (10, 10, 500, 40)
    assert cells[2].html == (
        '<table><tbody><tr><th colspan="2">Sum &lt; 3</th></tr>'
        "<tr><td>1</td><td>2</td></tr></tbody></table>"
    )


@settings(max_examples=100, deadline=None)
@given(written=pages(), data=st.data())
def test_cut_qwenvl_html_keeps_every_complete_element(
    written: list[Written], data: st.DataObject
) -> None:
    text = as_qwen_html(written)
    cut = data.draw(st.integers(0, len(text)))
    begins = text.index("<body>") + len("<body>\n")
    ends = [
        begins + sum(len(qwen_html(each)) for each in written[: number + 1]) - 1
        for number in range(len(written))
    ]
    found = parsed(QwenHtmlParser(), text[:cut], cut=True)
    assert [cell.bbox for cell in found] == [
        box for (box, _, _), end in zip(written, ends, strict=True) if end <= cut
    ]


def test_an_element_that_is_never_closed_ends_where_the_next_one_begins() -> None:
    text = '<p data-bbox="1 2 30 40">one<p data-bbox="1 50 30 80">two'
    assert [cell.text for cell in parsed(QwenHtmlParser(), text, cut=True)] == ["one"]
    assert [cell.text for cell in parsed(QwenHtmlParser(), text)] == ["one", "two"]


def test_an_element_of_qwenvl_html_with_a_bad_box_is_left_out_and_that_is_said() -> None:
    parser = QwenHtmlParser()
    text = '<p data-bbox="1 2 3">no</p><p>none</p><p data-bbox="1,2,30,40">yes</p>'
    assert [cell.text for cell in parsed(parser, text)] == ["yes"]
    assert keys(parser) == {"layout.bad_box": 1}


@pytest.mark.parametrize(
    ("parser", "cell"),
    [
        (DotsJsonParser, '{"bbox": [1, 2, 3, 4], "category": "Text", "text": "a b'),
        (QwenBoxParser, '[{"bbox_2d": [1, 2, 3, 4], "label": "Text", "text_content": "a b'),
        (DeepseekTagParser, "<|ref|>text<|/ref|><|det|>[[1, 2, 3, 4]]<|/det|>\na b"),
        (DocTagsParser, "<text><loc_1><loc_2><loc_3><loc_4>a b"),
        (SceneTextParser, "(0, 0), (9, 0), (9, 9), (0, 9) a b"),
        (QwenHtmlParser, '<p data-bbox="1 2 3 4">a b'),
    ],
)
def test_of_a_cell_in_a_loop_what_stood_before_the_loop_stays(
    parser: MakeParser, cell: str
) -> None:
    for before, loop, kept in ((cell, " b" * 50, ["a b"]), ("", cell, [])):
        made = parser()
        found = made.feed(before + loop)
        assert [one.text for one in [*found, *made.close(loop=len(loop))]] == kept


def test_a_box_that_ends_in_a_loop_is_no_cell() -> None:
    parser = DotsJsonParser()
    loop = ", 4" * 60
    assert parser.feed('[{"bbox": [1, 2, 3, 4' + loop) == []
    assert parser.close(loop=len(loop)) == []
    assert parser.warnings == []
