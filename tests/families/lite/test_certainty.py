"""`lite` tells how sure it is: an unsure answer says so, and a refusal names the nearest places."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Engine, load_settings
from engine.core.i18n import say
from engine.core.schema import Answer
from engine.families.lite.reader import rank, read_page
from tests.families.lite.test_reading import ORDER, RECEIPT, page
from tests.ocr.drawing import Sheet

PAGE = (
    "Rowing club of Marlow, minutes of the meeting",
    "Present: Ada Quill, Tom Brandt, Ruth Oakes",
    "The boat house gets a new roof in spring.",
    "Offers were read: 4,120.00 from Hale Bros and 3,980.00 from Penn Roofing.",
    "Next meeting: 9 May 2026",
)
UNSURE = say("answer.unsure")
NEAREST = say("answer.nearest", text="", on_page=1).partition("“")[0]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(load_settings()) as made:
        yield made


@pytest.fixture(scope="module")
def session_id(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    sheet = Sheet(1100, 500)
    for row, text in enumerate(PAGE):
        sheet.write(60, 50 + 70 * row, text, size=28)
    path: Path = tmp_path_factory.mktemp("certainty") / "minutes.png"
    sheet.image.save(path)
    made = engine.create_session()
    engine.add_document(made, path, name="minutes.png")
    return made


def asked(engine: Engine, session_id: str, question: str, language: str = "en") -> Answer:
    return engine.ask(session_id, question, language=language).answer(language)


def test_an_answer_beside_its_label_is_sure(engine: Engine, session_id: str) -> None:
    answer = asked(engine, session_id, "When is the next meeting?")
    assert answer.text == "9 May 2026"
    assert answer.notices == ()


def test_a_guess_says_that_it_is_unsure(engine: Engine, session_id: str) -> None:
    answer = asked(engine, session_id, "Who is the president?")
    if answer.evidence:
        assert [one for one in answer.notices if one.startswith(UNSURE)]
    else:
        assert answer.text == say("answer.not_on_page")


def test_a_refusal_names_the_nearest_places_and_gives_them_as_no_evidence(
    engine: Engine, session_id: str
) -> None:
    answer = asked(engine, session_id, "Who won the regatta?")
    assert answer.text == say("answer.not_on_page")
    assert answer.evidence == ()
    assert (
        asked(engine, session_id, "Who won the regatta?", "ru").notices[0].startswith("Ближайшее")
    )
    assert 1 <= len(answer.notices) <= 2
    for notice in answer.notices:
        assert notice.startswith(NEAREST)
        words = notice.split("“")[1].split("”")[0]
        assert words.replace(" ", "") in "".join(PAGE).replace(" ", "")


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
