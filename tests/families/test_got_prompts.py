"""The exact prompt of GOT-OCR 2 for each of its options.

transformers' GotOcr2Processor writes them, since the checkpoint has no template. The original demo
(Ucas-HaoranWei/GOT-OCR2.0) writes "OCR: " without the space before it; the -hf checkpoint is used
with transformers' text.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageOps

from engine import Engine
from engine.core.schema import Failed, Finished, Notice
from tests.fakes import draw_page
from tests.families.driving import loaded_family, session_with

MakeEngine = Callable[..., tuple[Engine, list[Any]]]
GOT_HEAD = (
    "<|im_start|>system\nYou should follow the instructions carefully and explain your answers in "
    "detail.<|im_end|><|im_start|>user\n<img>"
)


def test_got_ocr_asks_once_for_each_page(recording: MakeEngine, tmp_path: Path) -> None:
    engine, inputs = recording("got_ocr")
    session_id = session_with(engine, tmp_path, "first", "second")
    pages = [(document.document_id, 0) for document in engine.documents(session_id)]
    list(engine.ask(session_id, task="ocr", pages=pages))
    tokenizer = loaded_family(engine).tokenizer
    texts = [tokenizer.decode(page.tensors["input_ids"][0].tolist()) for page in inputs]
    expected = f"{GOT_HEAD}{'<imgpad>' * 256}</img>\n OCR: <|im_end|><|im_start|>assistant\n"
    assert texts == [expected, expected]
    assert all(page.tensors["pixel_values"].shape == (1, 3, 1024, 1024) for page in inputs)


def test_got_ocr_reads_markdown_by_its_published_format(
    recording: MakeEngine, tmp_path: Path
) -> None:
    engine, inputs = recording("got_ocr")
    list(engine.ask(session_with(engine, tmp_path, "Total 42"), task="markdown"))
    text = loaded_family(engine).tokenizer.decode(inputs[0].tensors["input_ids"][0].tolist())
    assert text.endswith("</img>\n OCR with format: <|im_end|><|im_start|>assistant\n")


@pytest.mark.parametrize(
    ("generation", "query", "views"),
    [
        ({}, " OCR: ", 1),
        ({"format": "true"}, " OCR with format: ", 1),
        ({"color": "'red'"}, "[red]  OCR: ", 1),
        # 1200 x 600: two tiles side by side, and the page as a whole.
        ({"crop_to_patches": "true"}, " OCR upon the patch reference: ", 3),
        (
            {"format": "true", "crop_to_patches": "true"},
            " OCR with format upon the patch reference: ",
            3,
        ),
    ],
)
def test_got_ocr_options_ask_as_published(
    recording: MakeEngine, tmp_path: Path, generation: dict[str, str], query: str, views: int
) -> None:
    engine, inputs = recording("got_ocr", generation={"max_new_tokens": 4, **generation})
    path = tmp_path / "wide.png"
    draw_page([("Total", 40, 60)], size=(1200, 600))[0].save(path)
    session_id = engine.create_session()
    engine.add_document(session_id, path, name="wide.png")
    list(engine.ask(session_id, task="ocr"))
    page = inputs[0]
    text = loaded_family(engine).tokenizer.decode(page.tensors["input_ids"][0].tolist())
    pads = "<imgpad>" * (256 * views)
    assert text == f"{GOT_HEAD}{pads}</img>\n{query}<|im_end|><|im_start|>assistant\n"
    assert page.tensors["pixel_values"].shape == (views, 3, 1024, 1024)


def test_got_ocr_is_told_of_a_drawn_box_in_thousandths_of_the_page(
    recording: MakeEngine, tmp_path: Path
) -> None:
    engine, inputs = recording("got_ocr")
    path = tmp_path / "wide.png"
    draw_page([("Total", 40, 60)], size=(1200, 600))[0].save(path)
    session_id = engine.create_session()
    engine.add_document(session_id, path, name="wide.png")
    list(engine.ask(session_id, task="ocr", bbox=(120.0, 60.0, 600.0, 300.0)))
    text = loaded_family(engine).tokenizer.decode(inputs[0].tensors["input_ids"][0].tolist())
    assert "[100, 100, 500, 500] OCR: " in text


def test_a_colour_that_got_ocr_does_not_know_is_refused(
    recording: MakeEngine, tmp_path: Path
) -> None:
    engine, _ = recording("got_ocr", generation={"max_new_tokens": 4, "color": "'pink'"})
    session_id = session_with(engine, tmp_path, "first")
    events = list(engine.ask(session_id, task="ocr"))
    assert isinstance(events[-1], Failed)
    assert "red, green, blue" in events[-1].error.text()


def test_got_ocr_reads_pages_together_where_the_settings_say_so(
    recording: MakeEngine, tmp_path: Path
) -> None:
    engine, inputs = recording("got_ocr", mode="multi_page", generation={"max_new_tokens": 12})
    paths = [tmp_path / f"{number}.png" for number in range(2)]
    session_id = engine.create_session()
    page, _ = draw_page([("Total 42", 60, 80)])
    for image, path in zip((page, ImageOps.invert(page)), paths, strict=True):
        image.save(path)
        engine.add_document(session_id, path, name=path.name)
    pages = [(document.document_id, 0) for document in engine.documents(session_id)]
    answer = engine.ask(session_id, task="ocr", pages=pages).answer()
    (prompt,) = inputs
    family = loaded_family(engine)
    text = family.tokenizer.decode(prompt.tensors["input_ids"][0].tolist())
    pads = "<imgpad>" * 512
    query = " OCR across multi pages: "
    assert text == f"{GOT_HEAD}{pads}</img>\n{query}<|im_end|><|im_start|>assistant\n"
    # transformers is the reference, from the pictures to the text.
    images = [Image.open(path).convert("RGB") for path in paths]
    reference = family.processor(images, multi_page=True, return_tensors="pt")
    assert torch.equal(prompt.tensors["input_ids"], reference["input_ids"])
    assert torch.equal(prompt.tensors["pixel_values"], reference["pixel_values"])
    whole = family.model.generate(
        **reference,
        do_sample=False,
        repetition_penalty=1.0,
        max_new_tokens=12,
        eos_token_id=family.tokenizer.convert_tokens_to_ids("<|im_end|>"),
    )
    said = whole[0, reference["input_ids"].shape[1] :]
    assert answer.text == family.tokenizer.decode(said, skip_special_tokens=True)
    # The pages matter, and their order.
    other = engine.ask(session_id, task="ocr", pages=pages[::-1]).answer()
    assert other.text != answer.text


def test_pages_read_together_are_gone_on_with(recording: MakeEngine, tmp_path: Path) -> None:
    def read(tokens: int, *, again: bool = False) -> tuple[str, object]:
        options = {"max_new_tokens": tokens}
        engine, _ = recording("got_ocr", mode="multi_page", generation=options)
        session_id = session_with(engine, tmp_path, "first", "second")
        pages = [(document.document_id, 0) for document in engine.documents(session_id)]
        stream = engine.ask(session_id, task="ocr", pages=pages)
        last = list(stream)[-1]
        if again:
            assert last == Finished("length", "tiny")
            stream = engine.ask(session_id, task="ocr", pages=pages, resume=True)
            last = list(stream)[-1]
        return stream.transcript.text, last

    assert read(6, again=True) == read(12)


@pytest.mark.parametrize(("count", "notices"), [(1, 0), (9, 1)])
def test_one_page_and_too_many_pages_are_read_one_by_one(
    recording: MakeEngine, tmp_path: Path, count: int, notices: int
) -> None:
    engine, inputs = recording("got_ocr", mode="multi_page", generation={"max_new_tokens": 1})
    session_id = session_with(engine, tmp_path, *map(str, range(count)))
    pages = [(document.document_id, 0) for document in engine.documents(session_id)]
    events = list(engine.ask(session_id, task="ocr", pages=pages))
    assert len(inputs) == count
    tokenizer = loaded_family(engine).tokenizer
    texts = {tokenizer.decode(page.tensors["input_ids"][0].tolist()) for page in inputs}
    head = f"{GOT_HEAD}{'<imgpad>' * 256}</img>\n OCR: "
    assert texts == {f"{head}<|im_end|><|im_start|>assistant\n"}
    said = [event for event in events if isinstance(event, Notice)]
    assert [notice.key for notice in said].count("notice.one_by_one") == notices
