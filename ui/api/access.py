"""Access to the API by bearer token. With no token set it is open, unless the app has a login.

Routes that are mounted beside Gradio's are not protected by Gradio's login, so each is wrapped in
a TokenGuard or a ScreenGuard. A wrong token delays the reply by half a second and is never logged.
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
# Gradio's user name for the holder of a token, if the app has a login.
_USER: Final = "api"


class Access:
    """Checks the token of the settings; only its SHA-256 is stored."""

    def __init__(self, settings: ApiSettings) -> None:
        self._variable = settings.token_env
        self._digest = None if settings.token is None else _digest(settings.token)

    @property
    def needs_token(self) -> bool:
        return self._digest is not None

    def holds_token(self, authorization: str | None) -> bool:
        """Whether an Authorization header holds the token, compared in constant time.

        False if no token is set.
        """
        shown = authorization or ""
        is_bearer = shown.lower().startswith(_SCHEME)
        given = _digest(shown[len(_SCHEME) :].strip() if is_bearer else "")
        return self._digest is not None and secrets.compare_digest(given, self._digest)

    async def refusal(self, authorization: str | None, *, has_login: bool) -> ApiError | None:
        """Why a call is refused; None if it may pass. A wrong token is delayed.

        Args:
            has_login: whether the screen has a login. If so and no token is set, every call is
                refused.
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
    """ASGI middleware that requires the token, around an app mounted on Gradio's."""

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
    """ASGI middleware that admits users of the screen and holders of the token."""

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
    """ASGI middleware by which the holder of the token passes Gradio's login.

    So gradio_client needs only the token. Gradio identifies users by a cookie; this middleware adds
    one to the request of a token's holder.
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
    """Whether Gradio's app has a login. False for an app that is not Gradio's."""
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
