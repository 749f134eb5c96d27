"""Exports of page layouts as JSON and as a ZIP of all files with the regions drawn on each page."""

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any, Final

from engine.core.i18n import DEFAULT_LANGUAGE
from engine.core.schema import Document, PageLayout
from engine.layout.html import to_html
from engine.layout.markdown import to_markdown
from engine.layout.overlay import draw_layout
from engine.layout.reading import pages_in_order, regions_in_order, spans_of, table_rows
from engine.layout.spreadsheet import tables_of, to_csv, to_xlsx
from engine.layout.tables import table_html

# A fixed time for every file: equal layouts make equal archives.
_TIMESTAMP: Final = (1980, 1, 1, 0, 0, 0)


def to_json(
    document: Document,
    layouts: Sequence[PageLayout],
    model_id: str,
    *,
    page_furniture: bool = True,
) -> dict[str, Any]:
    """Return the object that `python -m engine parse --format json` prints; boxes in page pixels.

    Args:
        document: gives the name. Layouts of other documents are left out.
        model_id: the model that produced the layouts.
        page_furniture: whether to include page headers and footers. The reading order numbers do
            not change.
    """
    return {
        "document": document.name,
        "model": model_id,
        "pages": [
            {
                "page_index": layout.page_index,
                "width": layout.width,
                "height": layout.height,
                "finish_reason": layout.finish_reason,
                "regions": [
                    {
                        "bbox": list(region.bbox),
                        "category": region.category,
                        "text": region.text,
                        "order": region.order,
                        **({"html": html} if (html := spans_of(region)) else {}),
                    }
                    for region in regions_in_order(layout, page_furniture=page_furniture)
                ],
            }
            for layout in pages_in_order(_of(document, layouts))
        ],
    }


def to_dots_json(layout: PageLayout, *, page_furniture: bool = True) -> list[dict[str, Any]]:
    """Return a page in dots.ocr's format: a list of cells, boxes in whole page pixels.

    Tables are HTML and pictures have no text, as its published prompt asks.
    """
    cells: list[dict[str, Any]] = []
    for region in regions_in_order(layout, page_furniture=page_furniture):
        cell: dict[str, Any] = {
            "bbox": [round(value) for value in region.bbox],
            "category": region.category,
        }
        if region.category == "Table":
            cell["text"] = spans_of(region) or table_html(table_rows(region.text))
        elif region.category != "Picture":
            cell["text"] = region.text
        cells.append(cell)
    return cells


def to_zip(
    document: Document,
    layouts: Sequence[PageLayout],
    model_id: str,
    *,
    page_furniture: bool = True,
    language: str = DEFAULT_LANGUAGE,
) -> bytes:
    """Return a ZIP archive of layout.json, layout.md, layout.html and page-N.png (N from 1).

    It also contains tables.csv and tables.xlsx if a page has tables. The pictures show every
    region, including page headers and footers.

    Raises:
        DocumentError: a page can no longer be loaded.
    """
    own = pages_in_order(_of(document, layouts))
    found = to_json(document, own, model_id, page_furniture=page_furniture)
    files = {
        "layout.json": json.dumps(found, ensure_ascii=False, indent=2).encode("utf-8", "replace"),
        "layout.md": to_markdown(own, page_furniture=page_furniture, language=language).encode(
            "utf-8", "replace"
        ),
        "layout.html": to_html(
            own, title=document.name, page_furniture=page_furniture, language=language
        ).encode("utf-8", "replace"),
    }
    tables = tables_of(own)
    if tables:
        files["tables.csv"] = to_csv(tables).encode("utf-8", "replace")
        files["tables.xlsx"] = to_xlsx(tables)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            _add(archive, name, content, zipfile.ZIP_DEFLATED)
        for layout in own:
            # One page at a time: a hundred decoded pages do not fit into memory.
            picture = io.BytesIO()
            page = document.pages[layout.page_index]
            draw_layout(page.load_image(), layout, language=language).save(picture, "PNG")
            name = f"page-{layout.page_index + 1}.png"
            _add(archive, name, picture.getvalue(), zipfile.ZIP_STORED)
    return buffer.getvalue()


def _of(document: Document, layouts: Sequence[PageLayout]) -> list[PageLayout]:
    return [layout for layout in layouts if layout.document_id == document.document_id]


def _add(archive: zipfile.ZipFile, name: str, content: bytes, compression: int) -> None:
    archive.writestr(zipfile.ZipInfo(name, _TIMESTAMP), content, compress_type=compression)
