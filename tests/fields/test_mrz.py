"""The specimens of ICAO 9303, and what OCR does to such lines."""

from __future__ import annotations

from datetime import date

import pytest

from engine.fields import get_template
from engine.fields.codes.mrz import Mrz, check_digit, clean_line, parse_mrz, russian, transliterated
from engine.fields.codes.mrz_zone import find_zone
from engine.fields.page_extractor import read_fields
from engine.index.view import view_page
from tests.fields.drawn import drawn_index, specimen_of, typed

TD3 = [
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
]
TD2 = ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"]
TD1 = [
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
]


def read(lines: list[str]) -> Mrz:
    mrz = parse_mrz(lines)
    assert mrz is not None
    return mrz


def test_the_check_digit_of_the_standards_example() -> None:
    assert check_digit("520727") == 3
    assert check_digit("AB2134<<<") == 5


@pytest.mark.parametrize(
    ("lines", "shape", "number"),
    [(TD3, "TD3", "L898902C3"), (TD2, "TD2", "D23145890"), (TD1, "TD1", "D23145890")],
)
def test_the_standards_specimens_are_valid(lines: list[str], shape: str, number: str) -> None:
    mrz = read(lines)
    assert (mrz.format, mrz.valid) == (shape, True)
    assert mrz.parts == {
        "surname": "ERIKSSON",
        "given_names": "ANNA MARIA",
        "document_number": number,
        "birth_date": "1974-08-12",
        "expiry_date": "2012-04-15",
        "sex": "F",
        "nationality": "UTO",
    }


@pytest.mark.parametrize("lines", [TD3, TD2, TD1])
def test_a_wrong_digit_is_seen(lines: list[str]) -> None:
    at = 1 if len(lines) == 2 else 0
    wrong = list(lines)
    place = 3 if len(lines) == 2 else 8
    wrong[at] = (
        wrong[at][:place] + ("7" if wrong[at][place] != "7" else "6") + wrong[at][place + 1 :]
    )
    mrz = read(wrong)
    assert not mrz.checks["document_number"]
    assert not mrz.checks["composite"]
    assert mrz.checks["birth_date"]


def test_lost_fillers_letters_for_digits_and_spaces_are_forgiven() -> None:
    mrz = read(
        ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<", "L898902C36UTO74O8I22F12O4159ZE184226B<<<<10"]
    )
    assert mrz.valid
    assert mrz.lines == tuple(TD3)
    assert (
        read(["P<UTO ERIKSSON«ANNA<MARIA<<<<<<<<<<<<<<<<<<<", TD3[1]]).parts["surname"]
        == "ERIKSSON"
    )


def test_other_text_is_no_mrz() -> None:
    assert clean_line("Date of birth: 12.03.1980") == ""
    assert parse_mrz(["HELLO", "WORLD"]) is None
    assert find_zone(view_page(typed("Invoice 12", "Total 12.00"))) is None


def test_the_russian_internal_passport_has_its_own_places_and_letters() -> None:
    assert transliterated("ЩЕРБАКОВ") == "WERBAKOV"
    assert russian(transliterated("ЖЁЛТЫЙ ПОДЪЁМ")) == "ЖЁЛТЫЙ ПОДЪЁМ"
    for seed in range(12):
        drawn = specimen_of("passport", "ru", seed)
        if not drawn.fields["mrz"].text.startswith("PN"):
            continue
        zone = find_zone(view_page(drawn_index(drawn)))
        assert zone is not None
        assert (zone.mrz.format, zone.mrz.valid) == ("RU", True)
        printed = "".join(filter(str.isdigit, drawn.fields["document_number"].text))
        assert zone.mrz.parts["document_number"] == printed
        assert zone.mrz.parts["surname"] == drawn.fields["surname"].text.upper()
        break
    else:
        pytest.fail("no internal passport among the specimens")


def test_parts_of_the_zone_are_pieces_of_the_page() -> None:
    zone = find_zone(view_page(typed("PASSPORT", *TD3)))
    assert zone is not None
    part = zone.part("surname")
    assert part is not None
    assert part.text == "ERIKSSON"
    (x0, _, x1, _) = part.boxes()[0]
    assert (x0, x1) == pytest.approx((90, 170), abs=1)


def test_what_a_citizen_is_called_is_no_contradiction_to_the_code_of_the_state() -> None:
    page = typed("Nationality: UTOPIAN", "Date of birth: 12.08.1974", *TD3)
    fields = read_fields([page], get_template("passport"))
    assert fields["nationality"].text == "UTOPIAN"
    assert not [one for one in fields["nationality"].checks if one.name == "mrz_agrees"]
    assert [one.passed for one in fields["birth_date"].checks if one.name == "mrz_agrees"] == [True]


class FixedDate(date):
    @classmethod
    def today(cls) -> FixedDate:
        return cls(2026, 6, 15)


@pytest.mark.parametrize(
    ("digits", "born"),
    [
        ("260614", "2026-06-14"),
        ("260615", "2026-06-15"),
        ("260616", "1926-06-16"),
        ("261231", "1926-12-31"),
        ("270101", "1927-01-01"),
        ("000229", "2000-02-29"),
        ("280229", "1928-02-29"),
        ("260230", None),
    ],
)
def test_nobody_is_born_in_the_future(
    digits: str, born: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.fields.codes.mrz.date", FixedDate)
    second = f"L898902C36UTO{digits}{check_digit(digits)}F1204159ZE184226B<<<<<10"
    assert read([TD3[0], second]).parts.get("birth_date") == born


def test_a_document_may_expire_in_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.fields.codes.mrz.date", FixedDate)
    second = f"L898902C36UTO7408122F361231{check_digit('361231')}ZE184226B<<<<<10"
    assert read([TD3[0], second]).parts["expiry_date"] == "2036-12-31"
