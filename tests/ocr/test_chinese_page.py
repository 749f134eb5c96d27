"""A third script: a Chinese page through index, evidence and verbatim decoding."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.core.schema import BBox
from engine.families.decoding.verbatim import vocabulary
from engine.index.builder import build_index
from engine.index.grounding import ground
from engine.index.page_index import PageIndex
from engine.index.verbatim import PageSpans
from tests.families.tiny import byte_tokenizer
from tests.missing import missing
from tests.ocr.drawing import SETTINGS, covered, page_of

_FOLDERS = (Path("/usr/share/fonts"), Path("/Library/Fonts"), Path("C:/Windows/Fonts"))
_FACES = ("NotoSansCJK-Regular.*", "NotoSansSC*", "SourceHanSans*", "wqy-*", "simsun*", "msyh*")
FACE = next(
    (str(path) for folder in _FOLDERS for name in _FACES for path in sorted(folder.rglob(name))), ""
)
NOT_THERE = "页面上没有。"
END = "<end>"
BUYER, NUMBER, TOTAL = "北京晨光贸易有限公司", "04417823", "1,280.50"
LINES = (
    ("增值税普通发票", ""),
    ("发票号码：", NUMBER),
    ("开票日期：", "2024年3月7日"),
    ("购买方名称：", BUYER),
    ("销售方名称：", "上海明远办公用品有限公司"),
    ("价税合计：", TOTAL),
)
pytestmark = pytest.mark.skipif(not FACE, reason=missing("a Chinese font"))


@pytest.fixture(scope="module")
def drawn() -> tuple[PageIndex, dict[str, BBox]]:
    """The index that OCR makes of the page, and where each value was drawn."""
    image = Image.new("RGB", (900, 620), "white")
    pen, face = ImageDraw.Draw(image), ImageFont.truetype(FACE, 30)
    boxes: dict[str, BBox] = {}
    for number, (label, value) in enumerate(LINES):
        y = 50.0 + 85 * number
        pen.text((60, y), label, fill="black", font=face)
        if value:
            pen.text((300, y), value, fill="black", font=face)
            boxes[value] = pen.textbbox((300, y), value, font=face)
    return build_index(page_of(image), SETTINGS), boxes


def test_the_index_holds_what_is_printed(drawn: tuple[PageIndex, dict[str, BBox]]) -> None:
    index, boxes = drawn
    printed = "".join(index.text.split())
    for value in boxes:
        assert value in printed, value
    assert index.script == "other"


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (f"购买方是{BUYER}。", BUYER),
        (f"发票号码是 {NUMBER}。", NUMBER),
        (f"价税合计为 {TOTAL} 元。", TOTAL),
        (BUYER, BUYER),
    ],
)
def test_a_fact_of_an_answer_is_found_where_it_is_printed(
    drawn: tuple[PageIndex, dict[str, BBox]], answer: str, value: str
) -> None:
    index, boxes = drawn
    pieces = [one for found in ground(answer, [index]) for one in found.evidence]
    best = max(pieces, key=lambda one: covered(boxes[value], one.bbox), default=None)
    assert best is not None and covered(boxes[value], best.bbox) > 0.6, pieces


def test_an_invented_amount_is_on_no_page(drawn: tuple[PageIndex, dict[str, BBox]]) -> None:
    found = ground("价税合计为 9,999.99 元。", [drawn[0]])
    assert [one.text for one in found if not one.evidence], found


def test_verbatim_decoding_can_say_a_value_and_no_other(
    drawn: tuple[PageIndex, dict[str, BBox]],
) -> None:
    index, boxes = drawn
    tokenizer = byte_tokenizer((END,), pad=END, eos=END)
    spans = PageSpans([index], vocabulary(tokenizer, model_id="m"), not_there=NOT_THERE)

    def said(text: str) -> bool:
        walk = spans.walk()
        for token in tokenizer(text, add_special_tokens=False)["input_ids"]:
            if token not in walk.allowed:
                return False
            walk.advance(token)
        evidence = spans.evidence(walk.spans, "?") if walk.may_end else ()
        return any(covered(boxes[text], one.bbox) > 0.6 for one in evidence)

    assert said(BUYER) and said(TOTAL)
    assert not said("上海晨光贸易有限公司")
