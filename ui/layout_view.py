"""The layout task: colours and names of the categories, and the downloads as PNG and JSON."""

import json
import re
from pathlib import Path
from typing import Literal

from engine import Document, Page, Transcript
from engine.layout import to_json
from engine.overlay import category_colour, draw_layout
from engine.schema import CATEGORIES
from engine.texts import say

ExportKind = Literal["png", "json"]


def colours() -> dict[str, str]:
    """The colour of each region category, as CSS."""
    return {category: category_colour(category) for category in CATEGORIES}


def names(language: str) -> dict[str, str]:
    """The name of each region category, the same on the screen as on the downloaded picture."""
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
    language: str,
) -> Path | None:
    """Write a download: the page with its regions drawn, or all regions of its document.

    Returns:
        The file, or None where the last answer found no regions to write.
    """
    layouts = transcript.layouts((document,))
    shown = next((item for item in layouts if item.page_index == page.page_index), None)
    number = f"-{page.page_index + 1}" if kind == "png" else ""
    target = folder / f"{file_stem(document.name)}{number}.{kind}"
    if kind == "json" and layouts:
        found = to_json(document, layouts, transcript.model_id or "")
        target.write_text(json.dumps(found, ensure_ascii=False, indent=2), encoding="utf-8")
        return target
    if kind == "png" and shown is not None:
        draw_layout(page.load_image(), shown, language=language).save(target, "PNG")
        return target
    return None


def file_stem(name: str) -> str:
    """The document's name as part of a file name: the user's own letters, no path, no tricks."""
    stem = re.sub(r"[^\w-]+", "_", Path(name).stem).strip("_")
    return stem[:80] or "page"
