"""How sure `lite` is of its answers, and which other places it suggests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Engine, load_settings
from engine.core.i18n import say
from engine.core.schema import Answer
from engine.families.lite import best_answer
from engine.families.lite.field_answers import FormCache
from engine.families.lite.reader import rank, read_page
from tests.families.lite.test_reading import ORDER, RECEIPT, page
from tests.ocr.drawing import Sheet

LINES = (
    "Rowing club of Marlow, minutes of the meeting",
    "Present: Ada Quill, Tom Brandt, Ruth Oakes",
    "The boat house gets a new roof in spring.",
    "Offers were read from Hale Bros and from Penn Roofing.",
    "Next meeting: 9 May 2026",
)
LABELLED, GUESSED, UNANSWERED = (
    "When is the next meeting?",
    "Who is the president?",
    "Who won the regatta?",
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(load_settings()) as made:
        yield made


@pytest.fixture(scope="module")
def session_id(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    sheet = Sheet(1100, 500)
    for row, text in enumerate(LINES):
        sheet.write(60, 50 + 70 * row, text, size=28)
    path: Path = tmp_path_factory.mktemp("certainty") / "minutes.png"
    sheet.image.save(path)
    made = engine.create_session()
    engine.add_document(made, path, name="minutes.png")
    return made


def asked(engine: Engine, session_id: str, question: str) -> Answer:
    return engine.ask(session_id, question).answer()


def test_an_answer_beside_its_label_is_sure_and_suggests_nothing(
    engine: Engine, session_id: str
) -> None:
    answer = asked(engine, session_id, LABELLED)
    assert (answer.text, answer.certainty, answer.suggestions) == ("9 May 2026", "sure", ())


def test_a_guess_is_unsure_and_suggests_places_that_are_not_its_own(
    engine: Engine, session_id: str
) -> None:
    answer = asked(engine, session_id, GUESSED)
    assert answer.certainty == "unsure"
    assert answer.evidence and 1 <= len(answer.suggestions) <= 2
    own = {place.bbox for place in answer.evidence}
    assert answer.text not in {place.text for place in answer.suggestions}
    for place in answer.suggestions:
        assert place.bbox not in own
        assert place.text.replace(" ", "") in "".join(LINES).replace(" ", "")


def test_a_refusal_suggests_two_places_and_gives_no_evidence(
    engine: Engine, session_id: str
) -> None:
    answer = asked(engine, session_id, UNANSWERED)
    assert (answer.text, answer.certainty) == (say("answer.not_on_page"), "refused")
    assert answer.evidence == ()
    assert len({place.text for place in answer.suggestions}) == 2


def test_that_no_mark_was_found_is_no_sure_answer(engine: Engine, session_id: str) -> None:
    answer = asked(engine, session_id, "Is the form signed?")
    assert (answer.text, answer.certainty) == (say("lite.no_signature"), "refused")


@pytest.mark.parametrize(
    "question",
    ["Is 19.32 the total?", "What is the total of both receipts?", "Which total is the highest?"],
)
def test_what_is_not_printed_has_no_sure_answer(question: str) -> None:
    found = best_answer.best_answer(
        question, [RECEIPT], FormCache(), lambda _: [read_page(RECEIPT)]
    )
    assert found.judged().certainty != "sure"
    plain = best_answer.best_answer(
        "What is the total?", [RECEIPT], FormCache(), lambda _: [read_page(RECEIPT)]
    )
    assert plain.judged().certainty == "sure"


def test_the_limit_decides_and_changes_no_text(
    engine: Engine, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = dict.fromkeys(best_answer.SURE, 1.01)
    monkeypatch.setattr(best_answer, "SURE", limits)
    answer = asked(engine, session_id, LABELLED)
    assert (answer.text, answer.certainty) == ("9 May 2026", "unsure")


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
    assert rank("What is the total?", [read_page(page([]))]) is None
