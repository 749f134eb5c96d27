"""/health and /ready, for a load balancer; open to all, with or without a login.

/health: the process answers. /ready: the default model can answer without a download; else 503.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ui.api.calls import Calls

_UNAVAILABLE = 503


def health_routes(calls: Calls) -> list[Route]:
    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        model_id = calls.settings.default_model
        if await asyncio.to_thread(calls.is_available, model_id):
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "missing": model_id}, _UNAVAILABLE)

    return [Route("/health", health), Route("/ready", ready)]
