"""A file of several documents from the picture on: the engine, the command line."""

import csv
import io
import json
from pathlib import Path

import pytest

from engine import Engine
from engine.cli import main
from engine.core.errors import SessionError
from engine.fields import FieldsPage, page_numbers
from tests.fields.drawn import specimen_of


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An invoice, a receipt and the empty back of its sheet, as a scanner puts them in one file."""
    invoice = specimen_of("invoice", "en", 4).image
    receipt = specimen_of("receipt", "en", 4).image
    empty = receipt.point(lambda _: 255)
    path = tmp_path_factory.mktemp("scans") / "scans.tiff"
    invoice.save(path, save_all=True, append_images=[receipt, empty])
    return path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["fields", *arguments]) == 0
    return capsys.readouterr().out


def test_json_has_each_document_with_its_pages(
    scans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(said(capsys, str(scans), "--json"))
    pages = [[page["page_index"] for page in one["pages"]] for one in found["documents"]]
    assert pages == [[0], [1, 2]]
    assert [one["document_type"] for one in found["documents"]] == ["invoice", "receipt"]
    assert (found["file"], found["document_type"]) == ("scans.tiff", "invoice")
    for own, one in zip(pages, found["documents"], strict=True):
        assert one["fields"]
        assert {field["page_index"] for field in one["fields"].values()} <= set(own)


def test_a_person_sees_each_document_under_its_own_heading(
    scans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = said(capsys, str(scans))
    assert "Document 1 of 2, page 1\ninvoice" in shown
    assert "Document 2 of 2, pages 2\u20133\nreceipt" in shown


def test_tables_have_a_row_a_document(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, str(scans.parent), "--format", "csv")
    head, *rows = csv.reader(io.StringIO(shown.removeprefix("\ufeff")))
    assert [row[head.index("file")] for row in rows] == ["scans.tiff"] * 2
    assert [row[head.index("pages")] for row in rows] == ["1", "2\u20133"]
    assert [row[head.index("document_type")] for row in rows] == ["invoice", "receipt"]


def test_a_file_is_one_document_where_that_is_said_or_pages_are_named(
    scans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = json.loads(said(capsys, str(scans), "--one-document", "--json"))
    assert "documents" not in whole
    assert [page["page_index"] for page in whole["pages"]] == [0, 1, 2]
    two = json.loads(said(capsys, str(scans), "--pages", "2-3,2", "--json"))
    assert [page["page_index"] for page in two["pages"]] == [1, 2]
    assert two["document_type"] == "receipt"
    for wrong in ("0", "2-9", "3-2", "one"):
        assert main(["fields", str(scans), "--pages", wrong, "--json"]) == 2
        assert "Choose a page from 1 to 3" in capsys.readouterr().err


def test_pages_are_told_in_runs_and_are_no_dates_to_a_spreadsheet() -> None:
    def told(*indexes: int) -> str:
        return page_numbers([FieldsPage(index, 900, 600) for index in indexes])

    assert (told(0), told(0, 1, 2), told(4, 1), told(0, 1, 4, 1)) == (
        "1",
        "1\u20133",
        "2, 5",
        "1\u20132, 5",
    )


def test_the_engine_gives_the_parts_of_a_file_and_the_fields_of_each(scans: Path) -> None:
    with Engine() as engine:
        session_id = engine.create_session()
        document = engine.add_document(session_id, scans, name="scans.tiff")
        place = (session_id, document.document_id)
        assert engine.split(*place) == ((0,), (1, 2))
        every = engine.all_fields(*place)
        assert every == tuple(engine.fields(*place, pages=pages) for pages in ((0,), (1, 2)))
        named = engine.all_fields(*place, document_type="receipt", language="ru")
        assert [one.document_type for one in named] == ["receipt"] * 2
        assert len(engine.fields(*place).pages) == 3
        with pytest.raises(SessionError):
            engine.split(session_id, "another")
