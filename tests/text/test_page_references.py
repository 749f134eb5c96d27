"""Tests of the one parser of page and document references that all callers share."""

import pytest

from engine.chat.page_selection import pages_named
from engine.families.lite.question import analyse, counts_documents
from engine.text.page_references import LAST, Reference, fold, references
from tests.chat.test_page_selection import documents


def said(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(one.kind, one.numbers) for one in references(fold(text))]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("on page 3", (3,)),
        ("на 12 странице", (12,)),
        ("на последнем листе", (LAST,)),
        ("p. 2", (2,)),
        ("стр 12", (12,)),
        ("стр. 3, 5 и 7", (3, 5, 7)),
        ("pages 2-4", (2, 3, 4)),
        # A reversed range is the same range.
        ("pages 4-2", (2, 3, 4)),
        ("страницы с 1", ()),
        ("page 3, 5 items", (3,)),
        ("page 3 and 5 items", (3,)),
        ("page 3,5 items", (3,)),
        ("на странице 3, 5 товаров", (3,)),
        ("on page 3, 5 and 7?", (3, 5, 7)),
        ("page 3 and 5, please", (3, 5)),
        ("pages 1, 2 and 5 show", (1, 2, 5)),
        ("page 3.5", ()),
        ("стр. 15.03.2026", ()),
        ("page 0", ()),
    ],
)
def test_numbers_of_pages_are_read_and_numbers_of_other_things_are_not(
    text: str, numbers: tuple[int, ...]
) -> None:
    assert said(text) == ([("page", numbers)] if numbers else [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("in the second letter", [("document", (2,))]),
        ("in invoice 2", [("document", (2,))]),
        ("invoice 2", []),
        ("in invoice No. 2", []),
        ("в чеке 2", [("document", (2,))]),
        ("в чеке 2 товара", []),
        ("в документе 5 страниц", []),
        ("Image #2: the total", [("image", (2,))]),
        ("на втором счёте", []),
        ("page 1 of the last scan", [("page", (1,)), ("image", (LAST,))]),
    ],
)
def test_documents_are_told_from_numbers_of_their_own(
    text: str, found: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert said(text) == found


def test_a_reference_covers_the_words_before_it_that_make_a_place_of_it() -> None:
    text = "the total on the second page, the 3rd invoice"
    first, second = references(text)
    assert text[first.start : first.end] == "on the second page"
    assert second == Reference("document", 30, len(text), (3,), placed=False)
    assert first.placed


@pytest.mark.parametrize(
    "question",
    [
        "Кто заказчик на 2 странице?",
        "Кто заказчик на 2-й странице?",
        "Кто заказчик, стр 2?",
        "Кто заказчик на страницах 2 и 1?",
        "Кто заказчик на втором листе?",
        "Кто заказчик во втором письме?",
        "Кто заказчик в пятой накладной?",
    ],
)
def test_words_that_point_at_pages_are_not_looked_for_on_them(question: str) -> None:
    assert pages_named(question, documents(9, 9, 9, 9, 9)).pages is not None
    words = [term.word for term in analyse(question).terms]
    assert words == [term.word for term in analyse("Кто заказчик?").terms]


@pytest.mark.parametrize(
    "question",
    ["Who signed the second letter?", "сумма второго чека", "total of the second scan"],
)
def test_a_question_that_points_at_a_document_counts_documents(question: str) -> None:
    pages = pages_named(question, documents(1, 1, 1)).pages
    assert pages == (("d2", 0),)
    assert counts_documents(question)


@pytest.mark.parametrize("question", ["What is on the second invoice line?", "во вторник чек был"])
def test_a_question_that_points_at_none_counts_none(question: str) -> None:
    assert pages_named(question, documents(1, 1, 1)).pages is None
    assert not counts_documents(question)
