"""Tests of alphabet correction on Russian lines, with drawn lines and given Tesseract results."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from engine.core.schema import Word
from engine.ocr.bilingual import is_doubtful, settled
from tests.ocr.drawing import Sheet

TEXTS = tuple[str, ...]


def read(texts: Sequence[str], places: Sequence[tuple[float, float]], sure: float) -> list[Word]:
    return [Word(t, (x0, 0.1, x1, 0.9), sure) for t, (x0, x1) in zip(texts, places, strict=True)]


def settled_words(printed: str, both: TEXTS, russian: TEXTS, sure: float = 0.9) -> list[str]:
    """Settle a drawn line for which Tesseract's two passes returned these words."""
    sheet = Sheet(400, 40)
    sheet.write(6, 4, printed)
    width = sheet.words[-1].bbox[2] + 6
    crop = np.asarray(sheet.image.crop((0, 0, round(width), 36)))
    places = [(word.bbox[0] / width, word.bbox[2] / width) for word in sheet.words]
    # A pass with fewer or more words than are printed divides the line evenly.
    last = (places[0][0], places[-1][1])
    one = read(both, places if len(both) == len(places) else _cut(last, len(both)), sure)
    two = read(russian, places if len(russian) == len(places) else _cut(last, len(russian)), sure)
    [words] = settled([one], [two], [crop])
    return [word.text for word in words]


def _cut(place: tuple[float, float], count: int) -> list[tuple[float, float]]:
    edges = np.linspace(*place, count + 1).tolist()
    return list(pairwise(edges))


@pytest.mark.parametrize(
    ("printed", "both", "russian", "expected"),
    [
        ("Сч. № 5", ("Cu.", "№", "5"), ("Сч.", "№", "5"), "Сч. № 5"),
        ("Номер/Number", ("Homep/Number",), ("Номер/МитЬег",), "Номер/Number"),
        ("Номер/Number", ("Homep/Number",), ("Номер/", "МитЬег"), "Номер/Number"),
        ("Фамилия/Surname", ("Фамилия/Зитате",), ("Фамилия/Зитате",), "Фамилия/Surname"),
        ("Годно до / Ceases", ("Годно", "до", "/", "Сеазез"), ("Годно", "до", "/", "Сеазез"),
         "Годно до / Ceases"),
        ("Гражданство/Nationality", ("[pak", "JaHcTBo/Nationality"), ("Гражданство/Ма{опаМу",),
         "Гражданство/Nationality"),
        ("Виктор / VIKTOR", ("Виктор", "/", "VIKTOR"), ("Виктор", "/", "МКТОВ"), "Виктор / VIKTOR"),
        ("of expiry", ("of", "expiry"), ("офехриу",), "of expiry"),
        ("ПАСПОРТ / PASSPORT", ("ПАСПОРТ", "/", "PASSPORT"), ("ПАСПОРТ", "/", "РАЗЗРОВТ"),
         "ПАСПОРТ / PASSPORT"),
    ],
)  # fmt: skip
def test_print_of_two_alphabets_comes_back_as_it_is_printed(
    printed: str, both: TEXTS, russian: TEXTS, expected: str
) -> None:
    assert " ".join(settled_words(printed, both, russian)) == expected


def test_a_word_that_the_joined_word_hardly_touches_is_neither_lost_nor_said_twice() -> None:
    blank = np.full((36, 400, 3), 255, np.uint8)
    both = read(
        ("Печать", "[pak", "JaHcTBo/Nationality"), ((0, 0.3), (0.32, 0.4), (0.42, 0.9)), 0.9
    )
    [words] = settled([both], [read(("Гражданство/Ма{опаМу",), ((0.29, 0.9),), 0.9)], [blank])
    assert [word.text for word in words] == ["Печать", "Гражданство/Ма{опаМу"]
    assert words[1].bbox == (0.32, 0.1, 0.9, 0.9)


def test_an_unsure_russian_reading_changes_no_whole_word() -> None:
    assert settled_words("Сч. № 5", ("Cu.", "№", "5"), ("Сч.", "№", "5"), sure=0.4)[0] == "Cu."


def test_lines_in_russian_alone_are_not_read_again() -> None:
    def line(text: str) -> list[Word]:
        return [Word(token, (0.0, 0.0, 1.0, 1.0)) for token in text.split()]

    assert not is_doubtful(line("Банк получателя № 5, 1/"))
    assert is_doubtful(line("Банк noлучателя"))
    assert is_doubtful(line("р/с 5"))
