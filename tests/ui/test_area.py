"""A question about one place of a page: what the browser sends, and what reaches the engine."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.ui.conftest import question
from tests.ui.fake_engine import FakeEngine
from tests.ui.test_conversation import chat, last, run
from ui.actions.conversation import ConversationActions
from ui.views.selection import Selection, read_area

GONE = Selection("gone", 0, (1.0, 2.0, 30.0, 40.0))
GOOD = {"document": "d", "page": 2, "bbox": [1, 2.5, 30, 40], "number": 3}


def test_an_area_is_read() -> None:
    assert read_area(GOOD) == Selection("d", 2, (1.0, 2.5, 30.0, 40.0))


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "text",
        [1, 2, 3, 4],
        {},
        GOOD | {"document": 7},
        GOOD | {"page": "2"},
        GOOD | {"page": True},
        GOOD | {"page": 1.5},
        GOOD | {"bbox": [1, 2, 3]},
        GOOD | {"bbox": [1, 2, 3, "4"]},
        GOOD | {"bbox": [1, 2, 3, float("nan")]},
        GOOD | {"bbox": [1, 2, 3, float("inf")]},
        GOOD | {"bbox": {"0": 1}},
    ],
)
def test_anything_else_is_no_area(value: Any) -> None:
    assert read_area(value) is None


@pytest.fixture
def session_id(talk: ConversationActions, scan: str) -> str:
    session_id = talk.start("en").session_id
    assert session_id is not None
    run(talk.attach(session_id, [scan], "en"))
    return session_id


def about(document_id: str, text: str = "What is the total?", task: str = "question") -> Any:
    area = Selection(document_id, 0, (10.0, 20.0, 300.0, 400.0))
    return replace(question(text, task=task), area=area)


def test_a_question_about_a_region_goes_to_that_page_with_its_box(
    talk: ConversationActions, engine: FakeEngine, session_id: str
) -> None:
    document_id = engine.documents(session_id)[0].document_id
    changes = run(talk.ask(session_id, about(document_id), "en"))
    assert engine.asked[0]["pages"] == [(document_id, 0)]
    assert engine.asked[0]["bbox"] == (10.0, 20.0, 300.0, 400.0)
    assert '<span class="sc-file">Region of page 1</span>' in chat(changes)[1]
    assert any(change.clear_area for change in changes)
    assert (
        "Область на странице 1"
        in talk.translate(session_id, "ru").messages[1]["content"][0]["text"]
    )


def test_the_region_waits_until_something_is_asked_about_it(
    talk: ConversationActions, engine: FakeEngine, session_id: str
) -> None:
    document_id = engine.documents(session_id)[0].document_id
    changes = run(talk.ask(session_id, about(document_id, " "), "en"))
    assert engine.asked == []
    assert not any(change.clear_area for change in changes)


def test_a_region_of_a_page_that_is_gone_is_not_named(
    talk: ConversationActions, session_id: str
) -> None:
    changes = run(talk.ask(session_id, about("another"), "en"))
    assert "Region of page" not in chat(changes)[1]


def test_regions_stay_on_the_page_until_another_layout_or_file(
    talk: ConversationActions, engine: FakeEngine, session_id: str, tmp_path: Path, scan: str
) -> None:
    run(talk.ask(session_id, question("", task="layout"), "en"))
    view = last(run(talk.ask(session_id, question(), "en")), "view")
    assert len(view["regions"]) == 4
    assert len(view["evidence"]) == 1
    # The downloads are those of what is shown.
    document_id = engine.documents(session_id)[0].document_id
    assert asyncio.run(talk.export(session_id, "json", document_id, 0, "en")).download
    again = run(talk.ask(session_id, question("fail", task="layout"), "en"))
    assert last(again, "view")["regions"] == []
    run(talk.ask(session_id, question("", task="layout"), "en"))
    another = tmp_path / "another.png"
    another.write_bytes(Path(scan).read_bytes())
    view = last(run(talk.attach(session_id, [str(another)], "en")), "view")
    assert view["regions"] == []


def test_the_words_in_a_drawn_box_come_back_with_the_box(
    talk: ConversationActions, engine: FakeEngine, session_id: str
) -> None:
    area = Selection(engine.documents(session_id)[0].document_id, 0, (1.0, 2.0, 30.0, 40.0))
    change = asyncio.run(talk.text_inside(session_id, area))
    assert change.inside == {
        "document": area.document_id,
        "page": 0,
        "bbox": [1.0, 2.0, 30.0, 40.0],
        "text": "words in (1.0, 2.0, 30.0, 40.0)",
    }


def test_a_box_that_cannot_be_read_has_no_words(talk: ConversationActions, session_id: str) -> None:
    change = asyncio.run(talk.text_inside(session_id, replace(GONE, document_id="another")))
    assert change.inside is not None
    assert change.inside["text"] == ""
    assert asyncio.run(talk.text_inside(session_id, None)).inside is None


def test_where_words_come_from_is_told_with_their_boxes(
    talk: ConversationActions, engine: FakeEngine, session_id: str
) -> None:
    (document,) = engine.documents(session_id)
    found = asyncio.run(talk.sources(session_id, document.document_id, 0)).sources
    assert found == {
        "document": document.document_id,
        "page": 0,
        "groups": [
            {"source": "pdf", "boxes": [[1.0, 2.0, 30.0, 40.0]]},
            {"source": "form", "boxes": [[5.0, 6.0, 7.0, 8.0]]},
        ],
    }
    gone = asyncio.run(talk.sources(session_id, "gone", 0)).sources
    assert gone == {"document": "gone", "page": 0, "groups": []}
