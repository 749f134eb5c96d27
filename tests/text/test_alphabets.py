"""Scripts of texts, and letters of one shape in two alphabets."""

import pytest

from engine.text.alphabets import Script, in_letters_of, script_of


@pytest.mark.parametrize(
    ("text", "script"),
    [("Invoice 7", "latin"), ("Счёт ABC 7", "cyrillic"), ("合计 A", "other"), ("12.50", "latin")],
)
def test_script_of_a_text_is_that_of_most_letters(text: str, script: str) -> None:
    assert script_of(text) == script


@pytest.mark.parametrize(
    ("script", "text", "expected"),
    [
        ("latin", "М-40772", "M-40772"),
        ("cyrillic", "M-40772", "М-40772"),
        ("cyrillic", "KOMETA 7", "КОМЕТА 7"),
        ("cyrillic", "MR-7", "MR-7"),
        ("latin", "ИНН 7", "ИНН 7"),
        ("other", "М-40772", "М-40772"),
        ("latin", "12.50", "12.50"),
        ("latin", "Карра Dock 12", "Kappa Dock 12"),
        ("cyrillic", "Карра Dock 12", "Kappa Dock 12"),
        ("latin", "ИНН М 7", "ИНН М 7"),
        ("latin", "Dock Юг М 7", "Dock Юг М 7"),
    ],
)
def test_letters_of_one_shape_become_those_of_their_line_or_of_the_page(
    script: Script, text: str, expected: str
) -> None:
    assert in_letters_of(script, text) == expected
