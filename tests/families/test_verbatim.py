"""Verbatim answers of every family that chats: on the page by construction, with their boxes."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import Engine, load_settings
from engine.core.geometry import union
from engine.core.i18n import say
from engine.core.schema import Answer, BBox, EvidenceFound, Finished, Line, Page, TextDelta, Word
from engine.index.page_index import PageIndex
from tests.fakes import draw_page
from tests.families.conftest import CHAT
from tests.families.test_invariants import loaded_family
from training.reader_pages import CELL, VALUE_COLUMN, ReaderPage, random_page

MakeEngine = Callable[..., Engine]
PRINTED = [
    ("Larkfield Timber Ltd", 40, 30),
    ("Invoice 2207", 40, 110),
    ("Total 1,250.00", 40, 190),
    ("Paid 14 March 2026", 40, 270),
]


@pytest.fixture
def page(tmp_path: Path) -> tuple[Path, list[Line]]:
    """A PDF-free page whose words the OCR reads without a slip."""
    image, lines = draw_page(PRINTED, size=(700, 360), font_size=36)
    path = tmp_path / "invoice.png"
    image.save(path)
    return path, lines


def ask(engine: Engine, session_id: str, question: str, **options: object) -> Answer:
    return engine.ask(session_id, question, verbatim=True, **options).answer()  # type: ignore[arg-type]


def stands_there(answer: Answer, lines: list[Line]) -> bool:
    """Whether an answer is a run of printed words, and its boxes lie on them."""
    words: list[Word] = [word for line in lines for word in line.words]
    said = answer.text.split()
    for start in range(len(words)):
        run = words[start : start + len(said)]
        if [word.text.strip(".,") for word in run] == [text.strip(".,") for text in said]:
            around = union(word.bbox for word in run)
            found = union(one.bbox for one in answer.evidence)
            if all(abs(mine - theirs) < 12 for mine, theirs in zip(around, found, strict=True)):
                return True
    return False


@pytest.mark.parametrize("name", CHAT)
def test_a_verbatim_answer_stands_on_the_page_with_its_box(
    tiny_engine: MakeEngine, name: str, page: tuple[Path, list[Line]]
) -> None:
    path, lines = page
    engine = tiny_engine(name, generation={"max_new_tokens": 60})
    session_id = engine.create_session()
    engine.add_document(session_id, path, name=path.name)
    said = []
    for question in ("What is the total?", "Who?", "When was it paid?"):
        answer = ask(engine, session_id, question)
        assert answer.finish_reason == "stop"
        said.append(answer.text)
        if answer.text == say("answer.not_on_page"):
            assert not answer.evidence
        else:
            assert stands_there(answer, lines), answer
    assert set(said) != {say("answer.not_on_page")}


@pytest.mark.parametrize("name", CHAT)
def test_reusing_the_cache_changes_no_verbatim_token_and_the_stream_is_the_answer(
    tiny_engine: MakeEngine, name: str, page: tuple[Path, list[Line]]
) -> None:
    engine = tiny_engine(name, generation={"max_new_tokens": 60})
    family = loaded_family(engine)

    def conversation(*, reuse: bool) -> list[list[int]]:
        session_id = engine.create_session()
        engine.add_document(session_id, page[0], name="invoice.png")
        said = []
        for question in ("Who?", "What is the total?"):
            if not reuse:
                family.caches.clear()
            events = list(engine.ask(session_id, question, verbatim=True))
            streamed = "".join(event.text for event in events if isinstance(event, TextDelta))
            ids = family.counters.generated_ids
            assert streamed == family.tokenizer.decode(ids, skip_special_tokens=True)
            said.append(list(ids))
        assert family.counters.reused_tokens > 0 or not reuse
        return said

    assert conversation(reuse=True) == conversation(reuse=False)


def test_static_decoding_in_the_settings_does_not_free_a_verbatim_answer(
    tiny_engine: MakeEngine, page: tuple[Path, list[Line]]
) -> None:
    path, lines = page
    engine = tiny_engine("qwen2_vl", static_cache=True, generation={"max_new_tokens": 60})
    session_id = engine.create_session()
    engine.add_document(session_id, path, name=path.name)
    answer = ask(engine, session_id, "What is the total?")
    assert answer.text == say("answer.not_on_page") or stands_there(answer, lines)


def test_a_verbatim_answer_about_a_drawn_box_stands_in_the_box(
    tiny_engine: MakeEngine, page: tuple[Path, list[Line]]
) -> None:
    path, lines = page
    engine = tiny_engine("qwen2_vl", generation={"max_new_tokens": 60})
    session_id = engine.create_session()
    engine.add_document(session_id, path, name=path.name)
    left, top, right, bottom = lines[2].bbox
    drawn = (left - 10, top - 10, right + 10, bottom + 10)
    for question in ("?", "What is it?", "How much?"):
        events = list(engine.ask(session_id, question, verbatim=True, bbox=drawn))
        assert isinstance(events[-1], Finished)
        for event in events:
            if isinstance(event, EvidenceFound):
                x0, y0, x1, y1 = event.evidence.bbox
                assert drawn[0] <= x0 < x1 <= drawn[2]
                assert drawn[1] <= y0 < y1 <= drawn[3]
                assert event.evidence.text in "Total 1,250.00"


def test_a_model_that_really_reads_answers_right_with_the_box_of_the_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The little model was trained on bare questions and knows no others; its pages of 280 x 112
    # pixels are too small for an OCR engine, so what is printed on them is told.
    monkeypatch.setattr("engine.chat.runner.verbatim_question", lambda task, text, language: text)
    drawn: list[ReaderPage] = []

    def told(page: Page, *_: object, **__: object) -> PageIndex:
        lines = []
        for number, (label, value) in enumerate(drawn[-1].rows):
            y = float(CELL * number)
            words = (Word(label, (0, y, 5 * CELL, y + CELL)), Word(value, value_box(number)))
            lines.append(Line(words, (0, y, page.width, y + CELL)))
        return PageIndex(page.document_id, page.page_index, *page.size, tuple(lines))

    def value_box(row: int) -> BBox:
        return (VALUE_COLUMN * CELL, CELL * row, 10 * CELL, CELL * row + CELL)

    monkeypatch.setattr("engine.chat.engine.build_index", told)
    reader = Path(__file__).parents[1] / "fixtures/reader"
    (tmp_path / "reader.toml").write_text(
        f"default_model = 'reader'\n[models.reader]\n"
        f"family = 'qwen_vl'\nrepo_id = '{reader}'\ndtype = 'float32'\n"
        "generation = { max_new_tokens = 60 }\n",
        encoding="utf-8",
    )
    said = []
    with Engine(load_settings(tmp_path / "reader.toml")) as engine:
        for seed in range(4):
            drawn.append(random_page(random.Random(seed), held_out=True))
            path = tmp_path / f"{seed}.png"
            drawn[-1].draw(random.Random(seed)).save(path)
            session_id = engine.create_session()
            engine.add_document(session_id, path, name="page.png")
            for row, (label, value) in enumerate(drawn[-1].rows):
                engine.forget_conversation(session_id)
                answer = ask(engine, session_id, f"{label.lower()}?")
                boxes = [found.bbox for found in answer.evidence]
                said.append(answer.text == value and boxes == [value_box(row)])
    assert sum(said) >= 15, said
