"""Dates, amounts, numbers and ids in printed text, English and Russian."""

from datetime import date, time
from decimal import Decimal

import pytest

from engine.text import (
    Amount,
    find_values,
    find_values_in_words,
    parse_amount,
    parse_date,
    parse_number,
    parse_percent,
    parse_time,
    same_value,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14 March 2026", date(2026, 3, 14)),
        ("April 6, 2016", date(2016, 4, 6)),
        ("«7» марта 2024 г.", date(2024, 3, 7)),
        ("1.02.2023г.", date(2023, 2, 1)),
        ("2024-02-29", date(2024, 2, 29)),
        ("31.12.99", date(1999, 12, 31)),
        ("14 MAR/MARS 1984", date(1984, 3, 14)),
        ("03 FÉVR /FEB 90", date(1990, 2, 3)),
        ("12 янв. / Jan. 2003", date(2003, 1, 12)),
        ("10 06 2019", date(2019, 6, 10)),
        ("06.12.65", date(1965, 12, 6)),
        ("45 08 123456", None),
        ("2024-02-30", None),  # no such day
        ("12 мая", None),  # no year
    ],
)
def test_a_date_is_the_day_that_is_printed(text: str, expected: date | None) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7:30 a.m.", time(7, 30)),
        ("7.30 pm", time(19, 30)),
        ("12 am", time(0, 0)),
        ("19:05", time(19, 5)),
        ("25:00", None),
    ],
)
def test_a_time_is_on_the_clock_of_24_hours(text: str, expected: time | None) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("1,248.00", "1248", None),
        ("1.234,50 €", "1234.5", "EUR"),
        ("12 345,67 руб.", "12345.67", "RUB"),
        ("5250-90", "5250.90", None),  # Russian bank forms write kopecks behind a dash
        ("1 250 руб. 40 коп.", "1250.40", "RUB"),
        ("3 млн руб.", "3000000", "RUB"),
        ("2 миллиарда рублей", "2000000000", "RUB"),
        ("2.5 million", "2500000", None),
        ("RM 87.28", "87.28", "MYR"),
        ("£1,080.5", "1080.5", "GBP"),
        ("-7", "-7", None),
    ],
)
def test_an_amount_has_its_value_and_currency(text: str, value: str, currency: str | None) -> None:
    assert parse_amount(text) == Amount(Decimal(value), currency)


@pytest.mark.parametrize("text", ["abc", "1,2,3", "", "12.03.2024"])
def test_what_is_no_amount_is_none(text: str) -> None:
    assert parse_amount(text) is None


def test_numbers_are_read_with_either_mark_of_thousands() -> None:
    assert parse_number("1,248.00") == parse_number("1 248,00") == Decimal(1248)


def test_percents_are_read_as_printed() -> None:
    assert parse_percent("12,5 %") == Decimal("12.5")
    assert parse_percent("ten") is None


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("VAT 20% 208.00", "percent", ["20%"]),
        ("VAT 20% 208.00", "amount", ["208.00"]),
        ("тел. +7 (495) 123-45-67, факс 8 (812) 555-11-22", "phone", None),
        ("ИНН 7727563778 КПП 770801001", "id", ["7727563778", "770801001"]),
        ("IBAN GB76 STBK 5403 3382 1508 22", "iban", ["GB76 STBK 5403 3382 1508 22"]),
        ("write to a.b@c.org", "email", ["a.b@c.org"]),
        ("see www.x.org/y", "url", ["www.x.org/y"]),
        ("паспорт 45 08 123456", "id", ["45 08 123456"]),
    ],
)
def test_values_are_found_where_they_are_printed(
    text: str, kind: str, found: list[str] | None
) -> None:
    values = [value for value in find_values(text) if value.kind == kind]
    expected = found or ["+7 (495) 123-45-67", "8 (812) 555-11-22"]
    assert [value.text for value in values] == expected
    assert all(text[value.start : value.end] == value.text for value in values)


def test_a_date_with_points_is_no_phone_number() -> None:
    assert "phone" not in {value.kind for value in find_values("08.10.2021")}


def test_a_value_over_several_words_names_the_words() -> None:
    spans = find_values_in_words(["Total", "1", "248,00", "руб."])
    amount = next(span for span in spans if span.value.kind == "amount")
    assert (amount.first, amount.last) == (1, 3)
    assert amount.value.parsed == Amount(Decimal("1248.00"), "RUB")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("1,250.00", "1 250,00", True),
        ("14 March 2026", "2026-03-14", True),
        ("7:30 pm", "19:30", True),
        ("LT-20817", "LT 20817", True),
        ("1,250.00", "1,250.10", False),
        ("14 March 2026", "15 March 2026", False),
    ],
)
def test_two_prints_of_one_value_are_the_same(first: str, second: str, same: bool) -> None:
    assert same_value(first, second) is same
