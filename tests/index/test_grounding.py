"""Facts of a free answer and their places on drawn pages."""

import pytest

from engine.index.grounding import ground
from engine.index.page_index import PageIndex
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


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("It lies in “Hall B1204”.", "Hall B1284"),
        ("It was signed by Mary Ann.", "Mary Anna"),
        ("It was signed by Peter Marshall.", "Peter Mitchell"),
        ("It was sold by Northern Timber Trading Company.", "Northern Timber Freight Services"),
    ],
)
def test_another_number_and_another_name_are_no_misprints(said: str, printed: str) -> None:
    (fact,) = ground(said, [index_of([(printed, 60, 60)])])
    assert fact.evidence == ()


def test_a_name_of_which_ocr_lost_a_word_is_found_and_its_score_says_so() -> None:
    index = index_of([("Northern Timber Trad1ng Company", 60, 60)])
    (fact,) = ground("It was sold by Northern Timber Trading Company.", [index])
    assert [found.score for found in fact.evidence] == [0.75]


def test_quoted_words_and_short_answers_are_found_without_capitals() -> None:
    index = index_of([("Delivery", 60, 60), ("Paid in full", 60, 120), ("Total", 60, 180)])
    for answer in ("The stamp says “paid in full” twice.", "paid in full"):
        (fact,) = ground(answer, [index])
        assert fact.text == "paid in full"
        assert [found.bbox for found in fact.evidence] == boxes(index, "Paid in full")


def test_of_two_forms_of_a_value_the_one_that_is_said_is_taken() -> None:
    index = index_of([("1 250,00", 60, 60), ("1,250.00", 60, 120)])
    (fact,) = ground("1,250.00", [index])
    assert [(found.text, found.score) for found in fact.evidence] == [("1,250.00", 1.0)]
    (fact,) = ground("1250.00", [index])
    assert fact.evidence[0].score < 1, "the same value, printed otherwise"


def written(value: str) -> list[str]:
    """A sum with two decimals as people and models write it."""
    whole, cents = value.split(".")
    comma, space, point = (f"{int(whole):,}".replace(",", mark) for mark in ", .")
    return [
        value, f"{whole},{cents}", f"{comma}.{cents}", f"{space},{cents}", f"{point},{cents}",
        f"${comma}.{cents}", f"{value} USD",
    ]  # fmt: skip


# "11.49" looks like a time, "9704.37" and "48250.00" like telephone numbers.
@pytest.mark.parametrize("value", ["11.49", "42.00", "9704.37", "48250.00", "1250000.50"])
@pytest.mark.parametrize("sentence", ["{}", "The total is {}."])
def test_a_sum_is_found_however_it_is_written_and_printed(value: str, sentence: str) -> None:
    for printed in written(value):
        index = index_of([("Acme", 60, 40), (printed, 60, 120), ("Thank you", 60, 200)])
        for said in written(value):
            (fact,) = ground(sentence.format(said), [index])
            (place,) = fact.evidence
            # With its currency or the number alone: the number where that is just what was said.
            assert place.text in (printed, printed.removesuffix(" USD")), (said, printed)


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("1 250 000", "1,250,000"),
        ("10,5", "10.5"),
        ("11 000", "11,000.00"),
        ("at 11.30", "11:30"),
        ("12 500 руб. 90 коп", "12 500,90"),
    ],
)
def test_numbers_and_times_are_found_by_what_they_mean(said: str, printed: str) -> None:
    facts = ground(said, [index_of([("Acme", 60, 40), (printed, 60, 120)])])
    assert [[found.text for found in fact.evidence] for fact in facts] == [[printed]]


@pytest.mark.parametrize(("said", "printed"), [("42,00 руб.", "$42.00"), ("$42", "42 EUR")])
def test_a_sum_of_another_currency_is_another_sum(said: str, printed: str) -> None:
    (fact,) = ground(said, [index_of([("Total", 60, 40), (printed, 60, 120)])])
    assert fact.evidence == ()


def test_a_number_is_found_in_a_sum_that_counts_in_millions() -> None:
    (fact,) = ground("1.2 million", [index_of([("Total", 60, 40), ("$1.2 million", 60, 120)])])
    assert [found.text for found in fact.evidence] == ["$1.2"]


def test_a_date_in_words_is_found_by_the_order_in_which_the_page_writes_dates() -> None:
    lines = [("Due", 60, 40), ("04/05/2026", 400, 40), ("Paid", 60, 120)]
    american = index_of([*lines, ("03/25/2026", 400, 120)])
    british = index_of([*lines, ("25/03/2026", 400, 120)])
    for day, index in (("5 April 2026", american), ("4 May 2026", british)):
        (fact,) = ground(f"It is due on {day}.", [index])
        assert [found.text for found in fact.evidence] == ["04/05/2026"]
    (fact,) = ground("It is due on 4 May 2026.", [american])
    assert fact.evidence == ()
    # Where nothing decides, either reading is printed.
    for day in ("5 April 2026", "4 May 2026"):
        (fact,) = ground(f"It is due on {day}.", [index_of(lines)])
        assert [found.text for found in fact.evidence] == ["04/05/2026"]


def test_a_credit_is_found_and_is_not_the_debt_of_the_same_digits() -> None:
    index = index_of([("Balance", 60, 40), ("108.43 CR", 400, 40)])
    (fact,) = ground("The balance is 108.43 CR.", [index])
    assert [found.text for found in fact.evidence] == ["108.43 CR"]
