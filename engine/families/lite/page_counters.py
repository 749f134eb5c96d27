"""The words that only count pages: "12 из 30" at the foot, "Page 3", a lone number in a margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.index.page_numbers import Counters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.families.lite.question import Question
    from engine.index.spans import Candidate


def without_counters(
    question: Question, candidates: Sequence[Candidate], counters: Counters
) -> list[int]:
    """Which candidates may answer: no page's number, or nothing else where that is asked for."""
    places = [{word for span in one.ranges for word in range(*span)} for one in candidates]
    if question.only_pages:
        asked = counters.pages if question.counts else counters.page
        kept = [at for at, own in enumerate(places) if own <= asked]
        if kept:
            return kept
    if question.about_pages:
        return list(range(len(candidates)))
    return [at for at, own in enumerate(places) if not own <= counters.words]
