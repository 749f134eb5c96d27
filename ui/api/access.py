"""Whom the API lets in: whoever shows the token; without one, anybody where there is no login.

Routes that are mounted beside Gradio's do not pass Gradio's login, so each is wrapped in a Guard.
A wrong token costs the guesser half a second and is never logged.
"""

import asyncio
import hashlib
import secrets
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.core.settings import ApiSettings
from ui.api.errors import ApiError, error_response, language_of

_UNAUTHORIZED: Final = 401
_WRONG_TOKEN_SECONDS: Final = 0.5
_SCHEME: Final = "bearer "
# Who a token's holder is to Gradio, where there is a login.
_USER: Final = "api"


class Access:
    """The token of the settings; what is kept of it is its SHA-256."""

    def __init__(self, settings: ApiSettings) -> None:
        self._variable = settings.token_env
        self._digest = None if settings.token is None else _digest(settings.token)

    @property
    def needs_token(self) -> bool:
        return self._digest is not None

    def holds_token(self, authorization: str | None) -> bool:
        """Whether an Authorization header shows the token; takes the same time for right and wrong.

        False where no token is set.
        """
        shown = authorization or ""
        is_bearer = shown.lower().startswith(_SCHEME)
        given = _digest(shown[len(_SCHEME) :].strip() if is_bearer else "")
        return self._digest is not None and secrets.compare_digest(given, self._digest)

    async def refusal(self, authorization: str | None, *, has_login: bool) -> ApiError | None:
        """Why a call is not let in; None where it is. Slow to say that a token is wrong.

        Args:
            has_login: whether the screen has one. Then a call without a token is nobody's.
        """
        if self.needs_token:
            if self.holds_token(authorization):
                return None
            if authorization:
                await asyncio.sleep(_WRONG_TOKEN_SECONDS)
            key = "api.wrong_token" if authorization else "api.no_token"
            return ApiError(key, _UNAUTHORIZED, code="invalid_api_key")
        if has_login:
            return ApiError(
                "api.closed", _UNAUTHORIZED, code="invalid_api_key", variable=self._variable
            )
        return None


class TokenGuard:
    """An ASGI app behind the token. Sits between Gradio's app and what is mounted on it."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            shown = headers.get("authorization")
            refused = await self._access.refusal(shown, has_login=has_login(scope.get("app")))
            if refused is not None:
                response = error_response(refused, language_of(headers))
                response.headers["WWW-Authenticate"] = "Bearer"
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


class ScreenGuard:
    """An ASGI app for whoever may see the screen, or shows the token."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            gradio, headers = scope.get("app"), Headers(scope=scope)
            shown = headers.get("authorization")
            if (
                has_login(gradio)
                and not is_logged_in(gradio, headers)
                and not self._access.holds_token(shown)
            ):
                refused = ApiError("api.no_token", _UNAUTHORIZED, code="invalid_api_key")
                await error_response(refused, language_of(headers))(scope, receive, send)
                return
        await self._app(scope, receive, send)


class TokenLogin:
    """Middleware: where there is a login, whoever shows the token has passed it.

    So gradio_client needs the token alone. Gradio knows its users by a cookie; the token's holder
    gets one for the length of the request.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access
        self._cookie = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gradio = scope.get("app")
        if scope["type"] == "http" and has_login(gradio):
            headers = Headers(scope=scope)
            if self._access.holds_token(headers.get("authorization")):
                gradio.tokens[self._cookie] = _USER  # type: ignore[union-attr]
                scope = {**scope, "headers": self._with_cookie(gradio, headers)}
        await self._app(scope, receive, send)

    def _with_cookie(self, gradio: Any, headers: Headers) -> list[tuple[bytes, bytes]]:
        own = f"access-token-{gradio.cookie_id}={self._cookie}"
        return [
            *((name, value) for name, value in headers.raw if name.lower() != b"cookie"),
            (b"cookie", own.encode("latin-1")),
        ]


def has_login(gradio: Any) -> bool:
    """Whether Gradio's app asks who is there. An app that is not Gradio's has no login."""
    return (
        getattr(gradio, "auth", None) is not None
        or getattr(gradio, "auth_dependency", None) is not None
    )


def is_logged_in(gradio: Any, headers: Headers) -> bool:
    cookies = cookie_parser(headers.get("cookie", ""))
    names = (f"access-token-{gradio.cookie_id}", f"access-token-unsecure-{gradio.cookie_id}")
    found = (cookies[name] for name in names if name in cookies)
    return any(gradio.tokens.get(token) is not None for token in found)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
