"""What a printed amount means: its sign, its currency, its marks."""

from decimal import Decimal

import pytest
from babel.core import get_global

from engine.text import Amount, Conventions, amounts_in, find_values, parse_amount, parse_number
from engine.text.currencies import currencies_in, currency_codes
from engine.text.currency_names import currencies_named


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("(1,250.00)", "-1250.00", None),
        ("($1,250.00)", "-1250.00", "USD"),
        ("$(1,250.00)", "-1250.00", "USD"),
        ("(1.250,00) EUR", "-1250.00", "EUR"),
        ("€ -9,32", "-9.32", "EUR"),
        ("-$9.32", "-9.32", "USD"),
        ("100.00-", "-100.00", None),
        ("1.234,56- EUR", "-1234.56", "EUR"),
        ("−5", "-5", None),
        ("-kr 6.645", "-6645", "SEK"),
        ("108.43 CR", "-108.43", None),
        ("108.43CR", "-108.43", None),
        ("95.10 DR", "95.10", None),
        ("(12)", "12", None),  # the number of a column or a note
    ],
)
def test_a_printed_sign_counts_wherever_it_stands(
    text: str, value: str, currency: str | None
) -> None:
    amount = parse_amount(text)
    assert amount is not None
    assert (amount.value, amount.currency) == (Decimal(value), currency)


def test_cr_and_dr_are_kept_as_the_side_of_the_amount() -> None:
    sides = [amount.side for amount in amounts_in("Paid 12.00 CR, charged 4.50 DR, 3.00")]
    assert sides == ["credit", "debit", None]
    assert amounts_in("Fee 12.50 Dr. Smith")[0].side is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Adjustment (50.00)", "-50.00"),
        ("Fifty dollars ($50.00)", "50.00"),  # an aside says the same again
        ("1,000.00 EUR (1,080.00 USD)", "1080.00"),
        ("пятьсот рублей (500,00)", "500.00"),
        ("Rent – 500.00", "500.00"),
        ("from 10.00 - 20.00", "20.00"),
    ],
)
def test_brackets_and_dashes_in_a_text_are_signs_only_after_a_label(text: str, value: str) -> None:
    assert amounts_in(text)[-1].value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("44'921.48", "44921.48"),
        ("42’945.97", "42945.97"),
        ("1,23,456.00", "123456.00"),
        ("12,34,56,789", "123456789"),
        ("1 250 000,50", "1250000.50"),
        ("1\u00a0250,00", "1250.00"),
        ("1\u202f250,00", "1250.00"),
        ("(1,250.00)", "-1250.00"),
        ("12.50-", "-12.50"),
    ],
)
def test_numbers_are_read_with_every_mark_of_groups(text: str, value: str) -> None:
    assert parse_number(text) == Decimal(value)


def test_one_mark_before_three_digits_is_read_by_the_documents_other_amounts() -> None:
    comma, point = Conventions(decimal_mark=","), Conventions(decimal_mark=".")
    assert parse_number("6.645", comma) == 6645
    assert parse_number("6.645", point) == Decimal("6.645")
    assert parse_number("1,250", comma) == Decimal("1.250")
    assert parse_number("1,250", point) == 1250
    assert parse_number("0,500", point) == Decimal("0.5")


def test_without_other_amounts_the_currency_decides() -> None:
    for text, value in (("Rp 25.000", 25000), ("1.250 €", 1250), ("R$ 1.250", 1250)):
        amount = parse_amount(text)
        assert amount is not None and amount.value == value
    dinar = parse_amount("KWD 12.500")  # a thousand fils
    assert dinar is not None and dinar.value == Decimal("12.5")


def test_every_currency_in_use_is_known_by_its_code() -> None:
    territories = get_global("territory_currencies").values()
    used = {code for rows in territories for code, _, end, tender in rows if tender and end is None}
    assert len(used) > 150 and used <= currency_codes()
    for code in used:
        assert parse_amount(f"1,250.00 {code}") == Amount(Decimal(1250), code)
        assert parse_amount(f"{code} 1,250.00") == Amount(Decimal(1250), code)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("12,50 Kč", "CZK"),
        ("12 000 Ft", "HUF"),
        ("R$ 12,50", "BRL"),
        ("500 ₺", "TRY"),
        ("₪ 12.50", "ILS"),
        ("₩5,000", "KRW"),
        ("HK$ 12.50", "HKD"),
        ("1 250 F CFA", "XOF"),
        ("250.00 ₾", "GEL"),
        ("SFr. 12.50", "CHF"),
        ("12.50 lei", "RON"),
    ],
)
def test_the_usual_sign_of_a_currency_names_it(text: str, currency: str) -> None:
    amount = parse_amount(text)
    assert amount is not None and amount.currency == currency


def test_a_sign_that_countries_share_is_the_documents_own() -> None:
    for text, country, currency in (
        ("$5.00", "CA", "CAD"),
        ("$5.00", None, "USD"),
        ("5,00 kr", "DK", "DKK"),
        ("5,00 kr", "NO", "NOK"),
        ("¥500", "CN", "CNY"),
        ("€5,00", "CA", "EUR"),
    ):
        amount = parse_amount(text, Conventions(country=country))
        assert amount is not None and amount.currency == currency


@pytest.mark.parametrize(
    "text", ["TOP 5", "12 AWG", "Page 2 ALL", "CUP 3", "PALM SDN BHD 862725", "RON 95"]
)
def test_a_code_that_is_a_word_makes_no_whole_number_money(text: str) -> None:
    assert amounts_in(text) == ()


def test_a_currency_is_found_in_a_label_and_in_a_question() -> None:
    assert currencies_in("Total (EUR)") == {"EUR"}
    assert currencies_named("What is the total in euros?") == {"EUR"}
    assert currencies_named("What is the total in Swiss francs?") == {"CHF"}
    assert "USD" in currencies_named("Какая сумма в долларах?")
    assert currencies_named("Сколько в швейцарских франках?") == {"CHF"}
    assert currencies_named("Who won in the second round?") == frozenset()


def test_the_span_of_an_amount_has_its_signs() -> None:
    for text in ("Balance 108.43 CR", "Balance (108.43)", "Balance 108.43-"):
        (amount,) = (value for value in find_values(text) if value.kind == "amount")
        assert amount.signed and text.endswith(amount.text) and amount.start == 8
