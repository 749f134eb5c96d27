"""A run of the engine as OpenAI's chat.completion object, or as its chunks.

The field `scanchat` holds what OpenAI's format lacks: the evidence with its boxes, the
certainty with the suggested places, the sizes of the
pages, the regions, the notices, the engine's own finish_reason and its usage.
"""

import json
import secrets
import time
from collections.abc import Sequence
from typing import Any, Final

from engine import Document, EngineError, Transcript
from engine.chat.export.answer import evidence_json, usage_json
from engine.core.schema import FinishReason
from ui.api.errors import ApiError, error_body

# OpenAI's clients get "length" for an answer that was cut for any reason.
_FINISH: Final[dict[FinishReason, str]] = {
    "stop": "stop",
    "length": "length",
    "repetition": "length",
    "cancelled": "length",
}
DONE: Final = "data: [DONE]\n\n"


class CompletionReply:
    """One reply. model: the requested model, reported until the answering one is known."""

    def __init__(
        self, model: str, documents: Sequence[Document], language: str, notices: Sequence[str] = ()
    ) -> None:
        self._id = f"chatcmpl-{secrets.token_hex(12)}"
        self._created = int(time.time())
        self._model = model
        self._documents = tuple(documents)
        self._language = language
        self._notices = tuple(notices)

    def completion(self, transcript: Transcript) -> dict[str, Any]:
        """The whole reply of a finished run. Raises EngineError if the run failed."""
        if transcript.error is not None:
            raise transcript.error
        message = {"role": "assistant", "content": transcript.text, "refusal": None}
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": _FINISH[transcript.finish_reason or "stop"],
        }
        return {
            **self._head("chat.completion", transcript),
            "choices": [choice],
            "usage": _usage(transcript),
            "scanchat": self._extension(transcript),
        }

    def chunk(self, transcript: Transcript, text: str, *, role: bool = False) -> str:
        """A piece of the answer, as one server-sent event."""
        delta = {"role": "assistant", "content": text} if role else {"content": text}
        return _event(self._chunk(transcript, delta, None))

    def discarded(self, transcript: Transcript, why: str) -> str:
        """An event that withdraws the text sent so far, for which OpenAI has no chunk."""
        chunk = self._chunk(transcript, {}, None)
        return _event({**chunk, "scanchat": {"discarded": why}})

    def last_chunks(self, transcript: Transcript, *, usage: bool) -> str:
        """The last events: finish_reason with the extension, the usage if requested, and DONE.

        Raises:
            EngineError: the run failed.
        """
        if transcript.error is not None:
            raise transcript.error
        reason = _FINISH[transcript.finish_reason or "stop"]
        extension = {**self._extension(transcript), "answer": transcript.text}
        events = _event({**self._chunk(transcript, {}, reason), "scanchat": extension})
        if usage:
            counted = {**self._chunk(transcript, {}, None), "choices": []}
            events += _event({**counted, "usage": _usage(transcript)})
        return events + DONE

    def _head(self, kind: str, transcript: Transcript) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": kind,
            "created": self._created,
            "model": transcript.model_id or self._model,
        }

    def _chunk(
        self, transcript: Transcript, delta: dict[str, Any], reason: str | None
    ) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**self._head("chat.completion.chunk", transcript), "choices": [choice]}

    def _extension(self, transcript: Transcript) -> dict[str, Any]:
        notices = [notice.text(self._language) for notice in transcript.notices]
        layouts = transcript.layouts(self._documents, self._language)
        return {
            "evidence": [evidence_json(found) for found in transcript.evidence],
            "certainty": transcript.certainty,
            "suggestions": [evidence_json(found) for found in transcript.suggestions],
            "pages": [
                {
                    "document_id": page.document_id,
                    "document": document.name,
                    "page_index": page.page_index,
                    "width": page.width,
                    "height": page.height,
                }
                for document in self._documents
                for page in document.pages
            ],
            "regions": [
                {
                    "document_id": layout.document_id,
                    "page_index": layout.page_index,
                    "bbox": [round(value, 1) for value in region.bbox],
                    "category": region.category,
                    "text": region.text,
                }
                for layout in layouts
                for region in layout.regions
            ],
            "notices": [*self._notices, *notices],
            "finish_reason": transcript.finish_reason,
            "usage": usage_json(transcript.usage),
        }


def failed_chunk(error: ApiError | EngineError, language: str) -> str:
    """An event for a run that failed during its reply; the openai client raises APIError."""
    return _event(error_body(error, language))


def _usage(transcript: Transcript) -> dict[str, int]:
    usage = transcript.usage
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }


def _event(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
