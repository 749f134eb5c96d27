"""The server never fetches a URL for a user.

Gradio's file route and upload fields accept web addresses and fetch them on the server. This module
refuses both: files can only come from the browser.
"""

from typing import Any, Final

from starlette.datastructures import URL
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_FORBIDDEN: Final = 403


class UrlGuardMiddleware:
    """ASGI middleware that refuses `/file=http://...` and `/proxy=...` with 403."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and asks_for_address(URL(scope=scope).path):
            await PlainTextResponse("", _FORBIDDEN)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def asks_for_address(path: str) -> bool:
    """Whether a request's path names a web address instead of a file of the app."""
    _, mark, wanted = path.partition("/file=")
    return "/proxy=" in path or (bool(mark) and "://" in wanted)


def only_local_files(component: Any) -> None:
    """Make an upload field refuse files that are given as a web address."""
    move = component.async_move_resource_to_block_cache

    async def move_local(path: Any) -> Any:
        if "://" in str(path):
            raise PermissionError(path)
        return await move(path)

    component.async_move_resource_to_block_cache = move_local
