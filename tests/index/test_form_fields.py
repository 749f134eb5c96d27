"""A PDF's form in the page index: values, boxes with their labels, notices, over text or a scan."""

import random
from itertools import pairwise

import numpy as np
import pytest

from engine.core.schema import BBox, Line, Mark, Page, Word
from engine.documents import open_document_bytes
from engine.index.builder import build_index
from engine.index.form_fields import labelled, merged, with_values
from engine.ocr import rapid
from engine.ocr.words import line_from
from tests.documents.pdf_writing import PdfFile, text_at
from tests.ocr.drawing import SETTINGS, Sheet

LABELS = ("Surname", "First name", "Date of birth", "Membership number", "Address")
NAMES = ("Harbour", "Timber", "Window", "Ledger", "Copper", "Garden", "Bottle", "Marble")


def page_of(pdf: PdfFile) -> Page:
    return open_document_bytes(pdf.bytes(), name="form.pdf", limits=SETTINGS.limits).pages[0]


def form() -> PdfFile:
    pdf = PdfFile(text_at(60, 780, "Application for membership", size=16))
    values = ("van der Berg", "Adaeze", "17 March 1988", "M-40772", "12 Mill Lane")
    for row, (label, value) in enumerate(zip(LABELS, values, strict=True)):
        pdf.content += text_at(60, 720 - 34 * row, label)
        pdf.text_field((190, 714 - 34 * row, 450, 734 - 34 * row), value)
    return pdf


def word(text: str, x0: float, x1: float, y0: float = 100.0, y1: float = 120.0) -> Word:
    return Word(text, (x0, y0, x1, y1))


def box(x: float, y: float = 100.0) -> BBox:
    return (x, y, x + 20, y + 20)


def lines(*words: Word) -> list[Line]:
    return [line_from([one]) for one in words]


def test_values_of_a_form_are_in_the_index_without_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    def detect(picture: object) -> None:
        raise AssertionError("the page was searched for lines")

    monkeypatch.setattr(rapid, "detect", detect)
    index = build_index(page_of(form()), SETTINGS)
    assert index.source == "pdf"
    assert "17 March 1988" in [line.text for line in index.lines]
    sources = {one.text: one.source for one in index.words}
    assert (sources["Surname"], sources["M-40772"]) == ("pdf", "form")


def test_a_label_is_directly_before_its_value() -> None:
    found = [line.text for line in build_index(page_of(form()), SETTINGS).lines]
    assert ("Membership number", "M-40772") in pairwise(found)


def test_a_scanned_form_has_exact_values_over_what_ocr_read() -> None:
    """O and 0, l and 1 look alike in print; the form knows which they are."""
    sheet = Sheet(595, 842)
    for row, label in enumerate(LABELS):
        sheet.write(60, 112 + 34 * row, label, size=14)
    pdf = PdfFile()
    pdf.content = pdf.picture(sheet.image, (0, 0, 595, 842))
    pdf.text_field((250, 714, 450, 734), "lO0-Il1")
    index = build_index(page_of(pdf), SETTINGS)
    assert index.source == "ocr"
    assert [one.text for one in index.words if one.source == "form"] == ["lO0-Il1"]
    assert "First name" in index.text
    assert len([line for line in index.lines if 250 < line.bbox[1] < 360]) == 2


def test_boxes_of_a_form_are_marks_with_the_text_beside_them() -> None:
    pdf = form()
    pdf.content += text_at(82, 500, "Send me the newsletter") + text_at(82, 470, "No adverts")
    pdf.box((60, 498, 74, 512), True)
    pdf.box((60, 468, 74, 482), False)
    marks = build_index(page_of(pdf), SETTINGS).marks
    assert [(mark.text, mark.state) for mark in marks] == [
        ("Send me the newsletter", "checked"),
        ("No adverts", "unchecked"),
    ]


def test_notices_about_the_file_are_in_the_index() -> None:
    pdf = form()
    value = pdf.add("/Type /Sig /ByteRange [0 1 2 3] /Contents <30820102>")
    pdf.field("Sig", (60, 100, 200, 140), f"/V {value} 0 R")
    index = build_index(page_of(pdf), SETTINGS)
    assert [notice.key for notice in index.notices] == ["pdf.signed"]


def test_labels_in_one_row_end_at_the_next_box() -> None:
    marks = [Mark("radio_button", box(100)), Mark("radio_button", box(220))]
    row = [word("Yes", 130, 170), word("please", 175, 212), word("No", 250, 280)]
    assert [one.text for one in labelled(marks, [line_from(row)])] == ["Yes please", "No"]


def test_a_label_to_the_left_is_found_if_there_is_none_to_the_right() -> None:
    marks = [Mark("check_box", box(300))]
    assert labelled(marks, lines(word("Agreed", 230, 290)))[0].text == "Agreed"


def test_a_box_with_no_text_near_keeps_the_description_of_the_field() -> None:
    marks = [Mark("check_box", box(300), text="Newsletter")]
    far = lines(word("Elsewhere", 600, 700), word("Below", 330, 390, 200, 220))
    assert labelled(marks, far)[0].text == "Newsletter"


def test_a_value_beside_a_box_is_not_its_label() -> None:
    value = Word("Berlin", (130.0, 100.0, 190.0, 120.0), source="form")
    assert labelled([Mark("check_box", box(100), text="City")], lines(value))[0].text == "City"


def test_a_box_that_the_picture_shows_too_is_one_mark() -> None:
    mine, seen = Mark("check_box", box(100), "checked"), Mark("check_box", box(103), "unclear")
    other = Mark("stamp", box(400))
    assert merged([mine], [seen, other]) == (mine, other)


def test_a_value_replaces_the_words_read_in_its_place_only() -> None:
    read = [line_from([word("Name:", 50, 100), word("Bcrg", 110, 160)])]
    value = Word("Berg", (110.0, 99.0, 161.0, 121.0), source="form")
    assert [line.text for line in with_values(read, [value])] == ["Name:", "Berg"]


@pytest.mark.parametrize("seed", range(5))
def test_every_word_of_the_index_has_ink_and_every_printed_line_is_in_it(seed: int) -> None:
    """PDFs whose lines are printed, hidden, pictures of text, form values or notes, by chance."""
    rng = random.Random(seed)
    pdf, printed = PdfFile(), []
    # The last pages have a font whose ToUnicode map is wrong: each digit and letter is the next.
    if seed > 2:
        pairs = [f"<{ord(one):02x}> <{ord(one) + 1:04x}>\n" for one in map(chr, range(48, 122))]
        table = f"{len(pairs)} beginbfchar\n{''.join(pairs)}endbfchar\n".encode()
        pdf.to_unicode = pdf.add("", b"1 begincodespacerange <00> <ff> endcodespacerange\n" + table)
    kinds = ("print", "print", "white", "covered", "outside", "picture", "value", "note")
    for row in range(11):
        text = f"{rng.choice(NAMES)} {rng.choice(NAMES)} {rng.randint(1000, 9999)}"
        kind = rng.choice(kinds) if row > 2 else "print"
        y = 760 - 60 * row
        rect = (60.0, y - 6.0, 260.0, y + 18.0)
        match kind:
            case "print" | "covered":
                pdf.content += text_at(60, y, text, size=13)
                if kind == "covered":
                    pdf.content += f"{rng.choice(('0 g', '1 g'))} 55 {y - 5} 250 20 re f\n"
            case "white":
                pdf.content += text_at(60, y, text, size=13, colour="1 g")
            case "outside":
                pdf.content += text_at(700, y, text, size=13)
            case "picture":
                pdf.content += pdf.picture_of(text, 60, y)
            case "value":
                pdf.text_field(rect, text, text_at(2, 6, text, size=13))
            case _:
                pdf.note(rect, text)
        if kind in ("print", "picture", "value", "note"):
            printed.append(text)
    page = page_of(pdf)
    index = build_index(page, SETTINGS)
    assert sorted(line.text for line in index.lines) == sorted(printed)
    picture = np.asarray(page.load_image())
    for one in index.words:
        x0, y0, x1, y1 = (round(value) for value in one.bbox)
        part = picture[y0:y1, x0:x1]
        assert int(part.max()) - int(part.min()) > 128, one.text
