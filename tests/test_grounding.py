"""Facts of a free answer and their places on drawn pages."""

import pytest

from engine.grounding import ground
from engine.index import PageIndex
from tests.fakes import draw_page

INVOICE = [
    ("Larkfield Timber Ltd", 60, 40),
    ("Invoice date", 60, 120),
    ("2026-03-14", 400, 120),
    ("Chairs", 60, 200),
    ("2", 400, 200),
    ("Tables", 60, 240),
    ("2", 400, 240),
    ("Subtotal", 60, 320),
    ("1 250,00", 400, 320),
    ("Total", 60, 360),
    ("1 250,00", 400, 360),
]


def index_of(lines: list[tuple[str, int, int]], page_index: int = 0) -> PageIndex:
    _, drawn = draw_page(lines, font_size=24)
    return PageIndex("d", page_index, 900, 600, tuple(drawn))


def boxes(index: PageIndex, text: str) -> list[tuple[float, ...]]:
    return [line.bbox for line in index.lines if line.text == text]


def test_a_value_is_found_by_what_it_means() -> None:
    index = index_of(INVOICE)
    (date,) = ground("It was issued on 14 March 2026.", [index])
    assert date.text == "14 March 2026"
    assert [found.bbox for found in date.evidence] == boxes(index, "2026-03-14")
    assert date.evidence[0].text == "2026-03-14"


def test_of_equal_prints_the_one_that_the_question_is_about_is_taken() -> None:
    index = index_of(INVOICE)
    subtotal, total = boxes(index, "1 250,00")
    (found,) = ground("1,250.00", [index], question="What is the total?")
    assert found.evidence[0].bbox == total
    (found,) = ground("1,250.00", [index], question="What is the subtotal?")
    assert found.evidence[0].bbox == subtotal


def test_several_facts_get_several_places() -> None:
    index = index_of(INVOICE)
    answer = "Larkfield Timber Ltd asks for 1,250.00, dated 14 March 2026."
    found = ground(answer, [index])
    assert [fact.text for fact in found] == ["Larkfield Timber Ltd", "1,250.00", "14 March 2026"]
    assert all(fact.evidence for fact in found)
    assert [answer[fact.start : fact.end] for fact in found] == [fact.text for fact in found]


def test_an_invented_number_is_on_no_page() -> None:
    (fact,) = ground("The total is 9,999.99.", [index_of(INVOICE)])
    assert fact.text == "9,999.99"
    assert fact.evidence == ()


def test_a_small_number_needs_a_place_among_its_kin() -> None:
    index = index_of(INVOICE)
    (fact,) = ground("There are 2 tables.", [index], question="How many tables?")
    assert [found.bbox for found in fact.evidence] == [boxes(index, "2")[1]]
    (fact,) = ground("2", [index], question="What floor?")
    assert fact.evidence == ()


def test_a_name_is_found_although_ocr_misread_it_and_broke_the_line() -> None:
    index = index_of([("Signed by Margaret", 60, 60), ("Wolstencroft, Secretary", 60, 100)])
    (fact,) = ground("It was signed by Margaret Wolstencraft.", [index])
    assert [found.text for found in fact.evidence] == ["Margaret", "Wolstencroft,"]


def test_the_page_that_holds_the_fact_is_named() -> None:
    pages = [index_of([("Nothing here", 60, 60)]), index_of(INVOICE, page_index=1)]
    (fact,) = ground("1 250,00", pages, question="total")
    assert [found.page_index for found in fact.evidence] == [1]


@pytest.mark.parametrize("answer", ["", " ", "...", "!"])
def test_an_answer_without_facts_has_none(answer: str) -> None:
    assert ground(answer, [index_of(INVOICE)]) == []


def test_russian_names_and_amounts_are_found() -> None:
    index = index_of([("ООО «Каменка»", 60, 60), ("Сумма 86 400,00 руб.", 60, 120)])
    found = ground("Поставщик — ООО «Каменка», сумма 86400 рублей.", [index])
    assert [(fact.text, bool(fact.evidence)) for fact in found] == [
        ("ООО «Каменка", True),
        ("86400 рублей", True),
    ]
