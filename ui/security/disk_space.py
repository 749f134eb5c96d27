"""Answer an upload that does not fit on the disk with an error message (HTTP 507)."""

import errno
import logging
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.core.errors import DocumentError
from ui import i18n
from ui.security.upload_rate import is_upload

logger = logging.getLogger(__name__)

# No space, quota exceeded, file too large (a limit of the process).
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_INSUFFICIENT_STORAGE: Final = 507


class DiskSpaceMiddleware:
    """ASGI middleware that turns a full disk during an upload into a message."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except OSError as error:
            if not is_upload(scope) or error.errno not in _FULL:
                raise
            logger.error("an upload could not be written: %s", error)
            # Drain the body: a browser that is still sending would not read the response.
            while (await receive()).get("more_body"):
                pass
            language = i18n.preferred("auto", Headers(scope=scope).get("accept-language"))
            sentence = DocumentError("document.no_room").text(language)
            response = PlainTextResponse(sentence, _INSUFFICIENT_STORAGE)
            await response(scope, receive, send)
