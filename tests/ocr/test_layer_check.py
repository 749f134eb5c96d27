"""A text layer against its picture, on drawn pages: hidden, wrong, and missing words."""

import random

import numpy as np
import pytest
from PIL import ImageDraw

from engine.core.schema import Word
from engine.index.builder import build_index
from engine.ocr import rapid
from engine.ocr.layer_check import is_contradicted, printed_words, unlisted_lines
from engine.ocr.text_layer import lines_of
from tests.ocr.drawing import SETTINGS, Sheet, font, page_of
from tests.ocr.test_pages import PARAGRAPH, english_sheet, russian_sheet

SHEETS = {"en": english_sheet, "ru": russian_sheet}
HIDDEN = Word("invisible", (500.0, 400.0, 600.0, 425.0))
# A font's wrong ToUnicode map sends each character to one other.
DIGITS = str.maketrans("0123456789", "4872159630")


def shifted(text: str) -> str:
    """Every letter and digit as its successor: printable, plausible and wrong."""
    return "".join(chr(ord(one) + 1) if one.isalnum() else one for one in text)


def as_layer(sheet: Sheet, change: object = str) -> tuple[Word, ...]:
    return tuple(Word(change(word.text), word.bbox) for word in sheet.words)  # type: ignore[operator]


@pytest.mark.parametrize("language", SHEETS)
def test_a_true_layer_is_not_contradicted_and_lacks_nothing(language: str) -> None:
    sheet = SHEETS[language]()
    picture = np.asarray(sheet.image)
    words = as_layer(sheet)
    assert printed_words(words, picture) == list(words)
    assert not is_contradicted(lines_of(words), picture)
    assert unlisted_lines(words, picture) == []


@pytest.mark.parametrize("change", [shifted, lambda text: text.translate(DIGITS)])
@pytest.mark.parametrize("language", SHEETS)
def test_a_layer_of_a_wrong_map_is_contradicted(language: str, change: object) -> None:
    sheet = SHEETS[language]()
    sheet.write(80, 300 if language == "ru" else 400, "No. 40817 of 26.09.1938: 6,542.70")
    layer = lines_of(as_layer(sheet, change))
    assert is_contradicted(layer, np.asarray(sheet.image))


def test_a_page_of_a_wrong_map_is_read_from_its_picture_and_this_is_told() -> None:
    sheet = english_sheet()
    index = build_index(page_of(sheet.image, as_layer(sheet, shifted)), SETTINGS)
    assert index.source == "ocr"
    assert "Invoice No. 48213" in index.text
    assert [notice.key for notice in index.notices] == ["ocr.layer_contradicted"]


def test_words_with_spaces_inside_contradict_the_print() -> None:
    sheet = english_sheet()
    layer = []
    for word in sheet.words:
        x0, y0, x1, y1 = word.bbox
        step = (x1 - x0) / len(word.text)
        for i in range(0, len(word.text), 2):
            end = min(x1, x0 + (i + 2) * step)
            layer.append(Word(word.text[i : i + 2], (x0 + i * step, y0, end, y1)))
    assert is_contradicted(lines_of(layer), np.asarray(sheet.image))


@pytest.mark.parametrize("colour", ["white", "black", "#3060a0"])
def test_words_without_ink_are_not_printed(colour: str) -> None:
    """White on white, under a black bar, on a coloured bar."""
    sheet = english_sheet()
    pen = ImageDraw.Draw(sheet.image)
    pen.rectangle((480, 390, 620, 435), fill=colour)
    layer = (*as_layer(sheet), HIDDEN)
    index = build_index(page_of(sheet.image, layer), SETTINGS)
    assert index.source == "pdf"
    assert "invisible" not in index.text
    assert [(one.key, one.values) for one in index.notices] == [("ocr.hidden_words", {"count": 1})]


def test_letters_alone_contradict_too() -> None:
    sheet = Sheet(800, 260)
    for i, text in enumerate(PARAGRAPH):
        sheet.write(80, 60 + 40 * i, text)
    assert is_contradicted(lines_of(as_layer(sheet, shifted)), np.asarray(sheet.image))


def test_a_layer_that_has_all_print_costs_no_detection(monkeypatch: pytest.MonkeyPatch) -> None:
    def detect(picture: object) -> None:
        raise AssertionError("the page was searched for lines")

    sheet = english_sheet()
    for y in (60, 440):
        sheet.rule(40, y, 760, y)
    monkeypatch.setattr(rapid, "detect", detect)
    assert unlisted_lines(as_layer(sheet), np.asarray(sheet.image)) == []


def test_a_thin_stroke_beside_its_box_is_its_ink() -> None:
    """Boxes of dashes in PDFs are thinner than a pixel, and the stroke is drawn beside them."""
    sheet = Sheet(400, 120)
    ImageDraw.Draw(sheet.image).line((100, 50, 110, 50), fill="black")
    dash = Word("-", (100.0, 48.6, 110.0, 49.3))
    assert printed_words([dash], np.asarray(sheet.image)) == [dash]


@pytest.mark.parametrize("text", ["-", "|", ".", "—"])
def test_thin_signs_and_faint_print_have_ink(text: str) -> None:
    sheet = Sheet(400, 120)
    sheet.write(50, 40, text)
    pen = ImageDraw.Draw(sheet.image)
    pen.text((150, 40), "faint", fill="#dcdcdc", font=font(24))
    words = (*as_layer(sheet), Word("faint", pen.textbbox((150, 40), "faint", font=font(24))))
    assert printed_words(words, np.asarray(sheet.image)) == list(words)


@pytest.mark.parametrize("seed", range(6))
def test_every_printed_line_is_in_the_index_and_every_word_of_it_has_ink(seed: int) -> None:
    """Random lines are in the layer, others only in the picture, others only in the layer."""
    rng = random.Random(seed)
    sheet, layer, printed = Sheet(900, 700), [], []
    names = ["Harbour", "Timber", "Window", "Ledger", "Copper", "Garden", "Мастер", "Получатель"]
    for row in range(9):
        text = f"{rng.choice(names)} {rng.choice(names)} {rng.randint(1000, 9999)}"
        kind = rng.choice(("both", "both", "picture", "layer")) if row > 2 else "both"
        before = len(sheet.words)
        if kind != "layer":
            sheet.write(80, 60 + 66 * row, text, size=26)
            printed.append(text)
        else:
            other = Sheet(900, 700)
            other.write(80, 60 + 66 * row, text, size=26)
            layer += other.words
        if kind == "both":
            layer += sheet.words[before:]
    picture = np.asarray(sheet.image)
    index = build_index(page_of(sheet.image, tuple(layer)), SETTINGS)
    assert sorted(line.text for line in index.lines) == sorted(printed)
    for word in index.words:
        x0, y0, x1, y1 = (round(value) for value in word.bbox)
        assert picture[y0:y1, x0:x1].min() < 128, word.text
