"""Names without labels, numbers that OCR lost, words in the wrong alphabet, pages at a slant."""

from dataclasses import replace

import pytest

from engine.core.schema import Line, Word
from engine.fields import get_template
from engine.fields.labels.person_names import is_given_name, is_patronymic, split_name
from engine.fields.labels.script import in_alphabet, script_of
from engine.fields.page import prepared
from engine.fields.page_extractor import read_fields
from engine.index.deskew import levelled_view
from engine.index.page_index import PageIndex
from tests.fields.drawn import typed


def read(kind: str, *lines: str) -> dict[str, str]:
    fields = read_fields([typed(*lines)], get_template(kind))
    return {name: field.text for name, field in fields.items()}


@pytest.mark.parametrize(
    ("text", "surname", "given"),
    [
        ("Anna Maria SMITH", "SMITH", "Anna Maria"),
        ("SMITH, Anna", "SMITH", "Anna"),
        ("Истратова Галина Павловна", "Истратова", "Галина Павловна"),
        ("Галина Павловна Истратова", "Истратова", "Галина Павловна"),
        ("JOHN PAUL WHITBY", "WHITBY", "JOHN PAUL"),
        ("Whitby John", "Whitby", "John"),
    ],
)
def test_a_full_name_is_parted_by_what_its_words_tell(text: str, surname: str, given: str) -> None:
    parts = split_name(text)
    assert parts is not None
    assert text[slice(*parts.surname)] == surname
    assert text[slice(*parts.given_names)] == given


@pytest.mark.parametrize(
    "text", ["Road Safety Authority", "ЗОЯ РОМАНОВНА", "12 Mill Lane", "SMITH", "Anna Maria"]
)
def test_what_nothing_parts_is_left_whole(text: str) -> None:
    assert split_name(text) is None


def test_given_names_are_known_although_a_letter_is_misread() -> None:
    assert is_given_name("MICHAEL") and is_given_name("MICHAFL") and is_given_name("Алёна")
    assert not is_given_name("Whitby")
    assert is_patronymic("ПЕТРОВНА") and not is_patronymic("ПЕТРОВ")


def test_a_licence_with_the_name_on_an_envelope_has_both_names() -> None:
    fields = read(
        "driver_licence",
        "DRIVER LICENCE",
        "Margaret Ann WHITBY",
        "12 Mill Lane, Leeds LS1 4AB",
        "Licence number:  30512277",
        "Date of birth:  14/03/1980",
        "Expires:  31/01/2030",
    )
    assert (fields["surname"], fields["given_names"]) == ("WHITBY", "Margaret Ann")


STANDARD = (
    "1. WHITBY",
    "2. MARGARET",
    "3. 14.03.1980 LEEDS",
    "4a. 01.02.2020  4c. DVLA",
    "4b. 31.01.2030",
    "5. WHITB803140MA9AB",
)


@pytest.mark.parametrize(
    ("number", "seen", "field", "value"),
    [
        (1, "MARGARET", "given_names", "MARGARET"),
        (1, "Z. MARGARET", "given_names", "MARGARET"),
        (0, "l. WHITBY", "surname", "WHITBY"),
        (4, "31.01.2030", "expiry_date", "31.01.2030"),
    ],
)
def test_a_number_of_the_standard_that_ocr_lost_is_known_from_its_neighbours(
    number: int, seen: str, field: str, value: str
) -> None:
    lines = list(STANDARD)
    lines[number] = seen
    assert read("driver_licence", *lines)[field] == value
    page = prepared(typed(*lines), get_template("driver_licence"))
    own = [label for label in page.labels if field in label.fields]
    assert [label.standard for label in own] == [True]


def test_the_day_of_a_date_numbers_no_entry() -> None:
    page = prepared(typed("12.08.2016", "Road 9. Mill"), get_template("driver_licence"))
    assert [label.cell for label in page.labels] == [1]


@pytest.mark.parametrize(
    ("text", "script", "value"),
    [
        ("EPOXUH", "cyrillic", "ЕРОХИН"),
        ("HAТAШA", "cyrillic", "НАТАША"),
        ("EROKHIN", "cyrillic", "EROKHIN"),
        ("Celiа", "latin", "Celia"),
        ("EPOXUH", "latin", "EPOXUH"),
        ("B", "cyrillic", "B"),
        ("г. Тверь, yn. Мира, KOPN. 2", "cyrillic", "г. Тверь, ул. Мира, КОРП. 2"),
        ("000 «Маяк»", "cyrillic", "ООО «Маяк»"),
        ("10 000", "cyrillic", "10 000"),
    ],
)
def test_only_words_of_look_alikes_change_their_alphabet(
    text: str, script: str, value: str
) -> None:
    assert in_alphabet(text, script) == value


def test_a_page_is_cyrillic_that_says_itself_again_in_latin() -> None:
    assert script_of(["ИСТРАТОВА", "ISTRATOVA", "ГАЛИНА", "GALINA"]) == "cyrillic"
    assert script_of(["WHITBY"]) == script_of([]) == "latin"


def test_the_value_is_in_the_pages_alphabet_and_the_text_as_printed() -> None:
    page = typed("Фамилия:  EPOXUH", "Имя, отчество:  Илья Павлович", "Место рождения:  г. Тверь")
    field = read_fields([page], get_template("driver_licence"))["surname"]
    assert (field.text, field.value) == ("EPOXUH", "ЕРОХИН")


def slanted(page: PageIndex, rise: float) -> PageIndex:
    """The page with every word moved down by `rise` times its way to the right."""
    lines = []
    for line in page.lines:
        words = []
        for word in line.words:
            x0, y0, x1, y1 = word.bbox
            down = rise * (x0 + x1) / 2
            words.append(Word(word.text, (x0, y0 + down, x1, y1 + down)))
        boxes = [word.bbox for word in words]
        box = (boxes[0][0], boxes[0][1], boxes[-1][2], boxes[-1][3])
        lines.append(Line(tuple(words), box))
    return replace(page, lines=tuple(lines))


def cut_at_gaps(page: PageIndex) -> PageIndex:
    """Each word group of a line as a line of its own, as OCR gives print far apart."""
    lines = []
    for line in page.lines:
        held: list[Word] = []
        for word in line.words:
            if held and word.bbox[0] - held[-1].bbox[2] > 40:
                lines.append(Line(tuple(held), held[0].bbox))
                held = []
            held.append(word)
        lines.append(Line(tuple(held), held[0].bbox))
    whole = (len(lines),)
    return replace(page, lines=tuple(lines), region_lines=(tuple(range(*whole)),))


RECEIPT = (
    "Green tea of the house                                     4.15",
    "Mineral water with gas                                     6.00",
    "Total to pay for all goods                                 10.15",
    "Cash in hand of the clerk                                  20.00",
    "Change given to the buyer                                  9.85",
)


def test_a_value_is_beside_its_label_on_a_page_at_a_slant() -> None:
    page = slanted(cut_at_gaps(typed(*RECEIPT)), 0.06)
    view = levelled_view(page)
    rows = [
        " ".join(view.text(view.cells[c].first, view.cells[c].last) for c in row)
        for row in view.rows
    ]
    assert rows == [" ".join(line.split()) for line in RECEIPT]
    assert [word.bbox for word in page.words] == list(view.boxes)
    assert read_fields([page], get_template("receipt"))["total"].text == "10.15"


def test_a_level_page_is_left_as_it_is() -> None:
    page = cut_at_gaps(typed(*RECEIPT))
    assert [cell.bbox for cell in levelled_view(page).cells] == [
        cell.bbox for cell in levelled_view(slanted(page, 0.0)).cells
    ]
