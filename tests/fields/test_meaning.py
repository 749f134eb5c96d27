"""Fields have the meaning that their document gives to them: order of dates, signs, marks."""

import pytest

from engine.core.schema import Answer, Evidence
from engine.fields import get_template, with_values
from engine.fields.exports import FileResult, fields_xlsx
from engine.fields.model_extractor import ask_fields
from engine.fields.page_extractor import read_fields
from engine.fields.values import DocumentFields, Field
from engine.index.conventions import printed_conventions
from engine.index.page_index import PageIndex
from tests.fields.drawn import typed
from tests.workbooks import read_workbook


def invoice(*more: str, total: str = "612.30") -> PageIndex:
    return typed(
        "INVOICE",
        "Invoice number:  88-1042",
        "Invoice date:  2026-02-01",
        "Due date:  04/05/2026",
        f"Total:  {total}",
        *more,
    )


def fields_of(index: PageIndex, kind: str = "invoice") -> dict[str, Field]:
    return read_fields([index], get_template(kind))


def document_of(index: PageIndex) -> DocumentFields:
    fields = fields_of(index)
    titles = {name: field.title for name, field in fields.items()}
    return DocumentFields(
        "d", "a.png", "invoice", 1.0, "lite", (), titles, fields, printed_conventions([index])
    )


@pytest.mark.parametrize(
    ("more", "day"),
    [
        ("Ship date:  03/25/2026", "2026-04-05"),
        ("Ship date:  25/03/2026", "2026-05-04"),
        ("Akron, OH 44301", "2026-04-05"),
        ("Leeds LS1 4AP", "2026-05-04"),
    ],
)
def test_the_order_of_a_date_follows_from_the_document(more: str, day: str) -> None:
    due = fields_of(invoice(more))["due_date"]
    assert (due.text, due.value) == ("04/05/2026", day)
    assert "date_order" not in {check.name for check in due.checks}


def test_a_date_that_nothing_decides_is_shown_with_both_readings() -> None:
    due = fields_of(invoice())["due_date"]
    (check,) = (check for check in due.checks if check.name == "date_order")
    assert not check.passed
    for language in ("en", "ru"):
        assert "2026-05-04" in check.text(language) and "2026-04-05" in check.text(language)


def test_a_date_that_the_user_wrote_is_no_longer_ambiguous_and_others_still_are() -> None:
    found = document_of(invoice())
    written = with_values(found, {"due_date": "2026-04-05"}, folder=None)
    assert written.fields["due_date"].value == "2026-04-05"
    assert "date_order" not in {check.name for check in written.fields["due_date"].checks}
    other = with_values(found, {"total": "600.00"}, folder=None)
    assert "date_order" in {check.name for check in other.fields["due_date"].checks}


def test_a_date_that_the_user_wrote_is_read_as_the_document_prints_dates() -> None:
    found = document_of(invoice("Ship date:  03/25/2026"))
    for text, day in (("04/06/2026", "2026-04-06"), ("04.06.2026", "2026-06-04")):
        written = with_values(found, {"due_date": text}, folder=None)
        assert written.fields["due_date"].value == day


def test_a_model_is_read_by_the_same_evidence() -> None:
    index = invoice("Ship date:  03/25/2026")
    due = next(word.bbox for line in index.lines for word in line.words if "04/05" in word.text)
    place = Evidence("drawn", 0, due, "04/05/2026", 1.0)

    def ask(question: str) -> Answer:
        evidence = (place,) if "Due date" in question else ()
        return Answer("", "fake", "stop", evidence=evidence)

    found = ask_fields(ask, get_template("invoice"), [index], known={}, language="en")
    assert {name: field.value for name, field in found.items()} == {"due_date": "2026-04-05"}


@pytest.mark.parametrize(
    ("printed", "value", "currency"),
    [
        ("(1,250.00)", "-1250.00", ""),
        ("108.43 CR", "-108.43", ""),
        ("€ -9,32", "-9.32", "EUR"),
        ("100.00-", "-100.00", ""),
        ("EUR 44'921.48", "44921.48", "EUR"),
        ("1,23,456.00", "123456.00", ""),
    ],
)
def test_a_total_is_told_as_printed_and_has_its_value_in_the_workbook(
    printed: str, value: str, currency: str
) -> None:
    found = document_of(invoice(total=printed))
    total = found.fields["total"]
    assert (total.text, total.value, total.currency) == (printed, value, currency)
    (sheet,) = read_workbook(fields_xlsx([FileResult("a.png", found)]))
    column = next(at for (row, at), text in sheet.cells.items() if row == 0 and text == "total")
    assert sheet.cells[1, column] == float(value)


def test_on_a_bank_statement_cr_is_the_holders_own_money() -> None:
    lines = ("BANK STATEMENT", "Account number:  40817810500000012345", "Period:  01.05.2026")
    for printed, value in (("1,204.55 CR", "1204.55"), ("1,204.55 DR", "-1204.55")):
        index = typed(*lines, f"Opening balance:  {printed}", "Closing balance:  10.00")
        opening = fields_of(index, "bank_statement")["opening_balance"]
        assert (opening.text, opening.value) == (printed, value)


def test_the_cells_of_a_table_are_read_as_the_document_prints_numbers() -> None:
    index = typed(
        "FAKTURA",
        "Description          Quantity          Amount",
        "Screws          2.500          312,50",
        "Bolts          1.250          (62,50)",
    )
    items = fields_of(index)["items"]
    cells = [[cell.value for cell in row.values()] for row in items.rows]
    assert cells == [["Screws", "2500", "312.50"], ["Bolts", "1250", "-62.50"]]
