"""Events of a run in handfuls: the screen is redrawn for a handful, not for every token."""

import asyncio
from collections.abc import AsyncGenerator

from engine import AnswerStream, StreamEvent

PAUSE_SECONDS = 0.05


async def batches(
    stream: AnswerStream, *, pause_seconds: float = PAUSE_SECONDS
) -> AsyncGenerator[list[StreamEvent], None]:
    """All events of a run, those that come within `pause_seconds` of each other together.

    Nothing is held back longer than that, whatever the run does next. A reader that goes away ends
    the stream, and with it the run.
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
        await task  # an error of the stream is the reader's error
    finally:
        task.cancel()
