"""Maps the errors of a server to messages for the user, and to what the client does next.

A server's own words are shortened, and the key is removed from them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import (
    EngineError,
    GenerationError,
    ModelError,
    OnlyThoughtError,
    SessionError,
)
from engine.core.proxy import is_proxy_login

if TYPE_CHECKING:
    import openai

    from engine.core.settings import ModelSettings

_LONGEST_MESSAGE: Final = 240
_DATA_URL: Final = re.compile(r"data:[\w/+.-]*;base64,[\w+/=]*")
# Tokens that services repeat in their refusals, whole or in part.
_SECRET: Final = re.compile(r"\b(?:sk|key|hf|Bearer)[-_ ][\w*.-]{6,}", re.IGNORECASE)
_TOO_LONG: Final = re.compile(
    r"context.{0,20}(?:length|window|size)|max_model_len|maximum.{0,20}tokens|too many tokens"
    r"|prompt is too long",
    re.IGNORECASE,
)
_NO_MODEL: Final = re.compile(
    r"model.{0,400}(?:not? (?:exist|found|available|loaded|supported)|unknown|invalid)"
    r"|(?:no such|unknown|invalid) model|pinned to",
    re.IGNORECASE | re.DOTALL,
)
_BUSY: Final = 429
# Transient: the server may recover by itself.
_PASSING: Final = frozenset({408, 409, 425, _BUSY, 500, 502, 503, 504, 529})


@dataclass(frozen=True, slots=True)
class RequestFailure:
    """One failed request.

    Attributes:
        error: the error for the user.
        passing: the failure is transient; the same request may succeed a little later.
        away: the server did not answer or failed; False if it rejected the request.
        retry_after: seconds that the server asks to wait.
    """

    error: EngineError
    passing: bool = False
    away: bool = False
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Address and model of a server.

    Attributes:
        api_key_env: environment variable of the key.
        key: the key; never shown.
        api: kind of server, from the settings.
    """

    model_id: str
    base_url: str
    model: str
    api_key_env: str | None
    key: str | None = field(repr=False)
    api: str = "openai"

    def error(self, key: str, **values: object) -> GenerationError:
        """Return an error with a message of the table [server]."""
        return GenerationError(
            f"server.{key}", model_id=self.model_id, base_url=self.base_url, **values
        )

    def only_thought(self) -> OnlyThoughtError:
        """Return the error for an answer that is only reasoning."""
        return OnlyThoughtError(
            "server.only_thought", model_id=self.model_id, base_url=self.base_url
        )

    def sanitise(self, words: object) -> str:
        """Sanitise a server's text for display: one short line, without page images and keys."""
        text = _DATA_URL.sub("…", str(words))
        if self.key:
            text = text.replace(self.key, "…")
        text = " ".join(_SECRET.sub("…", text).split())
        return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + "…"

    def failure(self, error: Exception) -> RequestFailure:
        """Classify an exception of the client."""
        import openai

        if is_proxy_login(error):
            return RequestFailure(self.error("proxy_login"), away=True)
        match error:
            case openai.APIStatusError():
                return self._refused(error)
            case openai.APITimeoutError():
                return RequestFailure(self.error("silent"), passing=True, away=True)
            case openai.APIConnectionError():
                detail = self.sanitise(error.__cause__ or error)
                return RequestFailure(
                    self.error("unreachable", detail=detail), passing=True, away=True
                )
            case openai.APIError():
                # An error event in the stream, instead of the answer.
                return RequestFailure(
                    self.error("failed", detail=self.sanitise(_message_of(error))), away=True
                )
            case _:
                detail = type(error).__name__
                return RequestFailure(self.error("garbled", detail=detail), away=True)

    def _refused(self, error: openai.APIStatusError) -> RequestFailure:
        status, message = error.status_code, self.sanitise(_message_of(error))
        wait = retry_after(error.response.headers.get("retry-after"))
        if status == _BUSY:
            return RequestFailure(
                self.error("busy", detail=message), passing=True, retry_after=wait
            )
        if status in (401, 403):
            variable = self.api_key_env or "-"
            return RequestFailure(self.error("no_access", status=status, variable=variable))
        if status in (400, 413, 422) and _TOO_LONG.search(message):
            # A SessionError, so that no other model answers from a shorter prompt unasked.
            return RequestFailure(
                SessionError("server.too_long", model_id=self.model_id, detail=message)
            )
        if status in (400, 404, 422) and self.model in message and _NO_MODEL.search(message):
            return RequestFailure(self.error("unknown_model", model=self.model, detail=message))
        if status == 404 or status < 400:
            return RequestFailure(self.error("wrong_address", status=status))
        if status in _PASSING or status >= 500:
            failed = self.error("failed", detail=f"{status}: {message}")
            return RequestFailure(failed, passing=status in _PASSING, away=True, retry_after=wait)
        return RequestFailure(self.error("refused", detail=f"{status}: {message}"))


def server_of(model_id: str, model: ModelSettings) -> ServerInfo:
    """Return the server of a model's settings, with the key from its environment variable.

    Raises:
        ModelError: the settings have no base_url or no model.
    """
    key = os.environ.get(model.api_key_env, "").strip() if model.api_key_env else ""
    if model.base_url is None or model.model is None:
        raise ModelError("server.no_address", model_id=model_id)
    return ServerInfo(
        model_id, model.base_url, model.model, model.api_key_env, key or None, model.api
    )


def _message_of(error: openai.APIError) -> str:
    """Return the message of a server's error in any shape: {"error": {"message"}}, {"detail"}."""
    body: Any = error.body
    for _ in range(3):
        if not isinstance(body, dict):
            break
        body = next((body[name] for name in ("error", "message", "detail") if body.get(name)), None)
    return str(body) if body else str(error.message)


def retry_after(header: str | None) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3): number or date; else None."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
