"""Cancel a call when its client disconnects."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request

T = TypeVar("T")


class ClientDisconnected(Exception):  # noqa: N818 - not an error
    """The client closed the connection before the answer was ready."""


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Await the work and return its result; cancel it if the client disconnects.

    Args:
        request: the request; its body must have been read.
    Raises:
        ClientDisconnected: the client disconnected first.
    """
    task = asyncio.create_task(work)
    watch = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnected
        return task.result()
    finally:
        for one in (task, watch):
            one.cancel()
            # Retrieve the outcome, so asyncio does not log an unhandled exception.
            one.add_done_callback(lambda ended: ended.cancelled() or ended.exception())


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
