"""CTC decoding of given probabilities: repetitions, places, and one alphabet for each word."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.ocr.ctc import Decoder

CHARACTERS = [*"ABHPOabeопрсАВНРОШкд№o", " ", "-", "7", "0"]
DECODER = Decoder(CHARACTERS)


def steps(*chosen: str | dict[str, float]) -> NDArray[np.float32]:
    """One row for each step: a character ("" is the blank), or probabilities of several."""
    rows = np.full((len(chosen), len(CHARACTERS) + 1), 1e-4, np.float32)
    for row, one in zip(rows, chosen, strict=True):
        for character, probability in (one if isinstance(one, dict) else {one: 0.9}).items():
            row[CHARACTERS.index(character) + 1 if character else 0] = probability
    return rows


def test_repeated_steps_are_one_character_and_a_blank_parts_two() -> None:
    assert DECODER.decode(steps("A", "A", "", "A", "B", "", "")).text == "AAB"


def test_a_character_lies_in_the_middle_of_its_steps_and_spaces_have_no_place() -> None:
    line = DECODER.decode(steps("A", "A", "A", "", " ", "B"))
    assert (line.text, line.steps) == ("A B", (1.0, 5.0))
    assert line.scores == pytest.approx((0.9, 0.9))


def test_nothing_but_blanks_and_spaces_is_empty() -> None:
    line = DECODER.decode(steps("", " ", "", ""))
    assert (line.text, line.steps, line.scores) == ("", (), ())


def test_letters_of_two_alphabets_in_a_word_become_those_of_the_likelier_alphabet() -> None:
    doubtful = {"A": 0.5, "А": 0.4}
    line = DECODER.decode(steps("Ш", doubtful, "Р"))
    assert line.text == "ШАР"
    assert line.scores == pytest.approx((0.9, 0.4, 0.9))
    assert DECODER.decode(steps("a", {"о": 0.5, "O": 0.4}, "b")).text == "aOb"


def test_each_side_of_a_hyphen_and_of_a_digit_has_its_own_alphabet() -> None:
    assert DECODER.decode(steps("A", "B", "-", "Ш", "О", "7", "H")).text == "AB-ШО7H"


def test_a_word_of_one_alphabet_stays_as_it_is() -> None:
    assert DECODER.decode(steps({"A": 0.5, "А": 0.45}, "H", "P")).text == "AHP"


def test_a_word_in_mixed_case_is_put_right_where_that_is_nearly_as_likely() -> None:
    capital = {"О": 0.5, "о": 0.4}
    assert DECODER.decode(steps("к", capital, "д")).text == "код"
    assert DECODER.decode(steps("к", "О", "д")).text == "кОд"
    assert DECODER.decode(steps("В", "о", "д")).text == "Вод"


def test_a_zero_among_letters_and_a_letter_among_digits_are_put_right() -> None:
    round_sign = {"0": 0.5, "О": 0.4}
    assert DECODER.decode(steps("О", "", round_sign, "", round_sign, "Ш")).text == "ОООШ"
    assert DECODER.decode(steps("7", {"О": 0.5, "0": 0.4}, "7")).text == "707"
    assert DECODER.decode(steps("7", "Ш")).text == "7Ш"


def test_the_number_sign_before_an_o_is_a_capital_n() -> None:
    assert DECODER.decode(steps("№", "o", "7")).text == "No7"
    assert DECODER.decode(steps("№", "", "7")).text == "№7"
