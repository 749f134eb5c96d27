"""dots.ocr through the engine: pages, boxes, cuts, loops, failures, prompts."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from engine import Engine
from engine.core.errors import DocumentError, GenerationError, ModelError
from engine.core.prompts import load_tasks
from engine.core.schema import (
    Discarded,
    Finished,
    Notice,
    PageLayout,
    RegionAdded,
    StreamEvent,
    TextDelta,
)
from tests.fakes import draw_page
from tests.families.dots_ocr.conftest import OWN, publish
from tests.families.scripted import Scripted

MakeEngine = Callable[..., Engine]
# A page of 600 x 800 pixels is seen as 588 x 812: both sides are multiples of 28.
SIZE, FRAME = (600, 800), (588, 812)
CELLS = [
    {"bbox": [0, 0, 294, 203], "category": "Title", "text": "# A title"},
    {"bbox": [0, 203, 588, 406], "category": "Text", "text": "Some **bold** words"},
    {"bbox": [294, 406, 588, 812], "category": "Picture"},
]
OUTPUT = json.dumps(CELLS)
LOOP = json.dumps(CELLS[:2])[:-1] + ', {"bbox": [0, 1, 2' + ", 3" * 80


@pytest.fixture
def make_engine(tiny_engine: MakeEngine) -> MakeEngine:
    def make(*, tokens: int = 1000, **table: object) -> Engine:
        table = {"max_pixels": None, "generation": {"max_new_tokens": tokens}, **table}
        return tiny_engine("dots_ocr", **table)

    return make


def upload(engine: Engine, tmp_path: Path, *, pages: int = 1) -> str:
    images = [draw_page([(f"page {n}", 40, 60)], size=SIZE)[0] for n in range(pages)]
    images[0].save(tmp_path / "scan.tiff", save_all=True, append_images=images[1:])
    session_id = engine.create_session()
    engine.add_document(session_id, tmp_path / "scan.tiff", name="scan.tiff")
    return session_id


def told(events: list[StreamEvent]) -> list[str]:
    return [event.key for event in events if isinstance(event, Notice | Discarded)]


def texts(layout: PageLayout) -> list[str]:
    return [region.text for region in layout.regions]


def test_cells_become_regions_in_page_pixels_while_the_model_writes(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path)
    scripted = Scripted(engine, lambda *_: OUTPUT)
    stream = engine.ask(session_id, task="layout")
    events = list(stream)
    assert scripted.sizes == [FRAME]
    (layout,) = stream.transcript.layouts(engine.documents(session_id))
    assert [region.bbox for region in layout.regions] == [
        pytest.approx((0, 0, 300, 200)),
        pytest.approx((0, 200, 600, 400)),
        pytest.approx((300, 400, 600, 800)),
    ]
    assert [region.order for region in layout.regions] == [0, 1, 2]
    assert texts(layout) == ["A title", "Some bold words", ""]
    kinds = [type(event) for event in events]
    # A region is there, and shown, before the next one is written.
    assert kinds.index(TextDelta) < len(kinds) - 1 - kinds[::-1].index(RegionAdded)
    assert stream.transcript.text == "# A title\n\nSome bold words\n\n*Picture on page 1*\n\n"
    assert events[-1] == Finished("stop", "tiny")


def test_pages_are_read_one_by_one_and_a_broken_one_stops_none(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path, pages=3)
    pages = engine.documents(session_id)[0].pages

    def broken() -> Image.Image:
        raise DocumentError("document.broken_page", page=2, name="scan.tiff", kind="TIFF")

    object.__setattr__(pages[1], "load_image", broken)
    scripted = Scripted(engine, lambda page, _: json.dumps([{**CELLS[0], "text": f"page {page}"}]))
    stream = engine.ask(session_id, task="layout")
    events = list(stream)
    layouts = stream.transcript.layouts(engine.documents(session_id))
    assert [(each.page_index, texts(each)) for each in layouts] == [
        (0, ["page 0"]),
        (2, ["page 2"]),
    ]
    assert told(events) == ["notice.page_failed"]
    assert len(scripted.prompts) == 2
    assert events[-1] == Finished("stop", "tiny")


def test_when_no_page_can_be_read_the_run_fails_with_its_reason(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path)
    page = engine.documents(session_id)[0].pages[0]

    def broken() -> Image.Image:
        raise DocumentError("document.broken_page", page=1, name="scan.tiff", kind="TIFF")

    object.__setattr__(page, "load_image", broken)
    with pytest.raises(DocumentError, match=r"Page 1 of scan\.tiff"):
        engine.ask(session_id, task="layout").answer()


@pytest.mark.parametrize("tokens", [75, 130])
def test_going_on_after_a_cut_gives_the_regions_of_an_uncut_run(
    make_engine: MakeEngine, tmp_path: Path, tokens: int
) -> None:
    engine = make_engine(tokens=tokens)
    session_id = upload(engine, tmp_path, pages=2)
    scripted = Scripted(engine, lambda page, _: OUTPUT if page else json.dumps(CELLS[:1]))
    stream = engine.ask(session_id, task="layout")
    events = list(stream)
    assert events[-1] == Finished("length", "tiny")
    assert "layout.cut" in told(events)
    for _ in range(20):
        before = stream.transcript.regions
        stream = engine.ask(session_id, task="layout", resume=True)
        end = list(stream)[-1]
        for page, regions in before.items():
            # What was there stays, in its place.
            assert stream.transcript.regions[page][: len(regions)] == regions
        if end == Finished("stop", "tiny"):
            break
        assert end == Finished("length", "tiny")
    assert scripted.family.counters.reused_tokens > 0
    uncut = make_engine()
    other = upload(uncut, tmp_path, pages=2)
    Scripted(uncut, scripted.script)
    whole = uncut.ask(other, task="layout").answer()
    resumed = stream.transcript.layouts(engine.documents(session_id))
    assert [layout.regions for layout in resumed] == [layout.regions for layout in whole.layouts]
    assert stream.transcript.text == whole.text
    # The pieces are one answer of the conversation.
    assert [message.role for message in engine.history(session_id)] == ["user", "assistant"]


def test_a_page_says_that_it_was_cut_and_the_others_that_they_were_not(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine(tokens=90)
    session_id = upload(engine, tmp_path, pages=2)
    Scripted(engine, lambda page, _: OUTPUT if page else json.dumps(CELLS[:1]))
    first, second = engine.ask(session_id, task="layout").answer().layouts
    assert (first.finish_reason, second.finish_reason) == ("stop", "length")
    assert first.warnings == ()
    assert "cut after region 1" in second.warnings[0]


def test_going_on_without_an_answer_is_refused(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path)
    with pytest.raises(Exception, match="no answer to continue"):
        engine.ask(session_id, task="layout", resume=True).answer()


def test_a_loop_is_withdrawn_and_the_page_is_read_again_a_little_smaller(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path, pages=2)
    scripted = Scripted(engine, lambda page, turn: LOOP if page and turn == 1 else OUTPUT)
    stream = engine.ask(session_id, task="layout")
    events = list(stream)
    assert told(events) == ["discarded.repetition"]
    assert events[-1] == Finished("stop", "tiny")
    layouts = stream.transcript.layouts(engine.documents(session_id))
    assert [len(layout.regions) for layout in layouts] == [3, 3]
    assert stream.transcript.text.count("A title") == 2
    # 0.95 of 600 x 800 is 570 x 760: 560 x 756 in multiples of 28, and boxes follow it.
    assert scripted.sizes == [FRAME, FRAME, (560, 756)]
    assert layouts[1].regions[0].bbox == pytest.approx((0, 0, 294 * 600 / 560, 203 * 800 / 756))


@pytest.mark.parametrize("better", [1, 2])
def test_of_two_loops_the_better_reading_is_kept_and_marked(
    make_engine: MakeEngine, tmp_path: Path, better: int
) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path, pages=2)
    worse = json.dumps(CELLS[:1])[:-1] + ', {"bbox": [0, 1, 2' + ", 3" * 80
    Scripted(
        engine,
        lambda page, turn: (LOOP if turn == better else worse) if page else json.dumps(CELLS[:1]),
    )
    stream = engine.ask(session_id, task="layout")
    events = list(stream)
    assert events[-1] == Finished("repetition", "tiny")
    layouts = stream.transcript.layouts(engine.documents(session_id))
    assert [texts(layout) for layout in layouts] == [["A title"], ["A title", "Some bold words"]]
    assert "layout.repetition" in told(events)
    assert [layout.finish_reason for layout in layouts] == ["stop", "repetition"]


def test_a_loop_in_the_text_of_a_page_loses_only_the_loop(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path, pages=2)
    Scripted(engine, lambda page, _: "Good words. " + "again " * 60 if page else "First page.")
    stream = engine.ask(session_id, task="ocr")
    events = list(stream)
    assert events[-1] == Finished("repetition", "tiny")
    assert stream.transcript.text.startswith("First page.\n\nGood words. again")
    assert stream.transcript.text.count("again") <= 2


def test_without_a_valid_cell_the_next_model_answers(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine(fallback="lite")
    session_id = upload(engine, tmp_path)
    Scripted(engine, lambda *_: "I see a nice page.")
    stream = engine.ask(session_id, task="layout")
    events = list(stream)
    assert told(events)[0] == "discarded.fallback"
    assert events[-1] == Finished("stop", "lite")
    assert "page 0" in stream.transcript.text


def test_without_a_valid_cell_and_without_a_fallback_that_is_said(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path)
    Scripted(engine, lambda *_: '[{"bbox": [1, 2, 3], "category": "Text", "text": "x"}]')
    with pytest.raises(GenerationError, match="no usable regions"):
        engine.ask(session_id, task="layout").answer()


@pytest.mark.parametrize(
    ("tokens", "cells", "finish_reason", "warning"),
    [
        (120, CELLS, "length", "the token limit"),
        (1000, [*CELLS, CELLS[0]], "stop", "1 repeated region(s) were left out"),
    ],
)
def test_what_was_wrong_with_a_drawn_box_is_said_of_its_page(
    make_engine: MakeEngine,
    tmp_path: Path,
    tokens: int,
    cells: list[object],
    finish_reason: str,
    warning: str,
) -> None:
    engine = make_engine(tokens=tokens)
    session_id = upload(engine, tmp_path)
    Scripted(engine, lambda *_: json.dumps(cells))
    answer = engine.ask(session_id, task="layout", bbox=(10.0, 20.0, 500.0, 700.0)).answer()
    (layout,) = answer.layouts
    assert (answer.finish_reason, layout.finish_reason) == (finish_reason, finish_reason)
    (said,) = layout.warnings
    assert warning in said


def test_what_was_wrong_with_a_page_is_said(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path)
    odd = [
        {"bbox": [0, 0, 10, 10], "category": "Barcode", "text": "12"},
        {"bbox": [1, 2, 3], "category": "Text", "text": "bad box"},
        {"bbox": [5000, 0, 5010, 10], "category": "Text", "text": "beside the page"},
    ]
    Scripted(engine, lambda *_: json.dumps([*CELLS, *odd, *CELLS[:2]]))
    (layout,) = engine.ask(session_id, task="layout").answer().layouts
    assert texts(layout) == ["A title", "Some bold words", "", "12"]
    assert layout.warnings == (
        "Page 1: 1 region(s) of the unknown kind Barcode are shown as text.",
        "Page 1: 2 region(s) had no usable box and were left out.",
        "Page 1: 2 repeated region(s) were left out.",
    )


def test_an_empty_page_is_no_failure(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path)
    Scripted(engine, lambda *_: "[]")
    answer = engine.ask(session_id, task="layout").answer()
    assert answer.text == "There is nothing on the page."
    assert answer.finish_reason == "stop"


def test_stop_keeps_the_regions_that_are_there(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path)
    Scripted(engine, lambda *_: OUTPUT)
    stream = engine.ask(session_id, task="layout")
    for event in stream:
        if isinstance(event, RegionAdded):
            stream.stop()
    assert stream.transcript.finish_reason == "cancelled"
    (layout,) = stream.transcript.layouts(engine.documents(session_id))
    assert 1 <= len(layout.regions) < 3


def test_out_of_memory_is_tried_again_at_half_the_pixels(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path)
    scripted = Scripted(engine, lambda *_: OUTPUT)
    answer, failed = scripted.family.generate_answer, []

    def once(inputs: object, run: object) -> object:
        if not failed:
            failed.append(True)
            raise torch.OutOfMemoryError("CUDA out of memory")
        return answer(inputs, run)

    scripted.family.generate_answer = once
    stream = engine.ask(session_id, task="layout")
    assert told(list(stream)) == ["discarded.out_of_memory"]
    ((width, height),) = scripted.sizes
    assert 0.4 < width * height / (SIZE[0] * SIZE[1]) < 0.55
    (layout,) = stream.transcript.layouts(engine.documents(session_id))
    assert layout.regions[0].bbox == pytest.approx((0, 0, 294 * 600 / width, 203 * 800 / height))


@pytest.mark.parametrize(
    ("task", "asked"),
    [
        ("layout", "Please output the layout information from the PDF image, including each"),
        ("layout_only", "Please output the layout information from this PDF image, including each"),
        ("ocr", "Extract the text content from this image.<|endofuser|>"),
        (
            "grounding_ocr",
            "Extract text from the given bounding box on the image (format: [x1, y1, x2, y2])."
            "\nBounding Box:\n[98, 203, 294, 406]<|endofuser|>",
        ),
        ("web_parsing", "Parsing the layout info of this webpage image with format json:\n"),
        ("scene_spotting", "Detect and recognize the text in the image.<|endofuser|>"),
        (
            "svg",
            'Please generate the SVG code based on the image.viewBox="0 0 600 800"<|endofuser|>',
        ),
    ],
)
def test_the_published_prompt_of_every_mode(
    make_engine: MakeEngine, tmp_path: Path, task: str, asked: str
) -> None:
    engine = make_engine(tokens=1)
    session_id = upload(engine, tmp_path)
    scripted = Scripted(engine, lambda *_: "x")
    bbox = (100.0, 200.0, 300.0, 400.0)
    list(engine.ask(session_id, task=task, bbox=bbox if task == "grounding_ocr" else None))
    prompt = scripted.text_of(0)
    assert prompt.startswith(f"<|user|><|img|><|endofimg|>{asked}")
    assert prompt.endswith("<|endofuser|><|assistant|>")


FORMS = {"serving": "<|user|>{}<|endofuser|>", "readme": " {}"}
IMAGE = "<|img|><|endofimg|>"


@pytest.mark.parametrize("mode", [None, *FORMS])
def test_golden_prompts_of_two_pages_and_two_turns_in_both_published_forms(
    make_engine: MakeEngine, tmp_path: Path, mode: str | None
) -> None:
    engine = make_engine(tokens=20, mode=mode)
    session_id = upload(engine, tmp_path, pages=2)
    scripted = Scripted(engine, lambda *_: "1998")
    (document,) = engine.documents(session_id)
    pages = [(document.document_id, number) for number in range(2)]
    list(engine.ask(session_id, "Which is older?", pages=pages))
    list(engine.ask(session_id, "Why?", pages=pages))
    form = FORMS[mode or "serving"]
    first = f"{form.format(f'{IMAGE}{IMAGE}Which is older?')}<|assistant|>"
    # A page that was shown is not shown again.
    second = f"{first}1998<|endofassistant|>{form.format('Why?')}<|assistant|>"
    assert [scripted.text_of(number) for number in range(2)] == [first, second]


@pytest.mark.parametrize("task", ["layout", "layout_only", "ocr", "grounding_ocr"])
def test_prompts_are_word_for_word_those_of_the_reference(task: str) -> None:
    published = (OWN / "PREPROCESSING.md").read_text(encoding="utf-8")
    prompt = load_tasks()[task].prompts["dots_ocr"]
    if task == "layout":
        block = published.split("* prompt_layout_all_en:\n```\n")[1].split("\n```")[0]
        assert prompt == block
    else:
        line = prompt.removesuffix("{bbox}").replace("\n", "\\n")
        assert f"`{line}`" in published


def test_a_box_needs_one_page(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path, pages=2)
    with pytest.raises(Exception, match="2 are chosen"):
        engine.ask(session_id, task="grounding_ocr", bbox=(1, 1, 9, 9)).answer()


def test_text_in_a_photo_has_its_places(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine()
    session_id = upload(engine, tmp_path)
    output = (
        "(0, 0), (294, 10), (294, 203), (0, 190) EXIT (0, 203),(588, 203),(588, 406),(0, 406) 5 km"
    )
    Scripted(engine, lambda *_: output)
    (layout,) = engine.ask(session_id, task="scene_spotting").answer().layouts
    assert texts(layout) == ["EXIT", "5 km"]
    assert layout.regions[0].bbox == pytest.approx((0, 0, 300, 200))


def test_a_checkpoint_that_overflows_in_float16_is_told_and_runs_in_float32(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    folder, source = tmp_path / "scaled", tmp_path / "source"
    source.mkdir()
    folder.mkdir()
    shutil.copy(OWN / "config.json", source)
    weights = load_file(OWN / "model.safetensors")
    weights["model.layers.0.mlp.down_proj.weight"] *= 1e6
    save_file(weights, source / "model.safetensors", metadata={"format": "pt"})
    publish(folder, source)
    engine = make_engine(repo_id=str(folder), dtype="float16", tokens=4)
    session_id = upload(engine, tmp_path)
    with pytest.raises(GenerationError, match='dtype = "bfloat16" or "float32"'):
        engine.ask(session_id, "What is the total?").answer()
    wide = make_engine(repo_id=str(folder), dtype="float32", tokens=4)
    other = upload(wide, tmp_path)
    try:
        wide.ask(other, "What is the total?").answer()
    except ModelError as error:
        assert "overflow" not in str(error)  # random weights may say nothing
