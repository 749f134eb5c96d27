"""Where values stand to their labels, and where texts of several lines begin and end."""

import pytest

from engine.fields import get_template
from engine.fields.labels.person_names import is_rest_of_company
from engine.fields.page import prepared
from engine.fields.page_extractor import read_fields
from tests.fields.drawn import typed


def read(kind: str, *lines: str) -> dict[str, str]:
    fields = read_fields([typed(*lines)], get_template(kind))
    return {name: field.text for name, field in fields.items()}


def labels(kind: str, *lines: str) -> list[tuple[str, ...]]:
    page = prepared(typed(*lines), get_template(kind))
    return [tuple(sorted(label.fields)) for label in page.labels]


RECEIPT = (
    "GREENFIELD BOOKS SDN BHD",
    "(765432-K)",
    "NO. 8, JALAN MELUR 3,",
    "TAMAN INDAH,",
    "43000 KAJANG, SELANGOR",
    "Tel: 03-5550 1234",
    "TAX INVOICE",
    "Date: 14/03/2018",
    "Notebook  4.60",
    "Total Sales  4.60",
    "Rounding  0.00",
    "TOTAL  4.60",
    "CASH  10.00",
    "CHANGE  5.40",
)


def test_a_receipts_address_is_its_lines_up_to_the_phone_and_the_name_is_above_it() -> None:
    fields = read("receipt", *RECEIPT)
    assert fields["company"] == "GREENFIELD BOOKS SDN BHD"
    assert fields["address"] == "NO. 8, JALAN MELUR 3, TAMAN INDAH, 43000 KAJANG, SELANGOR"
    assert (fields["date"], fields["total"]) == ("14/03/2018", "4.60")


def test_a_companys_name_ends_with_its_legal_form_wherever_that_stands() -> None:
    head = ("GREENFIELD BOOKS", " (MELUR) SDN BHD", *RECEIPT[1:])
    assert read("receipt", *head)["company"] == "GREENFIELD BOOKS (MELUR) SDN BHD"
    head = ("GREENFIELD AND SISTERS", "LTD", *RECEIPT[1:])
    assert read("receipt", *head)["company"] == "GREENFIELD AND SISTERS LTD"


@pytest.mark.parametrize(
    ("line", "is_rest"),
    [
        ("SDN. BHD.", True), ("(London) Ltd", True), ("& Sons", True), ("Co. Ltd", True),
        ("Limited Edition", False), ("MPH BOOKS SDN BHD", False), ("(123456-K)", False),
        ("ООО", False), ("Corpus", False),
    ],
)  # fmt: skip
def test_the_rest_of_a_companys_name_is_told_from_a_name(line: str, is_rest: bool) -> None:
    assert is_rest_of_company(line) is is_rest


@pytest.mark.parametrize(("cash", "change"), [("50.00", "44.00"), ("6.00", "0.00")])
def test_a_receipts_total_is_what_was_paid_less_the_change(cash: str, change: str) -> None:
    """Not the change, though it is a sixth less than the cash as a sum before tax would be."""
    lines = (
        *RECEIPT[:8],
        "Batteries  6.00",
        "SUB TOTAL  6.00",
        "GRAND TOTAL  6.00",
        f"CASH {cash} MYR  {cash}",
        f"CHANGE DUE  {change}",
        "TOTAL QTY  1",
        "SR : 0%  GOODS:  6.00  TAX:  0.00",
    )
    assert read("receipt", *lines)["total"] == "6.00"


def test_an_office_that_is_named_like_a_label_is_a_value() -> None:
    fields = read("passport", "Issued by:  PASSPORT OFFICE", "Surname:  SMITH")
    assert fields["authority"] == "PASSPORT OFFICE"
    assert fields["surname"] == "SMITH"


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("Office of issue", [("authority",)]),
        ("Действителен до / Valid", [("expiry_date",), ("expiry_date",)]),
        ("Passport Office", [("authority",)]),
        ("1. Surname", [("surname",)]),
    ],
)
def test_a_label_is_the_whole_phrase_in_both_languages(
    line: str, fields: list[tuple[str, ...]]
) -> None:
    assert labels("passport", line) == fields


def test_a_licences_numbers_survive_lost_spaces_and_cyrillic_letters() -> None:
    fields = read(
        "driver_licence",
        "1. ПЕТРОВ",
        "2. ИВАН СЕРГЕЕВИЧ",
        "314.03.1980 ПЕРМЬ",
        "4а 01.02.2020",
        "46 31.01.2030",
        "4с ГИБДД 5901",
        "5 59 00 123456",
    )
    assert fields["birth_date"] == "14.03.1980"
    assert (fields["issue_date"], fields["expiry_date"]) == ("01.02.2020", "31.01.2030")
    assert fields["authority"] == "ГИБДД 5901"


def test_the_zone_says_which_of_two_names_is_the_surname() -> None:
    fields = read(
        "passport",
        "ANNA MARIA",
        "ERIKSSON",
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    )
    assert fields["surname"] == "ERIKSSON"
    assert fields["given_names"] == "ANNA MARIA"


def test_unlabelled_sums_are_told_by_what_adds_up() -> None:
    fields = read(
        "invoice", "Invoice 77", "Date: 01.02.2024", "Goods  1,000.00", "20%  200.00", "1,200.00"
    )
    assert fields["total"] == "1,200.00"


def test_a_number_with_its_letters_is_kept_whole() -> None:
    assert read("invoice", "Invoice no:  INV-40768")["number"] == "INV-40768"


def test_a_russian_invoices_inn_is_no_account() -> None:
    fields = read("invoice", "ИНН/КПП продавца:  7707083893 / 770701001", "Счет № 15 от 01.02.2024")
    assert fields["inn"] == "7707083893"
    assert "account" not in fields


def test_a_label_is_told_in_a_language_that_no_template_knows_and_its_value_follows() -> None:
    fields = read(
        "passport",
        "Surname/Vezetéknév",
        "HARROWBY",
        "Issuing authority / Kiállító hatóság",
        "PASSPORT OFFICE KINGSMERE",
        "Date of issue/Kiállítás kelte",
        "14 MAR/MÁRC 2019",
    )
    assert fields["surname"] == "HARROWBY"
    assert fields["authority"] == "PASSPORT OFFICE KINGSMERE"
    assert fields["issue_date"] == "14 MAR/MÁRC 2019"


def test_a_lesser_label_counts_only_where_no_better_one_is_printed() -> None:
    both = read("driver_licence", "Card number: 20551873", "Licence number: 14720836")
    assert both["document_number"] == "14720836"
    alone = read("driver_licence", "Card number: 20551873")
    assert alone["document_number"] == "20551873"


def test_the_days_of_orders_and_contracts_are_no_day_of_the_bill() -> None:
    fields = read(
        "invoice",
        "Счёт-фактура № 552 от 21 декабря 2017 г.",
        "Продавец: ООО «Комета»",
        "К платёжно-расчётному документу: № 706 от 19.12.2017",
        "Основание: Договор № 12 от 03.11.2017",
        "Покупатель: АО «Гранит»",
        "Всего к оплате: 15 787,65",
    )
    assert fields["date"] == "21 декабря 2017 г."


def test_a_line_again_in_latin_letters_is_no_part_of_the_value() -> None:
    fields = read(
        "driver_licence",
        "1. ЗАРЕЧНЫЙ",
        "2. МАТВЕЙ ГРИГОРЬЕВИЧ",
        "3. 31.03.1989",
        "4a. 24.05.2020 4c. МРЭО 1907",
        "MREO 1907",
        "4b. 23.05.2030",
        "5. 70 66 299832",
    )
    assert fields["authority"] == "МРЭО 1907"
    assert fields["expiry_date"] == "23.05.2030"


def test_a_latin_line_under_another_is_not_said_again() -> None:
    fields = read("receipt", *RECEIPT)
    assert fields["address"].endswith("SELANGOR")


def test_two_names_of_a_nationality_in_one_alphabet_are_one_value() -> None:
    fields = read(
        "passport", "Nationality", "SVENSK/SWEDISH", "Date of birth", "14 MAR 1984", "Sex", "F"
    )
    assert fields["nationality"] == "SVENSK/SWEDISH"
