from collections.abc import Sequence

import pytest

from engine.chat.page_selection import NamedPages, pages_asked_about, pages_named
from engine.core.schema import Document, Page


def documents(*sizes: int, names: Sequence[str] = ()) -> tuple[Document, ...]:
    def no_image() -> None:
        raise AssertionError("no picture is needed to read a question")

    return tuple(
        Document(
            f"d{number}",
            names[number - 1] if names else f"{number}.pdf",
            tuple(Page(f"d{number}", index, 10, 10, no_image) for index in range(size)),
        )
        for number, size in enumerate(sizes, start=1)
    )


@pytest.mark.parametrize(
    ("question", "pages"),
    [
        ("What is the total on page 3?", [2]),
        ("What does p. 2 say?", [1]),
        ("Compare pages 2 and 4", [1, 3]),
        ("Summarise pages 2-4", [1, 2, 3]),
        ("Summarise pages 2 to 4, please", [1, 2, 3]),
        ("Summarise pages 4-2", [1, 2, 3]),
        ("page 3, 5 items: what do they cost?", [2]),
        ("Who signed the last page?", [4]),
        ("What is on the second page", [1]),
        ("the 3rd page: what is the date?", [2]),
        ("Какая сумма на странице 3?", [2]),
        ("Что на 2-й странице?", [1]),
        ("кто подписал последнюю страницу?", [4]),
        ("Перескажи страницы 2–4", [1, 2, 3]),
        ("сравни страницы 1 и 5", [0, 4]),
        ("что написано на третьей странице", [2]),
        ("дата на стр. 4", [3]),
        ("Кто заказчик на 2 странице?", [1]),
        ("что на 3 листе", [2]),
    ],
)
def test_pages_are_named_by_number_or_by_word(question: str, pages: list[int]) -> None:
    assert pages_named(question, documents(5)).pages == tuple(("d1", page) for page in pages)


@pytest.mark.parametrize(
    ("question", "chosen"),
    [
        ("What is the total in the second scan?", ["d2"]),
        ("Who signed the last document?", ["d3"]),
        ("date of image 1", ["d1"]),
        ("Compare the first and second scans", ["d1", "d2"]),
        ("Compare the first and the last scan", ["d1", "d3"]),
        ("What is the total in the second receipt?", ["d2"]),
        ("the 3rd invoice: who is the seller?", ["d3"]),
        ("Who signed the first contract?", ["d1"]),
        ("When was the second letter written?", ["d2"]),
        ("date of birth in the last passport", ["d3"]),
        ("Is the second bank statement older than the third bank statement?", ["d2", "d3"]),
        ("What is the second receipt's total?", ["d2"]),
        ("Какая сумма во втором чеке?", ["d2"]),
        ("сумма второго чека", ["d2"]),
        ("Сравни первый и третий чеки", ["d1", "d3"]),
        ("Сравни суммы в первом и во втором чеках", ["d1", "d2"]),
        ("что куплено по 2-му чеку", ["d2"]),
        ("кто подписал третий договор", ["d3"]),
        ("что во втором счёте?", ["d2"]),
        ("сумма из последнего счета", ["d3"]),
        ("Кто продавец в первой счёт-фактуре?", ["d1"]),
        ("номер второго счёта на оплату", ["d2"]),
        ("когда выдан второй паспорт", ["d2"]),
        ("Кому адресовано второе письмо?", ["d2"]),
        ("остаток в первой выписке", ["d1"]),
        ("Какая дата во втором скане?", ["d2"]),
        ("кто подписал последний документ", ["d3"]),
        ("что на первой фотографии", ["d1"]),
    ],
)
def test_documents_are_named_by_their_place(question: str, chosen: list[str]) -> None:
    pages = pages_named(question, documents(2, 1, 2)).pages
    assert pages is not None
    assert list(dict.fromkeys(document for document, _ in pages)) == chosen


def test_a_document_is_named_by_its_file() -> None:
    given = documents(2, 2, names=["contract.pdf", "IMG_2041.jpg"])
    assert pages_named("Who signed Contract.pdf?", given).pages == (("d1", 0), ("d1", 1))
    assert pages_named("date in img_2041", given).pages == (("d2", 0), ("d2", 1))
    # A word that happens to be a file's name is a word.
    assert pages_named("Who signed the contract?", given) == NamedPages()


def test_a_file_is_not_named_by_a_part_of_another_name_or_by_a_word() -> None:
    given = documents(1, 1, 1, names=["1.pdf", "11.pdf", "my 11.pdf"])
    assert pages_named("total in 11.pdf?", given).pages == (("d2", 0),)
    assert pages_named("total in 1.pdf.", given).pages == (("d1", 0),)
    assert pages_named("total in my 11.pdf", given).pages == (("d3", 0),)
    assert pages_named("my 11.pdf and 1.pdf", given).pages == (("d1", 0), ("d3", 0))
    plain = documents(1, 1, names=["total", "scan_7"])
    assert pages_named("What is the total?", plain) == NamedPages()
    assert pages_named("the date in scan_7", plain).pages == (("d2", 0),)
    same = documents(1, 1, names=["img_2041.jpg", "img_2041.png"])
    assert pages_named("date in img_2041.png", same).pages == (("d2", 0),)


def test_a_number_in_a_files_name_is_no_page() -> None:
    given = documents(5, 5, names=["page 3.pdf", "other.pdf"])
    assert pages_named("total in page 3.pdf", given).pages == tuple(
        ("d1", page) for page in range(5)
    )
    assert pages_named("total on page 2 of page 3.pdf", given).pages == (("d1", 1),)


@pytest.mark.parametrize(
    "question",
    [
        "What is the total in the second receipt?",
        "Какая сумма во втором чеке?",
        "номер второго счёта",
        "что на втором счёте в банке",
        "во втором счёте",
    ],
)
def test_a_session_with_one_document_has_no_second_one(question: str) -> None:
    assert (
        pages_named(question, documents(1)) == pages_named(question, documents(4)) == NamedPages()
    )


def test_a_document_that_is_not_there_is_not_pointed_at() -> None:
    for question in ("total of the fourth receipt", "сумма в пятом чеке", "in the 12th invoice"):
        assert pages_named(question, documents(1, 1, 1)) == NamedPages()


def test_pages_named_together_are_all_meant() -> None:
    assert pages_named("Compare the first and the third page", documents(4)).pages == (
        ("d1", 0),
        ("d1", 2),
    )
    assert pages_named("сравни вторую и последнюю страницы", documents(4)).pages == (
        ("d1", 1),
        ("d1", 3),
    )
    assert pages_named("date on the last page of the second invoice", documents(2, 3)).pages == (
        ("d2", 2),
    )


def test_page_and_document_together() -> None:
    assert pages_named("total on page 2 of the second scan", documents(3, 3)).pages == (("d2", 1),)
    assert pages_named("сумма на второй странице первого скана", documents(3, 3)).pages == (
        ("d1", 1),
    )


def test_a_page_number_alone_means_that_page_of_each_document() -> None:
    assert pages_named("date on page 2", documents(3, 1, 2)).pages == (("d1", 1), ("d3", 1))


def test_a_page_that_is_not_there_is_told() -> None:
    assert pages_named("total on page 9", documents(3)) == NamedPages(None, 9)
    assert pages_named("total on page 9 of the second scan", documents(3, 1)) == NamedPages(
        (("d2", 0),), 9
    )


@pytest.mark.parametrize(
    "question",
    [
        "What is the total?",
        "Сколько сумм на 3 страницах?",
        "Верно ли, что в документе 5 страниц?",
        "В деле 2 страницы или 3?",
        "How many pages are there?",
        "What is the page number?",
        "What is the second name of the buyer?",
        "Is the file number 20417?",
        "document 20417: who signed?",
        "What happened in the first quarter of 2026?",
        "What is the first letter of the surname?",
        "Who signed the first receipt of goods?",
        "What is on the second invoice line?",
        "Какой второй счёт указан в реквизитах?",
        "номер второго счёта",
        "сколько на втором расчётном счёте",
        "на втором счёте больше?",
        "Сколько стоят пять чеков?",
        "десять договоров или шесть писем?",
        "Какой чек выдан во вторник?",
        "во вторник чек был выдан?",
        "второй контрактный день",
        "первый чекпоинт",
        "What is the last payment date?",
        "Сколько страниц?",
        "Какой номер документа?",
        "документ 15.03.2026 кем подписан?",
        "паспорт с. Ивановка",
    ],
)
def test_other_numbers_name_no_page(question: str) -> None:
    assert pages_named(question, documents(3, 2)) == NamedPages()
    assert pages_named(question, documents(30)) == NamedPages()
    assert pages_named(question, documents(*[1] * 12)) == NamedPages()


def test_naming_all_pages_is_naming_none() -> None:
    assert pages_named("What is on page 1?", documents(1)) == NamedPages()


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (["What is the total on page 2?"], "And the date?", (("d1", 1),)),
        (["Кто продавец на странице 2?"], "А дата?", (("d1", 1),)),
        (["Кто продавец на странице 2?", "А дата?"], "а сумма?", (("d1", 1),)),
        (["Кто продавец на странице 2?", "А на странице 3?"], "а сумма?", (("d1", 2),)),
        (["Кто продавец на странице 2?"], "А на странице 3?", (("d1", 2),)),
        (["Кто продавец на странице 2?"], "Какая дата договора?", None),
        (["Кто продавец на странице 2?", "Какая дата?"], "А сумма?", None),
        (["Кто продавец?"], "А дата?", None),
        (["What is on page 9?"], "And the date?", None),
        ([], "А дата?", None),
    ],
)
def test_a_question_that_follows_another_is_about_its_pages(
    earlier: list[str], question: str, expected: tuple[tuple[str, int], ...] | None
) -> None:
    assert pages_asked_about(question, earlier, documents(3)) == NamedPages(expected)
