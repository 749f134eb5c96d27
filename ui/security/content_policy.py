"""What the browser may do with our pages: load from this server, and from nowhere else.

Sanitising (ui/views/escaping.py) is what keeps foreign text from running: Gradio makes components
of strings and so needs 'unsafe-eval' and inline scripts, which no policy can tell from others. What
the policy
stops is the fetch: whatever slips through can neither load from nor tell another host.
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DIRECTIVES: Final = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "frame-src": "'none'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
_OTHERS: Final = {
    "X-Content-Type-Options": "nosniff",
    # The address of a page may hold what others should not learn.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
}
_FOREIGN: Final = "access-control-allow-"
Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]


class ContentPolicy:
    """Middleware that sends the policy with every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._policy = policy()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", self._policy)
                for name, value in _OTHERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_policy)


class SameOriginMiddleware:
    """An ASGI app whose answers no page of another site may read.

    Gradio allows every site that asks, with the login's cookie, unless the app is on localhost. It
    does so in a middleware outside of all others, so this one is laid around the whole app.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def without_leave(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name in [name for name in headers if name.startswith(_FOREIGN)]:
                    del headers[name]
            await send(message)

        await self._app(scope, receive, without_leave)


def lifespan(inner: Lifespan | None) -> Lifespan:
    """A lifespan that lays NoForeignReaders around the app when it starts. inner: another one."""

    @asynccontextmanager
    async def around(app: Any) -> AsyncIterator[Any]:
        app.middleware_stack = SameOriginMiddleware(app.middleware_stack)
        if inner is None:
            yield None
            return
        async with inner(app) as state:
            yield state

    return around


def policy() -> str:
    """The policy's header. On a Space the hub shows the app in a frame of its own page."""
    directives = dict(_DIRECTIVES)
    if "SPACE_ID" not in os.environ:
        directives["frame-ancestors"] = "'self'"
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())
