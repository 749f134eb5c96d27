"""Reads XLSX files back, apart from the library that writes them (ECMA-376 part 1, 18)."""

import io
import re
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree as ET

_SPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}

# Formats that have numbers and no codes in a file (18.8.30); 0 is plain.
_STANDARD: dict[str | None, str] = {"1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes:
        cells: (row, column), from 0 -> text, or a number.
        formats: the same -> number format, where it is not plain.
        merged: ranges as "A1:B2".
        widths: column -> its width where it has one of its own.
        formulas: how many cells compute or lead elsewhere.
    """

    name: str
    cells: dict[tuple[int, int], str | float]
    formats: dict[tuple[int, int], str]
    merged: list[str]
    widths: dict[int, float]
    formulas: int

    def texts(self, rows: int, columns: int) -> list[list[str]]:
        """The sheet as rows of text; places without a cell are empty."""
        return [[str(self.cells.get((r, c), "")) for c in range(columns)] for r in range(rows)]


def read_workbook(data: bytes) -> list[Sheet]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    shared = [
        "".join(text.text or "" for text in one.iterfind(".//m:t", _SPACE))
        for one in _root(parts, "xl/sharedStrings.xml").iterfind("m:si", _SPACE)
    ]
    styles = _root(parts, "xl/styles.xml")
    codes = _STANDARD | {
        one.get("numFmtId"): one.get("formatCode", "")
        for one in styles.iterfind("m:numFmts/m:numFmt", _SPACE)
    }
    used = [one.get("numFmtId") for one in styles.iterfind("m:cellXfs/m:xf", _SPACE)]
    book = _root(parts, "xl/workbook.xml")
    titles = [one.get("name", "") for one in book.iterfind(".//m:sheet", _SPACE)]
    return [
        _sheet(title, _root(parts, f"xl/worksheets/sheet{number}.xml"), shared, codes, used)
        for number, title in enumerate(titles, start=1)
    ]


def _root(parts: dict[str, bytes], name: str) -> ET.Element:
    return ET.fromstring(parts[name]) if name in parts else ET.Element("none")


def _sheet(
    title: str,
    root: ET.Element,
    shared: list[str],
    codes: dict[str | None, str],
    used: list[str | None],
) -> Sheet:
    cells: dict[tuple[int, int], str | float] = {}
    formats = {}
    for cell in root.iterfind(".//m:c", _SPACE):
        place, value = _place(cell.get("r", "")), cell.findtext("m:v", None, _SPACE)
        if value is not None:
            cells[place] = shared[int(value)] if cell.get("t") == "s" else float(value)
        code = codes.get(used[int(cell.get("s", "0"))])
        if code is not None:
            formats[place] = code
    links = [*root.iterfind(".//m:f", _SPACE), *root.iterfind(".//m:hyperlink", _SPACE)]
    merged = [one.get("ref", "") for one in root.iterfind("m:mergeCells/m:mergeCell", _SPACE)]
    widths = {
        int(one.get("min", "0")) - 1: float(one.get("width", "0"))
        for one in root.iterfind("m:cols/m:col", _SPACE)
    }
    return Sheet(title, cells, formats, merged, widths, len(links))


def _place(reference: str) -> tuple[int, int]:
    """A1 is (0, 0), AA10 is (9, 26)."""
    match = re.fullmatch(r"([A-Z]+)(\d+)", reference)
    assert match is not None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1
