"""Content security policy: the browser may load from this server only.

Escaping (ui/views/escaping.py) keeps untrusted text from running as script. The policy cannot:
Gradio builds components from strings and so needs 'unsafe-eval' and 'unsafe-inline'. The policy
stops network access instead: an injected script can neither load from another host nor send to it.
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
    # A page's URL may contain private data.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
}
_FOREIGN: Final = "access-control-allow-"
Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]


class ContentPolicy:
    """ASGI middleware that adds the policy to every response."""

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
    """ASGI middleware that removes CORS headers, so no page of another site can read a response.

    Unless the app is on localhost, Gradio allows every origin, with the login's cookie. It does so
    in its outermost middleware, so this one must wrap the whole app.
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
    """A lifespan that wraps the app in SameOriginMiddleware at its start.

    Args:
        inner: a lifespan to run inside this one.
    """

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
    """The value of the policy's header. On a Space the hub shows the app in a frame of its page."""
    directives = dict(_DIRECTIVES)
    if "SPACE_ID" not in os.environ:
        directives["frame-ancestors"] = "'self'"
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())
