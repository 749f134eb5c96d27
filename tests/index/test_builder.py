"""Pages become words, lines and regions with boxes; the pages are drawn by the tests."""

import threading
from pathlib import Path

import pytest
from PIL import Image

from engine.core.errors import RunCancelled
from engine.core.geometry import union
from engine.core.settings import PreprocessSettings, Settings
from engine.core.settings_file import load_settings
from engine.documents import open_document
from engine.evaluation import character_error_rate, covered_share
from engine.index.builder import build_index
from engine.index.page_index import PageIndex
from synthetic import draw_document
from tests.fakes import draw_page

SETTINGS = load_settings()
# Two columns of prose, each line of the left one beside a line of the right one.
LEFT = [
    "The mill on the river was built",
    "of dark stone and ground the",
    "corn of six villages nearby. Its",
    "miller kept a book in which he",
    "wrote down every sack that came",
    "and every sack that left, and on",
    "the last page of each year he",
    "drew the wheel as it stood then.",
]
RIGHT = [
    "In winter the wheel was taken",
    "out and oiled by two men from",
    "the town, who were paid in flour",
    "and slept above the stable. One",
    "of them cut his name into a beam",
    "that can still be read today, if",
    "somebody brings a lamp and does",
    "not mind the owls on the stairs.",
]


def index_of(
    image: Image.Image, tmp_path: Path, settings: Settings = SETTINGS, **options: object
) -> PageIndex:
    image.save(tmp_path / "page.png")
    document = open_document(tmp_path / "page.png", name="page.png", limits=settings.limits)
    return build_index(document.pages[0], settings, **options)  # type: ignore[arg-type]


def position(index: PageIndex, text: str) -> int:
    """Where a text starts in the page's reading order, spaces aside."""
    return "".join(index.text.split()).index("".join(text.split()))


def test_words_are_read_where_they_are_printed(tmp_path: Path) -> None:
    image, drawn = draw_page([("Harbour Master", 60, 60), ("Fee 31.40 paid", 60, 200)])
    index = index_of(image, tmp_path)
    read = {word.text: word.bbox for word in index.words}
    for line in drawn:
        for word in line.words:
            assert covered_share(word.bbox, [read[word.text]]) > 0.5, word.text


def test_every_line_belongs_to_one_region_and_orders_are_positions(tmp_path: Path) -> None:
    document = draw_document("invoice", "en", seed=5, degradation="scan", bundled_fonts=True)
    index = index_of(document.image, tmp_path)
    listed = [number for lines in index.region_lines for number in lines]
    assert sorted(listed) == list(range(len(index.lines)))
    assert [region.order for region in index.regions] == list(range(len(index.regions)))
    for region in index.regions:
        assert 0 <= region.bbox[0] < region.bbox[2] <= index.width
        assert 0 <= region.bbox[1] < region.bbox[3] <= index.height


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    lines = [(text, 60, 80 + 44 * row) for row, text in enumerate(LEFT)]
    lines += [(text, 500, 80 + 44 * row) for row, text in enumerate(RIGHT)]
    index = index_of(draw_page(lines, size=(940, 480), font_size=22)[0], tmp_path)
    places = [position(index, text) for text in (*LEFT, *RIGHT)]
    assert places == sorted(places)


def test_the_rows_of_a_table_stay_together(tmp_path: Path) -> None:
    document = draw_document("ledger", "en", seed=2, degradation="clean", bundled_fonts=True)
    index = index_of(document.image, tmp_path)
    rows = [
        question.question
        for question in document.questions
        if question.kind == "table" and question.answers
    ]
    assert rows, "the drawn ledger asks about its table"
    tables = [region for region in index.regions if region.category == "Table"]
    assert tables
    largest = max(tables, key=lambda region: len(region.text))
    assert sum("\t" in row for row in largest.text.split("\n")) >= 5


@pytest.mark.parametrize("degradation", ["scan", "photo"])
def test_an_english_page_is_read_nearly_without_errors(tmp_path: Path, degradation: str) -> None:
    document = draw_document("letter", "en", seed=4, degradation=degradation, bundled_fonts=True)
    index = index_of(document.image, tmp_path)
    assert index.script == "latin"
    truth = {word.text.strip(".,:;()") for word in document.words}
    read = {word.text.strip(".,:;()") for word in index.words}
    assert len(truth & read) / len(truth) > 0.85


def test_a_russian_page_is_told_from_its_picture_and_read(tmp_path: Path) -> None:
    text = ["Акт сверки расчётов", "Продавец передал товар", "в полном объёме и в срок"]
    lines = [(line, 60, 60 + 70 * row) for row, line in enumerate(text)]
    index = index_of(draw_page(lines)[0], tmp_path)
    assert (index.script, index.source) == ("cyrillic", "ocr")
    assert character_error_rate(index.text, "\n".join(text)) < 0.05
    assert index.notices == ()


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_page_is_read_and_its_boxes_are_those_of_the_page_as_it_lies(
    tmp_path: Path, turns: int
) -> None:
    text = [("Larkfield Timber Limited", 60, 60), ("Invoice number 20817", 60, 150)]
    text += [("Payment within thirty days", 60, 240), ("Total due 1,248.00", 60, 330)]
    upright = draw_page(text)[0]
    turned = upright.rotate(90 * turns, expand=True)
    index = index_of(turned, tmp_path)
    assert "Larkfield Timber Limited" in index.text
    ink = turned.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
    assert ink is not None
    around = union(line.bbox for line in index.lines)
    assert around == pytest.approx(tuple(map(float, ink)), abs=16)


def test_a_pages_own_orientation_can_be_left_alone(tmp_path: Path) -> None:
    ocr = SETTINGS.ocr.model_copy(update={"fix_orientation": False})
    image = draw_page([("Larkfield Timber Limited", 60, 60), ("Total due 1,248.00", 60, 150)])[0]
    settings = SETTINGS.model_copy(update={"ocr": ocr})
    assert index_of(image.rotate(180), tmp_path, settings).quarter_turns == 0


def test_boxes_are_in_page_pixels_after_every_preprocessing_step(tmp_path: Path) -> None:
    image, drawn = draw_page([("Harbour Master Office", 120, 160), ("Fee 31.40 paid", 120, 300)])
    tilted = image.rotate(3, fillcolor="white")
    steps = PreprocessSettings(deskew=True, contrast=True, denoise=True)
    index = index_of(tilted, tmp_path, preprocess=steps)
    assert "Harbour" in index.text
    ink = tilted.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
    assert ink is not None
    around = union(line.bbox for line in index.lines)
    assert around == pytest.approx(tuple(map(float, ink)), abs=24)
    assert len(index.lines) == len(drawn)


def test_a_blank_page_has_an_empty_index(tmp_path: Path) -> None:
    index = index_of(Image.new("RGB", (800, 600), "white"), tmp_path)
    assert index.lines == index.regions == index.notices == ()
    assert index.text == ""


def test_a_stopped_reading_ends(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(RunCancelled):
        index_of(Image.new("RGB", (800, 600), "white"), tmp_path, stop=stop)
