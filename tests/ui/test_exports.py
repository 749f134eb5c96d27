"""The downloads of the layout: every kind that is offered can be made, and opens."""

import json
import zipfile
from pathlib import Path

import pypdfium2
import pytest

from engine import Document, Settings, Transcript
from engine.core.schema import Finished, Region, RegionAdded
from tests.ui.conftest import draw
from tests.ui.fake_engine import FakeEngine
from ui.views import layout_view
from ui.views.layout_view import EXPORTS, ExportKind

TABLE = Region((100, 400, 700, 600), "Table", "Item\tPrice\nPaper\t540.00", 1)
TEXT = Region((100, 100, 700, 200), "Text", "Total <b>1,240.50</b>", 0)


@pytest.fixture
def document(engine: FakeEngine, tmp_path: Path) -> Document:
    path = Path(draw(tmp_path / "my scan.png"))
    return engine.add_document(engine.create_session(), path, name=path.name)


def made(
    kind: ExportKind, document: Document, folder: Path, settings: Settings, *regions: Region
) -> Path | None:
    transcript = Transcript()
    for region in regions:
        transcript.add(RegionAdded(document.document_id, 0, region))
    transcript.add(Finished("stop", "lite"))
    return layout_view.write(
        kind,
        transcript,
        document,
        document.pages[0],
        folder,
        language="en",
        dpi=settings.limits.pdf_dpi,
    )


@pytest.mark.parametrize("kind", EXPORTS)
def test_every_kind_that_is_offered_is_made(
    kind: ExportKind, document: Document, tmp_path: Path, settings: Settings
) -> None:
    path = made(kind, document, tmp_path, settings, TEXT, TABLE)
    assert path is not None
    assert path.name == ("my_scan-1.png" if kind == "png" else f"my_scan.{kind}")
    content = path.read_bytes()
    match kind:
        case "png":
            assert content.startswith(b"\x89PNG")
        case "json":
            assert json.loads(content)["pages"][0]["regions"][1]["category"] == "Table"
        case "md":
            assert b"540.00" in content
        case "html":
            assert b"<b>" not in content
            assert b"540.00" in content
        case "csv":
            assert "Paper,540.00" in content.decode("utf-8-sig")
        case "pdf":
            text = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_bounded()
            assert "1,240.50" in text
        case _:
            assert zipfile.is_zipfile(path)


@pytest.mark.parametrize("kind", EXPORTS)
def test_without_regions_there_is_nothing_to_write(
    kind: ExportKind, document: Document, tmp_path: Path, settings: Settings
) -> None:
    assert made(kind, document, tmp_path, settings) is None


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_without_tables_there_is_no_spreadsheet(
    kind: ExportKind, document: Document, tmp_path: Path, settings: Settings
) -> None:
    assert made(kind, document, tmp_path, settings, TEXT) is None


def test_a_browser_may_ask_for_a_known_kind_only() -> None:
    assert layout_view.export_kind("pdf") == "pdf"
    assert layout_view.export_kind("../../etc/passwd") is None
