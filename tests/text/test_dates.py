"""What a printed date means: months of many languages, day or month first, ambiguous or not."""

from datetime import date

import pytest

from engine.text import (
    Conventions,
    conventions_of,
    find_values,
    is_ambiguous,
    parse_date,
    readings,
    same_value,
)
from engine.text.months import LANGUAGES, month_of

APRIL, MAY = date(2026, 4, 5), date(2026, 5, 4)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("7. Mai 2014", date(2014, 5, 7)),
        ("20 juin 2023", date(2023, 6, 20)),
        ("1er août 2023", date(2023, 8, 1)),
        ("7 марта 2026 г.", date(2026, 3, 7)),
        ("20 de junio de 2023", date(2023, 6, 20)),
        ("5 de maio de 2024", date(2024, 5, 5)),
        ("1º maggio 2020", date(2020, 5, 1)),
        ("7 mei 2014", date(2014, 5, 7)),
        ("7 maja 2014 r.", date(2014, 5, 7)),
        ("7 травня 2014 р.", date(2014, 5, 7)),
        ("7. května 2014", date(2014, 5, 7)),
        ("7. mája 2014", date(2014, 5, 7)),
        ("7 maj 2014", date(2014, 5, 7)),
        ("7. desember 2014", date(2014, 12, 7)),
        ("7. toukokuuta 2014", date(2014, 5, 7)),
        ("15 AĞUSTOS 2023", date(2023, 8, 15)),
        ("7 noiembrie 2014", date(2014, 11, 7)),
        ("2024. május 7.", date(2024, 5, 7)),
        ("7 Μαΐου 2014", date(2014, 5, 7)),
        ("7 май 2014 г.", date(2014, 5, 7)),
        ("2024 m. gegužės 7 d.", date(2024, 5, 7)),
        ("2024. gada 7. maijā", date(2024, 5, 7)),
        ("21. märts 2020", date(2020, 3, 21)),
        ("12. ožujka 2020", date(2020, 3, 12)),
        ("3 aout 2021", date(2021, 8, 3)),  # accents are lost in print
        ("12-Mai-23", date(2023, 5, 12)),
        ("März 2014", date(2014, 3, 1)),
        ("2024. 05. 07.", date(2024, 5, 7)),
        ("07.03.24", date(2024, 3, 7)),
        ("2026-04-05", APRIL),
    ],
)
def test_a_date_is_read_in_its_language(text: str, day: date) -> None:
    assert parse_date(text) == day
    assert [one.parsed for one in find_values(f"Datum: {text}") if one.kind == "date"] == [day]


def test_there_are_twelve_months_in_at_least_twenty_languages() -> None:
    assert len(LANGUAGES) >= 20
    for names in ("janvier août décembre", "stycznia lipca grudnia", "enero julio diciembre"):
        assert len({month_of(name) for name in names.split()}) == 3


@pytest.mark.parametrize("text", ["TV set 2020", "12 out", "5 pro", "LED 2019", "10 gen"])
def test_short_words_that_are_months_somewhere_make_no_date(text: str) -> None:
    assert [one for one in find_values(text) if one.kind == "date"] == []


def test_two_dates_beside_each_other_keep_their_own_years() -> None:
    found = [one.parsed for one in find_values("December 31, 2023 March 31, 2024")]
    assert date(2023, 12, 31) in found and date(2024, 3, 31) in found


def test_the_conventions_say_whether_the_month_stands_first() -> None:
    assert parse_date("04/05/2026", Conventions(day_first=False)) == APRIL
    assert parse_date("04/05/2026", Conventions(day_first=True)) == MAY
    assert parse_date("25/05/2026", Conventions(day_first=False)) == date(2026, 5, 25)
    assert parse_date("2026-04-05", Conventions(day_first=False)) == APRIL


def test_a_date_that_nothing_decides_is_ambiguous_and_has_two_readings() -> None:
    assert is_ambiguous("04/05/2026") and set(readings("04/05/2026")) == {APRIL, MAY}
    for text in ("04.05.2026", "25/05/2026", "05/05/2026", "2026-04-05", "4 May 2026", "12.50"):
        assert not is_ambiguous(text)
    assert not is_ambiguous("04/05/2026", Conventions(day_first=False))
    assert same_value("04/05/2026", "5 April 2026") and same_value("04/05/2026", "4 May 2026")
    assert not same_value("04/05/2026", "4 May 2026", Conventions(day_first=False))


@pytest.mark.parametrize(
    ("lines", "day_first"),
    [
        (["Due 04/05/2026", "Ordered 03/25/2026"], False),
        (["Due 04/05/2026", "Ordered 25/03/2026"], True),
        (["Due 04/05/2026", "Ordered 25/03/2026", "Paid 03/25/2026"], None),
        (["Due 04/05/2026", "12 Oak Street, Akron, OH 44301"], False),
        (["Due 04/05/2026", "Hamburg, Germany"], True),
        (["Due 04/05/2026", "Leeds LS1 4AP"], True),
        (["Due 04/05/2026", "IBAN DE89 3704 0044 0532 0130 00"], True),
        (["Fällig am 04/05/2026", "Rechnung vom 7. Mai"], True),
        (["Срок оплаты 04/05/2026"], True),
        (["Due 04/05/2026", "Total £12.00"], True),
        (["Due 04/05/2026", "Total $12.00"], False),
        (["Due 04/05/2026", "Total $12.00", "Sent 25 March 2026"], True),
        (["Due 04/05/2026"], None),
        # Stronger evidence goes before weaker.
        (["Due 04/05/2026", "Ordered 25/03/2026", "Total $12.00", "Akron, OH 44301"], True),
        (["Due 04/05/2026", "Total $12.00", "Hamburg, Germany"], True),
    ],
)
def test_the_order_of_day_and_month_follows_from_the_document(
    lines: list[str], day_first: bool | None
) -> None:
    assert conventions_of(lines).day_first is day_first


def test_the_decimal_mark_and_the_country_follow_from_the_document() -> None:
    danish = conventions_of(["Faktura", "Beløb 1.250,00 kr", "Moms 312,50", "8000 Aarhus, Danmark"])
    assert (danish.decimal_mark, danish.country) == (",", "DK")
    assert conventions_of(["Total 1,250.00", "Tax 250.00"]).decimal_mark == "."
    assert conventions_of(["Итого 1 250,00 руб."]).decimal_mark is None
    assert conventions_of(["Hamburg, Germany", "Lyon, France"]).country is None
