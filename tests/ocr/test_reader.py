"""Which recogniser's text a line gets, on a drawn page with given readings."""

from collections.abc import Sequence

import numpy as np
import pytest

from engine.ocr import rapid, recogniser
from engine.ocr.reader import read_picture
from engine.ocr.recognised_text import RecognisedText
from tests.ocr.drawing import Sheet

OTHER = recogniser.OTHER_LETTER


def reading(text: str, score: float, *, aspect: float = 8.0) -> RecognisedText:
    """A reading whose characters are spread over the crop."""
    count = len("".join(text.split()))
    places = tuple((i + 0.5) / count for i in range(count))
    return RecognisedText(text, places, (score,) * count, aspect)


def texts_of_page(
    monkeypatch: pytest.MonkeyPatch, ours: Sequence[RecognisedText], theirs: RecognisedText
) -> list[str]:
    """The lines of a page from top to bottom, if the recognisers read them like this."""
    sheet = Sheet(800, 60 + 100 * len(ours))
    for i in range(len(ours)):
        # Longer lines are recognised later: `ours` is in the order of the widths.
        sheet.write(60, 40 + 100 * i, "Harbour master " + "of " * i, size=32)

    def recognise_ours(crops: Sequence[object]) -> list[RecognisedText]:
        return list(ours) if len(crops) == len(ours) else [ours[0]] * len(crops)

    monkeypatch.setattr(recogniser, "recognise", recognise_ours)
    monkeypatch.setattr(rapid, "recognise", lambda crops: [theirs] * len(crops))
    found = read_picture(np.asarray(sheet.image), fix_orientation=False)
    return [line.text for line in sorted(found.lines, key=lambda line: line.bbox[1])]


CLEAR = reading("a clear English line", 0.99)
RUSSIAN = reading("ясная русская строка", 0.99)


def test_a_line_with_letters_of_another_script_is_read_by_rapidocr(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = [reading(f"{OTHER}{OTHER} 7", 0.9), CLEAR, CLEAR]
    assert texts_of_page(monkeypatch, ours, reading("合计 7", 0.6))[0] == "合计 7"


def test_letters_that_no_recogniser_knows_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = [reading(f"Total {OTHER}{OTHER} 7.20", 0.9), CLEAR, CLEAR]
    assert texts_of_page(monkeypatch, ours, reading("", 0.0))[0] == "Total 7.20"


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (reading("Mchmond", 0.6), reading("Richmond", 0.8, aspect=4), "Richmond"),
        (reading("Mchmond", 0.97), reading("Richmond", 0.96, aspect=4), "Richmond"),
        (reading("Mchmond", 0.993), reading("Richmond", 1.0, aspect=4), "Mchmond"),
        (reading("Mchmond", 0.9), reading("Richmond", 0.85, aspect=4), "Mchmond"),
        (reading("0.99", 0.95), reading("0.9", 0.98, aspect=2), "0.99"),
        (reading("0.89", 0.85), reading("0.99", 0.98, aspect=2), "0.99"),
        (reading("Номер", 0.9), reading("Homep", 0.95, aspect=3), "Номер"),
        (reading("Mchmond", 0.6), reading("Ri", 0.99, aspect=8), "Mchmond"),
    ],
)
def test_rapidocr_reads_uncertain_latin_lines_if_it_is_as_sure_and_reads_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
    ours: RecognisedText,
    theirs: RecognisedText,
    expected: str,
) -> None:
    assert texts_of_page(monkeypatch, [ours, CLEAR, CLEAR], theirs)[0] == expected


def test_rapidocr_reads_no_doubtful_line_of_a_russian_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no Cyrillic: for Russian print it gives Latin letters of the same shapes."""
    ours = [reading("Номер", 0.6), RUSSIAN, RUSSIAN]
    assert texts_of_page(monkeypatch, ours, reading("Homep", 0.95, aspect=3))[0] == "Номер"


def test_a_line_of_letters_of_one_shape_takes_the_alphabet_of_its_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = reading("M 40772", 0.95)
    assert texts_of_page(monkeypatch, [code, RUSSIAN, RUSSIAN], code)[0] == "М 40772"
    assert texts_of_page(monkeypatch, [code, CLEAR, CLEAR], code)[0] == "M 40772"


def test_leaving_out_a_character_leaves_out_its_place_and_score() -> None:
    found = RecognisedText(f"a{OTHER} b", (0.1, 0.5, 0.9), (0.9, 0.2, 0.8), 4.0)
    assert found.without(OTHER) == RecognisedText("a b", (0.1, 0.9), (0.9, 0.8), 4.0)
