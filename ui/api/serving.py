"""Api: the API for programs, created once and added to Gradio's app in two steps.

api = Api(engine, settings)
app = build_app(engine, settings, api)              # the named endpoints
app.launch(**launch_options(settings, api))         # what is mounted beside Gradio's routes
api.check(app)
"""

from importlib import import_module
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from engine import Engine, Settings
from engine.core.errors import SettingsError
from ui.api.access import Access, ScreenGuard, TokenGuard, TokenLogin
from ui.api.body_limit import BodyLimit, most_megabytes
from ui.api.calls import Calls
from ui.api.completions import completions_app
from ui.api.gradio_api import wire_named
from ui.api.health import health_routes
from ui.api.rest import docs_app, rest_app


class Api:
    """The API of one app."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._settings = settings
        self._calls = Calls(engine, settings)
        self._access = Access(settings.api)

    @property
    def is_enabled(self) -> bool:
        return self._settings.api.enabled

    def wire(self, app: gr.Blocks) -> None:
        """Add the named endpoints to an app that is being built."""
        if self.is_enabled:
            wire_named(app, self._calls, self._access)

    def middleware(self) -> list[Middleware]:
        return [Middleware(TokenLogin, access=self._access)] if self.is_enabled else []

    def launch_options(self) -> dict[str, Any]:
        """The arguments of Blocks.launch for the API. Merge app_kwargs with the caller's.

        Raises:
            SettingsError: a package of the MCP server is not installed.
        """
        routes: list[Route | Mount] = list(health_routes(self._calls))
        if not self.is_enabled:
            return {"app_kwargs": {"routes": routes}, "mcp_server": False}
        tools = _mcp_tools(self._calls, self._access)
        rest = rest_app(self._calls)
        routes += [
            self._guarded("/v1", completions_app(self._calls)),
            Route("/api/docs", _docs_folder),
            Mount("/api/docs", ScreenGuard(SubPath("/api/docs", docs_app(rest)), self._access)),
            self._guarded("/api", rest),
        ]
        return {"app_kwargs": {"routes": routes, "lifespan": tools.lifespan}, "mcp_server": True}

    def check(self, app: gr.Blocks) -> None:
        """Check that a launched app runs the MCP server, if the API is enabled.

        Raises:
            SettingsError: Gradio's MCP server could not be started.
        """
        if self.is_enabled and not (app.mcp_server and app.mcp_server_obj is not None):
            raise SettingsError("settings.no_mcp", detail=app.mcp_error or "gradio.mcp")

    def _guarded(self, path: str, mounted: ASGIApp) -> Mount:
        limited = BodyLimit(SubPath(path, mounted), most_megabytes(self._settings))
        return Mount(path, TokenGuard(limited, self._access))


class SubPath:
    """ASGI middleware that makes a mounted app's routes work behind a proxy with a sub-path.

    Gradio sets its sub-path (--root-path) as the root_path of every request, even if the proxy has
    removed it from the path. Starlette's routing below a Mount then fails.
    """

    def __init__(self, path: str, app: ASGIApp) -> None:
        self._path = path
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(scope.get("root_path", "")):
            scope = {**scope, "root_path": self._path}
        await self._app(scope, receive, send)


async def _docs_folder(_: Request) -> Response:
    # Relative, so it is right under any sub-path; the page's own links are relative, too.
    return RedirectResponse("docs/")


def _mcp_tools(calls: Calls, access: Access) -> Any:
    """The MCP tools. Raises SettingsError if `mcp`, or a part that Gradio needs, is missing."""
    try:
        return import_module("ui.api.mcp_tools").McpTools(calls, access)
    except (ImportError, AttributeError) as error:
        raise SettingsError("settings.no_mcp", detail=str(error)) from error
