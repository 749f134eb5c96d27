"""CSV, XLSX, dots' own JSON and searchable PDF: what goes in comes out, and nothing runs."""

import csv
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium_c
import pytest
from PIL import Image, ImageChops

from engine.core.schema import Document, Page, PageLayout, Region
from engine.layout import (
    lines_of,
    tables_of,
    to_csv,
    to_dots_json,
    to_searchable_pdf,
    to_xlsx,
    to_zip,
)
from engine.layout.dots_json import DotsJsonParser
from engine.layout.grid import Table, TableCell, table_of_rows
from tests.workbooks import read_workbook
from training import glyphless_font

TABLE = "item\tprice\ta & b\n=1+1\t-5.00\t\n\tвсего\t12"
ROWS = [["item", "price", "a & b"], ["=1+1", "-5.00", ""], ["", "всего", "12"]]
REGIONS = (
    Region((10.4, 10.0, 200.0, 40.0), "Title", "A title", 0),
    Region((10.0, 50.0, 200.0, 120.0), "Table", TABLE, 1),
    Region((10.0, 130.0, 200.0, 180.0), "Picture", "", 2),
    Region((10.0, 190.0, 200.0, 199.0), "Page-footer", "7", 3),
)


def page(number: int = 0) -> Page:
    return Page("d", number, 300, 200, lambda: Image.new("RGB", (300, 200), "white"))


def layout(*regions: Region) -> PageLayout:
    return PageLayout("d", 0, 300, 200, regions or REGIONS)


def test_a_table_is_a_csv_in_which_no_cell_is_a_formula() -> None:
    text = to_csv(tables_of([layout()]))
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows == [ROWS[0], ["'=1+1", "-5.00", ""], ROWS[2]]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1+1", "'\t=1+1"),
        ("\r=1+1", "'\r=1+1"),
        ("-1 250,00", "-1 250,00"),
        ("+7", "+7"),
        ("-12.50 EUR", "-12.50 EUR"),
        ("-12,50 €", "-12,50 €"),
        ("-$1,250.00", "-$1,250.00"),
        ("-EUR 12.50", "-EUR 12.50"),
        ("-1\u00a0250,00 руб.", "-1\u00a0250,00 руб."),
        ("+5.3%", "+5.3%"),
        ("- 12", "- 12"),
        ("-", "-"),
        ("-EUR12", "'-EUR12"),
        ("+A1", "'+A1"),
        ("-12 A1", "'-12 A1"),
        ("-2\n=1+1", "'-2\n=1+1"),
        ("-1E5*9", "'-1E5*9"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-12 EUR|'x'!A0", "'-12 EUR|'x'!A0"),
        ("=12.50", "'=12.50"),
        ("a=1", "a=1"),
    ],
)
def test_whatever_begins_a_formula_is_kept_from_being_one(cell: str, written: str) -> None:
    text = to_csv([("t", table_of_rows([["x", cell]]))]).removeprefix("\ufeff")
    ((_, found),) = csv.reader(io.StringIO(text, newline=""))
    assert found == written


def test_a_workbook_has_a_sheet_for_each_table_and_only_text() -> None:
    tables = [*tables_of([layout()]), ("second", table_of_rows([["\x00a", "<b>"]]))]
    first, second = read_workbook(to_xlsx(tables))
    assert (first.name, second.name) == ("page 1 table 1", "second")
    assert first.texts(len(ROWS), 3) == ROWS
    assert all(isinstance(value, str) for value in first.cells.values())
    assert second.cells == {(0, 0): " a", (0, 1): "<b>"}


@pytest.mark.parametrize(
    "text",
    ["=1+1", "{=1+1}", "@A1", "+A1", "-2+3", "https://a.example", "mailto:a@b.example",
     "internal:A1", "12.50", "0012", "1E5", "#REF!", "_x0041_", " a  ", "a\nb", "a\rb",
     "x" * 33000],
)  # fmt: skip
def test_text_of_a_page_is_text_in_a_workbook_whatever_it_looks_like(text: str) -> None:
    spanned = Table((TableCell(0, 0, text, columns=2), TableCell(1, 0, text), TableCell(1, 1, "b")))
    (sheet,) = read_workbook(to_xlsx([("t", spanned)]))
    # Of what is not XML, or could be taken for its escape, the escape is what stands there.
    written = text.replace("_x0041_", "_x005F_x0041_").replace("\r", "_x000D_")
    assert sheet.cells[0, 0] == sheet.cells[1, 0] == written[:32767]
    assert (sheet.formulas, sheet.formats, sheet.merged) == (0, {}, ["A1:B1"])


def test_equal_tables_make_equal_files() -> None:
    made = {to_xlsx([("t", table_of_rows([["a", "b"]]))]) for _ in range(2)}
    assert len(made) == 1


def test_sheets_have_names_that_spreadsheet_programs_accept() -> None:
    table = table_of_rows([["a"]])
    wanted = ["a" * 40, "A" * 40, "'[x]:*?/\\'", "", "😀" * 20, "x"]
    names = [sheet.name for sheet in read_workbook(to_xlsx([(one, table) for one in wanted]))]
    assert names == ["a" * 31, "A" * 29 + " 2", "x", "table", "😀" * 15, "x 2"]


def test_dots_json_reads_back_as_the_same_regions() -> None:
    cells = to_dots_json(layout())
    assert "text" not in cells[2]
    found = DotsJsonParser().feed(json.dumps(cells))
    assert [(cell.category, cell.text) for cell in found] == [
        (region.category, region.text) for region in REGIONS
    ]
    assert [cell.bbox for cell in found][1:] == [region.bbox for region in REGIONS][1:]
    assert len(to_dots_json(layout(), page_furniture=False)) == 3


@pytest.mark.parametrize(
    "words", ["The total is 42.00", "Итого к оплате: 86 400,00 ₽", "総額 漢字"]
)
def test_the_text_of_a_searchable_pdf_is_found_at_its_place(words: str, tmp_path: Path) -> None:
    region = Region((30.0, 60.0, 240.0, 80.0), "Text", words, 0)
    pdf = to_searchable_pdf([page(), page(1)], lambda _: lines_of(layout(region)), dpi=100)
    read = pypdfium2.PdfDocument(pdf)
    assert len(read) == 2
    assert read[0].get_size() == pytest.approx((216, 144))
    text = read[0].get_textpage()
    assert text.get_text_range().strip() == words
    boxes = [text.get_charbox(number, loose=True) for number in range(text.count_chars())]
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    bottom, top = min(box[1] for box in boxes), max(box[3] for box in boxes)
    # Points: 0.72 of the pixels, y upwards.
    assert (left, right) == pytest.approx((30 * 0.72, 240 * 0.72), abs=3)
    assert (bottom, top) == pytest.approx(((200 - 80) * 0.72, (200 - 60) * 0.72), abs=8)
    shown = read[0].render(scale=1).to_pil().convert("L")
    assert shown.getextrema()[0] > 250  # nothing of the text is drawn


COLUMNS = [
    ("Договор поставки № 47", (20.0, 10.0, 280.0, 26.0)),
    ("Продавец обязуется", (20.0, 40.0, 140.0, 52.0)),
    ("передать товар, ёмкостью 5 л.", (20.0, 60.0, 140.0, 72.0)),
    ("Price 1 250,00 €", (160.0, 40.0, 280.0, 52.0)),
    ("x = 3 漢字", (160.0, 60.0, 280.0, 72.0)),
]


def test_lines_of_a_searchable_pdf_are_read_and_found_in_their_order_at_their_boxes() -> None:
    pdf = pypdfium2.PdfDocument(to_searchable_pdf([page()], lambda _: COLUMNS, dpi=72))
    text = pdf[0].get_textpage()
    assert text.get_text_range().split("\r\n") == [line for line, _ in COLUMNS]
    for line, box in COLUMNS:
        start, count = text.search(line, match_case=True).get_next()
        edges = [text.get_charbox(at, loose=True) for at in range(start, start + count)]
        left, foot = edges[0][:2]
        right, top = edges[-1][2:]
        assert (left, 200 - top, right, 200 - foot) == pytest.approx(box, abs=0.1)
        assert text.get_text_bounded(left, foot, right, top).strip() == line


def test_the_text_of_a_searchable_pdf_is_invisible_and_its_font_is_in_the_file() -> None:
    plain = pypdfium2.PdfDocument(to_searchable_pdf([page()], lambda _: [], dpi=72))
    written = pypdfium2.PdfDocument(to_searchable_pdf([page()], lambda _: COLUMNS, dpi=72))
    shown = [one[0].render().to_pil() for one in (plain, written)]
    assert ImageChops.difference(*shown).getbbox() is None
    pieces = list(written[0].get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_TEXT]))
    assert len(pieces) == len(COLUMNS)
    assert all(piece.get_font().is_embedded for piece in pieces)


def test_pieces_without_extent_and_odd_characters_break_no_searchable_pdf() -> None:
    flat = (10.0, 20.0, 10.0, 20.0)
    odd = [("flat", flat), ("", flat), ("\ud800\x00a 😀", (10.0, 40.0, 60.0, 50.0)), (" \n ", flat)]
    pdf = pypdfium2.PdfDocument(to_searchable_pdf([page()], lambda _: odd, dpi=72))
    said = pdf[0].get_textpage().get_text_range()
    assert "flat" in said
    assert "a 😀" in said


def test_several_searchable_pdfs_are_written_at_once() -> None:
    def write(number: int) -> bytes:
        placed = [(f"{number}:{at}", (10.0, 4.0 * at, 90.0, 4.0 * at + 3)) for at in range(40)]
        return to_searchable_pdf([page(), page(1)], lambda _: placed, dpi=72)

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(write, range(8)))
    # Read on this thread alone: PDFium itself has no locks.
    for number, data in enumerate(written):
        for one in pypdfium2.PdfDocument(data):
            said = one.get_textpage().get_text_range().split()
            assert said == [f"{number}:{at}" for at in range(40)]


def test_the_font_of_searchable_pdfs_is_what_its_script_makes() -> None:
    assert glyphless_font.PATH.read_bytes() == glyphless_font.glyphless()


def test_the_archive_has_the_tables(tmp_path: Path) -> None:
    archive = zipfile.ZipFile(
        io.BytesIO(to_zip(Document("d", "a.png", (page(),)), [layout()], "m"))
    )
    assert {"tables.csv", "tables.xlsx"} <= set(archive.namelist())
    plain = layout(REGIONS[0])
    archive = zipfile.ZipFile(io.BytesIO(to_zip(Document("d", "a.png", (page(),)), [plain], "m")))
    assert "tables.csv" not in archive.namelist()
