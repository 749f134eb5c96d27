"""Control digits, on numbers that were published as examples or belong to public bodies."""

import pytest

from engine.fields.codes.check_digits import is_account_of, is_iban, is_inn, is_ogrn


@pytest.mark.parametrize(
    "number",
    # The IBAN registry's examples of Great Britain, Germany, France and Norway.
    [
        "GB82WEST12345698765432",
        "DE89370400440532013000",
        "FR1420041010050500013M02606",
        "NO9386011117947",
    ],
)
def test_published_ibans_pass_and_one_wrong_character_fails(number: str) -> None:
    assert is_iban(number)
    assert not is_iban(number[:-1] + ("1" if number[-1] != "1" else "2"))


@pytest.mark.parametrize("number", ["", "GB82", "82GBWEST12345698765432", "GB82 WEST 1234"])
def test_what_is_no_iban_fails(number: str) -> None:
    assert not is_iban(number)


@pytest.mark.parametrize("number", ["7707083893", "7736050003", "500100732259"])
def test_known_inns_pass_and_each_changed_digit_fails(number: str) -> None:
    assert is_inn(number)
    for at, digit in enumerate(number):
        changed = number[:at] + str((int(digit) + 1) % 10) + number[at + 1 :]
        assert not is_inn(changed)


@pytest.mark.parametrize("number", ["", "123", "77070838931", "770708389A", "٧٧٠٧٠٨٣٨٩٣"])
def test_what_is_no_inn_fails(number: str) -> None:
    assert not is_inn(number)


@pytest.mark.parametrize("number", ["1027700132195", "1027739850962", "304500116000157"])
def test_known_ogrns_pass_and_a_wrong_digit_fails(number: str) -> None:
    assert is_ogrn(number)
    assert not is_ogrn(number[:-1] + str((int(number[-1]) + 1) % 10))


def test_the_control_digit_of_an_ogrnip_is_the_remainder_by_13() -> None:
    # 10 ** 13 leaves 10, three times that is 30, which leaves 4.
    assert [digit for digit in range(10) if is_ogrn(f"30000000000000{digit}")] == [4]


def test_a_correspondent_account_fits_its_bank_only() -> None:
    assert is_account_of("30101810400000000225", "044525225")
    assert not is_account_of("30101810400000000225", "046577795")
    assert not is_account_of("30101810400000000226", "044525225")
    assert not is_account_of("3010181040000000022", "044525225")


def test_an_ordinary_account_is_checked_with_the_last_three_digits_of_its_bik() -> None:
    # 225 4070281K 00000000001 by 7, 1, 3, last digits: 4 2 5, 8 0 1 0 2 4 7 0 3K, 1: 34 + 3K.
    fitting = [k for k in range(10) if is_account_of(f"40702810{k}00000000001", "044525225")]
    assert fitting == [2]
    assert not is_account_of("40702810200000000001", "044525593")


def test_an_account_at_the_central_bank_is_checked_with_the_number_of_the_region() -> None:
    # The account of Moscow's treasury, as its tax office published it.
    assert is_account_of("40101810045250010041", "044525000")
    assert not is_account_of("40101810045250010041", "044525225")
