"""Boxes in what models of every family write: evidence of an answer, regions of a page."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from engine import Engine
from engine.core.errors import ModelError
from engine.core.schema import Finished
from engine.families.pages.detokenizer import Detokenizer
from tests.fakes import draw_page, save_page
from tests.families import tiny
from tests.families.conftest import MORE, TINY
from tests.families.scripted import Scripted

MakeEngine = Callable[..., Engine]
# Pages of tests are 900 x 600; these thousandths are (90, 60, 450, 300) there.
BOX, ON_PAGE = (100, 100, 500, 500), (90, 60, 450, 300)
Thousandths = tuple[int, int, int, int]


def tagged(box: Thousandths) -> str:
    return "<|box_start|>({},{}),({},{})<|box_end|>".format(*box)


TAGGED = tagged(BOX)
LONG = {"generation": {"max_new_tokens": 400}}


def in_json(key: str, box: list[int]) -> str:
    return json.dumps([{key: box, "category": "Text", "text": "abc"}])


def in_frame(box: Thousandths, width: float, height: float) -> list[int]:
    """A box in a frame of another size than thousandths."""
    return [round(edge * side / 1000) for edge, side in zip(box, (width, height) * 2, strict=True)]


def of_deepseek(box: Thousandths, seen: tuple[int, int]) -> str:
    return f"<|ref|>text<|/ref|><|det|>[{in_frame(box, 999, 999)}]<|/det|>\nabc"


# What each family writes for a block "abc" in a box. seen: (width, height) of the page as seen.
WRITES: dict[str, Callable[[Thousandths, tuple[int, int]], str]] = {
    "deepseek_ocr": of_deepseek,
    "deepseek_ocr2": of_deepseek,
    "dots_ocr": lambda box, seen: in_json("bbox", in_frame(box, *seen)),
    "granite_docling": lambda box, seen: "<doctag><text>{}abc</text></doctag>".format(
        "".join(f"<loc_{edge}>" for edge in in_frame(box, 500, 500))
    ),
    "qwen2_vl": lambda box, seen: f"<|object_ref_start|>abc<|object_ref_end|>{tagged(box)}",
    "qwen2_5_vl": lambda box, seen: in_json("bbox_2d", in_frame(box, *seen)),
    "qwen3_vl": lambda box, seen: in_json("bbox_2d", list(box)),
}
# Who reads by regions writes none: its boxes are the index's (test_region_reading.py).
WITH_BOXES = [
    name
    for name, model in (TINY | MORE).items()
    if model.capabilities.boxes and not model.adapter.reads_regions
]


def upload(engine: Engine, tmp_path: Path, *, pages: int = 1) -> str:
    session_id = engine.create_session()
    for number in range(pages):
        engine.add_document(session_id, save_page(tmp_path, text=f"page {number}"), name="p.png")
    return session_id


def test_boxes_of_an_answer_are_its_evidence_and_the_text_stays(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = tiny_engine("qwen2_vl", **LONG)
    session_id = upload(engine, tmp_path)
    said = f"The <|object_ref_start|>total<|object_ref_end|>{TAGGED} is 42."
    Scripted(engine, lambda *_: said)
    answer = engine.ask(session_id, "Where is the total?").answer()
    (found,) = answer.evidence
    assert found.bbox == pytest.approx(ON_PAGE)
    assert found.text == "total"
    assert answer.text == "The total(100,100),(500,500) is 42."


def test_qwen3_boxes_are_json_in_thousandths(tiny_engine: MakeEngine, tmp_path: Path) -> None:
    engine = tiny_engine("qwen3_vl", **LONG)
    session_id = upload(engine, tmp_path)
    said = f"```json\n{json.dumps([{'bbox_2d': BOX, 'label': 'total'}])}\n```"
    Scripted(engine, lambda *_: said)
    (found,) = engine.ask(session_id, "Where is the total?").answer().evidence
    assert found.bbox == pytest.approx(ON_PAGE)


def test_a_box_belongs_to_the_page_that_the_model_names(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = tiny_engine("qwen2_vl", **LONG)
    session_id = upload(engine, tmp_path, pages=2)
    other = TAGGED.replace("500", "600")
    Scripted(engine, lambda *_: f"{TAGGED} In image 2 it is here {TAGGED}, on Page 1 here {other}")
    found = engine.ask(session_id, "Where?").answer().evidence
    first, second = engine.documents(session_id)
    # The box before any page was named is nowhere: a wrong place is worse than none.
    assert [each.document_id for each in found] == [second.document_id, first.document_id]


def test_a_page_named_by_its_number_is_that_page_and_an_unclear_number_is_none(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = tiny_engine("qwen2_vl", **LONG)
    session_id = engine.create_session()
    sheets = [Image.new("RGB", (640, 400), "white") for _ in range(5)]
    sheets[0].save(tmp_path / "scan.tiff", save_all=True, append_images=sheets[1:])
    document = engine.add_document(session_id, tmp_path / "scan.tiff", name="scan.tiff")
    asked = [(document.document_id, index) for index in (1, 2, 4)]
    other, third = TAGGED.replace("500", "600"), TAGGED.replace("500", "700")
    said = f"On page 5 {TAGGED}, in image 2 {other}, on page 2 {third}"
    Scripted(engine, lambda *_: said)
    found = engine.ask(session_id, "Where?", pages=asked).answer().evidence
    # "Page 2" may be the page of that number, or the second that the model sees.
    assert [each.page_index for each in found] == [4, 2]


@pytest.mark.parametrize("name", WITH_BOXES)
def test_a_box_comes_back_to_its_place_on_the_page(
    tiny_engine: MakeEngine, tmp_path: Path, name: str
) -> None:
    more = {"ngram_size": 0} if name.startswith("deepseek") else {}
    engine = tiny_engine(name, generation={"max_new_tokens": 400, **more})
    session_id = upload(engine, tmp_path)
    scripted = Scripted(engine, lambda *_: WRITES[name](BOX, scripted.sizes[-1]))
    (layout,) = engine.ask(session_id, task="layout").answer().layouts
    (region,) = layout.regions
    # Half a unit of the coarsest frame is about a pixel; of a page seen small, two.
    assert region.bbox == pytest.approx(ON_PAGE, abs=2)
    assert (region.category, region.text) == ("Text", "abc")


@pytest.mark.parametrize("name", WITH_BOXES)
def test_boxes_come_back_on_turned_photos_and_on_every_page_of_a_file(
    tiny_engine: MakeEngine, tmp_path: Path, name: str
) -> None:
    """Three pages of other shapes: a photo that lies on its side (EXIF), a file of two pages."""
    chance = random.Random(name)
    more = {"ngram_size": 0} if name.startswith("deepseek") else {}
    engine = tiny_engine(name, generation={"max_new_tokens": 400, **more})
    session_id = engine.create_session()
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter for showing
    words = [("Total", 40, 60)]
    draw_page(words, size=(800, 500))[0].save(tmp_path / "photo.jpg", exif=exif)
    sheets = [draw_page(words, size=size)[0] for size in ((640, 400), (420, 660))]
    sheets[0].save(tmp_path / "scan.tiff", save_all=True, append_images=sheets[1:])
    for file in ("photo.jpg", "scan.tiff"):
        engine.add_document(session_id, tmp_path / file, name=file)
    documents = engine.documents(session_id)
    pages = [(document, page) for document in documents for page in document.pages]
    assert [page.size for _, page in pages] == [(500, 800), (640, 400), (420, 660)]
    boxes: list[Thousandths] = []

    def write(*_: int) -> str:
        left, top = chance.randrange(900), chance.randrange(900)
        right, bottom = chance.randrange(left + 50, 1000), chance.randrange(top + 50, 1000)
        boxes.append((left, top, right, bottom))
        return WRITES[name](boxes[-1], scripted.sizes[-1])

    scripted = Scripted(engine, write)
    wanted = [(document.document_id, page.page_index) for document, page in pages]
    layouts = engine.ask(session_id, task="layout", pages=wanted).answer().layouts
    assert len(layouts) == len(boxes) == 3
    for layout, box, (_, page) in zip(layouts, boxes, pages, strict=True):
        (region,) = layout.regions
        assert region.bbox == pytest.approx(in_frame(box, *page.size), abs=2)


@pytest.mark.parametrize("name", ["qwen2_vl", "qwen3_vl"])
def test_qwen_reads_the_layout_of_each_page(
    tiny_engine: MakeEngine, tmp_path: Path, name: str
) -> None:
    engine = tiny_engine(name, **LONG)
    session_id = upload(engine, tmp_path, pages=2)
    cell = {"bbox_2d": BOX, "category": "Section-header", "text": "## Terms"}
    scripted = Scripted(engine, lambda *_: f"```json\n{json.dumps([cell])}\n```")
    answer = engine.ask(session_id, task="layout").answer()
    assert len(scripted.prompts) == len(answer.layouts) == 2
    for layout in answer.layouts:
        (region,) = layout.regions
        assert region.bbox == pytest.approx(ON_PAGE)
        assert (region.category, region.text) == ("Section-header", "Terms")
    assert answer.text == "## Terms\n\n## Terms\n\n"


def test_qwen3_reads_the_layout_in_the_form_that_it_was_trained_on(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = tiny_engine("qwen3_vl", mode="qwenvl_html", **LONG)
    session_id = upload(engine, tmp_path, pages=2)
    box = " ".join(map(str, BOX))
    html = f'<h2 data-bbox="{box}">Terms</h2>'
    scripted = Scripted(engine, lambda *_: f"```html\n<html><body>{html}</body></html>\n```")
    answer = engine.ask(session_id, task="layout").answer()
    assert [layout.regions[0].bbox for layout in answer.layouts] == [pytest.approx(ON_PAGE)] * 2
    assert answer.text == "## Terms\n\n## Terms\n\n"
    assert scripted.text_of(0).endswith("qwenvl html<|im_end|>\n<|im_start|>assistant\n")
    # Other tasks are asked as before.
    engine.ask(session_id, task="ocr").answer()
    assert "Read all the text in the image" in scripted.text_of(2)


@pytest.mark.parametrize("name", ["qwen2_vl", "qwen2_5_vl", "paddleocr_vl"])
def test_a_checkpoint_that_was_not_asked_so_by_its_makers_refuses_the_mode(
    tiny_engine: MakeEngine, tmp_path: Path, name: str
) -> None:
    engine = tiny_engine(name, mode="qwenvl_html")
    session_id = upload(engine, tmp_path, pages=1)
    with pytest.raises(ModelError) as caught:
        engine.ask(session_id, task="layout" if name.startswith("qwen") else "ocr").answer()
    assert caught.value.key == "model.unknown_mode"


@pytest.mark.parametrize("name", ["qwen2_vl", "got_ocr"])
def test_text_is_read_page_by_page_and_gone_on_with(
    tiny_engine: MakeEngine, tmp_path: Path, name: str
) -> None:
    engine = tiny_engine(name, generation={"max_new_tokens": 9})
    session_id = upload(engine, tmp_path, pages=2)
    stream = engine.ask(session_id, task="ocr")
    assert list(stream)[-1] == Finished("length", "tiny")
    once = stream.transcript
    stream = engine.ask(session_id, task="ocr", resume=True)
    list(stream)
    whole = tiny_engine(name, generation={"max_new_tokens": 18})
    other = upload(whole, tmp_path, pages=2)
    assert stream.transcript.text == whole.ask(other, task="ocr").answer().text
    assert stream.transcript.usage.completion_tokens <= 18
    assert once.usage.completion_tokens <= 18


def test_going_on_with_an_answer_gives_the_uncut_one_and_reuses_the_cache(
    tiny_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = tiny_engine("qwen2_vl", generation={"max_new_tokens": 9})
    session_id = upload(engine, tmp_path)
    scripted = Scripted(engine, lambda *_: "A long answer that takes more than one run.")
    list(engine.ask(session_id, "?"))
    for _ in range(10):
        stream = engine.ask(session_id, "?", resume=True)
        if list(stream)[-1] == Finished("stop", "tiny"):
            break
        assert scripted.family.counters.prefilled_tokens <= 2
    assert stream.transcript.text == "A long answer that takes more than one run."
    assert [message.text for message in engine.history(session_id)] == [
        "?",
        "A long answer that takes more than one run.",
    ]


def test_half_the_pixels_are_half_for_every_family(tiny_engine: MakeEngine, tmp_path: Path) -> None:
    from PIL import Image

    engine = tiny_engine("qwen2_vl", max_pixels=1_000_000)
    family = Scripted(engine, lambda *_: "").family
    page = Image.new("RGB", (3000, 2000), "white")
    whole, half = family.see(page), family.see_smaller(page, 0.5)
    assert half.tokens / whole.tokens == pytest.approx(0.5, abs=0.1)


def test_ids_become_text_without_loss_whatever_their_pieces() -> None:
    tokenizer = tiny.byte_tokenizer(tiny.QWEN_SPECIAL, pad="<|endoftext|>", eos="<|im_end|>")
    text = "Сумма: 漢字 € <|box_start|>(1,2)<|box_end|> 🎉 конец"
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    for size in (1, 2, 3, 7):
        words = Detokenizer(tokenizer, {tokenizer.eos_token_id})
        pieces = [words.put(ids[at : at + size]) for at in range(0, len(ids), size)]
        pieces.append(words.put([tokenizer.eos_token_id], last=True))
        assert "".join(pieces) == text
        assert not any("\ufffd" in piece for piece in pieces)
