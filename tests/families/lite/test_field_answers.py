"""`lite` answers what a form knows from the form: drawn papers whose truth is known."""

import gc
import threading
import weakref
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine import Engine, load_settings
from engine.core.geometry import union
from engine.core.schema import EvidenceFound, Message, StreamEvent, TextPart
from engine.families.base import Run
from engine.families.lite.family import LiteFamily, LiteInputs
from engine.families.lite.field_answers import DocumentForm, FormCache
from engine.index.page_index import PageIndex
from tests.fields.drawn import drawn_index, specimen_of, typed


@pytest.mark.parametrize(
    ("kind", "language", "seed", "questions"),
    [
        (
            "passport", "en", 3,
            {"surname": "What is the last name?", "expiry_date": "When does the passport expire?",
             "birth_place": "Where was the holder born?", "authority": "Who issued it?"},
        ),
        (
            "passport", "ru", 4,
            {"surname": "Какая фамилия у владельца?", "birth_date": "Когда родился владелец?",
             "issue_date": "Когда выдан паспорт?", "authority": "Кем выдан паспорт?"},
        ),
        (
            "driver_licence", "ru", 5,
            {"given_names": "Имя и отчество водителя?",
             "expiry_date": "До какого числа действуют права?",
             "categories": "Какие категории открыты?", "document_number": "Номер прав?",
             "authority": "Кто выдал права?"},
        ),
        (
            "invoice", "en", 6,
            {"seller": "Which company sent the invoice?", "total": "How much do we have to pay?",
             "due_date": "By when must it be paid?", "number": "invoice no?"},
        ),
    ],
)  # fmt: skip
def test_the_field_that_is_asked_for_is_the_answer_where_it_stands(
    kind: str, language: str, seed: int, questions: dict[str, str]
) -> None:
    drawn = specimen_of(kind, language, seed)
    form = DocumentForm([drawn_index(drawn)])
    asked = {name: question for name, question in questions.items() if name in drawn.fields}
    assert len(asked) >= 3
    for name, question in asked.items():
        found = form.answer(question)
        assert found is not None, question
        assert found.text == drawn.fields[name].text
        x0, y0, x1, y1 = union(found.candidate.boxes())
        places = [drawn.fields[name].bbox, *drawn.fields[name].also]
        assert any(x0 < p[2] and p[0] < x1 and y0 < p[3] and p[1] < y1 for p in places)


PASSPORT = drawn_index(specimen_of("passport", "en", 3))
TRUTH = {name: field.text for name, field in specimen_of("passport", "en", 3).fields.items()}


def test_a_full_name_is_the_surname_and_the_given_names_each_with_its_place() -> None:
    found = DocumentForm([PASSPORT]).answer("Whose passport is this?")
    assert found is not None
    pieces = (found.candidate, *found.more)
    assert {piece.text for piece in pieces} == {TRUTH["surname"], TRUTH["given_names"]}
    assert found.text == " ".join(piece.text for piece in pieces)
    assert pieces[0].boxes() != pieces[1].boxes()


def test_what_the_form_does_not_have_is_left_to_the_reader() -> None:
    form = DocumentForm([PASSPORT])
    assert form.answer("When does the passport expire?") is not None
    assert form.answer("What is the address of the holder?") is None
    assert form.answer("What is the passport made of?") is None


def test_of_two_documents_the_one_whose_form_is_surest_answers() -> None:
    letter = replace(typed("Dear Sir,", "we met on 3 March 2020."), document_id="letter")
    found = FormCache().answer("When does the passport expire?", [letter, PASSPORT])
    assert found is not None
    assert found.text == TRUTH["expiry_date"]
    assert found.candidate.view.index.document_id == PASSPORT.document_id


def test_of_a_file_of_two_documents_each_is_a_form_of_its_own() -> None:
    invoice = specimen_of("invoice", "en", 6)
    pages = [drawn_index(invoice), replace(PASSPORT, page_index=1)]
    forms = FormCache()
    for question, text, page in (
        ("How much do we have to pay?", invoice.fields["total"].text, 0),
        ("When does the passport expire?", TRUTH["expiry_date"], 1),
    ):
        found = forms.answer(question, pages)
        assert found is not None
        assert (found.text, found.candidate.view.index.page_index) == (text, page)


@pytest.mark.parametrize(
    ("question", "pages"),
    [
        ("When was the passport issued?", [1]),
        ("Кто подписал паспорт?", [1]),
        ("How much is the invoice?", [0]),
        ("When was it issued?", [0, 1]),
        ("Who signed the contract?", [0, 1]),
        ("На какой счёт платить?", [0, 1]),
    ],
)
def test_a_question_that_names_a_type_is_about_documents_of_that_type(
    question: str, pages: list[int]
) -> None:
    both = [drawn_index(specimen_of("invoice", "en", 6)), replace(PASSPORT, page_index=1)]
    assert [index.page_index for index in FormCache().named(question, both)] == pages


def test_a_question_that_names_the_likeliest_type_is_not_answered_as_another() -> None:
    """A receipt's date is when it was paid; an invoice's date is not."""
    index = typed(
        "Brandt & Daughters Plumbing",
        "14 Harbour Road, Lindholm | VAT 882 1440 07",
        "INVOICE",
        "Invoice number: BD-1290",
        "Invoice date: 2 March 2026",
        "Bill to: Lindholm Rowing Club",
        "Repair of the boiler: 240.00 EUR",
        "Total: 240.00 EUR",
        "PAID on 12 March 2026, cash",
    )
    form = DocumentForm([index])
    assert form.answer("When was the invoice paid?") is None
    dated = form.answer("What is the date of the invoice?")
    assert dated is not None and dated.text == "2 March 2026"


def test_a_page_that_was_read_anew_is_a_new_form() -> None:
    forms = FormCache()
    question = "What is the surname?"
    first = forms.answer(question, [PASSPORT])
    again = drawn_index(specimen_of("passport", "en", 8))
    second = forms.answer(question, [again])
    assert first is not None and second is not None
    assert first.text == TRUTH["surname"]
    assert second.text == specimen_of("passport", "en", 8).fields["surname"].text


def test_a_broken_template_of_ones_own_stops_no_question(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "parcel_label.toml").write_text("name = 1", encoding="utf-8")
    assert FormCache(tmp_path).answer("Whose passport is this?", [PASSPORT]) is None
    assert "parcel_label.toml" in caplog.text


def test_a_whole_page_is_asked_as_a_form_and_a_part_of_it_is_not(tmp_path: Path) -> None:
    drawn = specimen_of("invoice", "en", 6)
    drawn.image.convert("RGB").save(tmp_path / "invoice.png")
    seller = drawn.fields["seller"]
    with Engine(load_settings()) as engine:
        session_id = engine.create_session()
        engine.add_document(session_id, tmp_path / "invoice.png", name="invoice.png")
        whole = engine.ask(session_id, "Which company sent the invoice?").answer()
        assert whole.text == seller.text
        x0, y0, x1, y1 = union(place.bbox for place in whole.evidence)
        sx0, sy0, sx1, sy1 = seller.bbox
        assert x0 < sx1 and sx0 < x1 and y0 < sy1 and sy0 < y1
        foot = (0.0, drawn.image.height * 0.9, float(drawn.image.width), float(drawn.image.height))
        part = engine.ask(session_id, "Which company sent the invoice?", bbox=foot).answer()
        assert part.text != seller.text


def test_the_second_invoice_is_not_answered_from_any_invoice() -> None:
    pages = [drawn_index(specimen_of("invoice", "en", 6)), replace(PASSPORT, page_index=1)]
    assert FormCache().answer("How much is to be paid?", pages) is not None
    assert FormCache().answer("How much is to be paid in the second invoice?", pages) is None
    assert (
        FormCache().answer("How much is to be paid in the second invoice?", pages[:1]) is not None
    )


def test_a_follow_up_is_not_taken_for_a_printed_label() -> None:
    form = DocumentForm([drawn_index(specimen_of("invoice", "en", 6))])
    assert form.answer("And the purchaser?", follows=False) is not None
    assert form.answer("And the subtotal?", follows=True) is None
    assert form.answer("And when must we pay?", follows=True) is not None


def test_deleted_pages_are_forgotten() -> None:
    forms = FormCache()
    forms.answer("What is the surname?", [PASSPORT])
    watched = weakref.ref(forms._files[PASSPORT.document_id, (0,)][0])
    forms.forget({"another"})
    assert watched() is not None
    forms.forget({PASSPORT.document_id})
    gc.collect()
    assert watched() is None


def test_the_pages_that_are_kept_are_bounded() -> None:
    forms = FormCache()
    for number in range(200):
        forms.answer("What is the surname?", [replace(PASSPORT, document_id=f"d{number}")])
    assert len(forms._files) == 128
    assert ("d199", (0,)) in forms._files


def test_a_pasted_text_is_no_question_for_a_field() -> None:
    pasted = "lorem ipsum dolor " * 4000 + "в договор" + " " * 50_000 + "x"
    assert DocumentForm([PASSPORT]).answer(f"What is the surname? {pasted}") is None


INVOICE = replace(drawn_index(specimen_of("invoice", "en", 6)), document_id="invoice")


@pytest.fixture(scope="module")
def lite() -> LiteFamily:
    return LiteFamily.load("lite", load_settings())


def places_of(lite: LiteFamily, question: str, *indexes: PageIndex, before: str = "") -> list[str]:
    """What the family points at, asked about these pages."""
    request: Any = SimpleNamespace(
        conversation="one", task="question", question=question, bbox=None, language="en",
        max_new_tokens=64,
        history=[Message("user", (TextPart(before),))] if before else [],
    )  # fmt: skip
    events: list[StreamEvent] = []
    streamer: Any = SimpleNamespace(put=lambda ids: None, end=lambda: None)
    lite.generate(LiteInputs(request, indexes), Run(streamer, events.append, threading.Event()))
    return [event.evidence.text for event in events if isinstance(event, EvidenceFound)]


def test_lite_points_at_what_only_the_form_knows(lite: LiteFamily) -> None:
    said = places_of(lite, "Whose passport is this?", PASSPORT)
    assert set(said) == {TRUTH["surname"], TRUTH["given_names"]}


@pytest.mark.parametrize("thing", ["address", "bank"])
def test_lite_answers_nothing_about_a_passport_from_an_invoice(
    lite: LiteFamily, thing: str
) -> None:
    question = f"Which {thing} is named in the %s?"
    assert places_of(lite, question % "invoice", INVOICE, PASSPORT)
    said = places_of(lite, question % "passport", INVOICE, PASSPORT)
    printed = [line.text for line in INVOICE.lines]
    assert not [text for text in said if any(text in line for line in printed)]


def test_lite_keeps_no_page_of_a_deleted_conversation() -> None:
    lite = LiteFamily.load("lite", load_settings())
    places_of(lite, "When does it expire?", PASSPORT)
    assert lite._read and lite._forms._files, "they are kept for the next question"
    lite.forget("another")
    assert lite._read and lite._forms._files
    lite.forget("one")
    assert not lite._read and not lite._forms._files
