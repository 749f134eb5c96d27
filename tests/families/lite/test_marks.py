"""`lite` answers questions about ticks, signatures, codes and stamps from the marks of a page."""

import pytest

from engine.core.schema import Line, Mark, Word
from engine.families.lite.mark_answers import answer_from_marks
from engine.families.lite.mark_question import parse
from engine.index.page_index import PageIndex

HEADING = Line((Word("Pay", (80, 60, 140, 90)), Word("by", (150, 60, 190, 90))), (80, 60, 190, 90))


def page(*marks: Mark) -> PageIndex:
    return PageIndex("d", 0, 900, 1000, (HEADING,), marks=marks)


def box(at: int, label: str, *, ticked: bool) -> Mark:
    y = 110 + 60 * at
    return Mark("check_box", (80, y, 110, y + 30), "checked" if ticked else "unchecked", label, 0.9)


CASH, BANK = box(0, "Cash", ticked=False), box(1, "Bank transfer", ticked=True)
NEWS = box(2, "I would like the newsletter", ticked=True)
SIGNED = Mark("signature", (80, 600, 300, 660), "signed", "Signature of the tenant", 0.9)
EMPTY = Mark("signature", (80, 700, 300, 720), "empty", "Signature of the landlord", 0.9)
CODE = Mark("code", (600, 60, 700, 160), text="https://example.org/7")
STAMP = Mark("stamp", (500, 400, 800, 500), text="RECEIVED 24 JUN")


@pytest.mark.parametrize(
    ("question", "text", "mark"),
    [
        ("Which way of paying is ticked?", "Bank transfer", BANK),
        ("Какой вариант отмечен галочкой?", "Bank transfer", BANK),
        ("Is cash ticked?", "No", CASH),
        ("Does the applicant want the newsletter?", "Yes", NEWS),
        ("Is it signed?", "Yes", SIGNED),
        ("Подписан ли документ?", "Да", SIGNED),
        ("What does the QR code say?", CODE.text, CODE),
        ("Что написано в QR-коде?", CODE.text, CODE),
        ("What is stamped on it?", STAMP.text, STAMP),
        ("Что на штампе?", STAMP.text, STAMP),
    ],
)
def test_a_question_about_a_mark_is_answered_with_its_box(
    question: str, text: str, mark: Mark
) -> None:
    marks = (CASH, BANK, CODE, STAMP, SIGNED)
    answer = answer_from_marks(question, [page(*marks, *([NEWS] if mark is NEWS else []))])
    assert answer is not None
    assert answer.text == text
    assert [one.bbox for one in answer.evidence] == [mark.bbox]


def test_an_empty_signature_line_is_no() -> None:
    answer = answer_from_marks("Is the form signed?", [page(EMPTY)])
    assert answer is not None
    assert (answer.text, answer.evidence[0].bbox) == ("No", EMPTY.bbox)


@pytest.mark.parametrize(
    "question",
    ["Is it signed?", "What does the QR code say?", "What is stamped on it?", "Is cash ticked?"],
)
def test_a_page_without_marks_says_so(question: str) -> None:
    answer = answer_from_marks(question, [page()])
    assert answer is not None
    assert answer.text.startswith("No ")
    assert answer.evidence == ()


@pytest.mark.parametrize(
    "question",
    [
        "When was the contract signed?",
        "Who signed?",
        "What is the date of the stamp duty?",
        "What is the amount due?",
        "Кем подписан договор?",
        "What is printed under the QR code?",
    ],
)
def test_other_questions_go_to_the_reader(question: str) -> None:
    assert parse(question) is None


def test_a_yes_no_question_about_no_box_goes_to_the_reader() -> None:
    assert answer_from_marks("Is the total above 100?", [page(CASH, BANK)]) is None
