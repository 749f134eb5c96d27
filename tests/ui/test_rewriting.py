import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from engine import Settings
from tests.ui.conftest import question
from tests.ui.fake_engine import FakeEngine
from ui.actions.conversation import ConversationActions
from ui.actions.edit import EditActions
from ui.events.updates import EVENT
from ui.state.change import ScreenChange
from ui.state.sessions import ScreenStates
from ui.views.selection import Selection

BUTTON = re.compile(r'<button type="button" class="(sc-act[^"]*)" name="(\w+)" value="(\d+)"')


class Screen:
    """One browser: a conversation, its second thoughts, and what the chat shows."""

    def __init__(self, settings: Settings) -> None:
        self.engine = FakeEngine(settings)
        screen_states = ScreenStates(self.engine)
        self.talk = ConversationActions(self.engine, screen_states)
        self.rewriting = EditActions(self.engine, screen_states)
        self.key = self.talk.start("en", remember=True).session_id
        self.shown: list[str] = []

    def run(self, changes: AsyncIterator[ScreenChange]) -> list[ScreenChange]:
        async def collect() -> list[ScreenChange]:
            return [change async for change in changes]

        found = asyncio.run(collect())
        for change in found:
            self.see(change)
        return found

    def see(self, change: ScreenChange) -> ScreenChange:
        if change.messages is not None:
            self.shown = [item["content"][0]["text"] for item in change.messages]
        return change

    def ask(self, text: str, **others: object) -> list[ScreenChange]:
        from dataclasses import replace

        return self.run(self.talk.ask(self.key, replace(question(text), **others), "en"))

    def asked(self) -> list[str]:
        return [item.text for item in self.engine.history(self.session_id)]

    @property
    def session_id(self) -> str:
        return self.key.rpartition(".")[2]

    def questions(self) -> list[str]:
        return [item.split("<div")[0] for item in self.shown if 'name="edit"' in item]


@pytest.fixture
def screen(settings: Settings, scan: str) -> Screen:
    made = Screen(settings)
    made.run(made.talk.attach(made.key, [scan], "en"))
    return made


def buttons(message: str) -> list[tuple[str, int]]:
    return [(name, int(turn)) for _, name, turn in BUTTON.findall(message)]


def test_every_question_can_be_edited_and_the_last_one_taken_back(screen: Screen) -> None:
    screen.ask("first")
    screen.ask("second")
    opened, first, answer, second, _ = screen.shown
    assert buttons(opened) == []
    assert buttons(first) == [("edit", 1)]
    assert buttons(second) == [("edit", 3), ("undo", 3)]
    assert [name for name, _ in buttons(answer)] == ["copy", "again", "good", "bad"]


def test_a_task_without_words_has_nothing_to_edit(screen: Screen) -> None:
    screen.ask("", task="layout")
    assert buttons(screen.shown[1]) == [("undo", 1)]


def test_an_edited_question_takes_the_place_of_the_old_one_and_of_all_after_it(
    screen: Screen,
) -> None:
    screen.ask("first")
    screen.ask("second")
    screen.ask("third")
    change = screen.rewriting.edit(screen.key, 3)
    assert (change.question_text, change.editing, change.task) == ("second", 3, "question")
    screen.ask("second, better", replaces=change.editing)
    assert screen.questions() == ["first", "second, better"]
    assert screen.asked() == ["first", "second, better"]


def test_the_files_of_a_question_that_is_asked_again_stay_open(
    settings: Settings, scan: str
) -> None:
    screen = Screen(settings)
    screen.ask("first", files=(scan,))
    screen.ask("first, better", replaces=0)
    assert "scan.png · 1 page" in screen.shown[0]
    assert len(screen.engine.documents(screen.session_id)) == 1


def test_answering_again_asks_the_same_with_what_is_chosen_now(screen: Screen) -> None:
    screen.ask("first")
    screen.ask("second")
    from dataclasses import replace

    chosen = replace(question("ignored"), verbatim=True)
    changes = screen.run(screen.talk.again(screen.key, 4, chosen, "en"))
    assert screen.questions() == ["first", "second"]
    assert screen.asked() == ["first", "second"]
    assert [asked["question"] for asked in screen.engine.asked] == ["first", "second", "second"]
    assert not any(change.clear_question for change in changes), "a draft in the box stays"


def test_a_question_that_is_taken_back_returns_to_the_text_box(screen: Screen) -> None:
    screen.ask("first")
    screen.ask("second")
    change = screen.see(screen.rewriting.undo(screen.key, 3, "en"))
    assert change.question_text == "second"
    assert screen.questions() == ["first"]
    assert screen.asked() == ["first"]
    # The boxes on the page are those of the answer that is last now.
    assert change.view["evidence"]


def test_a_failed_question_does_not_shift_what_is_taken_back(screen: Screen) -> None:
    screen.ask("first")
    screen.ask("fail please")
    screen.ask("third")
    screen.see(screen.rewriting.undo(screen.key, 5, "en"))
    assert screen.asked() == ["first"]
    screen.see(screen.rewriting.undo(screen.key, 3, "en"))
    assert screen.asked() == ["first"]
    assert screen.questions() == ["first"]


def test_an_opinion_is_shown_and_can_be_taken_back(screen: Screen) -> None:
    screen.ask("first")
    pressed = {True: [], False: []}
    for good in (True, True, False):
        screen.see(screen.rewriting.rate(screen.key, 2, "en", good=good))
        on = [name for kind, name, _ in BUTTON.findall(screen.shown[2]) if "sc-on" in kind]
        pressed[good].append(on)
    assert pressed == {True: [["good"], []], False: [["bad"]]}


def test_two_models_answer_the_same_question_side_by_side(screen: Screen) -> None:
    screen.ask("first")
    screen.ask("second", other="qwen_vl_2b")
    asked = [(one["question"], one.get("model", "lite")) for one in screen.engine.asked]
    assert asked == [("first", "lite"), ("second", "qwen_vl_2b"), ("second", "lite")]
    both = screen.shown[-1]
    assert both.count('class="sc-column"') == 2
    assert both.count("The total is") == 2
    # The conversation holds the question once.
    assert screen.asked() == ["first", "second"]
    screen.see(screen.rewriting.undo(screen.key, 3, "en"))
    assert len(screen.shown) == 3


def test_a_model_is_not_compared_with_itself(screen: Screen) -> None:
    screen.ask("first", other="lite")
    assert len(screen.engine.asked) == 1


@pytest.mark.parametrize("turn", [-1, 0, 99])
def test_a_turn_that_is_no_question_changes_nothing(screen: Screen, turn: int) -> None:
    screen.ask("first")
    before = list(screen.shown)
    assert screen.rewriting.edit(screen.key, turn) == ScreenChange()
    assert screen.rewriting.undo(screen.key, turn, "en") == ScreenChange()
    assert screen.rewriting.rate(screen.key, turn, "en", good=True) == ScreenChange()
    assert screen.shown == before


def test_events_are_private() -> None:
    assert EVENT["api_visibility"] == "private"


def test_while_an_answer_is_written_no_question_is_taken_back(screen: Screen) -> None:
    screen.ask("first")

    async def during() -> ScreenChange:
        answering = screen.talk.ask(screen.key, question("endless"), "en")
        await anext(answering)
        while not screen.talk._screen_states.find(screen.key)[0].running:
            await anext(answering)
        change = screen.rewriting.undo(screen.key, 1, "en")
        screen.talk.stop(screen.key, "en")
        async for shown in answering:
            screen.see(shown)
        return change

    change = asyncio.run(during())
    assert (change.messages, change.question_text) == (None, None)
    assert change.status
    assert screen.questions() == ["first", "endless"]


def test_the_region_of_a_question_comes_back_with_its_words(screen: Screen) -> None:
    document_id = screen.engine.documents(screen.session_id)[0].document_id
    screen.ask("first", area=Selection(document_id, 0, (10.0, 20.0, 300.0, 400.0)))
    region = {
        "document": document_id, "page": 0, "bbox": [10.0, 20.0, 300.0, 400.0], "number": 1
    }  # fmt: skip
    assert screen.rewriting.edit(screen.key, 1).area == region
    assert screen.rewriting.undo(screen.key, 1, "en").area == region


def test_what_is_taken_back_and_what_is_liked_are_so_after_a_restart(screen: Screen) -> None:
    screen.ask("first")
    screen.ask("second")
    screen.rewriting.undo(screen.key, 3, "en")
    shown = screen.see(screen.rewriting.rate(screen.key, 2, "en", good=True))
    again = ConversationActions(screen.engine, ScreenStates(screen.engine)).start(
        "en", screen.key, remember=True
    )
    assert again.messages == shown.messages
    assert screen.questions() == ["first"]
    screen.rewriting.undo(screen.key, 1, "en")
    again = ConversationActions(screen.engine, ScreenStates(screen.engine)).start(
        "en", screen.key, remember=True
    )
    assert not [one for one in again.messages or () if one["role"] == "user"]
