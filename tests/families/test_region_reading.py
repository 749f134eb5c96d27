"""Reading a page region by region, for every family that does: places, prompts, cuts, loops."""

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image, ImageDraw

from engine import Engine
from engine.chat.options import AskOptions
from engine.core.errors import OcrError
from engine.core.prompts import get_task, template_of
from engine.core.schema import (
    BBox,
    Discarded,
    Finished,
    Line,
    Notice,
    Page,
    PageLayout,
    Region,
    RegionAdded,
    Step,
    StreamEvent,
    Word,
)
from engine.families.pages.region_crops import crops_of
from engine.index.page_index import PageIndex
from engine.layout import to_markdown
from engine.models import zero_gpu
from engine.ocr import layout_model, reader
from engine.ocr.layout_model import DetectedRegion
from tests.families.conftest import TINY
from tests.families.driving import loaded_family
from tests.families.scripted import Scripted
from tests.models.test_zero_gpu import Lender
from tests.ocr.drawing import Sheet, covered, page_of

MakeEngine = Callable[..., Engine]

BY_REGIONS = [name for name, model in TINY.items() if model.adapter.reads_regions]
# What the makers' pipelines ask; the sources are named in engine/families/pages/region_crops.py.
TEXT = {"paddleocr_vl": "OCR:", "glm_ocr": "Text Recognition:"}
TABLE, FORMULA = "Table Recognition:", "Formula Recognition:"
TITLE = ["Quarterly Report 2026"]
FIRST = [
    "The company sold more paper in this quarter than in",
    "any quarter before, and the board thanks everyone who",
    "worked in the mills for their patience and good will.",
]
ROWS = [["Month", "Sales"], ["January", "1200.00"], ["February", "1350.00"], ["March", "1500.00"]]
LAST = [
    "Outlook is good. Prices of wood fell during the spring",
    "and the new machine in the second hall will start to",
    "work in the autumn, as it was planned two years ago.",
]
HTML = "<table><tr><td>Month</td><td>Sales</td></tr><tr><td>January</td><td>1200</td></tr></table>"
OTSL = "<fcel>Month<fcel>Sales<nl><fcel>January<fcel>1200<nl>"
SAID = ["Report", "First words", HTML, "Last words"]


def drawn() -> tuple[Sheet, list[list[BBox]]]:
    """A page with a title, a paragraph, a table and a paragraph, and the words of each."""
    sheet = Sheet(900, 1200)
    ends = [0]

    def end() -> None:
        ends.append(len(sheet.words))

    sheet.write(250, 60, TITLE[0], size=44, bold=True)
    end()
    for number, text in enumerate(FIRST):
        sheet.write(80, 170 + 40 * number, text, size=28)
    end()
    for at in range(len(ROWS) + 1):
        sheet.rule(80, 370 + 50 * at, 820, 370 + 50 * at)
    for x in (80, 450, 820):
        sheet.rule(x, 370, x, 570)
    for number, row in enumerate(ROWS):
        for x, cell in zip((92, 462), row, strict=True):
            sheet.write(x, 380 + 50 * number, cell, size=28)
    end()
    for number, text in enumerate(LAST):
        sheet.write(80, 650 + 40 * number, text, size=28)
    end()
    blocks = [sheet.words[a:b] for a, b in itertools.pairwise(ends)]
    return sheet, [[word.bbox for word in block] for block in blocks]


def upload(engine: Engine, folder: Path, *images: Image.Image, **options: Any) -> str:
    images[0].save(folder / "scan.tiff", save_all=True, append_images=images[1:], **options)
    session_id = engine.create_session()
    engine.add_document(session_id, folder / "scan.tiff", name="scan.tiff")
    return session_id


def prompts(scripted: Scripted) -> list[str]:
    """What was asked of each picture, without the turns around it."""
    found = []
    for number in range(len(scripted.prompts)):
        match = re.search(r"(OCR|\w+ Recognition):", scripted.text_of(number))
        found.append(match.group() if match else "")
    return found


def told(events: list[StreamEvent]) -> list[str]:
    return [event.key for event in events if isinstance(event, Notice | Discarded)]


def said_in_turn(*texts: str) -> Callable[[int, int], str]:
    """A script: the first region of a page is answered by the first text, and so on."""
    return lambda _, number: texts[number - 1]


@pytest.fixture(params=BY_REGIONS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(tiny_engine: MakeEngine, name: str) -> MakeEngine:
    def made(*, tokens: int = 400, **table: object) -> Engine:
        return tiny_engine(name, generation={"max_new_tokens": tokens}, **table)

    return made


def layout_of(engine: Engine, session_id: str) -> tuple[PageLayout, list[StreamEvent]]:
    stream = engine.ask(session_id, task="layout")
    events = list(stream)
    (layout,) = stream.transcript.layouts(engine.documents(session_id))
    return layout, events


@pytest.mark.parametrize("table", [HTML, OTSL], ids=["html", "otsl"])
def test_regions_have_the_places_of_what_is_drawn_and_their_published_prompts(
    make: MakeEngine, name: str, table: str, tmp_path: Path
) -> None:
    sheet, blocks = drawn()
    engine = make()
    session_id = upload(engine, tmp_path, sheet.image)
    scripted = Scripted(engine, said_in_turn(SAID[0], SAID[1], table, SAID[3]))
    layout, events = layout_of(engine, session_id)
    assert events[-1] == Finished("stop", "tiny")
    assert prompts(scripted) == [TEXT[name], TEXT[name], TABLE, TEXT[name]]
    assert [region.category for region in layout.regions] == ["Title", "Text", "Table", "Text"]
    assert [region.text for region in layout.regions] == [
        "Report",
        "First words",
        "Month\tSales\nJanuary\t1200",
        "Last words",
    ]
    assert [region.order for region in layout.regions] == [0, 1, 2, 3]
    for region, words in zip(layout.regions, blocks, strict=True):
        assert all(covered(word, region.bbox) > 0.9 for word in words)
        others = [word for block in blocks if block is not words for word in block]
        assert not any(covered(word, region.bbox) > 0.1 for word in others)
    steps = [event for event in events if isinstance(event, Step)]
    assert [step.text() for step in steps if step.key == "step.reading_region"] == [
        f"Reading page 1 of 1: region {number} of 4" for number in (1, 2, 3, 4)
    ]
    # A region is there before the next one is asked for.
    order = [type(event) for event in events if isinstance(event, RegionAdded) or event in steps]
    assert order[-3:] == [RegionAdded, Step, RegionAdded]
    assert "| Month | Sales |" in to_markdown([layout])


def test_the_model_sees_the_region_and_nothing_else(
    recording: Callable[..., tuple[Engine, list[Any]]], name: str, tmp_path: Path
) -> None:
    sheet, _ = drawn()
    engine, inputs = recording(name)
    session_id = upload(engine, tmp_path, sheet.image)
    page = engine.documents(session_id)[0].pages[0]
    index = engine.index_of(session_id, page.document_id, 0)
    list(engine.ask(session_id, task="ocr"))
    (made,) = inputs
    family = loaded_family(engine)
    paper = 0.004 * 1200
    assert len(made.crops) == len(index.regions) == 4
    for crop, region in zip(made.crops, index.regions, strict=True):
        x0, y0, x1, y1 = region.bbox
        box = (round(x0 - paper), round(y0 - paper), round(x1 + paper), round(y1 + paper))
        expected = family.see(sheet.image.crop(box)).tensors()["pixel_values"]
        asked = made.make(crop, 1.0, ())
        (span,) = asked.prompt.images
        assert asked.image_tensors(span)["pixel_values"].equal(expected)


def test_the_text_of_a_page_is_that_of_its_regions(
    make: MakeEngine, name: str, tmp_path: Path
) -> None:
    sheet, _ = drawn()
    engine = make()
    session_id = upload(engine, tmp_path, sheet.image, sheet.image)
    scripted = Scripted(engine, said_in_turn(*SAID))
    page = "Report\n\nFirst words\n\nMonth\tSales\nJanuary\t1200\n\nLast words"
    assert engine.ask(session_id, task="ocr").answer().text == f"{page}\n\n{page}"
    assert prompts(scripted) == [TEXT[name], TEXT[name], TABLE, TEXT[name]] * 2
    scripted._attempts.clear()
    markdown = engine.ask(session_id, task="markdown", pages=[(_id(engine, session_id), 0)])
    assert markdown.answer().text == (
        "# Report\n\nFirst words\n\n"
        "| Month | Sales |\n| --- | --- |\n| January | 1200 |\n\nLast words"
    )


def _id(engine: Engine, session_id: str) -> str:
    return engine.documents(session_id)[0].document_id


def test_formulas_and_pictures_are_asked_as_their_makers_ask_them(
    make: MakeEngine, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layout model is set, so that there is a formula and a picture without print."""
    sheet, _ = drawn()
    ImageDraw.Draw(sheet.image).rectangle((100, 900, 300, 1100), fill="grey")
    sheet.write(470, 970, "a + b = c", size=36)
    formula, picture = (440.0, 950.0, 800.0, 1040.0), (95.0, 895.0, 305.0, 1105.0)
    found = layout_model.find

    def with_more(image: Any) -> list[DetectedRegion]:
        return [
            *found(image),
            DetectedRegion(formula, "Formula", 0.9),
            DetectedRegion(picture, "Picture", 0.9),
        ]

    monkeypatch.setattr(layout_model, "find", with_more)
    monkeypatch.setattr(layout_model, "find_around", lambda image, boxes: with_more(image))
    engine = make()
    session_id = upload(engine, tmp_path, sheet.image)
    said = {TEXT[name]: "words", TABLE: HTML, FORMULA: "\\[ x^2 \\]"}
    scripted = Scripted(engine, lambda *_: said[prompts(scripted)[-1]])
    layout, events = layout_of(engine, session_id)
    assert events[-1] == Finished("stop", "tiny")
    texts = {region.category: region for region in layout.regions}
    assert texts["Formula"].text == "x^2"
    assert texts["Formula"].bbox == pytest.approx(formula)
    assert texts["Picture"].text == ""
    assert texts["Picture"].bbox == pytest.approx(picture)
    assert sorted(prompts(scripted)) == sorted([TEXT[name]] * 3 + [TABLE, FORMULA])
    text = engine.ask(session_id, task="markdown").answer().text
    assert "\n\n$$\nx^2\n$$" in text


def barcode() -> Image.Image:
    """Print that OCR sees no line in."""
    image = Image.new("RGB", (600, 800), "white")
    for x in range(80, 500, 12):
        ImageDraw.Draw(image).line((x, 100, x, 600), fill="black", width=4)
    return image


def test_a_page_without_regions_is_asked_as_a_whole(
    make: MakeEngine, name: str, tmp_path: Path
) -> None:
    engine = make(max_pixels=None)
    session_id = upload(engine, tmp_path, barcode())
    scripted = Scripted(engine, lambda *_: "stripes")
    assert engine.ask(session_id, task="ocr").answer().text == "stripes"
    page = engine.documents(session_id)[0].pages[0]
    assert scripted.sizes == [loaded_family(engine).see(page.load_image()).size]
    layout, _ = layout_of(engine, session_id)
    (region,) = layout.regions
    assert (region.bbox, region.category, region.text) == ((0, 0, 600, 800), "Text", "stripes")
    assert prompts(scripted) == [TEXT[name]] * 2


def test_a_page_whose_print_lies_mostly_outside_its_regions_is_asked_as_a_whole(
    make: MakeEngine, tmp_path: Path
) -> None:
    sheet = Sheet(900, 1200)
    sheet.write(80, 60, "A few words at the top of the page", size=28)
    sheet.image.paste(barcode(), (150, 300))
    engine = make()
    session_id = upload(engine, tmp_path, sheet.image)
    Scripted(engine, lambda *_: "all of it")
    layout, _ = layout_of(engine, session_id)
    assert [(region.bbox, region.text) for region in layout.regions] == [
        ((0, 0, 900, 1200), "all of it")
    ]


def test_a_page_that_ocr_fails_on_is_asked_as_a_whole(
    make: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise OcrError("ocr.failed", detail="killed")

    monkeypatch.setattr(reader, "read_picture", failing)
    sheet, _ = drawn()
    sheet.write(80, 900, "Not read before (tests.reading_once)", size=28)
    engine = make()
    session_id = upload(engine, tmp_path, sheet.image)
    Scripted(engine, lambda *_: "all of it")
    assert engine.ask(session_id, task="ocr").answer().text == "all of it"
    assert layout_of(engine, session_id)[0].regions[0].text == "all of it"


def test_on_a_gpu_lent_per_call_ocr_runs_for_tasks_that_cut_the_page_and_may_fail_on_one(
    make: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing_on_the_first(engine: Engine, page: Page, steps: object) -> PageIndex:
        if page.page_index == 0:
            raise OcrError("ocr.failed", detail="killed")
        return index(engine, page, steps)

    index: Any = Engine._build_index
    monkeypatch.setattr(Engine, "_build_index", failing_on_the_first)
    sheet, _ = drawn()
    engine = make()
    lender = Lender()
    zero_gpu.enable(lender)
    try:
        zero_gpu.place("tiny", engine.settings)
        placed = SimpleNamespace(family=zero_gpu._placed["tiny"])
        models = SimpleNamespace(acquire=lambda *_: placed, release=lambda _: None)
        Scripted(SimpleNamespace(_models=models), lambda *_: "Said")  # type: ignore[arg-type]
        session_id = upload(engine, tmp_path, sheet.image, sheet.image)
        assert engine.ask(session_id, task="table").answer().text == "Said\n\nSaid"
        text = engine.ask(session_id, task="ocr").answer().text
    finally:
        zero_gpu._lent.clear()
        zero_gpu._placed.clear()
    # The first page as a whole, the second by its four regions.
    assert text == "\n\n".join(["Said"] * 5)
    assert [len(call.indexes) for call, _ in lender.calls] == [0, 2]


def test_a_blank_page_is_not_asked_about(make: MakeEngine, tmp_path: Path) -> None:
    engine = make()
    session_id = upload(engine, tmp_path, Image.new("RGB", (600, 800), "white"))
    scripted = Scripted(engine, lambda *_: "invented")
    assert engine.ask(session_id, task="layout").answer().text == "There is nothing on the page."
    assert scripted.prompts == []


def test_every_line_of_a_page_is_in_a_region_that_is_asked(
    make: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layout model finds nothing at all; OCR's lines are there."""
    monkeypatch.setattr(layout_model, "find", lambda *_: [])
    monkeypatch.setattr(layout_model, "find_around", lambda *_: [])
    sheet, _ = drawn()
    sheet.write(80, 900, "Read without a layout model", size=28)
    engine = make()
    session_id = upload(engine, tmp_path, sheet.image)
    Scripted(engine, lambda *_: "words")
    layout, _ = layout_of(engine, session_id)
    assert len(layout.regions) > 1
    for word in sheet.words:
        assert any(covered(word.bbox, region.bbox) > 0.9 for region in layout.regions)


def test_print_in_a_picture_is_read() -> None:
    """A business card is a picture to the layout model."""
    sheet, _ = drawn()
    line = Line((Word("Sales", (110.0, 110.0, 200.0, 140.0)),), (110.0, 110.0, 200.0, 140.0))
    regions = tuple(
        Region(box, "Picture", "", order)
        for order, box in enumerate([(100.0, 100.0, 300.0, 300.0), (400.0, 100.0, 600.0, 300.0)])
    )
    page = page_of(sheet.image)
    index = PageIndex("drawn", 0, 900, 1200, (line,), regions, ((0,), ()))
    assert [crop.task for crop in crops_of(page, index, sheet.image)] == ["ocr", None]


def test_stop_is_seen_between_regions_and_keeps_those_that_are_read(
    make: MakeEngine, tmp_path: Path
) -> None:
    sheet, _ = drawn()
    engine = make()
    session_id = upload(engine, tmp_path, sheet.image)
    scripted = Scripted(engine, said_in_turn(*SAID))
    stream = engine.ask(session_id, task="layout")
    events: list[StreamEvent] = []
    for event in stream:
        events.append(event)
        if isinstance(event, RegionAdded) and event.region.order == 1:
            stream.stop()
    assert events[-1] == Finished("cancelled", "tiny")
    (layout,) = stream.transcript.layouts(engine.documents(session_id))
    assert [region.text for region in layout.regions][:2] == ["Report", "First words"]
    assert len(scripted.prompts) < 4


@pytest.mark.parametrize("task", ["layout", "ocr"])
def test_a_region_that_is_cut_is_told_the_others_are_whole_and_going_on_ends_it(
    make: MakeEngine, task: str, tmp_path: Path
) -> None:
    sheet, _ = drawn()
    long = "These are more words than the limit allows, so that they are cut here."
    texts = [SAID[0], long, "<table><tr><td>a</td></tr></table>", SAID[3]]
    engine = make(tokens=40)
    session_id = upload(engine, tmp_path, sheet.image)
    scripted = Scripted(engine, said_in_turn(*texts))
    stream = engine.ask(session_id, task=task)
    events = list(stream)
    assert events[-1] == Finished("length", "tiny")
    assert long[:30] in stream.transcript.text
    assert long not in stream.transcript.text
    assert stream.transcript.text.rstrip().endswith("Last words")
    if task == "layout":
        (layout,) = stream.transcript.layouts(engine.documents(session_id))
        assert layout.finish_reason == "length"
        (warning,) = layout.warnings
        assert "cut at the token limit in region(s) 2." in warning
        assert [region.text for region in layout.regions] == [SAID[0], long[:40], "a", SAID[3]]
    before = len(scripted.prompts)
    scripted.script = lambda *_: long
    stream = engine.ask(session_id, task=task, resume=True)
    assert list(stream)[-1] == Finished("stop", "tiny")
    assert len(scripted.prompts) == before + 1, "only the cut region is asked again"
    uncut = make(tokens=400)
    other = upload(uncut, tmp_path, sheet.image)
    Scripted(uncut, said_in_turn(*texts))
    assert stream.transcript.text == uncut.ask(other, task=task).answer().text


@pytest.mark.parametrize("task", ["layout", "ocr"])
def test_a_loop_in_one_region_is_read_again_alone(
    make: MakeEngine, task: str, tmp_path: Path
) -> None:
    sheet, _ = drawn()
    engine = make()
    session_id = upload(engine, tmp_path, sheet.image)
    loop = "First words. " + "again " * 60
    scripted = Scripted(engine, said_in_turn(SAID[0], loop, *SAID[1:]))
    stream = engine.ask(session_id, task=task)
    events = list(stream)
    assert events[-1] == Finished("stop", "tiny")
    assert told(events) == ["discarded.repetition"]
    assert len(scripted.prompts) == 5
    assert "again" not in stream.transcript.text
    assert stream.transcript.text.count("First words") == 1
    assert stream.transcript.text.count("Report") == 1
    if task == "layout":
        (layout,) = stream.transcript.layouts(engine.documents(session_id))
        assert [region.order for region in layout.regions] == [0, 1, 2, 3]


def test_a_region_that_loops_twice_keeps_what_came_before_and_loses_no_other(
    make: MakeEngine, tmp_path: Path
) -> None:
    sheet, _ = drawn()
    engine = make()
    session_id = upload(engine, tmp_path, sheet.image)
    loop = "First words. " + "again " * 60
    Scripted(engine, said_in_turn(SAID[0], loop, loop, *SAID[2:]))
    layout, events = layout_of(engine, session_id)
    assert events[-1] == Finished("repetition", "tiny")
    assert layout.finish_reason == "repetition"
    texts = [region.text for region in layout.regions]
    assert texts[0] == "Report" and texts[3] == "Last words"
    assert texts[1].startswith("First words. again") and texts[1].count("again") <= 2


def test_a_region_that_fails_loses_no_other(make: MakeEngine, tmp_path: Path) -> None:
    sheet, _ = drawn()
    engine = make()
    session_id = upload(engine, tmp_path, sheet.image)
    family = loaded_family(engine)
    see = family.images._see
    seen: list[Image.Image] = []

    def fails_once(image: Image.Image) -> Any:
        seen.append(image)
        if len(seen) == 2:
            raise ValueError("this picture is broken")
        return see(image)

    family.images._see = fails_once
    Scripted(engine, said_in_turn(SAID[0], *SAID[2:]))
    layout, events = layout_of(engine, session_id)
    assert events[-1] == Finished("stop", "tiny")
    assert [region.text for region in layout.regions][::2] == ["Report", "Last words"]
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert notice.key == "notice.region_failed"
    assert notice.values["region"] == 2


def test_a_photo_that_lies_on_its_side_has_the_regions_of_the_upright_page(
    make: MakeEngine, tmp_path: Path
) -> None:
    sheet, blocks = drawn()
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter for showing
    engine = make()
    lying = sheet.image.transpose(Image.Transpose.ROTATE_90)
    lying.save(tmp_path / "photo.jpg", exif=exif, quality=95)
    session_id = engine.create_session()
    engine.add_document(session_id, tmp_path / "photo.jpg", name="photo.jpg")
    assert engine.documents(session_id)[0].pages[0].size == (900, 1200)
    Scripted(engine, said_in_turn(*SAID))
    layout, _ = layout_of(engine, session_id)
    assert [region.category for region in layout.regions] == ["Title", "Text", "Table", "Text"]
    for region, words in zip(layout.regions, blocks, strict=True):
        assert all(covered(word, region.bbox) > 0.9 for word in words)


def test_print_that_runs_up_the_page_is_turned_for_the_model_and_not_on_the_page(
    recording: Callable[..., tuple[Engine, list[Any]]], name: str, tmp_path: Path
) -> None:
    sheet, blocks = drawn()
    engine, inputs = recording(name)
    session_id = upload(engine, tmp_path, sheet.image.transpose(Image.Transpose.ROTATE_90))
    list(engine.ask(session_id, task="layout"))
    (made,) = inputs
    crops = {crop.region.category: crop for crop in made.crops}
    x0, y0, x1, y1 = crops["Table"].region.bbox
    assert x1 - x0 < y1 - y0, "on the page the table stands upright"
    for a, b, c, d in blocks[2]:
        assert covered((b, 900 - c, d, 900 - a), (x0, y0, x1, y1)) > 0.9
    picture = crops["Table"].page.load_image()
    assert picture.width > picture.height, "the model sees it flat"
    assert picture.size == crops["Table"].page.size


def test_a_drawn_box_is_asked_as_it_is(make: MakeEngine, name: str, tmp_path: Path) -> None:
    sheet, _ = drawn()
    engine = make()
    session_id = upload(engine, tmp_path, sheet.image)
    scripted = Scripted(engine, lambda *_: "both")
    pages = [(_id(engine, session_id), 0)]
    box = (60.0, 40.0, 850.0, 300.0)  # the title and the first paragraph
    assert engine.ask(session_id, task="ocr", pages=pages, bbox=box).answer().text == "both"
    assert prompts(scripted) == [TEXT[name]]
    layout = engine.ask(session_id, task="layout", pages=pages, bbox=box).answer().layouts[0]
    assert [region.category for region in layout.regions] == ["Title", "Text"]
    assert all(covered(region.bbox, box) > 0.9 for region in layout.regions)


def test_a_prompt_of_the_users_own_is_asked_of_the_whole_page(
    make: MakeEngine, name: str, tmp_path: Path
) -> None:
    sheet, _ = drawn()
    engine = make()
    session_id = upload(engine, tmp_path, sheet.image)
    scripted = Scripted(engine, lambda *_: "words")
    list(engine.ask(session_id, task="ocr", options=AskOptions(prompt="Chart Recognition:")))
    assert prompts(scripted) == ["Chart Recognition:"]


@pytest.mark.parametrize("task", ["table", "formula"])
def test_the_task_of_one_element_asks_the_whole_page(
    make: MakeEngine, name: str, task: str, tmp_path: Path
) -> None:
    sheet, _ = drawn()
    engine = make()
    session_id = upload(engine, tmp_path, sheet.image)
    scripted = Scripted(engine, lambda *_: "words")
    list(engine.ask(session_id, task=task))
    assert prompts(scripted) == [template_of(get_task(task), family=TINY[name].family)]
