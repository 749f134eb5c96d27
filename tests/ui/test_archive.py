import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest

from engine import Settings
from tests.ui.conftest import draw, question
from tests.ui.fake_engine import FakeEngine
from ui.actions.conversation import ConversationActions
from ui.actions.history import HistoryActions
from ui.state.change import ScreenChange
from ui.state.sessions import ScreenStates


class App:
    """The screen's actions over one engine; `restart` is what a restart of the app does."""

    def __init__(self, settings: Settings) -> None:
        self.engine = FakeEngine(settings)
        self.restart()

    def restart(self) -> None:
        screen_states = ScreenStates(self.engine)
        self.talk = ConversationActions(self.engine, screen_states)
        self.archive = HistoryActions(self.engine, screen_states, self.talk)

    def ask(self, key: str, text: str, *files: str) -> list[ScreenChange]:
        return run(self.talk.ask(key, question(text, files), "en"))


def run(changes: AsyncIterator[ScreenChange]) -> list[ScreenChange]:
    async def collect() -> list[ScreenChange]:
        return [change async for change in changes]

    return asyncio.run(collect())


def said(change: ScreenChange) -> str:
    return " ".join(item["content"][0]["text"] for item in change.messages)


@pytest.fixture
def app(settings: Settings) -> App:
    return App(settings)


@pytest.fixture
def key(app: App) -> str:
    return app.talk.start("en", remember=True).session_id


def titles(app: App, key: str, search: str = "") -> list[str]:
    return [item["title"] for item in app.archive.view(key, search)["items"]]


def test_a_new_chat_leaves_the_old_one_in_the_list(app: App, key: str, scan: str) -> None:
    app.ask(key, "What is the total?", scan)
    fresh = app.talk.new_chat(key, "en")
    assert fresh.messages == []
    assert fresh.view["pages"] == []
    assert titles(app, fresh.session_id) == ["What is the total?"]
    old = app.archive.view(fresh.session_id)["items"][0]
    shown = app.archive.open(fresh.session_id, old["id"], "en")
    assert "What is the total?" in said(shown)
    assert shown.view["pages"][0]["name"] == "scan.png"
    assert shown.session_id == key


def test_an_empty_conversation_is_not_listed(app: App, key: str) -> None:
    assert titles(app, key) == []
    assert app.talk.new_chat(key, "en").session_id != ""


def test_a_reload_shows_the_same_conversation(app: App, key: str, scan: str) -> None:
    app.ask(key, "What is the total?", scan)
    again = app.talk.start("en", key, remember=True)
    assert again.session_id == key
    assert "What is the total?" in said(again)


def test_after_a_restart_the_conversation_is_as_it_was(app: App, key: str, scan: str) -> None:
    before = app.ask(key, "What is the total?", scan)
    shown = next(change for change in reversed(before) if change.messages)
    marks = next(change for change in reversed(before) if change.view).view["evidence"]
    app.restart()
    again = app.talk.start("en", key, remember=True)
    assert said(again) == said(shown)
    assert again.view["evidence"] == marks
    assert again.view["jump"]["page"] == 0, "the viewer opens the first page"


def test_conversations_of_another_visitor_cannot_be_reached(app: App, key: str, scan: str) -> None:
    app.ask(key, "What is the total?", scan)
    session_id = key.rpartition(".")[2]
    other = app.talk.start("en", remember=True).session_id
    assert titles(app, other) == []
    assert app.archive.open(other, session_id, "en").messages is None
    asyncio.run(app.archive.rename(other, session_id, "mine"))
    asyncio.run(app.archive.remove(other, session_id, "en"))
    forged = f"{other.rpartition('.')[0]}.{session_id}"
    assert app.talk.start("en", forged, remember=True).messages == []
    assert titles(app, key) == ["What is the total?"]


def test_a_conversation_is_found_by_its_words_and_renamed(app: App, key: str, scan: str) -> None:
    app.ask(key, "Какая сумма?", scan)
    session_id = key.rpartition(".")[2]
    assert titles(app, key, "СУММА") == ["Какая сумма?"]
    assert titles(app, key, "nothing such") == []
    change = asyncio.run(app.archive.rename(key, session_id, "  Счёт \n за март "))
    assert change.archive["items"][0]["title"] == "Счёт за март"


def test_deleting_the_open_conversation_begins_another(app: App, key: str, scan: str) -> None:
    app.ask(key, "What is the total?", scan)
    change = asyncio.run(app.archive.remove(key, key.rpartition(".")[2], "en"))
    assert change.messages == []
    assert change.session_id != key
    assert not app.engine.has_session(key.rpartition(".")[2])


def test_deleting_and_renaming_let_the_event_loop_go_on(
    app: App, key: str, scan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.ask(key, "What is the total?", scan)
    session_id = key.rpartition(".")[2]

    async def act(name: str, action: Coroutine[Any, Any, ScreenChange]) -> None:
        disk = threading.Event()

        def slow(*_: str) -> None:
            assert disk.wait(10), "the event loop stood still"

        monkeypatch.setattr(app.engine, name, slow)
        task = asyncio.ensure_future(action)
        await asyncio.sleep(0.05)
        assert not task.done()
        disk.set()
        await task

    asyncio.run(act("rename", app.archive.rename(key, session_id, "mine")))
    asyncio.run(act("delete_session", app.archive.remove(key, session_id, "en")))
    asyncio.run(act("delete_visitor", app.archive.wipe(key, "en")))


def test_everything_of_mine_goes_and_nothing_of_others(
    app: App, key: str, scan: str, tmp_path: Path
) -> None:
    other = app.talk.start("en", remember=True).session_id
    app.ask(other, "Whose is this?", scan)
    app.ask(key, "What is the total?", scan)
    second = app.talk.new_chat(key, "en").session_id
    app.ask(second, "And the date?", draw(tmp_path / "b.png"))
    fresh = asyncio.run(app.archive.wipe(second, "en"))
    assert "deleted" in fresh.status
    for gone in (key, second):
        assert not app.engine.has_session(gone.rpartition(".")[2])
    assert fresh.session_id.rpartition(".")[0] != key.rpartition(".")[0]
    assert titles(app, other) == ["Whose is this?"]


def test_an_answer_goes_on_while_another_conversation_is_on_the_screen(
    settings: Settings, scan: str
) -> None:
    app = App(settings)
    app.engine.pause = 0.1
    key = app.talk.start("en", remember=True).session_id

    async def leave_in_the_middle() -> tuple[list[ScreenChange], list[ScreenChange]]:
        changes: list[ScreenChange] = []
        after: list[ScreenChange] = []
        left = False
        async for change in app.talk.ask(key, question(files=(scan,)), "en"):
            (after if left else changes).append(change)
            if change.messages and not left and "The total" in said(change):
                app.talk.new_chat(key, "en")
                left = True
        return changes, after

    _, after = asyncio.run(leave_in_the_middle())
    # Gradio draws a stream's last change again at its end: that one must be empty.
    assert after == [ScreenChange()], "nothing of it is drawn over the other conversation"
    back = app.talk.resume(key, "en")
    assert "1,240.50" in said(back)
    assert back.running is False


def test_deceiving_names_are_given_as_text(app: App, key: str, tmp_path: Path) -> None:
    app.ask(key, "<script>alert(1)</script>", draw(tmp_path / "a.png"))
    assert titles(app, key) == [
        "<script>alert(1)</script>"
    ]  # ui/static/archive.js sets text, not markup
