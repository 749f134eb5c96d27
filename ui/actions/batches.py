"""Batches of a run's events: the screen is redrawn once for a batch, not for every token."""

import asyncio
from collections.abc import AsyncGenerator

from engine import AnswerStream, StreamEvent

PAUSE_SECONDS = 0.05


async def batches(
    stream: AnswerStream, *, pause_seconds: float = PAUSE_SECONDS
) -> AsyncGenerator[list[StreamEvent], None]:
    """Yield all events of a run in batches, each collected for `pause_seconds`.

    No event is delayed longer than that, whatever the run does next. When the reader closes this
    generator, the stream and the run end, too.
    """
    queue: asyncio.Queue[StreamEvent | None] = asyncio.Queue()

    async def pump() -> None:
        try:
            async for event in stream:
                queue.put_nowait(event)
        finally:
            queue.put_nowait(None)

    task = asyncio.create_task(pump())
    try:
        ended = False
        while not ended:
            handful = [await queue.get()]
            await asyncio.sleep(pause_seconds)
            while not queue.empty():
                handful.append(queue.get_nowait())
            ended = handful[-1] is None
            events = [event for event in handful if event is not None]
            if events:
                yield events
        await task  # raises the stream's error in the reader
    finally:
        task.cancel()
