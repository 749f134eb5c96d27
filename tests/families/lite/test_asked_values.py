"""What is asked for decides what may answer: an amount no word, a date no other value."""

import pytest

from engine.families.lite.asked_values import demanded, may_answer
from engine.families.lite.question import analyse
from engine.families.lite.reader import answer, gather, read_page
from engine.index.page_index import PageIndex
from tests.families.lite.test_reading import page

CREDIT = page(
    [
        ("Brookside Timber", 100, 60),
        ("Account statement", 100, 120),
        ("Opening amount", 100, 300),
        ("1,141.57", 700, 300),
        ("Adjustment", 100, 340),
        ("(1,250.00)", 700, 340),
        ("Balance", 100, 380),
        ("108.43 CR", 700, 380),
    ]
)
TWO_CURRENCIES = page(
    [
        ("Alpenblick Velo AG", 100, 60),
        ("Subtotal", 100, 300),
        ("CHF 39'728.00", 700, 300),
        ("Total", 100, 340),
        ("CHF 42'945.97", 700, 340),
        ("Equivalent", 100, 380),
        ("EUR 44'921.48", 700, 380),
    ]
)
STAMPED = page(
    [
        ("Northgate Supplies", 100, 60),
        ("Invoice number: NG-7719", 100, 120),
        ("Order number", 100, 160),
        ("4471", 700, 160),
        ("Invoice date: 21 June 2026", 100, 200),
        ("Amount due:", 100, 300),
        ("RECEIVED", 400, 300),
        ("24 JUN 2026", 400, 340),
    ]
)
UNDATED = page(
    [
        ("Northgate Supplies", 100, 60),
        ("Date due:", 100, 120),
        ("1,250.00 EUR", 400, 120),
        ("Reference", 100, 160),
        ("NG-7719", 400, 160),
    ]
)


def said(question: str, index: PageIndex) -> str | None:
    found = answer(question, [read_page(index)])
    return None if found is None else found.text


def test_an_answer_is_the_amount_as_it_is_printed_with_its_sign() -> None:
    assert said("What is the adjustment?", CREDIT) == "(1,250.00)"
    assert said("What is the balance?", CREDIT) == "108.43 CR"


def test_the_number_of_a_signed_amount_alone_is_no_candidate() -> None:
    texts = {one.text for one in read_page(CREDIT).candidates}
    assert {"(1,250.00)", "108.43 CR"} <= texts
    assert not texts & {"1,250.00", "108.43"}


@pytest.mark.parametrize(
    ("question", "amount"),
    [
        ("What is the total in euros?", "EUR 44'921.48"),
        ("What is the total in Swiss francs?", "CHF 42'945.97"),
        ("What is the total in CHF?", "CHF 42'945.97"),
        ("Какая сумма в евро?", "EUR 44'921.48"),
        ("What is the total in dollars?", None),
    ],
)
def test_a_question_that_names_a_currency_is_answered_in_it(
    question: str, amount: str | None
) -> None:
    assert said(question, TWO_CURRENCIES) == amount


def test_a_label_gives_its_currency_to_the_amounts_beside_it() -> None:
    index = page(
        [
            ("Invoice", 100, 60),
            ("Total (CHF)", 100, 300),
            ("42'945.97", 700, 300),
            ("Total (EUR)", 100, 340),
            ("44'921.48", 700, 340),
        ]
    )
    assert said("What is the total in euros?", index) == "44'921.48"
    assert said("What is the total in Swiss francs?", index) == "42'945.97"


@pytest.mark.parametrize(
    "question",
    ["What is the amount due?", "How much is to be paid?", "Какая сумма к оплате?", "Amount due?"],
)
def test_a_question_for_an_amount_is_not_answered_where_none_is_printed(question: str) -> None:
    assert said(question, STAMPED) is None
    texts = {one.text for one in gather(analyse(question), [read_page(STAMPED)]).candidates}
    assert not texts & {"RECEIVED", "NG-7719", "7719", "4471", "24", "24 JUN 2026"}


def test_a_field_of_a_form_is_held_to_the_same_demand() -> None:
    pages = (read_page(STAMPED), read_page(CREDIT))
    by_text = {one.text: one for page in pages for one in page.candidates}
    due, owes = analyse("What is the amount due?"), analyse("Does the customer owe money?")
    assert not may_answer(due, by_text["RECEIVED"])
    assert may_answer(due, by_text["108.43 CR"])
    assert not may_answer(owes, by_text["108.43 CR"])


def test_a_question_for_a_date_is_not_answered_by_another_value() -> None:
    for question in ("What is the due date?", "Какая дата оплаты?"):
        assert said(question, UNDATED) is None
    assert said("What is the date of the invoice?", STAMPED) == "21 June 2026"


def test_when_may_be_answered_in_words_and_never_by_an_amount() -> None:
    texts = {
        one.text for one in gather(analyse("When is it due?"), [read_page(UNDATED)]).candidates
    }
    assert "1,250.00 EUR" not in texts and "Northgate Supplies" in texts


def test_how_many_is_not_answered_by_a_word_or_a_sum() -> None:
    pool = gather(analyse("How many boxes were sent?"), [read_page(TWO_CURRENCIES)])
    texts = {one.text for one in pool.candidates}
    assert not texts & {"CHF 42'945.97", "EUR 44'921.48", "Alpenblick Velo AG", "Equivalent"}
    box = page([("Boxes sent", 100, 60), ("twelve", 400, 60), ("Sent by", 100, 100)])
    texts = {one.text for one in gather(analyse("How many boxes?"), [read_page(box)]).candidates}
    assert "twelve" in texts and "Sent by" not in texts


@pytest.mark.parametrize(
    "question",
    ["Does the customer owe money?", "Is the balance negative?", "Has the customer any debt?"],
)
def test_yes_or_no_is_not_an_amount(question: str) -> None:
    found = said(question, CREDIT)
    assert found is None or not any(map(str.isdigit, found))


@pytest.mark.parametrize(
    "question",
    ["Can you tell me the balance?", "Could you find the balance?", "Is there a balance?"],
)
def test_a_request_in_the_form_of_a_question_is_answered(question: str) -> None:
    assert said(question, CREDIT) == "108.43 CR"


@pytest.mark.parametrize(
    ("question", "demand"),
    [
        ("What is the amount due?", {"amount"}),
        ("What was the total price of the order?", {"amount"}),
        ("Какова сумма к оплате?", {"amount"}),
        ("Сколько стоит доставка?", {"amount", "count"}),
        ("What is the due date?", {"date"}),
        ("When was it paid?", {"when"}),
        ("How many pages?", {"count"}),
        ("Which item has the highest price?", set()),
        ("What is the payment method?", set()),
        ("What is the currency of the total?", set()),
        ("What is the total quantity?", set()),
        ("What is the amount in words?", set()),
        ("Какая сумма прописью?", set()),
        ("Who paid the total?", set()),
    ],
)
def test_only_what_is_asked_for_is_demanded(question: str, demand: set[str]) -> None:
    assert demanded(question) == demand
