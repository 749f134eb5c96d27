"""Exports of page layouts: JSON, Markdown, HTML, CSV, XLSX, searchable PDF, and a ZIP archive.

Region text comes from models and OCR and is untrusted. Every export writes it as data: it can
become neither Markdown nor HTML. In a Table region a newline separates rows and a tab separates
cells.

Try it: `python -c "from engine.layout import to_markdown; print(to_markdown([]))"`
"""

from engine.layout.exports import to_dots_json, to_json, to_zip
from engine.layout.html import to_html
from engine.layout.markdown import to_markdown
from engine.layout.reading import table_rows
from engine.layout.searchable_pdf import lines_of, to_searchable_pdf
from engine.layout.spreadsheet import tables_of, to_csv, to_xlsx
from engine.layout.written_tables import parts_of

__all__ = [
    "lines_of",
    "parts_of",
    "table_rows",
    "tables_of",
    "to_csv",
    "to_dots_json",
    "to_html",
    "to_json",
    "to_markdown",
    "to_searchable_pdf",
    "to_xlsx",
    "to_zip",
]
