"""Models that only read: another one answers. Drawn boxes: a model sees that part of the page."""

from pathlib import Path
from typing import ClassVar

import pytest
import torch

from engine import Engine, Settings, load_settings
from engine.core.schema import (
    Evidence,
    EvidenceFound,
    Failed,
    Finished,
    Notice,
    Region,
    RegionAdded,
    TextDelta,
)
from engine.families import FAMILIES
from engine.families.base import Capabilities, ModelRequest, Outcome, Preparation, Run
from tests.fakes import FakeFamily, draw_page, save_page

TOML = """
default_model = "reader"
[models.reader]
family = "reader"
repo_id = "tests/reader"
dtype = "float32"
answer_with = "talker"
[models.talker]
family = "talker"
repo_id = "tests/talker"
dtype = "float32"
"""


class ReaderFamily(FakeFamily):
    capabilities = Capabilities(
        tasks=frozenset({"ocr"}), chat=False, multiple_pages=False, boxes=False
    )
    text = "Total 42.00"
    runs = 0

    def generate(self, inputs: ModelRequest, run: Run) -> Outcome:
        type(self).runs += 1
        run.streamer.put(torch.tensor([ord(character) for character in self.text]))
        run.streamer.end()
        return Outcome("stop", 1, len(self.text))


class TalkerFamily(FakeFamily):
    """Answers with its prompt and keeps the index of the first page; finds evidence at a box."""

    indexes: ClassVar[list[str]] = []
    sizes: ClassVar[list[tuple[int, int]]] = []

    def prepare(self, request: ModelRequest, preparation: Preparation) -> ModelRequest:
        type(self).sizes.append(request.pages[0].load_image().size)
        type(self).indexes.append(preparation.index(request.pages[0]).text)
        return request

    def generate(self, inputs: ModelRequest, run: Run) -> Outcome:
        page = inputs.pages[0]
        box = (1.0, 2.0, 30.0, 40.0)
        run.emit(EvidenceFound(Evidence(page.document_id, page.page_index, box, "x", 1.0)))
        run.emit(RegionAdded(page.document_id, page.page_index, Region(box, "Text", "x", 0)))
        run.streamer.put(torch.tensor([ord(character) for character in inputs.prompt.text]))
        run.streamer.end()
        return Outcome("stop", 1, 1)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setitem(FAMILIES, "reader", "tests.chat.test_routing:ReaderFamily")
    monkeypatch.setitem(FAMILIES, "talker", "tests.chat.test_routing:TalkerFamily")
    ReaderFamily.runs, ReaderFamily.text = 0, "Total 42.00"
    TalkerFamily.indexes, TalkerFamily.sizes = [], []
    path = tmp_path / "routing.toml"
    path.write_text(TOML, encoding="utf-8")
    return load_settings(path)


def new_session(engine: Engine, tmp_path: Path) -> str:
    draw_page([("T0tal 42.OO", 40, 60)])[0].save(tmp_path / "page.png")
    session_id = engine.create_session()
    engine.add_document(session_id, tmp_path / "page.png", name="page.png")
    return session_id


def test_a_question_to_a_reader_is_answered_by_another_model_from_its_text(
    settings: Settings, tmp_path: Path
) -> None:
    with Engine(settings) as engine:
        events = list(engine.ask(new_session(engine, tmp_path), "What is the total?"))
    assert events[-1] == Finished("stop", "talker")
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert "Total 42.00" in text
    assert text.rstrip().endswith("What is the total?")
    # The words are the reader's, and lie where OCR saw the line.
    assert TalkerFamily.indexes == ["Total 42.00"]
    notices = [event for event in events if isinstance(event, Notice)]
    assert ("notice.answered_with", "talker") in [
        (notice.key, notice.values.get("other")) for notice in notices
    ]


def test_a_verbatim_question_to_a_reader_is_answered_from_what_it_reads_freely(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []

    def recorded(self: FakeFamily, request: ModelRequest, preparation: Preparation) -> ModelRequest:
        asked.append((request.task, request.verbatim))
        return request

    monkeypatch.setattr(ReaderFamily, "prepare", recorded)
    monkeypatch.setattr(TalkerFamily, "prepare", recorded)
    with Engine(settings) as engine:
        engine.ask(new_session(engine, tmp_path), "What is the total?", verbatim=True).answer()
    assert asked == [("ocr", False), ("question", True)]


def test_a_page_is_read_once_for_all_questions(settings: Settings, tmp_path: Path) -> None:
    with Engine(settings) as engine:
        session_id = new_session(engine, tmp_path)
        engine.ask(session_id, "first?").answer()
        assert engine.ask(session_id, "second?").answer().model_id == "talker"
        assert ReaderFamily.runs == 1
        engine.new_chat(session_id)
        draw_page([("Other", 40, 60)])[0].save(tmp_path / "other.png")
        engine.add_document(session_id, tmp_path / "other.png", name="other.png")
        engine.ask(session_id, "third?").answer()
        assert ReaderFamily.runs == 2


def test_a_page_is_called_by_its_own_number_also_when_it_is_asked_alone(
    settings: Settings, tmp_path: Path
) -> None:
    pages = [draw_page([(text, 40, 60)])[0] for text in ("One", "Two", "Three")]
    pages[0].save(tmp_path / "three.pdf", save_all=True, append_images=pages[1:])
    with Engine(settings) as engine:
        session_id = engine.create_session()
        three = engine.add_document(session_id, tmp_path / "three.pdf", name="three.pdf")
        said = engine.ask(session_id, "Total?", pages=[(three.document_id, 2)]).answer().text
        assert said.startswith("This text was read from page 3:")
        one = engine.add_document(session_id, save_page(tmp_path), name="one.png")
        wanted = [(three.document_id, 1), (one.document_id, 0)]
        said = engine.ask(session_id, "Total?", pages=wanted).answer().text
    assert "read from page 2 of three.pdf:" in said
    assert "read from page 1 of one.png:" in said


def test_a_page_without_text_fails_with_a_cause(settings: Settings, tmp_path: Path) -> None:
    ReaderFamily.text = " "
    with Engine(settings) as engine:
        events = list(engine.ask(new_session(engine, tmp_path), "?"))
    assert isinstance(events[-1], Failed)
    assert events[-1].error.key == "model.empty_answer"


def test_without_a_model_to_answer_the_sentence_says_what_to_download(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TalkerFamily, "is_available", classmethod(lambda cls, model: False))
    with Engine(settings) as engine:
        events = list(engine.ask(new_session(engine, tmp_path), "?"))
    assert isinstance(events[-1], Failed)
    assert "python -m engine download talker" in events[-1].error.text()


def test_its_own_task_goes_to_the_reader_itself(settings: Settings, tmp_path: Path) -> None:
    with Engine(settings) as engine:
        answer = engine.ask(new_session(engine, tmp_path), task="ocr").answer()
    assert (answer.model_id, answer.text) == ("reader", "Total 42.00")


def test_a_drawn_box_is_what_the_model_sees_and_its_boxes_come_back_to_the_page(
    settings: Settings, tmp_path: Path
) -> None:
    with Engine(settings) as engine:
        session_id = new_session(engine, tmp_path)
        document_id = engine.documents(session_id)[0].document_id
        stream = engine.ask(session_id, "?", model_id="talker", bbox=(100.0, 50.0, 300.0, 150.0))
        answer = stream.answer()
    width, height = TalkerFamily.sizes[0]
    assert 200 <= width <= 220 and 100 <= height <= 120
    found = answer.evidence[0]
    assert found.document_id == document_id
    margin = 100.0 + 1.0 - found.bbox[0]
    assert 0 <= margin <= 10
    assert found.bbox == (101.0 - margin, 52.0 - margin, 130.0 - margin, 90.0 - margin)
    assert answer.layouts[0].document_id == document_id
    assert answer.layouts[0].regions[0].bbox == found.bbox
