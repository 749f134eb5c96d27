"""What cannot be the answer is not given: other forms, page counters, the addressee as signer."""

import pytest

from engine.families.lite.answer_formats import formats_wanted
from engine.families.lite.question import analyse
from engine.families.lite.reader import answer, gather, read_page
from engine.index.page_index import PageIndex
from engine.index.page_numbers import counters_of
from engine.index.view import view_page
from engine.text.answer_types import kinds_of
from tests.families.lite.test_reading import page

INVOICE = page(
    [
        ("ООО «Рассвет»", 100, 60),
        ("Счёт № 47 от 12.03.2024", 100, 120),
        ("Наименование", 100, 300),
        ("Сумма", 700, 300),
        ("Доставка", 100, 340),
        ("4 500,00", 700, 340),
        ("Монтаж", 100, 380),
        ("12 300,00", 700, 380),
        ("Итого", 100, 420),
        ("16 800,00", 700, 420),
        ("12 из 30", 450, 1340),
    ]
)
BANK = page(
    [
        ("Payment details", 100, 60),
        ("Beneficiary: Harrow Mills Ltd", 100, 140),
        ("IBAN: GB29 NWBK 6016 1331 9268 19", 100, 180),
        ("Reference: 4711-88213", 100, 220),
        ("Issued on 4 May 2024", 100, 300),
    ]
)
LETTER = page(
    [
        ("ООО «Вектор»", 100, 60),
        ("Генеральному директору", 600, 120),
        ("АО «Меридиан»", 600, 150),
        ("П.С. Горелову", 600, 180),
        ("Уважаемый Пётр Сергеевич!", 300, 300),
        ("Направляем Вам подписанный экземпляр договора поставки.", 100, 340),
        ("Просим подтвердить получение и вернуть второй экземпляр.", 100, 380),
        ("Коммерческий директор", 100, 640),
        ("____________", 500, 640),
        ("И.К. Ольшанский", 700, 640),
    ]
)
ENGLISH_LETTER = page(
    [
        ("Mr Peter Gorelov", 100, 120),
        ("Vector PLC", 100, 150),
        ("Dear Mr Gorelov,", 100, 300),
        ("We send you the signed copy of the contract of delivery.", 100, 340),
        ("Yours sincerely,", 100, 600),
        ("Helen Marsh", 100, 680),
        ("Head of Sales", 100, 720),
    ]
)
# The words of a page with nothing of the kind that is asked for.
NOTES = page(
    [
        ("Minutes of the meeting", 100, 60),
        ("Present: 14 members", 100, 140),
        ("The budget of 1 250.00 was agreed.", 100, 200),
    ]
)


def said(question: str, index: PageIndex) -> str | None:
    found = answer(question, [read_page(index)])
    return None if found is None else found.text


@pytest.mark.parametrize(
    "question",
    [
        "Какой IBAN?",
        "What is the IBAN?",
        "Какой ИНН?",
        "Какой КПП у поставщика?",
        "Какой БИК банка?",
        "Назовите ОГРН",
        "Какой СНИЛС?",
        "Какой телефон?",
        "What is the e-mail address?",
        "What is the DOI?",
    ],
)
def test_a_value_of_a_form_that_no_piece_of_the_page_has_is_not_answered(question: str) -> None:
    assert said(question, INVOICE) is None


def test_a_page_without_anything_like_a_date_has_no_date() -> None:
    assert said("What is the date of the meeting?", NOTES) is None
    assert said("Какая дата?", NOTES) is None
    assert gather(analyse("What is the date of payment?"), [read_page(BANK)]).candidates


def test_the_number_of_the_right_form_is_answered_where_it_stands() -> None:
    assert said("What is the IBAN?", BANK) == "GB29 NWBK 6016 1331 9268 19"
    inn = page(
        [("ИНН", 100, 60), ("7701234567", 400, 60), ("КПП", 100, 100), ("770101001", 400, 100)]
    )
    assert said("Какой ИНН?", inn) == "7701234567"
    assert said("Какой КПП?", inn) == "770101001"
    misread = page([("ИНН 77О12З4567", 100, 60), ("Счёт 114", 100, 100)])
    assert said("Какой ИНН?", misread) == "77О12З4567"


@pytest.mark.parametrize(
    "question", ["What is the total?", "Кто директор?", "Сколько инноваций внедрено?"]
)
def test_a_question_that_names_no_such_value_demands_no_form(question: str) -> None:
    assert formats_wanted(question) == ()


def test_money_is_no_telephone_number_and_a_year_no_quantity() -> None:
    for money in ("39150-37", "106 888.47", "4 100,00"):
        assert kinds_of(money, ["phone"])["phone"] == 0
    assert kinds_of("+7 495 123-45-67", ["phone"])["phone"] == 1
    assert kinds_of("12-34-56", ["phone"])["phone"] == 1
    assert kinds_of("1842 году", [])["quantity"] == 0
    assert kinds_of("14 дней", [])["quantity"] == 1
    assert kinds_of("«30» августа 2014 г", [])["place"] == 0
    assert kinds_of("г. Ольховка", [])["place"] > 0.5


def test_a_page_counter_is_no_amount_and_the_page_in_a_question_is_not_looked_for() -> None:
    for question in (
        "Какая сумма на странице 12?",
        "Сумма итого, стр. 12?",
        "Сколько всего на 12-й странице?",
    ):
        assert said(question, INVOICE) not in ("30", "12", "12 из 30", None)
    assert said("Какая итоговая сумма на странице 12?", INVOICE) == "16 800,00"
    words = {term.word for term in analyse("What is the total on page 12?").terms}
    assert words == {"total"}
    # Not a page's number: it stays.
    assert "2019" in {term.word for term in analyse("What was sold in 2019?").terms}


def test_who_asks_for_pages_gets_the_counter() -> None:
    assert said("Сколько страниц в документе?", INVOICE) == "30"
    assert said("Какой номер страницы?", INVOICE) == "12"
    assert (
        said(
            "How many pages are there?",
            page([("Annual report", 100, 60), ("Page 3 of 18", 400, 1350)]),
        )
        == "18"
    )


def test_a_number_at_the_end_of_a_running_head_is_the_page_unless_a_surer_one_is_there() -> None:
    lines = [
        ("Exposure and risk", 100, 40),
        ("218", 900, 40),
        ("Number of cases", 100, 400),
        ("1.00", 700, 400),
        ("Number of controls", 100, 440),
        ("12", 700, 440),
    ]
    head = page(lines)
    assert answer("What is the page number?", [read_page(head)]).text == "218"
    assert answer("Какой номер страницы?", [read_page(head)]).text == "218"
    # It may be an invoice's own number: who asks for something else may still get it.
    assert counters_of(view_page(head)).words == frozenset()
    surer = page([*lines, ("Page 3 of 18", 400, 1350)])
    assert answer("What is the page number?", [read_page(surer)]).text == "3"


def test_a_question_for_pages_does_not_lean_on_the_one_before() -> None:
    history = ["Какая итоговая сумма?"]
    found = answer("Сколько страниц в документе?", [read_page(INVOICE)], history=history)
    assert found is not None and found.text == "30"
    assert answer("Сколько всего страниц?", [read_page(INVOICE)], history=history).text == "30"


def test_numbers_in_the_middle_of_a_page_count_no_pages() -> None:
    index = page([("Total", 100, 700), ("19", 600, 700), ("3 of 18 were sold", 100, 740)])
    assert counters_of(view_page(index)).words == frozenset()
    assert said("What is the total?", index) == "19"


def test_a_letters_addressee_and_date_stand_above_its_text() -> None:
    office = page(
        [
            ("ООО «Меркурий-Плюс»", 100, 60),
            ("Заместителю директора", 700, 60),
            ("634780, г. Синегорье, ул. Садовая, д. 102, оф. 33", 100, 100),
            ("В.Л. Цаплину", 700, 100),
            ("23.02.2014 г. № 158-ОК", 100, 140),
            ("На № 780-п от 05.02.2014", 100, 180),
            ("Просим подтвердить новые условия поставки письменно в срок до", 100, 400),
            ("24.03.2014 и вернуть второй экземпляр.", 100, 440),
            ("Главный инженер", 100, 640),
            ("И.К. Ольшанский", 700, 640),
        ]
    )
    for question in (
        "Какая дата письма?",
        "Когда отправлено письмо?",
        "When was the letter written?",
    ):
        assert said(question, office) == "23.02.2014 г."
    assert said("Кому адресовано письмо?", office) == "В.Л. Цаплину"
    assert said("Кто подписал письмо?", office) == "И.К. Ольшанский"
    # What is asked of the text may stand there.
    assert said("До какого числа подтвердить условия?", office) == "24.03.2014"


def test_the_signer_stands_at_the_foot_and_not_above_the_salutation() -> None:
    assert said("Кто подписал письмо?", LETTER) == "И.К. Ольшанский"
    assert said("Чья подпись стоит под письмом?", LETTER) == "И.К. Ольшанский"
    assert said("Who signed the letter?", ENGLISH_LETTER) == "Helen Marsh"
    texts = {
        one.text for one in gather(analyse("Кто подписал письмо?"), [read_page(LETTER)]).candidates
    }
    assert "П.С. Горелову" not in texts
    texts = {
        one.text
        for one in gather(analyse("Кому адресовано письмо?"), [read_page(LETTER)]).candidates
    }
    assert "П.С. Горелову" in texts


def test_the_signer_of_a_letter_without_a_closing_stands_below_its_text() -> None:
    letter = page(
        [
            ("ООО «Меркурий»", 100, 60),
            ("Заместитель директора", 600, 160),
            ("ЗАО «Орион»", 600, 190),
            ("В.Л. Цаплин", 600, 220),
            ("Наш опыт показывает, что ясные правила берегут время всех участников.", 100, 340),
            ("Просим подтвердить новые условия поставки письменно в срок до 24.03.2014.", 100, 380),
            ("Главный инженер", 100, 640),
            ("И.К. Ольшанский", 700, 640),
        ]
    )
    assert said("Кто подписал письмо?", letter) == "И.К. Ольшанский"


@pytest.mark.parametrize(
    "question", ["Сколько всего к оплате?", "Сколько нужно заплатить?", "How much is to be paid?"]
)
def test_how_much_is_to_be_paid_asks_for_a_sum(question: str) -> None:
    wants = analyse(question).wants
    assert wants["amount"] > max(wants.get(kind, 0.0) for kind in ("number", "quantity", "percent"))


def test_a_page_that_does_not_have_the_year_of_the_question_is_known_not_to() -> None:
    table = page([("Year", 100, 60), ("1992", 300, 60), ("Maps", 100, 100), ("80", 300, 100)])
    for year, exact in (("1992", 1.0), ("1951", 0.0)):
        pool = gather(analyse(f"What is the value for Maps in {year}?"), [read_page(table)])
        assert pool.known.exact == exact
