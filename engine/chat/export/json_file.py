"""A conversation as JSON; conversation.schema.json beside this file is its schema."""

import json
from collections.abc import Sequence
from typing import Any, Final

from engine.chat.citations import numbers, pieces
from engine.chat.export.exchange import Exchange
from engine.core.schema import Document
from engine.core.transcript import Transcript
from engine.layout import to_json as layout_json

FORMAT: Final = "scanchat.conversation"
VERSION: Final = 1


def to_json(
    exchanges: Sequence[Exchange], documents: Sequence[Document], *, title: str, language: str
) -> bytes:
    """UTF-8, indented. Boxes are in pixels of the upright page, whose size is in `documents`."""
    found = {
        "format": FORMAT,
        "version": VERSION,
        "title": title,
        "language": language,
        "documents": [_document(document) for document in documents],
        "exchanges": [_exchange(exchange, documents, language) for exchange in exchanges],
    }
    text = json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False)
    return f"{text}\n".encode("utf-8", "replace")


def _document(document: Document) -> dict[str, Any]:
    return {
        "document_id": document.document_id,
        "name": document.name,
        "pages": [
            {"page_index": page.page_index, "width": page.width, "height": page.height}
            for page in document.pages
        ],
    }


def _exchange(exchange: Exchange, documents: Sequence[Document], language: str) -> dict[str, Any]:
    asked_at = exchange.asked_at
    return {
        "question": exchange.question,
        "task": exchange.task_id,
        "asked_at": None if asked_at is None else asked_at.isoformat(),
        "files": list(exchange.files),
        "liked": exchange.liked,
        "answer": _answer(exchange.answer, documents, language),
    }


def _answer(answer: Transcript, documents: Sequence[Document], language: str) -> dict[str, Any]:
    usage = answer.usage
    layouts = answer.layouts(tuple(documents), language)
    return {
        "text": answer.text,
        "model": answer.model_id,
        "finish_reason": answer.finish_reason,
        "error": None if answer.error is None else answer.error.text(language),
        "notices": [notice.text(language) for notice in answer.notices],
        "evidence": [
            {
                "number": number,
                "document_id": item.document_id,
                "page_index": item.page_index,
                "bbox": list(item.bbox),
                "text": item.text,
                "score": item.score,
                "answer_span": None if item.answer_span is None else list(item.answer_span),
            }
            for item, number in zip(answer.evidence, numbers(answer.evidence), strict=True)
        ],
        "certainty": answer.certainty,
        "suggestions": [
            {
                "document_id": item.document_id,
                "page_index": item.page_index,
                "bbox": list(item.bbox),
                "text": item.text,
                "score": item.score,
            }
            for item in answer.suggestions
        ],
        "not_found": _not_found(answer),
        "layouts": [
            {"document_id": document.document_id, **page}
            for document in documents
            for page in layout_json(document, layouts, answer.model_id or "")["pages"]
        ],
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "ttft_seconds": usage.ttft_seconds,
            "tokens_per_second": usage.tokens_per_second,
            "load_seconds": usage.load_seconds,
            "total_seconds": usage.total_seconds,
            "peak_memory_bytes": usage.peak_memory_bytes,
        },
    }


def _not_found(answer: Transcript) -> list[list[int]]:
    """Spans [start, end) of the text that were searched for and stand on no page."""
    spans, at = [], 0
    for piece in pieces(answer):
        end = at + len(piece.text)
        if piece.kind == "missing":
            spans.append([at, end])
        at = end
    return spans
