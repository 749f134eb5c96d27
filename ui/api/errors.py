"""Errors of the API in OpenAI's format.

    {"error": {"message": "...", "type": "invalid_request_error", "param": null, "code": "..."}}

The message is a sentence of ui/texts or of the engine, in English or, by Accept-Language, in
Russian. The code is for programs: OpenAI's code where it has one, else the key of the engine's
sentence or a word of this API.
"""

import logging
from typing import Any, Final

from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from engine import EngineError
from engine.core.errors import (
    DocumentError,
    GenerationError,
    GeometryError,
    ModelError,
    SessionError,
    TaskError,
    as_engine_error,
)
from ui import i18n

logger = logging.getLogger(__name__)

BAD_REQUEST: Final = 400
TOO_LARGE: Final = 413
_NOT_FOUND: Final = 404
_INTERNAL: Final = 500
_UNAVAILABLE: Final = 503
# Engine errors with their own status and code: key -> (status, code).
_KNOWN: Final = {
    "model.unknown": (_NOT_FOUND, "model_not_found"),
    "model.task_unsupported": (BAD_REQUEST, "unsupported_task"),
    "document.too_large": (TOO_LARGE, "document.too_large"),
}


class ApiError(Exception):
    """An error in a caller's request.

    Args:
        key: the key of a sentence in ui/texts.
        status: HTTP status.
        code: a word for programs.
        param: the part of the request that is wrong, as in OpenAI's errors.
        values: the sentence's placeholders.
    """

    def __init__(
        self,
        key: str,
        status: int = BAD_REQUEST,
        *,
        code: str | None = None,
        param: str | None = None,
        **values: object,
    ) -> None:
        self.key, self.status, self.code, self.param = key, status, code, param
        self.values = values
        super().__init__(i18n.text(key, i18n.DEFAULT_LANGUAGE, **values))

    def text(self, language: str) -> str:
        return i18n.text(self.key, language, **self.values)


def public_error(error: Exception) -> ApiError | EngineError:
    """The error as one whose text a caller may read; an unexpected one is logged."""
    if isinstance(error, ApiError | EngineError):
        return error
    if isinstance(error, ValidationError):
        return not_valid(error)
    logger.error("the API met an error that is not the engine's", exc_info=error)
    return as_engine_error(error)


def not_valid(error: ValidationError) -> ApiError:
    """The first problem of a validation error as an ApiError."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    problems = f"{where}: {first['msg']}" if where else first["msg"]
    return ApiError("api.bad_request", param=where or None, problems=problems)


def error_body(error: ApiError | EngineError, language: str) -> dict[str, Any]:
    """The error in OpenAI's format."""
    if isinstance(error, ApiError):
        code, param = error.code, error.param
    else:
        code, param = _KNOWN.get(error.key, (0, error.key))[1], None
    kind = "invalid_request_error" if status_of(error) < _INTERNAL else "server_error"
    message = error.text(language)
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def error_response(error: ApiError | EngineError, language: str) -> JSONResponse:
    return JSONResponse(error_body(error, language), status_of(error))


def status_of(error: ApiError | EngineError) -> int:
    """The HTTP status: 4xx if the caller can fix the request, else 5xx."""
    if isinstance(error, ApiError):
        return error.status
    if error.key in _KNOWN:
        return _KNOWN[error.key][0]
    match error:
        case GenerationError():
            return _INTERNAL
        case ModelError():
            return _UNAVAILABLE
        case DocumentError() | GeometryError() | SessionError() | TaskError():
            return BAD_REQUEST
        case _:
            return _INTERNAL


def language_of(headers: Headers) -> str:
    """The language of messages, from the Accept-Language header; English without one."""
    return i18n.preferred("auto", headers.get("accept-language"))
