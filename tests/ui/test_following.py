"""Answers and the tabs that look at them: reloads, two tabs of a browser, a tab that goes away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from engine import Settings
from engine.fields import DocumentFields, Field, FieldsPage, load_templates
from tests.ui.conftest import question
from tests.ui.fake_engine import FakeEngine
from ui.actions.conversation import ConversationActions
from ui.actions.fields import FieldsActions
from ui.actions.history import HistoryActions
from ui.state.change import ScreenChange
from ui.state.sessions import ScreenStates
from ui.state.uploads import open_files


class Browser:
    """One visitor; `tab` names one of the tabs that show the same conversation."""

    def __init__(self, settings: Settings, pause: float = 0.0) -> None:
        self.engine = FakeEngine(settings, pause=pause)
        self.screen_states = ScreenStates(self.engine)
        self.talk = ConversationActions(self.engine, self.screen_states)
        self.archive = HistoryActions(self.engine, self.screen_states, self.talk)
        self.key = self.talk.start("en", remember=True, tab="one").session_id or ""

    def ask(self, text: str, *files: str, tab: str = "one") -> AsyncIterator[ScreenChange]:
        return self.talk.ask(self.key, question(text, files), "en", tab)


async def every(changes: AsyncIterator[ScreenChange]) -> list[ScreenChange]:
    return [change async for change in changes]


def said(changes: list[ScreenChange]) -> str:
    shown = [change.messages for change in changes if change.messages is not None]
    return " ".join(item["content"][0]["text"] for item in shown[-1]) if shown else ""


async def read_until_it_writes(changes: AsyncIterator[ScreenChange]) -> None:
    async for change in changes:
        if "The " in said([change]):
            return
    raise AssertionError("nothing was written")


def test_an_answer_is_written_to_its_end_when_its_reader_goes_and_the_next_page_follows_it(
    settings: Settings, scan: str
) -> None:
    browser = Browser(settings, pause=0.1)

    async def reload() -> tuple[ScreenChange, list[ScreenChange]]:
        async with aclosing(browser.ask("What is the total?", scan)) as changes:  # type: ignore[type-var]
            await read_until_it_writes(changes)
        back = browser.talk.start("en", browser.key, remember=True, tab="two")
        return back, await every(browser.talk.follow(browser.key, "two"))

    back, followed = asyncio.run(reload())
    assert back.running is True
    assert "1,240.50" in said(followed)
    assert followed[-1].running is False
    assert followed[-1].view is not None
    assert followed[-1].view["evidence"]


def test_an_answer_that_nobody_comes_back_to_is_stopped(
    settings: Settings, scan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.actions.follow.ALONE_SECONDS", 0.3)
    browser = Browser(settings, pause=0.05)

    async def close_the_tab(*, come_back: bool) -> tuple[bool, str | None]:
        async with aclosing(browser.ask("endless", scan)) as changes:  # type: ignore[type-var]
            await read_until_it_writes(changes)
        screen_state, _ = browser.screen_states.find(browser.key)
        if come_back:
            following = asyncio.create_task(every(browser.talk.follow(browser.key, "two")))
        await asyncio.sleep(1)
        found = (
            screen_state.running,
            screen_state.transcript and screen_state.transcript.finish_reason,
        )
        browser.talk.stop(browser.key, "en")
        if come_back:
            await following
        return found

    assert asyncio.run(close_the_tab(come_back=False)) == (False, "cancelled")
    assert asyncio.run(close_the_tab(come_back=True)) == (True, None)


def test_nothing_is_followed_where_no_answer_is_being_written(
    settings: Settings, scan: str
) -> None:
    browser = Browser(settings)
    asyncio.run(every(browser.ask("What is the total?", scan)))
    assert asyncio.run(every(browser.talk.follow(browser.key, "two"))) == []


def test_a_tab_that_begins_another_chat_does_not_silence_the_other_tab(
    settings: Settings, scan: str
) -> None:
    browser = Browser(settings, pause=0.05)

    async def two_tabs() -> list[ScreenChange]:
        first = asyncio.create_task(every(browser.ask("What is the total?", scan)))
        await asyncio.sleep(0.15)
        browser.talk.start("en", browser.key, remember=True, tab="two")
        browser.talk.new_chat(browser.key, "en", "two")
        return await first

    changes = asyncio.run(two_tabs())
    assert "1,240.50" in said(changes)
    assert changes[-1].running is False


def test_what_comes_of_a_left_conversation_is_not_drawn_over_the_next(
    settings: Settings, scan: str
) -> None:
    browser = Browser(settings)

    async def leave_while_the_file_opens() -> list[ScreenChange]:
        asked = browser.ask("What is the total?", scan)
        first = await anext(asked)
        assert first.running is True
        browser.talk.new_chat(browser.key, "en", "one")
        return await every(asked)

    assert asyncio.run(leave_while_the_file_opens()) == [ScreenChange()]


def test_a_conversation_of_someone_else_that_is_wished_for_leaves_this_one_as_it_is(
    settings: Settings, scan: str
) -> None:
    browser, changes = Browser(settings), []
    stranger = browser.talk.start("en", remember=True).session_id or ""
    for request in (stranger.rpartition(".")[2], "nosuch"):
        change = browser.archive.open(browser.key, request, "en", "one")
        assert change.messages is None
        assert change.session_id is None
    changes = asyncio.run(every(browser.ask("What is the total?", scan)))
    assert "1,240.50" in said(changes), "its answers are still shown"


def test_an_earlier_question_that_is_answered_again_takes_nothing_away(
    settings: Settings, scan: str
) -> None:
    browser = Browser(settings)
    asyncio.run(every(browser.ask("first", scan)))
    asyncio.run(every(browser.ask("second")))
    again = browser.talk.again(browser.key, 1, question("ignored"), "en", "one")
    asyncio.run(every(again))
    session_id = browser.key.rpartition(".")[2]
    assert [item.text for item in browser.engine.history(session_id)] == [
        "first",
        "second",
        "first",
    ]


class _Fields:
    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def fields(self, session_id: str, document_id: str, **_: Any) -> DocumentFields:
        titles = {name: name for name in load_templates()["invoice"].fields}
        box = (10.0, 20.0, 110.0, 40.0)
        total = Field("total", "Total", "amount", "42.00", "42.00", box, 0, 0.9, boxes=(box,))
        pages = (FieldsPage(0, 900, 600),)
        return DocumentFields(
            document_id=document_id, name="a", document_type="invoice", confidence=0.8,
            model_id="lite", pages=pages, titles=titles, fields={"total": total},
        )  # fmt: skip


def test_fields_that_were_read_and_corrected_are_there_after_a_restart(
    engine: FakeEngine, scan: str
) -> None:
    with_fields: Any = _Fields(engine)
    screen_states = ScreenStates(with_fields)
    screen_state = screen_states.begin(engine.create_visitor())
    opened, _ = asyncio.run(open_files(with_fields, screen_state, [str(Path(scan))], turn_to=True))
    document_id = opened[0].document_id
    form = FieldsActions(with_fields, screen_states)
    asyncio.run(every(form.read(screen_state.key, document_id, "auto", "lite", "en")))
    again = ScreenStates(with_fields).find(screen_state.key)[0].sheets[document_id][0].result(None)
    assert again.fields["total"].value == "42.00"
    form.write(screen_state.key, document_id, "total", "43.00")
    again = ScreenStates(with_fields).find(screen_state.key)[0].sheets[document_id][0].result(None)
    assert again.fields["total"].value == "43.00"


def test_fields_of_a_left_conversation_are_not_shown_in_the_next(
    engine: FakeEngine, scan: str
) -> None:
    with_fields: Any = _Fields(engine)
    screen_states = ScreenStates(with_fields)
    screen_state = screen_states.begin(engine.create_visitor())
    opened, _ = asyncio.run(open_files(with_fields, screen_state, [str(Path(scan))], turn_to=True))
    form = FieldsActions(with_fields, screen_states)

    async def leave() -> list[ScreenChange]:
        reading = form.read(screen_state.key, opened[0].document_id, "auto", "lite", "en", "one")
        await anext(reading)
        screen_state.left_by.add("one")
        return await every(reading)

    assert asyncio.run(leave()) == [ScreenChange()]
    assert screen_state.sheets
