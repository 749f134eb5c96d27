"""`python -m engine fields` as scripts use it, and a chat model in the place of `lite`."""

import csv
import io
import json
from pathlib import Path

import pytest

from engine import Engine
from engine.cli import main
from engine.fields import check_type
from tests.fakes import FakeFamily, draw_page
from tests.workbooks import read_workbook

INVOICE = [
    ("Northstar Software Ltd", 40, 40),
    ("Invoice date:", 40, 120),
    ("14 March 2026", 300, 120),
    ("Total due:", 40, 200),
    ("$1,250.00", 300, 200),
]


def save(folder: Path, name: str = "invoice.png") -> Path:
    path = folder / name
    draw_page(INVOICE)[0].save(path)
    return path


def test_one_file_gives_one_object_of_the_agreed_shape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fields", str(save(tmp_path)), "--type", "invoice", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["document_type"] == "invoice"
    assert result["pages"] == [{"page_index": 0, "width": 900, "height": 600}]
    total = result["fields"]["total"]
    assert set(total) >= {"text", "value", "bbox", "page_index", "confidence", "checks"}
    assert (total["text"], total["value"], total["currency"]) == ("$1,250.00", "1250.00", "USD")
    x0, y0, _, y1 = total["bbox"]
    assert x0 == pytest.approx(300, abs=15)
    assert y0 < 215 < y1
    assert result["fields"]["date"]["value"] == "2026-03-14"


def test_a_folder_gives_a_line_a_file_and_a_bad_one_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "a_bad.png").write_text("no picture", encoding="utf-8")
    save(folder, "b.png")
    assert main(["fields", str(folder), "--type", "invoice", "--json"]) == 0
    bad, good = map(json.loads, capsys.readouterr().out.splitlines())
    assert "a_bad.png is neither an image nor a PDF" in bad["error"]
    assert (good["file"], good["fields"]["total"]["value"]) == ("b.png", "1250.00")
    out = tmp_path / "out.csv"
    assert (
        main(["fields", str(folder), "--type", "invoice", "--format", "csv", "--out", str(out)])
        == 0
    )
    head, *rows = csv.reader(io.StringIO(out.read_text(encoding="utf-8-sig")))
    assert [row[0] for row in rows] == ["a_bad.png", "b.png"]
    assert "a_bad.png is neither an image nor a PDF" in rows[0][head.index("error")]
    assert rows[1][head.index("error")] == ""
    assert rows[1][head.index("total")] == "1250.00 USD"
    book = tmp_path / "out.xlsx"
    assert (
        main(["fields", str(folder), "--type", "invoice", "--format", "xlsx", "--out", str(book)])
        == 0
    )
    (sheet,) = read_workbook(book.read_bytes())
    assert 1250.0 in sheet.cells.values()


def test_only_bad_files_are_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.png").write_text("no", encoding="utf-8")
    assert main(["fields", str(tmp_path), "--type", "invoice", "--json"]) == 2
    said = capsys.readouterr()
    assert len(said.err.strip().splitlines()) == 1
    assert "None of the 1 file(s)" in said.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.png"], "nowhere.png does not exist"),
        (["nowhere.png", "--type", "menu"], "menu is not a known document type. Known: receipt"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fields", *arguments, "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_a_table_for_people_shows_print_value_and_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fields", str(save(tmp_path)), "--type", "invoice"]) == 0
    shown = capsys.readouterr().out
    assert "invoice (100%)" in shown
    assert "$1,250.00  [1250.00 USD]" in shown


def test_a_chat_model_is_asked_field_by_field_and_its_words_are_parsed(
    fake_engine: Engine, tmp_path: Path
) -> None:
    FakeFamily.script = ["$1,250.00"]
    session_id = fake_engine.create_session()
    document = fake_engine.add_document(session_id, save(tmp_path), name="invoice.png")
    read = fake_engine.fields(session_id, document.document_id, document_type="invoice")
    assert read.model_id == "fake"
    total = read.fields["total"]
    assert (total.text, total.value, total.currency) == ("$1,250.00", "1250.00", "USD")
    assert total.bbox[0] == pytest.approx(300, abs=15)
    # A date cannot be "$1,250.00": what does not parse is not taken.
    assert "date" not in read.fields
    asked = [request.question for request in FakeFamily.requests]
    assert any("Invoice number" in question for question in asked)
    assert all(request.verbatim for request in FakeFamily.requests)
    assert all(not request.history for request in FakeFamily.requests)
    assert fake_engine.history(session_id) == ()


def test_an_answer_that_is_on_no_page_gives_no_field(fake_engine: Engine, tmp_path: Path) -> None:
    FakeFamily.script = ["$9,999.99"]
    session_id = fake_engine.create_session()
    document = fake_engine.add_document(session_id, save(tmp_path), name="invoice.png")
    read = fake_engine.fields(session_id, document.document_id, document_type="invoice")
    assert read.fields == {}


def test_templates_of_ones_own_come_from_the_settings_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "types"
    folder.mkdir()
    (folder / "label.toml").write_text(
        'name = "label"\ntitle = { en = "Label", ru = "Ярлык" }\n[fields.sum]\ntype = "amount"\n'
        'title = { en = "Sum", ru = "Сумма" }\nsynonyms.en = ["total due"]\n',
        encoding="utf-8",
    )
    overlay = tmp_path / "own.toml"
    overlay.write_text(f'[fields]\ntemplates = "{folder}"\n', encoding="utf-8")
    page = str(save(tmp_path))
    assert main(["fields", page, "--type", "label", "--json", "--settings", str(overlay)]) == 0
    assert json.loads(capsys.readouterr().out)["fields"]["sum"]["value"] == "1250.00"
    check_type("label", folder)
