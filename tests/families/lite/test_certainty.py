"""How sure `lite` is of its answers, and which other places it suggests."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from engine.core.schema import CertaintyJudged, EvidenceFound, Line, Region, StreamEvent, Word
from engine.families.lite.family import LiteFamily, LiteInputs
from engine.families.lite.reader import rank, read_page
from engine.index.page_index import PageIndex
from tests.families.lite.test_reading import ORDER, RECEIPT
from tests.families.lite.test_reading import page as page_of_cells

LINES = (
    "Report of the committee",
    "The committee met on 4 May 2021 in Bristol.",
    "Next meeting: 18 June 2021",
    "Budget: 4,200.00 EUR",
    "Secretary: Anna Fields",
)


def page() -> PageIndex:
    lines = []
    for row, text in enumerate(LINES):
        top, left, words = 100.0 + 60 * row, 100.0, []
        for word in text.split():
            words.append(Word(word, (left, top, left + 12 * len(word), top + 24)))
            left += 12 * len(word) + 12
        lines.append(Line(tuple(words), (100.0, top, left - 12, top + 24)))
    regions = tuple(Region(one.bbox, "Text", one.text, at) for at, one in enumerate(lines))
    places = tuple((at,) for at in range(len(lines)))
    return PageIndex("d", 0, 1000, 700, tuple(lines), regions, places, "latin")


class _Tokens:
    """A tokenizer of characters."""

    def encode(self, text: str, **_: Any) -> list[int]:
        return [ord(letter) for letter in text]


def asked(question: str) -> tuple[str, list[StreamEvent]]:
    """The streamed text and the events of one question."""
    from engine import load_settings

    events: list[StreamEvent] = []
    ids: list[int] = []
    checkpoint: Any = SimpleNamespace(tokenizer=_Tokens, source="")
    family = LiteFamily("lite", load_settings(), checkpoint)
    request: Any = SimpleNamespace(
        task="question", question=question, history=(), bbox=None, language="en",
        conversation="c", max_new_tokens=None,
    )  # fmt: skip
    streamer: Any = SimpleNamespace(put=lambda one: ids.extend(one.tolist()), end=lambda: None)
    run: Any = SimpleNamespace(emit=events.append, stop=threading.Event(), streamer=streamer)
    family.generate(LiteInputs(request, (page(),)), run)
    return "".join(map(chr, ids)), events


def judged(events: list[StreamEvent]) -> CertaintyJudged:
    (found,) = [one for one in events if isinstance(one, CertaintyJudged)]
    return found


def with_sure_from(monkeypatch: pytest.MonkeyPatch, sure: float) -> None:
    monkeypatch.setattr("engine.families.lite.family._SURE", sure)


def test_a_refusal_suggests_two_places_and_gives_no_evidence() -> None:
    _, events = asked("What is the colour of the chairman's bicycle?")
    found = judged(events)
    assert found.certainty == "refused"
    assert len(found.suggestions) == 2
    assert len({one.text for one in found.suggestions}) == 2
    assert not [one for one in events if isinstance(one, EvidenceFound)]


def test_an_unsure_answer_says_the_same_text_as_a_sure_one_and_suggests_other_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    question = "When is the next meeting?"
    with_sure_from(monkeypatch, 0.0)
    text, events = asked(question)
    assert (text, judged(events)) == ("18 June 2021", CertaintyJudged("sure"))
    with_sure_from(monkeypatch, 1.1)
    again, events = asked(question)
    found = judged(events)
    assert (again, found.certainty) == (text, "unsure")
    own = [one.evidence for one in events if isinstance(one, EvidenceFound)]
    assert found.suggestions
    assert not {one.text for one in found.suggestions} & {one.text for one in own}
    assert not {one.bbox for one in found.suggestions} & {one.bbox for one in own}


def test_an_answer_beside_its_label_is_sure_and_a_guess_is_not() -> None:
    assert judged(asked("When is the next meeting?")[1]).certainty == "sure"
    assert judged(asked("Who is the chairman of the club?")[1]).certainty != "sure"


def test_other_places_have_other_words_at_other_places() -> None:
    for index, question in ((RECEIPT, "What is the total?"), (ORDER, "Кто директор?")):
        ranking = rank(question, [read_page(index)])
        assert ranking is not None
        spans = (ranking.best.candidate, *ranking.others)
        assert len(spans) == 3
        assert len({span.text for span in spans}) == 3
        words = [at for span in spans for first, last in span.ranges for at in range(first, last)]
        assert len(words) == len(set(words))


def test_a_page_without_words_offers_nothing() -> None:
    assert rank("What is the total?", [read_page(page_of_cells([]))]) is None
