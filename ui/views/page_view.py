"""The page viewer's value as plain data: pages, evidence, regions, and the page to turn to.

`view` builds it from the engine's values and ui/static/page_view.js draws it. Nothing here is HTML:
the script sets text as text, so a page's words cannot become markup.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import Document, Transcript
from engine.core.schema import BBox, WordSource
from ui import i18n
from ui.views.escaping import plain
from ui.views.layout_view import EXPORTS, colours, names
from ui.views.messages import numbers
from ui.views.selection import Selection

PageKey = tuple[str, int]  # (document_id, page_index)
View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PageJump:
    """A request to turn to a page.

    Attributes:
        number: grows with every request, so the viewer follows each one once.
        to_evidence: also highlight the answer's evidence there.
    """

    page: PageKey
    number: int
    to_evidence: bool = False


def view(
    documents: Sequence[Document],
    transcript: Transcript | None,
    jump: PageJump | None,
    layout: Transcript | None = None,
    turn: int | None = None,
) -> View:
    """The viewer's value. Boxes are in page pixels; page indexes are 0-based.

    Args:
        transcript: the answer whose evidence is shown.
        layout: the answer whose regions are shown.
        turn: the index of `transcript` among the turns of the chat, which its marks carry.
    """
    return {
        "pages": [
            {
                "document": document.document_id,
                "name": plain(document.name),
                "page": page.page_index,
                "pages": len(document.pages),
                "width": page.width,
                "height": page.height,
            }
            for document in documents
            for page in document.pages
        ],
        "turn": turn,
        "evidence": _evidence(transcript) if transcript else [],
        "suggestions": _suggestions(transcript) if transcript else [],
        "regions": _regions(layout) if layout else [],
        "jump": None
        if jump is None
        else {
            "document": jump.page[0],
            "page": jump.page[1],
            "number": jump.number,
            "evidence": jump.to_evidence,
        },
    }


def text_in_area(area: Selection, words: str) -> View:
    """The text in a drawn box, with the box that it belongs to."""
    return {
        "document": area.document_id,
        "page": area.page_index,
        "bbox": list(area.bbox),
        "text": plain(words),
    }


def sources_of(page: PageKey, sources: Mapping[WordSource, Sequence[BBox]]) -> View:
    """The words of a page by their source. sources: source -> boxes of words in page pixels."""
    return {
        "document": page[0],
        "page": page[1],
        "groups": [
            {"source": source, "boxes": [[round(edge, 1) for edge in box] for box in boxes]}
            for source, boxes in sources.items()
        ],
    }


def images(shown: Mapping[PageKey, Path | None]) -> dict[str, str]:
    """Paths of display pictures: "document/page" -> server path, "" if drawing failed."""
    return {
        f"{document_id}/{page_index}": "" if path is None else path.as_posix()
        for (document_id, page_index), path in shown.items()
    }


def strings(language: str) -> dict[str, Any]:
    """The texts and colours that the script needs."""
    return {
        "language": i18n.known(language),
        "page": i18n.table("page", language),
        "evidence": i18n.table("evidence", language),
        "regions": i18n.table("regions", language),
        "category": names(language),
        "card": i18n.table("card", language),
        "draw": i18n.table("draw", language),
        "sources": i18n.table("sources", language),
        "exports": list(EXPORTS),
        "button": i18n.table("button", language),
        "sides": i18n.table("sides", language),
        "archive": i18n.text("archive.title", language),
        "chat": i18n.text("chat.label", language),
        "question": i18n.text("question.label", language),
        "connection": i18n.table("connection", language),
        "colours": colours(),
    }


def best_page(transcript: Transcript) -> PageKey | None:
    """The page of the first evidence, which is the engine's best; None without evidence."""
    if not transcript.evidence:
        return None
    first = transcript.evidence[0]
    return (first.document_id, first.page_index)


def _evidence(transcript: Transcript) -> list[dict[str, Any]]:
    return [
        {
            "document": found.document_id,
            "page": found.page_index,
            "bbox": [round(edge, 2) for edge in found.bbox],
            "text": plain(found.text),
            "number": number,
        }
        for found, number in zip(transcript.evidence, numbers(transcript.evidence), strict=True)
    ]


def _suggestions(transcript: Transcript) -> list[dict[str, Any]]:
    return [
        {
            "document": found.document_id,
            "page": found.page_index,
            "bbox": [round(edge, 2) for edge in found.bbox],
            "text": plain(found.text),
        }
        for found in transcript.suggestions
    ]


def _regions(transcript: Transcript) -> list[dict[str, Any]]:
    return [
        {
            "document": document_id,
            "page": page_index,
            "bbox": [round(edge, 2) for edge in region.bbox],
            "category": region.category,
            "order": region.order,
            "text": plain(region.text),
        }
        for (document_id, page_index), regions in transcript.regions.items()
        for region in regions
    ]
