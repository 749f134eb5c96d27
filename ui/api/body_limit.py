"""Limit on the size of a request's body, so that no request fills the memory."""

import math

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine import Settings
from ui.api.errors import TOO_LARGE, ApiError, error_response, language_of

_MEGABYTE = 1024 * 1024


def most_megabytes(settings: Settings) -> int:
    """The limit of a request's body in MB, for the API and for Gradio's uploads.

    It is far above limits.max_file_mb, so a caller with one file too large reads our sentence.
    """
    return math.ceil(settings.limits.max_file_mb * 8 + 64)


class BodyLimit:
    """ASGI middleware that answers 413 to a larger body, whatever its Content-Length says."""

    def __init__(self, app: ASGIApp, megabytes: int) -> None:
        self._app = app
        self._megabytes = megabytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._megabytes * _MEGABYTE
        refused = ApiError(
            "api.too_large", TOO_LARGE, code="request_too_large", limit=self._megabytes
        )
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            await error_response(refused, language_of(headers))(scope, receive, send)
            return
        received, is_over, is_answered = 0, False, False

        async def counted() -> Message:
            nonlocal received, is_over
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                is_over = True
                raise refused
            return message

        async def noted(message: Message) -> None:
            nonlocal is_answered
            # Once the limit is passed, the caller gets our error and not the app's reply.
            if is_answered or not is_over:
                is_answered = True
                await send(message)

        try:
            await self._app(scope, counted, noted)
        except ApiError:
            if not is_over:
                raise
        if is_over and not is_answered:
            await error_response(refused, language_of(headers))(scope, receive, send)
