"""The layout task: colours and names of the region categories, and the downloads."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, get_args

from engine import Document, Page, PageLayout, Transcript
from engine.core.i18n import say
from engine.core.schema import CATEGORIES
from engine.layout import (
    lines_of,
    tables_of,
    to_csv,
    to_html,
    to_json,
    to_markdown,
    to_searchable_pdf,
    to_xlsx,
    to_zip,
)
from engine.layout.overlay import category_colour, draw_layout

ExportKind = Literal["png", "json", "md", "html", "csv", "xlsx", "pdf", "zip"]
EXPORTS: Final[tuple[ExportKind, ...]] = get_args(ExportKind)


def export_kind(name: str) -> ExportKind | None:
    """The export kind that a browser asks for; None if it does not exist."""
    return next((kind for kind in EXPORTS if kind == name), None)


def colours() -> dict[str, str]:
    """Region category -> CSS colour."""
    return {category: category_colour(category) for category in CATEGORIES}


def names(language: str) -> dict[str, str]:
    """Region category -> its name, the same on the screen and in the downloaded picture."""
    return {
        category: say(f"overlay.{category.lower().replace('-', '_')}", language)
        for category in CATEGORIES
    }


def write(
    kind: ExportKind,
    transcript: Transcript,
    document: Document,
    page: Page,
    folder: Path,
    *,
    language: str,
    dpi: int,
) -> Path | None:
    """Write a download: the page with its regions drawn (png), or the layout of its document.

    Args:
        page: the page on the screen; png shows only this one.
        dpi: resolution of a PDF's pages, in pixels per inch.
    Returns:
        The file, or None if there is nothing to write: no regions, or no tables for csv and xlsx.
    Raises:
        DocumentError: a page can no longer be loaded.
    """
    layouts = transcript.layouts((document,))
    if kind == "png":
        layouts = tuple(item for item in layouts if item.page_index == page.page_index)
    if not layouts or (kind in ("csv", "xlsx") and not tables_of(layouts)):
        return None
    number = f"-{page.page_index + 1}" if kind == "png" else ""
    target = folder / f"{file_stem(document.name)}{number}.{kind}"
    if kind == "png":
        draw_layout(page.load_image(), layouts[0], language=language).save(target, "PNG")
    else:
        target.write_bytes(_content(kind, document, layouts, transcript.model_id, language, dpi))
    return target


def _content(
    kind: ExportKind,
    document: Document,
    layouts: Sequence[PageLayout],
    model_id: str | None,
    language: str,
    dpi: int,
) -> bytes:
    # OCR text may contain a lone surrogate, which UTF-8 cannot encode.
    match kind:
        case "md":
            return to_markdown(layouts, language=language).encode("utf-8", "replace")
        case "html":
            text = to_html(layouts, title=document.name, language=language)
            return text.encode("utf-8", "replace")
        case "csv":
            return to_csv(tables_of(layouts)).encode("utf-8", "replace")
        case "xlsx":
            return to_xlsx(tables_of(layouts))
        case "pdf":
            placed = {layout.page_index: lines_of(layout) for layout in layouts}
            return to_searchable_pdf(
                document.pages, lambda page: placed.get(page.page_index, []), dpi=dpi
            )
        case "zip":
            return to_zip(document, layouts, model_id or "", language=language)
        case _:
            found = to_json(document, layouts, model_id or "")
            return json.dumps(found, ensure_ascii=False, indent=2).encode("utf-8", "replace")


def file_stem(name: str) -> str:
    """A document's name as a safe part of a file name: letters, digits, "_" and "-" of its stem.

    At most 80 characters; "page" if nothing remains.
    """
    stem = re.sub(r"[^\w-]+", "_", Path(name).stem).strip("_")
    return stem[:80] or "page"
