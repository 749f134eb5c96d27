"""Every route that an app answers, found in its routers: those of mounted and included apps too."""

import re
from collections.abc import Iterator
from typing import Any

_PARAMETER = re.compile(r"\{[^}]*\}")
# Of a mount that does not say: an ASGI app may answer anything.
_ALL = ("GET", "POST")


def routes_of(app: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(method, path) of every route; parameters have values that lead nowhere."""
    for route in getattr(app, "routes", ()):
        included = getattr(route, "original_router", None)
        if included is not None:
            context = route.include_context
            yield from routes_of(included, prefix + str(getattr(context, "prefix", "") or ""))
            continue
        path = prefix + str(route.path)
        methods = getattr(route, "methods", None)
        if methods is None:
            yield from ((method, filled(path) + "/x") for method in _ALL)
            yield from routes_of(_unwrapped(route.app), path)
            continue
        yield from ((method, filled(path)) for method in sorted(methods))


def filled(path: str) -> str:
    return _PARAMETER.sub("x", path) or "/"


def _unwrapped(app: Any) -> Any:
    """What is behind guards, which keep what they guard as `_app` or `app`."""
    while not hasattr(app, "routes"):
        inner = getattr(app, "_app", None) or getattr(app, "app", None)
        if inner is None:
            return app
        app = inner
    return app
