"""What a PDF holds beside its text layer: form fields, notes, attachments, signatures, XFA."""

import io
from typing import Any

import pytest
from PIL import Image

from engine.core.schema import Document, Notice, Word
from engine.core.settings_file import load_settings
from engine.documents import open_document_bytes
from tests.documents.pdf_writing import PdfFile, text_at

LIMITS = load_settings().limits
SCALE = LIMITS.pdf_dpi / 72


def opened(pdf: PdfFile, **changed: Any) -> Document:
    limits = LIMITS.model_copy(update=changed)
    return open_document_bytes(pdf.bytes(), name="form.pdf", limits=limits)


def form_words(pdf: PdfFile) -> list[Word]:
    return [word for word in opened(pdf).pages[0].load_words() if word.source == "form"]


def texts(pdf: PdfFile) -> list[str]:
    return [word.text for word in form_words(pdf)]


def notices(document: Document) -> list[Notice]:
    return list(document.pages[0].load_annotations().notices)


def png(size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "white").save(buffer, "PNG")
    return buffer.getvalue()


def test_values_of_text_fields_are_words_at_their_places() -> None:
    pdf = PdfFile(text_at(60, 700, "Surname"))
    pdf.text_field((200, 695, 400, 715), "van der Berg")
    words = opened(pdf).pages[0].load_words()
    assert [(word.text, word.source) for word in words] == [
        ("Surname", "pdf"),
        ("van", "form"),
        ("der", "form"),
        ("Berg", "form"),
    ]
    x0, y0, x1, y1 = words[-1].bbox
    assert 202 * SCALE < x0 < x1 < 280 * SCALE
    assert (842 - 712) * SCALE < y0 < y1 < (842 - 697) * SCALE


def test_a_value_that_the_layer_already_has_is_listed_twice_only_if_printed_twice() -> None:
    pdf = PdfFile(text_at(60, 700, "Ada") + text_at(60, 600, "Ada"))
    pdf.text_field((200, 695, 400, 715), "Ada")
    found = [(word.text, word.source) for word in opened(pdf).pages[0].load_words()]
    assert found == [("Ada", "pdf"), ("Ada", "pdf"), ("Ada", "form")]


def test_a_comb_field_is_one_word_and_not_one_for_each_cell() -> None:
    pdf = PdfFile()
    cells = "".join(text_at(6 + 30 * i, 5, char) for i, char in enumerate("40772"))
    pdf.text_field((200, 695, 400, 715), "40772", cells)
    assert texts(pdf) == ["40772"]


def test_what_is_shown_counts_and_not_what_is_stored() -> None:
    """A password field shows asterisks; a number field shows its formatted number."""
    pdf = PdfFile()
    pdf.text_field((200, 695, 400, 715), "secret", text_at(2, 5, "******"))
    pdf.text_field((200, 655, 400, 675), "1234.5", text_at(2, 5, "$1,234.50"))
    assert texts(pdf) == ["******", "$1,234.50"]


def test_a_field_without_an_appearance_is_drawn_and_read() -> None:
    pdf = PdfFile(acroform="/NeedAppearances true")
    pdf.field("Tx", (200, 695, 400, 715), "/V (Okonkwo)")
    assert texts(pdf) == ["Okonkwo"]


def test_the_choice_of_a_list_is_a_word() -> None:
    pdf = PdfFile()
    look = pdf.appearance(text_at(2, 5, "Express"), 200, 20)
    pdf.field(
        "Ch",
        (200, 695, 400, 715),
        f"/Ff 131072 /Opt [(Standard) (Express)] /V (Express) /AP << /N {look} 0 R >>",
    )
    assert texts(pdf) == ["Express"]


def test_the_text_of_a_note_is_words_unless_it_is_hidden() -> None:
    pdf = PdfFile()
    pdf.note((300, 600, 560, 628), "PAID in cash")
    pdf.note((300, 500, 560, 528), "for our eyes", flags=2)
    assert texts(pdf) == ["PAID", "in", "cash"]


@pytest.mark.parametrize(("flags", "kind"), [("", "check_box"), ("/Ff 32768", "radio_button")])
def test_boxes_and_buttons_are_marks_with_their_state(flags: str, kind: str) -> None:
    pdf = PdfFile()
    pdf.box((60, 548, 74, 562), True, flags + " /TU (Newsletter)")
    pdf.box((60, 518, 74, 532), False, flags)
    ticked, empty = opened(pdf).pages[0].load_annotations().marks
    assert (ticked.kind, ticked.state) == (kind, "checked")
    assert (empty.kind, empty.state) == (kind, "unchecked")
    assert ticked.bbox == pytest.approx([60 * SCALE, 280 * SCALE, 74 * SCALE, 294 * SCALE], abs=2)
    assert form_words(pdf) == []


def test_a_signature_field_is_signed_or_empty_and_a_signed_pdf_says_so() -> None:
    pdf = PdfFile()
    value = pdf.add("/Type /Sig /Filter /Adobe.PPKLite /ByteRange [0 1 2 3] /Contents <30820102>")
    pdf.field("Sig", (60, 100, 200, 140), f"/V {value} 0 R")
    pdf.field("Sig", (300, 100, 440, 140), "/TU (Witness)")
    document = opened(pdf)
    signed, empty = document.pages[0].load_annotations().marks
    assert (signed.kind, signed.state) == ("signature", "signed")
    assert (empty.state, empty.text) == ("empty", "Witness")
    assert notices(document) == [Notice("pdf.signed", {"name": "form.pdf", "count": 1})]


def test_an_empty_signature_field_signs_nothing() -> None:
    pdf = PdfFile()
    pdf.field("Sig", (60, 100, 200, 140), "")
    assert notices(opened(pdf)) == []


def test_a_dynamic_xfa_form_is_told_and_a_static_one_is_an_ordinary_form() -> None:
    wait = text_at(60, 700, "Please wait... If this message is not eventually replaced")
    xfa = PdfFile(wait)
    packet = xfa.add("", b"<xdp:xdp/>")
    xfa.acroform = f"/XFA {packet} 0 R"
    assert notices(opened(xfa)) == [Notice("pdf.xfa", {"name": "form.pdf"})]
    xfa.text_field((200, 695, 400, 715), "Ada")
    assert notices(opened(xfa)) == []


def test_attached_images_and_pdfs_are_further_pages_and_other_files_are_named() -> None:
    pdf = PdfFile()
    inner = PdfFile(text_at(60, 700, "Inner page"))
    inner.attach({"deeper.png": png((10, 10))})
    pdf.attach({"a.png": png((300, 200)), "b.pdf": inner.bytes(), "c.docx": b"PK\3\4 no image"})
    document = opened(pdf)
    assert [page.page_index for page in document.pages] == [0, 1, 2]
    assert {page.document_id for page in document.pages} == {document.document_id}
    assert document.pages[1].load_image().size == document.pages[1].size == (300, 200)
    assert [word.text for word in document.pages[2].load_words()] == ["Inner", "page"]
    assert [(one.key, one.values["files"]) for one in notices(document)] == [
        ("pdf.attachments", "a.png, b.pdf"),
        ("pdf.attachments_left_out", "c.docx"),
    ]


@pytest.mark.parametrize("changed", [{"max_pages": 1}, {"max_page_megapixels": 5}])
def test_limits_hold_for_a_file_with_what_is_attached_to_it(changed: dict[str, int]) -> None:
    pdf = PdfFile()
    pdf.attach({"big.png": png((3000, 2000))})
    document = opened(pdf, **changed)
    assert len(document.pages) == 1
    assert [one.key for one in notices(document)] == ["pdf.attachments_left_out"]


def test_names_of_attachments_are_cleaned_and_few() -> None:
    pdf = PdfFile()
    pdf.attach({f"../\u202e{number}.zip".encode().decode("latin-1"): b"x" for number in range(9)})
    (notice,) = notices(opened(pdf))
    assert "/" not in str(notice.values["files"])
    assert str(notice.values["files"]).endswith("(+4)")
