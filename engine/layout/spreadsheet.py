"""Tables of a layout -> CSV and XLSX. Cell text is untrusted and can become no formula.

A cell that spans has its text once: its other places are empty in a CSV, merged in a workbook.

The XLSX file is written by hand (Office Open XML, ECMA-376): one sheet a table, every cell an
inline string, so that nothing a page says is computed and nothing has to be installed. Cells whose
meaning the caller knows are numbers and dates (TypedCell).
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from engine.layout.grid import Table, TableCell
from engine.layout.reading import pages_in_order, regions_in_order, table_of
from engine.schema import PageLayout

# Every file of the archive gets this time, so that equal tables make equal files.
_TIMESTAMP: Final = (1980, 1, 1, 0, 0, 0)
# What a spreadsheet program may take for a formula (OWASP, "CSV Injection").
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
# What begins like one and is none: a dash, numbers and amounts. They hold no operator, bracket or
# "!"; a currency's code stands apart from the digits, for EUR12 names a cell and EUR 12 does not.
_SIGN: Final = r"[$¢£¤¥\u20a0-\u20cf]"
_SPACE: Final = r"[ \u00a0\u2007\u2009\u202f]"
_NUMBER: Final = re.compile(
    rf"-|[+-]{_SPACE}?(?:{_SIGN}{_SPACE}?|[A-Z]{{3}}{_SPACE})?"
    rf"[.,]?\d(?:[\d.,'’]|{_SPACE})*(?:%|{_SIGN}|[^\W\d_]{{1,10}}\.?)?"
)
# What XML 1.0 forbids in text.
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Day 0 of the 1900 date system (ECMA-376 part 1, 18.17.4.1), which takes 1900 for a leap year:
# right from March 1900 on.
_DAY_ZERO: Final = date(1899, 12, 30)
FIRST_DAY: Final = date(1900, 3, 1)
# Spreadsheet programs compute in doubles: more digits would come out changed.
MOST_DIGITS: Final = 15
# Numbers of formats below this are the standard's own (18.8.30).
_OWN_FORMATS: Final = 164
# In characters: separators that a format puts between digits, and the cell's margins.
_MARGIN: Final = 4


@dataclass(frozen=True, slots=True)
class TypedCell:
    """A cell that a spreadsheet program computes with.

    Attributes:
        value: a number of at most MOST_DIGITS digits, or a day from FIRST_DAY on.
        format: how it is shown, a number format of ECMA-376 part 1, 18.8.31: "#,##0.00".
    """

    value: Decimal | date
    format: str

    @property
    def number(self) -> str:
        """What the file holds: a date is its day's number."""
        if isinstance(self.value, date):
            return str((self.value - _DAY_ZERO).days)
        return f"{self.value:f}"


TypedCells = Mapping[tuple[int, int], TypedCell]


def tables_of(layouts: Iterable[PageLayout]) -> list[tuple[str, Table]]:
    """(name, table) of every table that has text, in reading order; names say page and number."""
    found = []
    for layout in pages_in_order(layouts):
        number = 0
        for region in regions_in_order(layout, page_furniture=False):
            if region.category == "Table" and (table := table_of(region)).has_text:
                number += 1
                found.append((f"page {layout.page_index + 1} table {number}", table))
    return found


def to_csv(tables: Sequence[tuple[str, Table]]) -> str:
    """Tables one below the other, an empty line between them (RFC 4180; UTF-8 with a mark)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for number, (_, table) in enumerate(tables):
        if number:
            writer.writerow([])
        writer.writerows([[_harmless(cell) for cell in row] for row in table.rows()])
    # The mark tells spreadsheet programs that this is UTF-8.
    return "\ufeff" + buffer.getvalue()


def to_xlsx(tables: Sequence[tuple[str, Table]], typed: Sequence[TypedCells] = ()) -> bytes:
    """A workbook with one sheet a table; an empty sheet where there is none.

    Args:
        typed: for each table, (row, column) -> what stands there instead of the text.
    """
    sheets = list(tables) or [("page 1", Table(()))]
    cells = typed or [{} for _ in sheets]
    numbers = range(1, len(sheets) + 1)
    formats = list(dict.fromkeys(cell.format for own in cells for cell in own.values()))
    styles = {name: number for number, name in enumerate(formats, start=1)}
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
            f'ContentType="{_TYPES}.worksheet+xml"/>'
            for n in numbers
        )
        + (
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>'
            if styles
            else ""
        )
        + "</Types>",
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(
            f'<sheet name={quoteattr(name[:31])} sheetId="{n}" r:id="rId{n}"/>'
            for n, (name, _) in zip(numbers, sheets, strict=True)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            [
                *(("worksheet", f"worksheets/sheet{n}.xml") for n in numbers),
                *([("styles", "styles.xml")] if styles else []),
            ]
        ),
    }
    if styles:
        files["xl/styles.xml"] = _styles(formats)
    for n, (_, table), own in zip(numbers, sheets, cells, strict=True):
        files[f"xl/worksheets/sheet{n}.xml"] = _sheet(table, own, styles)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(
                zipfile.ZipInfo(path, _TIMESTAMP), _HEAD + content, zipfile.ZIP_DEFLATED
            )
    return buffer.getvalue()


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet program shows and never computes."""
    harmless = not _FORMULA.match(cell) or _NUMBER.fullmatch(cell)
    return cell if harmless else f"'{cell}"


def _relations(targets: list[tuple[str, str]]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def _sheet(table: Table, typed: TypedCells, styles: Mapping[str, int]) -> str:
    def cell(place: tuple[int, int], text: str) -> str:
        own = typed.get(place)
        if own is not None:
            return f'<c s="{styles[own.format]}"><v>{own.number}</v></c>'
        shown = escape(_FORBIDDEN.sub(" ", text))
        return f'<c t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'

    body = "".join(
        "<row>" + "".join(cell((row, column), text) for column, text in enumerate(texts)) + "</row>"
        for row, texts in enumerate(table.rows())
    )
    spanned = [cell for cell in table.cells if cell.is_spanned]
    merged = "".join(f'<mergeCell ref="{_range(cell)}"/>' for cell in spanned)
    if merged:
        merged = f'<mergeCells count="{len(spanned)}">{merged}</mergeCells>'
    columns = _widths(table, typed)
    return f'<worksheet xmlns="{_MAIN}">{columns}<sheetData>{body}</sheetData>{merged}</worksheet>'


def _widths(table: Table, typed: TypedCells) -> str:
    """Columns of numbers as wide as these are: what does not fit is shown as "####"."""
    widths: dict[int, int] = {}
    for row, texts in enumerate(table.rows()):
        for column, text in enumerate(texts):
            if (row, column) in typed:
                widths[column] = max(widths.get(column, 0), len(text) + _MARGIN)
    columns = "".join(
        f'<col min="{column + 1}" max="{column + 1}" width="{width}" customWidth="1"/>'
        for column, width in sorted(widths.items())
    )
    return f"<cols>{columns}</cols>" if columns else ""


def _styles(formats: Sequence[str]) -> str:
    """styles.xml: style 0 is plain, the others show numbers in these formats, in their order."""
    own = "".join(
        f'<numFmt numFmtId="{_OWN_FORMATS + n}" formatCode={quoteattr(code)}/>'
        for n, code in enumerate(formats)
    )
    used = "".join(
        f'<xf numFmtId="{_OWN_FORMATS + n}" fontId="0" fillId="0" borderId="0" xfId="0" '
        'applyNumberFormat="1"/>'
        for n in range(len(formats))
    )
    plain = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"'
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(formats)}">{own}</numFmts>'
        '<fonts count="1"><font/></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border/></borders>'
        f'<cellStyleXfs count="1">{plain}/></cellStyleXfs>'
        f'<cellXfs count="{len(formats) + 1}">{plain} xfId="0"/>{used}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    )


def _range(cell: TableCell) -> str:
    """The places of a cell as a spreadsheet names them: A1:B2."""
    last_row, last_column = cell.row + cell.rows, cell.column + cell.columns - 1
    return f"{_letters(cell.column)}{cell.row + 1}:{_letters(last_column)}{last_row}"


def _letters(column: int) -> str:
    """A column's name: 0 is A, 26 is AA."""
    name = ""
    while column >= 0:
        name = chr(ord("A") + column % 26) + name
        column = column // 26 - 1
    return name
