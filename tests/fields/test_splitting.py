"""Which pages of a file are one document: on pages that the tests draw."""

import random
from dataclasses import replace

import pytest

from engine.core.geometry import union
from engine.core.schema import Line, Word
from engine.fields import split
from engine.fields.splitting.page_features import signs_of
from engine.index.page_index import PageIndex
from synthetic.papers.continued import later_page
from tests.fields.drawn import drawn_index, index_of, specimen_of, typed
from training.splits_data import index_of_sheet


def first_page(kind: str, language: str = "en", seed: int = 3) -> PageIndex:
    return drawn_index(specimen_of(kind, language, seed))


def next_page(kind: str, number: int, language: str = "en", seed: int = 1) -> PageIndex:
    sheet = later_page(kind, language, "train", seed, {}, number)
    assert sheet is not None
    return index_of_sheet(sheet, language, random.Random(0), 0.0)


def line(text: str, y: float, height: float = 30.0) -> Line:
    words, x = [], 40.0
    for part in text.split():
        words.append(Word(part, (x, y, x + 0.5 * height * len(part), y + height)))
        x = words[-1].bbox[2] + 0.4 * height
    return Line(tuple(words), union(word.bbox for word in words))


def bill(number: str, total: str, foot: str = "") -> PageIndex:
    """A page of A4's proportions with a large title."""
    rows = (
        "Northwind Paper Ltd, 12 Harbour Street",
        f"Invoice number: {number}",
        "Invoice date: 14 March 2026",
        "Copy paper 540.00",
        "Toner black 696.25",
        f"Total due: {total}",
    )
    lines = [line("INVOICE", 60, 70.0)]
    lines += [line(row, 200.0 + 60 * at) for at, row in enumerate(rows)]
    return index_of([*lines, line(foot, 1650.0)] if foot else lines, (1240, 1754))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_an_invoice_a_passport_and_a_receipt_in_one_file_are_three_documents(
    language: str,
) -> None:
    kinds = ("invoice", "passport", "receipt")
    assert split([first_page(kind, language) for kind in kinds]) == ((0,), (1,), (2,))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_contract_of_several_pages_stays_whole_between_other_papers(language: str) -> None:
    pages = [
        first_page("receipt", language),
        first_page("contract", language),
        next_page("contract", 2, language),
        next_page("contract", 3, language, seed=4),
        first_page("invoice", language),
    ]
    assert split(pages) == ((0,), (1, 2, 3), (4,))


@pytest.mark.parametrize("kind", ["contract", "letter", "bank_statement", "report"])
def test_a_long_paper_alone_in_its_file_is_one_document(kind: str) -> None:
    pages = [first_page(kind), next_page(kind, 2), next_page(kind, 3, seed=2)]
    assert split(pages) == ((0, 1, 2),)


def test_an_empty_page_belongs_to_what_is_before_it() -> None:
    empty = replace(first_page("receipt"), lines=(), regions=(), region_lines=())
    specks = typed(". -")
    pages = [first_page("invoice"), empty, specks, first_page("passport"), empty]
    assert split(pages) == ((0, 1, 2), (3, 4))
    assert split([empty, first_page("invoice"), first_page("passport")]) == ((0, 1), (2,))
    assert split([empty, empty]) == ((0, 1),)


def test_page_counters_keep_pages_together_and_part_them() -> None:
    def counted(number: int, of: int) -> PageIndex:
        return bill("NP-20417", "1,236.25", f"Page {number} of {of}")

    assert signs_of(counted(2, 3)).counter == (2, 3)
    assert split([counted(1, 3), counted(2, 3), counted(3, 3)]) == ((0, 1, 2),)
    assert split([counted(1, 1), counted(1, 1)]) == ((0,), (1,))


def test_the_next_bill_of_a_sender_is_another_document() -> None:
    assert split([bill("20417", "1,236.25"), bill("20418", "1,236.25")]) == ((0,), (1,))


def test_every_page_is_in_one_document_in_order() -> None:
    rng = random.Random(4)
    kinds = ("invoice", "letter", "form", "driver_licence", "certificate", "other")
    pages = [first_page(rng.choice(kinds), rng.choice(("en", "ru")), seed) for seed in range(9)]
    parts = split(pages)
    assert [page for part in parts for page in part] == list(range(9))
    assert split(pages, threshold=1.0) == (tuple(range(9)),)


def test_a_file_without_pages_has_no_document_and_one_page_is_one() -> None:
    assert split([]) == ()
    assert split([typed("Hello")]) == ((0,),)
