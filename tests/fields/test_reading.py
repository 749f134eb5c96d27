"""Fields read by labels and places: drawn pages whose truth is known."""

import pytest

from engine.fields import DocumentTemplate, get_template
from engine.fields.checks import checked
from engine.fields.codes.mrz import parse_mrz
from engine.fields.exports import FileResult, fields_xlsx
from engine.fields.page_extractor import read_fields
from engine.fields.parsing import parse_field
from engine.fields.values import DocumentFields, Field, FieldCell
from tests.fakes import draw_page
from tests.fields.drawn import drawn_index, index_of, specimen_of, typed
from tests.workbooks import read_workbook


def read(kind: str, *lines: str) -> dict[str, Field]:
    return read_fields([typed(*lines)], get_template(kind))


def test_values_are_parsed_and_keep_their_print() -> None:
    fields = read("invoice", "INVOICE", "Invoice date:  14 March 2026", "Total due:  $1,250.00")
    assert (fields["date"].text, fields["date"].value) == ("14 March 2026", "2026-03-14")
    total = fields["total"]
    assert (total.text, total.value, total.currency) == ("$1,250.00", "1250.00", "USD")


def test_one_value_is_given_to_one_field_only() -> None:
    fields = read("invoice", "Subtotal:  100.00", "VAT 20%:  20.00", "Total:  120.00")
    assert [fields[name].value for name in ("subtotal", "tax", "total")] == [
        "100.00",
        "20.00",
        "120.00",
    ]
    assert all(check.passed for check in fields["total"].checks)


def test_a_failed_check_is_shown_and_hides_nothing() -> None:
    fields = read("invoice", "Subtotal:  100.00", "VAT 20%:  20.00", "Total:  150.00")
    check = next(check for check in fields["total"].checks if check.name == "sum")
    assert not check.passed
    assert check.text() == "Total = Subtotal + Tax"
    assert fields["total"].value == "150.00"


@pytest.mark.parametrize(
    ("name", "label", "text", "passed"),
    [
        ("inn", "ИНН", "7707083893", True),
        ("inn", "ИНН", "7707083894", False),
        ("inn", "ИНН", "500100732258", False),
        ("iban", "IBAN", "GB82 WEST 1234 5698 7654 32", True),
        ("iban", "IBAN", "GB82 WEST 1234 5698 7654 33", False),
    ],
)
def test_a_labelled_number_with_a_wrong_control_digit_is_read_and_its_check_fails(
    name: str, label: str, text: str, passed: bool
) -> None:
    fields = read(
        "invoice", "Счёт № 47 от 12.03.2024", "Поставщик:  ООО «Рассвет»", f"{label}:  {text}",
        "Итого к оплате:  16 800,00",
    )  # fmt: skip
    assert fields[name].text == text
    assert [check.passed for check in fields[name].checks] == [passed]


def test_what_is_no_taxpayer_number_is_not_taken_for_one() -> None:
    fields = read("invoice", "Счёт № 47 от 12.03.2024", "ИНН:  47-11", "Итого:  16 800,00")
    assert "inn" not in fields


@pytest.mark.parametrize(("total", "passed"), [("120.05", True), ("120.06", False)])
def test_a_sum_may_be_out_by_five_hundredths(total: str, passed: bool) -> None:
    fields = read("invoice", "Subtotal:  100.00", "VAT 20%:  20.00", f"Total:  {total}")
    assert [check.passed for check in fields["total"].checks] == [passed]


@pytest.mark.parametrize(("last", "passed"), [("1", True), ("7", False)])
def test_an_account_is_checked_against_its_bank(last: str, passed: bool) -> None:
    order = read(
        "payment_order",
        "Платежное поручение № 17",
        f"Счет получателя:  4070281020000000000{last}",
        "БИК банка получателя:  044525225",
    )
    for name in ("account", "bik"):
        assert [(one.name, one.passed) for one in order[name].checks] == [("account", passed)]


@pytest.mark.parametrize(("number", "passed"), [("7736050003", True), ("7736050007", False)])
def test_the_control_digit_of_an_inn_is_checked(number: str, passed: bool) -> None:
    inn = Field("inn", "INN", "inn", number, number, (0, 0, 9, 9), 0, 1.0)
    fields = checked({"inn": inn}, get_template("invoice"))
    assert [(one.name, one.passed) for one in fields["inn"].checks] == [("inn", passed)]


def test_the_failed_check_digit_of_a_passports_zone_is_shown_beside_it() -> None:
    lines = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
             "L898902C36UTO7408123F1204159ZE184226B<<<<<10")  # fmt: skip
    fields = read("passport", "PASSPORT", *lines)
    assert {check.name for check in fields["mrz"].checks if not check.passed} == {
        "mrz_birth_date",
        "mrz_composite",
    }


def test_an_expiry_before_the_issue_fails() -> None:
    fields = read("passport", "Date of issue:  01.02.2030", "Date of expiry:  01.02.2020")
    assert [(check.name, check.passed) for check in fields["expiry_date"].checks] == [
        ("order", False)
    ]


@pytest.mark.parametrize(
    ("kind", "first", "second", "same_day"),
    [
        ("invoice", "date", "due_date", True),
        ("bank_statement", "period_start", "period_end", True),
        ("contract", "date", "end_date", True),
        ("passport", "issue_date", "expiry_date", False),
    ],
)
def test_a_bill_may_be_due_on_its_own_day_and_a_statement_be_of_one_day(
    kind: str, first: str, second: str, same_day: bool
) -> None:
    for second_day, passed in (
        ("2026-03-15", True),
        ("2026-03-14", same_day),
        ("2026-03-13", False),
    ):
        days = {first: "2026-03-14", second: second_day}
        fields = {
            name: Field(name, name, "date", day, day, (0, 0, 9, 9), 0, 1.0)
            for name, day in days.items()
        }
        (check,) = checked(fields, get_template(kind))[second].checks
        assert (check.name, check.passed) == ("order", passed), second_day


def test_printed_numbers_stand_for_labels_on_a_licence() -> None:
    fields = read(
        "driver_licence",
        "1. SMITH",
        "2. ANNA",
        "3. 14.03.1980 LEEDS",
        "4a. 01.02.2020  4c. DVLA",
        "4b. 31.01.2030",
        "5. SMITH9803140A",
    )
    assert {name: field.text for name, field in fields.items()} == {
        "surname": "SMITH",
        "given_names": "ANNA",
        "birth_date": "14.03.1980",
        "birth_place": "LEEDS",
        "issue_date": "01.02.2020",
        "authority": "DVLA",
        "expiry_date": "31.01.2030",
        "document_number": "SMITH9803140A",
    }


def test_a_valid_mrz_confirms_and_fills_but_does_not_overwrite() -> None:
    lines = (
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    )
    fields = read("passport", "Surname:  ERIKSEN", "Date of birth:  12.08.1974", *lines)
    assert fields["surname"].text == "ERIKSEN"
    assert [check.passed for check in fields["surname"].checks] == [False]
    assert [check.passed for check in fields["birth_date"].checks] == [True]
    assert (fields["document_number"].text, fields["document_number"].value) == ("L898902C3",) * 2
    assert (fields["given_names"].text, fields["given_names"].value) == ("ANNA<MARIA", "ANNA MARIA")
    mrz = parse_mrz(fields["mrz"].value.split("\n"))
    assert mrz is not None
    assert mrz.valid


def test_the_best_page_wins() -> None:
    first = typed("Some cover text", "of a document")
    second = typed("Invoice date:  14.03.2026", "Total due:  12.00")
    object.__setattr__(second, "page_index", 1)
    fields = read_fields([first, second], get_template("invoice"))
    assert fields["date"].page_index == 1
    assert fields["total"].value == "12.00"


def test_rows_of_a_table_become_items() -> None:
    table = [
        ("Description", "Qty", "Price", "Amount"),
        ("Stapler", "2", "5.00", "10.00"),
        ("Paper, white", "1", "4.50", "4.50"),
        ("Total:", "", "", "14.50"),
    ]
    cells = [
        (text, 40 + 200 * column, 40 + 50 * row)
        for row, texts in enumerate(table)
        for column, text in enumerate(texts)
        if text
    ]
    fields = read_fields([index_of(draw_page(cells)[1])], get_template("invoice"))
    rows = fields["items"].rows
    assert [row["description"].text for row in rows] == ["Stapler", "Paper, white"]
    assert [row["amount"].value for row in rows] == ["10.00", "4.50"]


def test_pairs_of_any_form_are_given_with_their_printed_label() -> None:
    fields = read("form", "Registration form", "Favourite colour: dark green")
    assert fields["favourite_colour"].title == "Favourite colour"
    assert fields["favourite_colour"].text == "dark green"


KINDS = ("receipt", "invoice", "passport", "driver_licence", "id_card", "payment_order")


def on_page(field: Field, template: DocumentTemplate, words: str) -> bool:
    own = template.fields.get(field.name)
    if own is not None and own.type == "items":
        return all(cell.text in words for row in field.rows for cell in row.values())
    parts = field.text.split(" ")
    return all(part in words for part in parts)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_text_stands_on_the_page_inside_its_box(kind: str, language: str) -> None:
    template = get_template(kind)
    for seed in (5, 6):
        drawn = specimen_of(kind, language, seed)
        index = drawn_index(drawn)
        words = " ".join(word.text for word in index.words)
        fields = read_fields([index], template)
        assert fields
        for field in fields.values():
            assert on_page(field, template, words), field
            x0, y0, x1, y1 = field.bbox
            assert 0 <= x0 < x1 <= index.width + 1
            assert 0 <= y0 < y1 <= index.height + 1


@pytest.mark.parametrize("kind", KINDS)
def test_most_fields_of_drawn_specimens_are_right(kind: str) -> None:
    """A floor far below docs/fields.md's figures: it catches a broken step, not a worse day."""
    template = get_template(kind)
    right = asked = 0
    for language in ("en", "ru"):
        for seed in (11, 12):
            drawn = specimen_of(kind, language, seed)
            fields = read_fields([drawn_index(drawn)], template)
            for name, truth in drawn.fields.items():
                own = template.fields.get(name)
                if own is None or own.type == "mrz":
                    continue
                asked += 1
                wanted = parse_field(truth.text, own).value
                right += name in fields and fields[name].value == wanted
    assert right / asked >= 0.6


def test_the_items_of_each_document_are_a_sheet_of_the_workbook() -> None:
    cells = [{"name": FieldCell("Chairs", "Chairs", (0, 0, 9, 9)),
              "amount": FieldCell("1 250,00", "1250.00", (9, 0, 19, 9))}]  # fmt: skip
    items = Field("items", "Items", "items", "", "", (0, 0, 9, 9), 0, 1.0, rows=tuple(cells))
    found = DocumentFields("d", "a.png", "invoice", 1.0, "lite", (), {}, {"items": items})
    book = fields_xlsx([FileResult("bad.png", None, "broken"), FileResult("a.png", found)])
    first, second = read_workbook(book)
    assert (first.name, second.name) == ("fields", "2 items")
    assert second.cells == {(0, 0): "name", (0, 1): "amount", (1, 0): "Chairs", (1, 1): 1250.0}
    assert second.formats == {(1, 1): "0.00"}


@pytest.mark.parametrize(
    ("kind", "value", "currency", "cell", "shown"),
    [
        ("date", "2024-02-29", "", 45351.0, r"yyyy\-mm\-dd"),
        ("amount", "1250.00", "", 1250.0, "#,##0.00"),
        ("amount", "-3.5", "EUR", -3.5, r'#,##0.0\ "EUR"'),
        ("number", "2024", "", 2024.0, "0"),
        # What was not read as a date or an amount, and what is none, stays as it is written.
        ("date", "31.02.2024", "", "31.02.2024", ""),
        ("date", "2024-02-31", "", "2024-02-31", ""),
        ("date", "1899-12-31", "", "1899-12-31", ""),
        ("amount", "=1+1", "", "=1+1", ""),
        ("amount", "NaN", "", "NaN", ""),
        ("amount", "1234567890123456", "", "1234567890123456", ""),
        ("inn", "0012345678", "", "0012345678", ""),
        ("id", "20417", "", "20417", ""),
        ("text", "2024-02-29", "", "2024-02-29", ""),
    ],
)
def test_dates_and_amounts_are_cells_to_compute_with_and_all_else_is_text(
    kind: str, value: str, currency: str, cell: str | float, shown: str
) -> None:
    field = Field("it", "It", kind, value, value, (0, 0, 9, 9), 0, 1.0, currency=currency)
    found = DocumentFields("d", "a.png", "invoice", 1.0, "lite", (), {}, {"it": field})
    (sheet,) = read_workbook(fields_xlsx([FileResult(found.name, found)]))
    assert sheet.cells[1, 5] == cell
    assert sheet.formats == ({(1, 5): shown} if shown else {})
    # Wide enough: a number that does not fit is shown as "####".
    assert not shown or sheet.widths[5] > len(value)
