"""Conversion of messages, evidence, regions and usage to plain JSON values, and back.

The round trip is lossless. Reading is strict: a record of any other shape raises ValueError, so a
damaged record is rejected as a whole and never read in part.

Try it:
`python -c "from engine.core.schema_json import *; print(evidence_to_json.__doc__)"`
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar, cast, get_args

from engine.core.schema import (
    BBox,
    Evidence,
    ImagePart,
    Message,
    Part,
    Region,
    Role,
    TextPart,
    Usage,
)

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")


def strictly(read: Callable[[], T]) -> T:
    """Return the result of `read`, with its lookup and type errors turned into ValueError.

    Raises:
        ValueError: the record does not have the shape that `read` expects.
    """
    try:
        return read()
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"not a record of this kind: {type(error).__name__} {error}") from error


def evidence_to_json(evidence: Evidence) -> Json:
    """One place on a page. bbox: page pixels."""
    return {
        "page": [evidence.document_id, evidence.page_index],
        "bbox": list(evidence.bbox),
        "text": evidence.text,
        "score": evidence.score,
        "span": None if evidence.answer_span is None else list(evidence.answer_span),
    }


def evidence_from_json(record: Mapping[str, Any]) -> Evidence:
    """Raises ValueError."""

    def read() -> Evidence:
        document_id, page_index = record["page"]
        span = record["span"]
        return Evidence(
            document_id,
            page_index,
            _bbox(record["bbox"]),
            record["text"],
            record["score"],
            None if span is None else (span[0], span[1]),
        )

    return strictly(read)


def region_to_json(region: Region) -> Json:
    """One block of a page. bbox: page pixels."""
    return {
        "bbox": list(region.bbox),
        "category": region.category,
        "text": region.text,
        "order": region.order,
        "confidence": region.confidence,
        "html": region.html,
    }


def region_from_json(record: Mapping[str, Any]) -> Region:
    """Raises ValueError."""
    return strictly(lambda: Region(**{**record, "bbox": _bbox(record["bbox"])}))


def usage_to_json(usage: Usage) -> Json:
    return {name: getattr(usage, name) for name in Usage.__slots__}


def usage_from_json(record: Mapping[str, Any]) -> Usage:
    """Raises ValueError."""
    return strictly(lambda: Usage(**record))


def message_to_json(message: Message) -> Json:
    """One turn: a text part is a string, a page is [document_id, page_index]."""
    return {
        "role": message.role,
        "parts": [
            part.text if isinstance(part, TextPart) else [part.document_id, part.page_index]
            for part in message.parts
        ],
        "evidence": [evidence_to_json(one) for one in message.evidence],
    }


def message_from_json(record: Mapping[str, Any]) -> Message:
    """Raises ValueError."""

    def part(value: Any) -> Part:
        if isinstance(value, str):
            return TextPart(value)
        document_id, page_index = value
        return ImagePart(document_id, page_index)

    def read() -> Message:
        if record["role"] not in get_args(Role):
            raise ValueError(f"{record['role']!r} is nobody's role")
        return Message(
            cast(Role, record["role"]),
            tuple(part(value) for value in record["parts"]),
            tuple(evidence_from_json(one) for one in record["evidence"]),
        )

    return strictly(read)


def _bbox(values: Sequence[float]) -> BBox:
    x_min, y_min, x_max, y_max = values
    return (x_min, y_min, x_max, y_max)
