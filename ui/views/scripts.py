"""The ES modules of ui/static: their route, their addresses, and how a component starts one.

An address contains a hash of all modules, so a browser caches them for good and still loads a new
version at once. Addresses are relative to the page's base, like those of Gradio's own assets, so
they are right behind any proxy. The route is open to users of the screen only (access_control.py).
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_FOLDER: Final = Path(__file__).parents[1] / "static"
_ROOT: Final = "scripts"
_NOT_FOUND: Final = 404


@cache
def modules() -> Mapping[str, bytes]:
    """File name -> content. Read once, so it stays the content of its version."""
    return {path.name: path.read_bytes() for path in sorted(_FOLDER.glob("*.js"))}


@cache
def version() -> str:
    """16 hexadecimal digits of a hash of all modules and their names."""
    digest = hashlib.sha256()
    for name, content in modules().items():
        digest.update(b"%b %d\n%b" % (name.encode(), len(content), content))
    return digest.hexdigest()[:16]


def call(name: str, function: str) -> str:
    """A JavaScript expression that loads a module and calls one of its functions.

    It is evaluated by Gradio, so the address must be absolute.

    Args:
        name: the module's file name.
        function: the function with its arguments, as in "start({ element })".
    """
    address = f'new URL("{_ROOT}/{version()}/{name}", document.baseURI).href'
    return f"import({address}).then((module) => module.{function})"


def start(name: str, *events: str) -> str:
    """The js_on_load of a gr.HTML that the module's function `start` draws.

    The component exists before its module is loaded. `start` draws the properties as they are then
    and watches later changes, so nothing is lost in between.

    Args:
        name: the module's file name.
        events: those that the server handles. Gradio searches this string for their quoted names.
    """
    named = f"/* {' '.join(map(json.dumps, events))} */ " if events else ""
    return named + call(name, "start({ element, trigger, props, watch })")


def route() -> Route:
    """GET /scripts/{version}/{name}: a module.

    A page that was loaded from another version of the app gets this version, and does not cache it.
    """

    async def module(request: Request) -> Response:
        content = modules().get(request.path_params["name"])
        if content is None:
            return PlainTextResponse("", _NOT_FOUND)
        is_current = request.path_params["version"] == version()
        caching = "private, max-age=31536000, immutable" if is_current else "no-store"
        return Response(content, media_type="text/javascript", headers={"Cache-Control": caching})

    return Route(f"/{_ROOT}/{{version}}/{{name}}", module)
