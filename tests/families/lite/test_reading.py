"""What `lite` answers on small pages made by hand: words of the page, with their places."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.schema import Line, Word
from engine.families.lite.question import analyse
from engine.families.lite.reader import answer, read_page
from engine.index.page_index import PageIndex


def page(cells: list[tuple[str, int, int]], *, page_index: int = 0) -> PageIndex:
    """A page of (text, x, y) cells in a fixed-width print of 10 by 20 pixels a character."""
    lines = []
    for text, x, y in sorted(cells, key=lambda cell: (cell[2], cell[1])):
        words, at = [], float(x)
        for token in text.split():
            words.append(Word(token, (at, float(y), at + 10 * len(token), y + 20.0)))
            at += 10 * (len(token) + 1)
        lines.append(Line(tuple(words), (float(x), float(y), words[-1].bbox[2], y + 20.0)))
    return PageIndex("doc", page_index, 1000, 1400, tuple(lines))


RECEIPT = page(
    [
        ("Brackendale Stores", 100, 60),
        ("Date: 04/11/2025", 100, 140),
        ("Receipt No. 55-1207", 100, 180),
        ("Subtotal", 100, 300),
        ("18.40", 600, 300),
        ("Tax 5%", 100, 340),
        ("0.92", 600, 340),
        ("Total", 100, 380),
        ("19.32", 600, 380),
    ]
)
ORDER = page(
    [
        ("Приказ № 81-К", 100, 60),
        ("Дата: 12 мая 2024 г.", 100, 120),
        ("Директор:", 100, 200),
        ("Лугова А.В.", 400, 200),
        ("ИНН", 100, 260),
        ("7701234567", 400, 260),
    ]
)


@pytest.mark.parametrize(
    ("index", "question", "expected"),
    [
        (RECEIPT, "What is the total?", "19.32"),
        (RECEIPT, "What is the date?", "04/11/2025"),
        (RECEIPT, "What is the receipt number?", "55-1207"),
        (RECEIPT, "How much is the subtotal?", "18.40"),
        (ORDER, "Какой ИНН указан?", "7701234567"),
        (ORDER, "Кто директор?", "Лугова А.В."),
        (ORDER, "Какая дата?", "12 мая 2024 г."),
    ],
)
def test_a_labelled_value_is_found(index: PageIndex, question: str, expected: str) -> None:
    found = answer(question, [read_page(index)])
    assert found is not None
    assert found.text.strip(" .") == expected.strip(" .")


ORDERED = page(
    [
        ("Заказ № 17", 100, 60),
        ("Товар", 100, 140),
        ("Цена", 500, 140),
        ("Сумма", 700, 140),
        ("Краска белая", 100, 180),
        ("250,00", 500, 180),
        ("750,00", 700, 180),
        ("Кисть широкая", 100, 220),
        ("90,00", 500, 220),
        ("180,00", 700, 220),
        ("Итого", 100, 260),
        ("930,00", 700, 260),
    ]
)


@pytest.mark.parametrize(
    "question",
    [
        "Какая сумма?",
        "Какая сумма на странице 12?",
        "Какая сумма в первом документе?",
        "Какая сумма в файле 2?",
    ],
)
def test_the_sum_of_a_page_is_its_total(question: str) -> None:
    found = answer(question, [read_page(ORDERED)])
    assert found is not None
    assert found.text == "930,00"


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("What is the date in the second document?", "What is the date?"),
        ("Who signed it, in file 3?", "Who signed it?"),
        ("Кто директор в последнем скане?", "Кто директор?"),
    ],
)
def test_the_document_that_a_question_names_is_not_looked_for(question: str, alone: str) -> None:
    assert [t.word for t in analyse(question).terms] == [t.word for t in analyse(alone).terms]


def test_the_answer_says_which_page_it_stands_on() -> None:
    cover = page([("Annual file of the store", 100, 60)])
    second = page([("Total", 100, 60), ("77.10", 600, 60)], page_index=1)
    found = answer("What is the total?", [read_page(cover), read_page(second)])
    assert found is not None
    assert found.text == "77.10"
    assert found.candidate.view.index.page_index == 1


def test_a_follow_up_is_about_what_was_asked_before() -> None:
    found = answer("And the date?", [read_page(RECEIPT)], history=["What is the total?"])
    assert found is not None
    assert found.text == "04/11/2025"


def test_an_empty_page_answers_nothing() -> None:
    assert answer("What is the total?", [read_page(page([]))]) is None
    assert answer("What is the total?", []) is None


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("When was it signed?", "date"),
        ("How much was paid?", "amount"),
        ("Когда принят закон?", "date"),
        ("Сколько рублей израсходовано?", "amount"),
    ],
)
def test_the_type_of_the_answer_is_told_from_the_question(question: str, wanted: str) -> None:
    wants = analyse(question).wants
    assert max(wants, key=lambda kind: wants[kind]) == wanted


WORDS = st.text(alphabet="abcdeКириллица0123456789.,-", min_size=1, max_size=9)
CELLS = st.lists(
    st.tuples(
        st.lists(WORDS, min_size=1, max_size=5).map(" ".join),
        st.integers(0, 600),
        st.integers(0, 60).map(lambda row: 22 * row),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(
    cells=CELLS,
    question=st.sampled_from(["What is the total?", "Когда подписан договор?", "Who paid?", "?"]),
)
def test_an_answer_is_always_words_of_the_page(
    cells: list[tuple[str, int, int]], question: str
) -> None:
    index = page(cells)
    found = answer(question, [read_page(index)])
    if found is None:
        return
    printed = "".join("".join(word.text for word in line.words) for line in index.lines)
    for line, box in zip(found.candidate.lines, found.candidate.boxes(), strict=True):
        assert "".join(line.split()) in printed
        assert 0 <= box[0] < box[2] <= 1000
        assert 0 <= box[1] < box[3] <= 1400
