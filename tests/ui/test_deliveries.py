"""An update that opens another conversation does not overtake the updates of the one before."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import gradio as gr
import pytest

from engine import Settings
from tests.ui.fake_engine import FakeEngine
from ui.events.deliveries import Deliveries
from ui.events.updates import Updates, unchanged
from ui.state.change import ScreenChange
from ui.views.labels import ScreenLabels
from ui.views.screen import Screen, build

OPENED: Updates = {"opened": True}


class Tab(gr.Request):
    def __init__(self, session_hash: str) -> None:
        super().__init__(session_hash=session_hash)


@pytest.fixture
def screen(engine: FakeEngine, settings: Settings) -> Screen:
    with gr.Blocks():
        return build(ScreenLabels(settings, engine.models(), ()), "en")


async def changes(*statuses: str) -> AsyncIterator[ScreenChange]:
    for status in statuses:
        yield ScreenChange(status=status)


async def order(screen: Screen, streaming: str, opening: str) -> Sequence[str]:
    """What reaches the tab `opening` and when: the event loop decides where nothing waits."""
    deliveries = Deliveries(screen)
    arrived: list[str] = []
    stream = deliveries.stream(changes("a", "b"), Tab(streaming))
    await anext(stream)  # Gradio has the update now, and takes its time to send it

    async def opened() -> None:
        await deliveries.after_those(OPENED, Tab(opening))
        arrived.append("opened")

    waiting = asyncio.create_task(opened())
    await asyncio.sleep(0.05)
    arrived.append("sent")
    await anext(stream)
    await waiting
    return arrived


def test_another_conversation_opens_after_what_is_on_its_way(screen: Screen) -> None:
    assert asyncio.run(order(screen, "one", "one")) == ["sent", "opened"]


def test_another_tab_does_not_wait(screen: Screen) -> None:
    assert asyncio.run(order(screen, "one", "other")) == ["opened", "sent"]


@pytest.mark.parametrize("end", ["exhausted", "closed by Gradio"])
def test_nothing_waits_for_a_stream_that_ended(screen: Screen, end: str) -> None:
    async def run() -> Updates:
        deliveries = Deliveries(screen)
        stream = deliveries.stream(changes("a", "b"), Tab("one"))
        await anext(stream)
        if end == "exhausted":
            async for _ in stream:
                pass
        else:
            await stream.aclose()
        return await asyncio.wait_for(deliveries.after_those(OPENED, Tab("one")), 1)

    assert asyncio.run(run()) == OPENED


@pytest.mark.parametrize("statuses", [("a",), ("a", "b")])
def test_the_last_update_of_a_stream_is_that_of_its_last_change(
    screen: Screen, statuses: tuple[str, ...]
) -> None:
    updates = asyncio.run(all_updates(screen, *statuses))
    assert [update[screen.status] for update in updates] == list(statuses)


def test_a_stream_without_changes_changes_nothing(screen: Screen) -> None:
    assert asyncio.run(all_updates(screen)) == [unchanged(screen)]


async def all_updates(screen: Screen, *statuses: str) -> list[Any]:
    return [update async for update in Deliveries(screen).stream(changes(*statuses), Tab("one"))]
