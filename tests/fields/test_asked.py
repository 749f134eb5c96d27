"""Which field a question asks for: it is never bent to fit a form."""

from pathlib import Path

import pytest

from engine.families.lite.field_question import Phrasebook
from engine.fields import get_template, load_templates

NAMES = ("surname", "given_names")


@pytest.mark.parametrize(
    ("kind", "question", "fields"),
    [
        ("passport", "When does it expire?", ("expiry_date",)),
        ("passport", "До какого числа действителен паспорт?", ("expiry_date",)),
        ("passport", "Please tell me the holder's date of birth", ("birth_date",)),
        ("passport", "where was she born", ("birth_place",)),
        ("passport", "Кем выдан документ?", ("authority",)),
        ("passport", "Когда выдан документ?", ("issue_date",)),
        ("passport", "Как зовут владельца?", NAMES),
        ("passport", "Whose passport is this?", NAMES),
        ("passport", "What are the given names?", ("given_names",)),
        ("passport", "номер паспорта", ("document_number",)),
        ("driver_licence", "Какие категории открыты?", ("categories",)),
        ("invoice", "How much is to be paid?", ("total",)),
        ("invoice", "Сколько заплатить с НДС?", ("total",)),
        ("invoice", "Сколько составляет НДС?", ("tax",)),
        ("invoice", "Какая сумма без НДС?", ("subtotal",)),
        ("invoice", "What is the total on page 3?", ("total",)),
        ("invoice", "Какой номер счёта?", ("number",)),
        ("invoice", "Кто выставил счёт?", ("seller",)),
        ("invoice", "Кому выставлен счёт?", ("buyer",)),
        ("receipt", "Во сколько обошлась покупка?", ("total",)),
        ("receipt", "Как называется магазин?", ("company",)),
        ("payment_order", "За что платят?", ("purpose",)),
    ],
)
def test_a_question_is_known_by_what_it_says(
    kind: str, question: str, fields: tuple[str, ...]
) -> None:
    assert Phrasebook(get_template(kind)).fields(question) == fields


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("invoice", "What is the date of the second delivery?"),
        ("invoice", "What is the price of the second item?"),
        ("invoice", "What does the tax rate come to?"),
        ("invoice", "Сколько страниц?"),
        ("invoice", "Which page is this?"),
        ("invoice", "What was ordered?"),
        ("receipt", "Какой номер стола?"),
        ("receipt", "Во сколько пробит чек?"),
        ("receipt", "How much change was given?"),
        ("passport", "Когда родился сын?"),
        ("passport", "What passport is it?"),
        ("passport", "Is it still valid?"),
        ("letter", "Summarise the letter"),
        ("letter", ""),
    ],
)
def test_one_word_more_asks_for_something_else(kind: str, question: str) -> None:
    assert Phrasebook(get_template(kind)).fields(question) == ()


@pytest.mark.parametrize(
    ("question", "fields"),
    [
        ("what is the surnmae?", ("surname",)),
        ("какое гражданствл?", ("nationality",)),
        ("when does it exprie", ("expiry_date",)),
        # "сын" is too short to be a slip of anything.
        ("когда родился сын", ()),
    ],
)
def test_a_slip_of_the_keyboard_changes_nothing(question: str, fields: tuple[str, ...]) -> None:
    assert Phrasebook(get_template("passport")).fields(question) == fields


def test_every_way_to_ask_for_a_field_asks_for_it() -> None:
    lost = [
        (template.name, name, way)
        for template in load_templates().values()
        for book in [Phrasebook(template)]
        for name, field in template.fields.items()
        for way in field.asked.every
        if name not in book.fields(way)
    ]
    assert lost == []


OWN = """
name = "parcel_label"
title = { en = "Parcel label", ru = "Ярлык посылки" }
about.en = ["parcel"]
[fields.weight]
type = "number"
title = { en = "Weight", ru = "Вес" }
%s
[fields.sender]
type = "name"
title = { en = "Sender", ru = "Отправитель" }
asked.en = ["who sent"]
"""


@pytest.mark.parametrize(("asked", "fields"), [("", ()), ('asked.en = ["how heavy"]', ("weight",))])
def test_a_type_of_ones_own_says_what_may_be_asked(
    tmp_path: Path, asked: str, fields: tuple[str, ...]
) -> None:
    (tmp_path / "parcel_label.toml").write_text(OWN % asked, encoding="utf-8")
    book = Phrasebook(get_template("parcel_label", tmp_path))
    assert book.fields("What is the weight of the parcel?") == fields
    assert book.fields("Who sent it?") == ("sender",)
