"""Events reach their reader in order, sync and async, without busy waiting."""

import asyncio
import threading
import time

import pytest

from engine.chat.stream import EventChannel
from engine.core.schema import TextDelta


def texts(count: int) -> list[TextDelta]:
    return [TextDelta(str(number)) for number in range(count)]


def test_events_come_out_in_order_and_end_with_none() -> None:
    channel = EventChannel()
    for event in texts(3):
        channel.put(event)
    channel.close()
    assert [channel.get(1) for _ in range(4)] == [*texts(3), None]


def test_what_is_put_after_close_is_dropped() -> None:
    channel = EventChannel()
    channel.close()
    channel.put(TextDelta("late"))
    assert channel.get(1) is None


def test_waiting_in_vain_times_out() -> None:
    with pytest.raises(TimeoutError):
        EventChannel().get(0.01)


def test_an_async_reader_is_woken_by_a_thread() -> None:
    channel = EventChannel()

    def write() -> None:
        for event in texts(200):
            channel.put(event)
            if event.text.endswith("0"):
                time.sleep(0.001)
        channel.close()

    async def read() -> list[TextDelta]:
        threading.Thread(target=write).start()
        found: list[TextDelta] = []
        while (event := await channel.aget(5)) is not None:
            assert isinstance(event, TextDelta)
            found.append(event)
        return found

    assert asyncio.run(read()) == texts(200)


def test_an_async_reader_times_out_too() -> None:
    with pytest.raises(TimeoutError):
        asyncio.run(EventChannel().aget(0.01))


def test_a_hundred_waiting_async_readers_cost_no_threads() -> None:
    async def wait_on_all() -> int:
        channels = [EventChannel() for _ in range(100)]
        readers = [asyncio.create_task(channel.aget(5)) for channel in channels]
        await asyncio.sleep(0.05)
        threads = threading.active_count()
        for channel in channels:
            channel.close()
        assert await asyncio.gather(*readers) == [None] * 100
        return threads

    before = threading.active_count()
    assert asyncio.run(wait_on_all()) < before + 10
