"""Real vision through the whole engine: a trained model reads pages that it has never seen.

The checkpoint in tests/fixtures/reader was trained by training.train_reader on pages whose values
these tests never use; no index, OCR or text layer helps it.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Engine, load_settings
from engine.core.schema import Finished, TextDelta
from training.reader_pages import LABELS, ReaderPage, is_held_out, random_page

READER = Path(__file__).parents[1] / "fixtures/reader"
PAGES = 8


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("reader")
    (folder / "reader.toml").write_text(
        f"default_model = 'reader'\n[models.reader]\n"
        f"family = 'qwen_vl'\nrepo_id = '{READER}'\ndtype = 'float32'\n"
        "generation = { max_new_tokens = 8 }\n",
        encoding="utf-8",
    )
    with Engine(load_settings(folder / "reader.toml")) as made:
        yield made


def add(engine: Engine, session_id: str, page: ReaderPage, tmp_path: Path, seed: int) -> str:
    path = tmp_path / f"{seed}.png"
    page.draw(random.Random(seed)).save(path)
    return engine.add_document(session_id, path, name=path.name).document_id


def held_out_page(seed: int) -> ReaderPage:
    page = random_page(random.Random(seed), held_out=True)
    assert all(is_held_out(value) for _, value in page.rows)
    return page


def test_it_reads_pages_it_has_never_seen(engine: Engine, tmp_path: Path) -> None:
    read = []
    for seed in range(PAGES):
        page = held_out_page(seed)
        session_id = engine.create_session()
        add(engine, session_id, page, tmp_path, seed)
        for label in LABELS:
            engine.forget_conversation(session_id)
            answer = engine.ask(session_id, f"{label.lower()}?").answer()
            assert answer.finish_reason == "stop"
            read.append((answer.text, page.value(label)))
        engine.delete_session(session_id)
    wrong = [(said, printed) for said, printed in read if said != printed]
    assert len({printed for _, printed in read}) > 30
    assert len(wrong) <= 0.05 * len(read), wrong


def test_the_answer_is_streamed(engine: Engine, tmp_path: Path) -> None:
    page = held_out_page(100)
    label, value = max(page.rows, key=lambda row: len(row[1]))
    session_id = engine.create_session()
    add(engine, session_id, page, tmp_path, 100)
    events = list(engine.ask(session_id, f"{label.lower()}?"))
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(pieces) == value
    assert events[-1] == Finished("stop", "reader")


def test_one_other_glyph_on_the_page_is_one_other_glyph_in_the_answer(
    engine: Engine, tmp_path: Path
) -> None:
    said = []
    for number, value in enumerate(("4404", "4504", "4604")):
        rows = held_out_page(300).rows
        page = ReaderPage(tuple((name, value if name == "Total" else kept) for name, kept in rows))
        session_id = engine.create_session()
        # The same ink, sizes and places: nothing but the glyph differs.
        path = tmp_path / f"{number}.png"
        page.draw(random.Random(300)).save(path)
        engine.add_document(session_id, path, name=path.name)
        said.append(engine.ask(session_id, "total?").answer().text)
    assert said == ["4404", "4504", "4604"]


def test_a_chat_about_two_pages(engine: Engine, tmp_path: Path) -> None:
    first, second = held_out_page(201), held_out_page(202)
    session_id = engine.create_session()
    add(engine, session_id, first, tmp_path, 201)
    answers = [engine.ask(session_id, "total?").answer().text]
    add(engine, session_id, second, tmp_path, 202)
    # The question is about the page that came with it; so is the next one.
    answers += [engine.ask(session_id, f"{label}?").answer().text for label in ("name", "date")]
    assert answers == [first.value("Total"), second.value("Name"), second.value("Date")]
    assert first.value("Name") != second.value("Name")
    assert first.value("Date") != second.value("Date")
