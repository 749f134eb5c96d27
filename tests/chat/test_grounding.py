"""Free answers get their places, and what is on no page is told."""

from pathlib import Path

import pytest

from engine import Engine
from engine.core.schema import EvidenceFound, Finished, Notice, UsageReport
from tests.fakes import FakeFamily, draw_page


@pytest.fixture
def session_id(fake_engine: Engine, tmp_path: Path) -> str:
    draw_page([("Subtotal 42.00", 40, 60), ("Total 50.40", 40, 160)])[0].save(tmp_path / "a.png")
    session_id = fake_engine.create_session()
    fake_engine.add_document(session_id, tmp_path / "a.png", name="a.png")
    return session_id


def test_an_answers_facts_are_pointed_at_before_its_end(
    fake_engine: Engine, session_id: str
) -> None:
    FakeFamily.script = ["The total is ", "50.40."]
    events = list(fake_engine.ask(session_id, "What is the total?"))
    kinds = [type(event) for event in events]
    assert kinds[-3:] == [EvidenceFound, UsageReport, Finished]
    found = next(event.evidence for event in events if isinstance(event, EvidenceFound))
    assert found.text == "50.40"
    assert found.answer_span == (13, 18), "where the answer says it"
    assert found.bbox[1] > 140
    assert not any(isinstance(event, Notice) for event in events)


def test_a_number_that_is_on_no_page_is_told(fake_engine: Engine, session_id: str) -> None:
    FakeFamily.script = ["The total is 77.77."]
    events = list(fake_engine.ask(session_id, "What is the total?"))
    notices = [event for event in events if isinstance(event, Notice)]
    assert [notice.key for notice in notices] == ["notice.not_found"]
    assert "77.77" in notices[0].text("en")
    assert notices[0].values["spans"] == "13:18"
    assert not any(isinstance(event, EvidenceFound) for event in events)


def test_a_models_own_evidence_is_kept_and_none_is_added(
    fake_engine: Engine, session_id: str
) -> None:
    from engine.core.schema import Evidence

    document_id = fake_engine.documents(session_id)[0].document_id
    own = Evidence(document_id, 0, (1.0, 1.0, 5.0, 5.0), "own", 1.0)
    FakeFamily.script, FakeFamily.evidence = ["50.40"], [own]
    assert fake_engine.ask(session_id, "total?").answer().evidence == (own,)


def test_other_tasks_are_not_looked_up(fake_engine: Engine, session_id: str) -> None:
    FakeFamily.script = ["Total 50.40"]
    assert fake_engine.ask(session_id, task="ocr").answer().evidence == ()
