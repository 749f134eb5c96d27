"""Answers and layouts as the JSON that the command line prints and the app's API sends.

Boxes are rounded to a tenth of a pixel, seconds to milliseconds; page_index is 0-based.

Try it:
    python -m engine ask examples/invoice.png "What is the invoice number?" --json
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from engine.core.prompts import Task
from engine.core.schema import Answer, Document, Evidence, Page, PageLayout, Usage
from engine.layout import to_json

Json: TypeAlias = dict[str, Any]


def answer_json(answer: Answer, pages: Sequence[Page]) -> Json:
    """An answer with its places. pages: the frames of its boxes."""
    return {
        "answer": answer.text,
        "model": answer.model_id,
        "finish_reason": answer.finish_reason,
        "evidence": [evidence_json(found) for found in answer.evidence],
        "certainty": answer.certainty,
        "suggestions": [evidence_json(found) for found in answer.suggestions],
        "pages": page_sizes(pages),
        "notices": list(answer.notices),
        "usage": usage_json(answer.usage),
    }


def parse_json(document: Document, pages: Sequence[Page], answer: Answer, task: Task) -> Json:
    """A task's result on a document's pages: regions, or text if it gives text alone."""
    if task.output == "text":
        return {
            "document": document.name,
            "model": answer.model_id,
            "task": task.id,
            "finish_reason": answer.finish_reason,
            "text": answer.text,
        }
    return to_json(document, [layout_of(page, answer) for page in pages], answer.model_id)


def layout_of(page: Page, answer: Answer) -> PageLayout:
    """A page's layout; an empty one if nothing was found, so every page is listed."""
    for layout in answer.layouts:
        if (layout.document_id, layout.page_index) == (page.document_id, page.page_index):
            return layout
    return PageLayout(
        page.document_id, page.page_index, page.width, page.height, (), answer.finish_reason
    )


def page_sizes(pages: Sequence[Page]) -> list[dict[str, int]]:
    """The page sizes, which are the frames of the boxes, for every JSON with boxes."""
    return [
        {"page_index": page.page_index, "width": page.width, "height": page.height}
        for page in pages
    ]


def evidence_json(found: Evidence) -> Json:
    """One place of an answer."""
    return {
        "document_id": found.document_id,
        "page_index": found.page_index,
        "bbox": [round(value, 1) for value in found.bbox],
        "text": found.text,
        "score": round(found.score, 3),
    }


def usage_json(usage: Usage) -> Json:
    """The cost of an answer."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "ttft_seconds": round(usage.ttft_seconds, 3),
        "tokens_per_second": round(usage.tokens_per_second, 2),
        "load_seconds": round(usage.load_seconds, 3),
        "peak_memory_bytes": usage.peak_memory_bytes,
    }
