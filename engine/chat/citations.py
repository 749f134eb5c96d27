"""Citation marks of an answer: one after each span of text that is found on a page.

The numbers match those of the boxes on the page and of the list below the answer. This module
computes values only. The screen and the exports of a conversation turn them into markup.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.core.schema import Evidence
from engine.core.transcript import Transcript

Span = tuple[int, int]  # text[start:end], characters


@dataclass(frozen=True, slots=True)
class CitedText:
    """A piece of an answer's text.

    Attributes:
        kind: "plain"; "found" on a page; or "missing", searched for and found on none.
        numbers: of the marks that stand right after it.
    """

    text: str
    kind: Literal["plain", "found", "missing"] = "plain"
    numbers: tuple[int, ...] = ()


def numbers(evidence: Sequence[Evidence]) -> list[int]:
    """The number of each place, from 1; the lines of one place share a number."""
    given: list[int] = []
    before: tuple[object, ...] | None = None
    for found in evidence:
        key = (found.document_id, found.page_index, found.answer_span)
        same = found.answer_span is not None and key == before
        given.append(given[-1] if same and given else (given[-1] if given else 0) + 1)
        before = key
    return given


def pieces(transcript: Transcript) -> list[CitedText]:
    """Split the answer's text into consecutive pieces that cover it, with their marks.

    A place whose words the answer does not repeat has its mark at the end. It appears only after
    the answer has ended, as the end moves until then.
    """
    text = transcript.text
    placed, loose = _placed(transcript)
    spans = {span: ("found", given) for span, given in placed.items()}
    for span in _missing(transcript):
        spans.setdefault(span, ("missing", []))
    found: list[CitedText] = []
    at = 0
    for (start, end), (kind, given) in sorted(spans.items()):
        if not at <= start < end <= len(text):
            continue
        if at < start:
            found.append(CitedText(text[at:start]))
        is_found = kind == "found"
        found.append(
            CitedText(
                text[start:end], "found" if is_found else "missing", tuple(sorted(set(given)))
            )
        )
        at = end
    if at < len(text):
        found.append(CitedText(text[at:]))
    if loose and transcript.ended:
        found.append(CitedText("", "found", tuple(sorted(loose))))
    return found


def _placed(transcript: Transcript) -> tuple[dict[Span, list[int]], set[int]]:
    """Spans with the numbers of their places, and the numbers of places without a span."""
    placed: dict[Span, list[int]] = {}
    loose: set[int] = set()
    cursor = 0
    evidence = transcript.evidence
    for found, number in zip(evidence, numbers(evidence), strict=True):
        span = found.answer_span
        if span is None:
            # An answer that is a piece of the page repeats the place's words, in their order.
            span = _span_of(transcript.text, found.text, cursor)
            cursor = span[1] if span else cursor
        if span is None:
            loose.add(number)
        else:
            placed.setdefault(span, []).append(number)
    return placed, loose


def _span_of(text: str, words: str, start: int) -> Span | None:
    """Where a text contains some words, whatever the white space between them."""
    parts = [re.escape(word) for word in words.split()]
    match = re.compile(r"\s+".join(parts)).search(text, start) if parts else None
    return match.span() if match else None


def _missing(transcript: Transcript) -> list[Span]:
    """The spans that the engine searched for and found on no page."""
    spans_of_notices = [str(notice.values.get("spans", "")) for notice in transcript.notices]
    pairs = [pair.split(":") for spans in spans_of_notices for pair in spans.split()]
    return [(int(start), int(end)) for start, end in pairs]
