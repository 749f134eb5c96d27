"""The line recogniser on drawn lines of both alphabets."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from engine.core.errors import OcrError
from engine.ocr import recogniser
from engine.ocr.recogniser import recognise
from tests.ocr.drawing import font

LINES = (
    "Поставщик: ООО «Заря», ИНН 7701234567",
    "Итого к оплате 12 450,00 руб.",
    "Съёмный жёсткий диск № 5",
    "Invoice No. 48213 of 17 March 2025",
    "Given names / Имя",
    "Вінниця, площа Єдності",
    "Café Łódź, Žižkov, Œuvre",
)


def crop(text: str, *, size: int = 32) -> NDArray[np.uint8]:
    """A line as a detector would crop it."""
    face = font(size)
    left, top, right, bottom = (round(value) for value in face.getbbox(text))
    image = Image.new("RGB", (right - left + 12, bottom - top + 10), "white")
    ImageDraw.Draw(image).text((6 - left, 5 - top), text, fill="black", font=face)
    return np.asarray(image)


@pytest.mark.parametrize("size", [20, 32, 60])
def test_both_alphabets_are_recognised_at_any_size(size: int) -> None:
    assert [one.text for one in recognise([crop(text, size=size) for text in LINES])] == list(LINES)


def test_results_are_in_the_order_of_the_crops_whatever_their_widths() -> None:
    texts = ["Invoice total", "R", "A long line of the English page", "7", "Счёт"] * 5
    assert [one.text for one in recognise([crop(text) for text in texts])] == texts


def test_places_rise_from_left_to_right_within_the_crop_and_scores_are_sure() -> None:
    (found,) = recognise([crop("Итого: 250 EUR")])
    assert len(found.places) == len(found.scores) == len("Итого:250EUR")
    assert list(found.places) == sorted(found.places)
    assert 0 < found.places[0] < 0.12 and 0.88 < found.places[-1] < 1
    assert min(found.scores) > 0.8


def test_the_place_of_a_character_is_that_of_its_ink() -> None:
    text = "D D D D D D D D"
    picture = crop(text)
    dark = (picture.mean(axis=2) < 128).any(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], dark, [False])))).reshape(-1, 2)
    centres = edges.mean(axis=1) / picture.shape[1]
    (found,) = recognise([picture])
    assert len(found.places) == len(centres)
    # The recogniser's steps are 8 pixels of a line that is 48 pixels high.
    assert np.abs(np.array(found.places) - centres).max() < 12 / (48 * found.aspect)


def test_print_without_ink_has_no_text() -> None:
    assert recognise([np.full((40, 200, 3), 255, np.uint8)])[0].text == ""


def test_an_empty_list_and_a_single_pixel_are_no_error() -> None:
    assert recognise([]) == []
    assert recognise([np.zeros((1, 1, 3), np.uint8)])[0].aspect == 1.0


def test_a_damaged_model_file_is_one_plain_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def run(self, *_: object) -> None:
            raise RuntimeError("model_proto is invalid")

    monkeypatch.setattr(recogniser, "_session", Broken)
    with pytest.raises(OcrError) as caught:
        recognise([crop("Invoice")])
    assert caught.value.key == "ocr.failed"
    assert "RuntimeError" in caught.value.text("en")
