"""Rate limit on uploads from one address: allows a folder of scans and stops a script."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.core.errors import DocumentError
from ui import i18n

# Requests from one address within the window; one request may carry several files.
MOST_REQUESTS: Final = 300
WINDOW_SECONDS: Final = 60.0
_TOO_MANY: Final = 429
_REMEMBERED: Final = 10_000
_PATH: Final = "/gradio_api/upload"


def is_upload(scope: Scope) -> bool:
    """Whether a request uploads files to Gradio."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
    return path.rstrip("/") == _PATH


class UploadRateLimiter:
    """ASGI middleware that answers 429 to an address that uploads too often.

    The address is the connection's; behind a proxy on the same machine uvicorn takes it from
    X-Forwarded-For.
    """

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_upload(scope):
            client = scope.get("client")
            wait = self.wait(str(client[0]) if client else "")
            if wait > 0:
                seconds = int(wait) + 1
                language = i18n.preferred("auto", Headers(scope=scope).get("accept-language"))
                sentence = DocumentError("document.too_often", seconds=seconds).text(language)
                headers = {"Retry-After": str(seconds)}
                await PlainTextResponse(sentence, _TOO_MANY, headers)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def wait(self, address: str) -> float:
        """Seconds until this address may upload again; 0 means now, and counts this upload."""
        now = self._clock()
        times = self._times.pop(address, deque())
        self._times[address] = times
        while len(self._times) > _REMEMBERED:
            self._times.popitem(last=False)
        while times and now - times[0] > WINDOW_SECONDS:
            times.popleft()
        if len(times) >= MOST_REQUESTS:
            return WINDOW_SECONDS - (now - times[0])
        times.append(now)
        return 0.0
