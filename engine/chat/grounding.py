"""Grounding of a free answer: after a model has finished, its facts are searched on the pages.

Models that give places themselves, and `lite`, whose answers are pieces of the page, keep their own
evidence. The model is free for the next question during the search.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from engine.chat.routing import EventSink, ForwardingSink
from engine.core.errors import EngineError, RunCancelled
from engine.core.schema import (
    Discarded,
    EvidenceFound,
    Finished,
    Notice,
    Page,
    Step,
    StreamEvent,
    TextDelta,
    UsageReport,
)
from engine.index.grounding import GroundedFact, ground
from engine.index.page_index import PageIndex

logger = logging.getLogger(__name__)

# An answer with more facts is a copy of the page; the first ones show its source.
_MOST_FACTS: Final = 40


class GroundingSink(ForwardingSink):
    """Forwards a run's events, and adds evidence before its end.

    Args:
        stream: the user's.
        indexes: returns the index of a page; may wait for the page's OCR.
        is_verbatim: whether a model's answers are pieces of the page anyway.
    """

    def __init__(
        self,
        stream: EventSink,
        question: str,
        pages: Sequence[Page],
        indexes: Callable[[Page], PageIndex],
        is_verbatim: Callable[[str], bool],
    ) -> None:
        super().__init__(stream)
        self._question = question
        self._pages = pages
        self._indexes = indexes
        self._is_verbatim = is_verbatim
        self._text = ""
        self._has_evidence = False
        self._usage: UsageReport | None = None

    def emit(self, event: StreamEvent) -> None:
        match event:
            case TextDelta(text):
                self._text += text
            case EvidenceFound():
                self._has_evidence = True
            case UsageReport():
                # The usage report comes right before the end, after the evidence.
                self._usage = event
                return
            case Discarded():
                self._text, self._has_evidence = "", False
            case Finished(reason, model_id):
                done = reason == "cancelled" or self._has_evidence or not self._text.strip()
                if not done and not self._is_verbatim(model_id):
                    threading.Thread(
                        target=self._ground, args=(event,), name="grounding", daemon=True
                    ).start()
                    return
                self._end(event)
                return
        self._stream.emit(event)

    def _end(self, end: Finished) -> None:
        if self._usage is not None:
            self._stream.emit(self._usage)
        self._stream.emit(end)

    def _ground(self, end: Finished) -> None:
        self._stream.emit(Step("step.grounding"))
        # The stall check applies to a job, and this one has generated its last token.
        self.job = None
        try:
            indexes = [self._indexes(page) for page in self._pages]
            facts = ground(self._text, indexes, question=self._question)[:_MOST_FACTS]
            for fact in facts:
                for evidence in fact.evidence:
                    placed = replace(evidence, answer_span=(fact.start, fact.end))
                    self._stream.emit(EvidenceFound(placed))
            missing = [fact for fact in facts if not fact.evidence and fact.kind != "words"]
            if missing and any(index.lines for index in indexes):
                self._stream.emit(_not_found(missing))
        except RunCancelled:
            logger.info("stopped while the answer was looked up")
        except EngineError as error:
            # The answer is complete; only its place is unknown.
            logger.warning("the answer could not be looked up: %s", error)
        except Exception:
            logger.exception("looking up an answer failed")
        self._end(end)


def _not_found(missing: Sequence[GroundedFact]) -> Notice:
    """A notice of the facts that are on no page. spans: their spans, as "start:end start:end"."""
    return Notice(
        "notice.not_found",
        {
            "texts": ", ".join(fact.text for fact in missing),
            "spans": " ".join(f"{fact.start}:{fact.end}" for fact in missing),
        },
    )
