"""What strangers may ask of the app: where there is a login, the login page and little else.

Gradio guards its routes one by one and leaves some open (a running event's heartbeat, streams of
media, the end of an event). This is the other way round: whatever is not named here is closed.
Some of Gradio's routes are closed to everybody, because nothing of ours uses them.
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.api.access import has_login, is_logged_in

_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_GONE: Final = 404
_READING: Final = ("GET", "HEAD", "OPTIONS")
# The login page, what it is made of, and what a load balancer asks.
OPEN: Final = frozenset(
    (
        "", "/login", "/logout", "/favicon.ico", "/theme.css", "/robots.txt", "/manifest.json",
        "/health", "/ready", "/gradio_api/app_id", "/gradio_api/startup-events",
        "/gradio_api/theme.css", "/gradio_api/token", "/gradio_api/user",
        "/gradio_api/login_check", "/pwa_icon",
    )
)  # fmt: skip
OPEN_FOLDERS: Final = ("/static/", "/assets/", "/svelte/", "/pwa_icon/")
# These ask for themselves: a token (ui/api/access.py).
GUARDED_FOLDERS: Final = ("/v1/", "/api/", "/gradio_api/mcp/")
# Gradio's editor, its proxy, its monitor and links to copies of a session.
CLOSED: Final = (
    "/gradio_api/vibe-", "/gradio_api/undo-vibe-edit", "/gradio_api/proxy=",
    "/gradio_api/stream/", "/gradio_api/deep_link", "/gradio_api/custom_component/",
    "/gradio_api/dev/", "/monitoring", "/openapi.json",
)  # fmt: skip


class AccessControlMiddleware:
    """Middleware that lets through what may be asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refused = self._refusal(scope)
            if refused:
                await PlainTextResponse("", refused)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> int:
        """The status of a refusal; 0 for what may pass."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        headers, gradio = Headers(scope=scope), scope.get("app")
        if is_closed(path):
            return _GONE
        # A page of another site, in the browser of somebody who may come in here.
        if scope["method"] not in _READING and headers.get("sec-fetch-site") == "cross-site":
            return _FORBIDDEN
        if has_login(gradio) and not is_open(path) and not is_logged_in(gradio, headers):
            return _UNAUTHORIZED
        return 0


def is_closed(path: str) -> bool:
    """Whether nobody may ask for it."""
    return path.startswith(CLOSED)


def is_open(path: str) -> bool:
    """Whether it may be asked for without Gradio's login."""
    folder = path.rstrip("/") + "/"
    return path.rstrip("/") in OPEN or folder.startswith((*OPEN_FOLDERS, *GUARDED_FOLDERS))
