"""Access control by route: without a login session only the login page and little else is open.

Gradio protects its routes one by one and leaves some open (a running event's heartbeat, media
streams, the end of an event). This module uses an allowlist instead: if the app has a login, every
route that is not listed here needs it. Some of Gradio's routes are closed to everybody, because
the app does not use them.
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
# The login page with its resources, and the routes of a load balancer.
OPEN: Final = frozenset(
    (
        "", "/login", "/logout", "/favicon.ico", "/theme.css", "/robots.txt", "/manifest.json",
        "/health", "/ready", "/gradio_api/app_id", "/gradio_api/startup-events",
        "/gradio_api/theme.css", "/gradio_api/token", "/gradio_api/user",
        "/gradio_api/login_check", "/pwa_icon",
    )
)  # fmt: skip
OPEN_FOLDERS: Final = ("/static/", "/assets/", "/svelte/", "/pwa_icon/")
# These check a token themselves (ui/api/access.py).
GUARDED_FOLDERS: Final = ("/v1/", "/api/", "/gradio_api/mcp/")
# Gradio's editor, proxy, monitor, media streams and links to copies of a session.
CLOSED: Final = (
    "/gradio_api/vibe-", "/gradio_api/undo-vibe-edit", "/gradio_api/proxy=",
    "/gradio_api/stream/", "/gradio_api/deep_link", "/gradio_api/custom_component/",
    "/gradio_api/dev/", "/monitoring", "/openapi.json",
)  # fmt: skip


class AccessControlMiddleware:
    """ASGI middleware that refuses closed routes, cross-site writes and calls without a login."""

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
        """The HTTP status of a refusal; 0 if the request may pass."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        headers, gradio = Headers(scope=scope), scope.get("app")
        if is_closed(path):
            return _GONE
        # Cross-site request forgery: another site's page in the browser of a permitted user.
        if scope["method"] not in _READING and headers.get("sec-fetch-site") == "cross-site":
            return _FORBIDDEN
        if has_login(gradio) and not is_open(path) and not is_logged_in(gradio, headers):
            return _UNAUTHORIZED
        return 0


def is_closed(path: str) -> bool:
    """Whether the route is closed to everybody."""
    return path.startswith(CLOSED)


def is_open(path: str) -> bool:
    """Whether the route is open without Gradio's login."""
    folder = path.rstrip("/") + "/"
    return path.rstrip("/") in OPEN or folder.startswith((*OPEN_FOLDERS, *GUARDED_FOLDERS))
