"""Login: check names and passwords, and limit the rate of guesses.

Gradio provides the login page, cookies and routes; this module checks a name and password. After
five wrong passwords for a name from one address, thirty for a name from anywhere, or sixty from one
address, every further attempt is refused for a time that doubles with each failure (30 seconds to
15 minutes). The address is the connection's. Behind a proxy on the same machine uvicorn takes it
from X-Forwarded-For.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.core.passwords import hash_password, matches
from ui import i18n

_FIRST_REST_SECONDS: Final = 30.0
_LONGEST_REST_SECONDS: Final = 900.0
# The count of failures expires after this long without another.
_FORGET_SECONDS: Final = 3600.0
_REMEMBERED: Final = 10_000
# Counter -> number of failures at which the waiting begins.
_FREE: Final = {"name_at_address": 5, "name": 30, "address": 60}
# Longer ones are refused without hashing.
_MOST_CHARACTERS: Final = 1024
# Passwords hashed at the same time; each takes 16 MiB.
_AT_ONCE: Final = 2
_WRONG: Final = 400

_address: ContextVar[str] = ContextVar("login_address", default="")


class LoginAddress:
    """ASGI middleware that passes the client's address to the password check."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            client = scope.get("client")
            _address.set(str(client[0]) if client else "")
        await self._app(scope, receive, send)


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last: float = 0.0
    rests_until: float = 0.0


class LoginRateLimiter:
    """Counts wrong passwords and returns waiting times. clock: monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, ...], _Failures] = OrderedDict()
        # (name, address) pairs that logged in: failures of others do not lock them out.
        self._welcome: OrderedDict[tuple[str, str], None] = OrderedDict()

    def rest(self, name: str, address: str) -> float:
        """Seconds until this name may try again from this address; 0 or less means now."""
        now = self._clock()
        keys = self._keys(name, address)
        if (name, address) in self._welcome:
            keys = keys[:1]
        known = (self._failures[key] for key in keys if key in self._failures)
        return max((one.rests_until - now for one in known), default=0.0)

    def failed(self, name: str, address: str) -> None:
        now = self._clock()
        for key in self._keys(name, address):
            one = self._failures.pop(key, None)
            if one is None or now - one.last > _FORGET_SECONDS:
                one = _Failures()
            one.count += 1
            one.last = now
            over = one.count - _FREE[key[0]]
            if over >= 0:
                rest = _FIRST_REST_SECONDS * 2.0 ** min(over, 10)
                one.rests_until = now + min(rest, _LONGEST_REST_SECONDS)
            self._failures[key] = one
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        self._failures.pop(self._keys(name, address)[0], None)
        self._welcome[name, address] = None
        while len(self._welcome) > _REMEMBERED:
            self._welcome.popitem(last=False)

    def _keys(self, name: str, address: str) -> list[tuple[str, ...]]:
        return [("name_at_address", name, address), ("name", name), ("address", address)]


class Login:
    """Password check with rate limiting. Pass `check` to Gradio as `auth`.

    Args:
        users: name -> hash of engine.core.passwords.
        brake: the rate limiter; None creates one.
    """

    def __init__(self, users: Mapping[str, str], brake: LoginRateLimiter | None = None) -> None:
        self._users = dict(users)
        self._brake = brake or LoginRateLimiter()
        # An unknown name takes as long as a known one, so timing does not reveal names.
        self._nobody = hash_password(secrets.token_hex())
        self._hashing = asyncio.Semaphore(_AT_ONCE)

    async def check(self, name: str, password: str) -> bool:
        """Whether the name and the password match.

        Pass this bound method to Gradio, not the object: Gradio would treat a coroutine that it
        does not recognise as success.

        Raises:
            HTTPException: the rate limit refuses the attempt. The status is 400, which Gradio's
                login page shows like a wrong password.
        """
        address = _address.get()
        if len(name) + len(password) > _MOST_CHARACTERS:
            return False
        async with self._hashing:
            # Checked inside the semaphore, or simultaneous guesses would all pass.
            rest = self._brake.rest(name, address)
            if rest > 0:
                headers = {"Retry-After": str(int(rest) + 1)}
                # English: the user has not chosen a language yet.
                raise HTTPException(_WRONG, i18n.text("app.locked", "en"), headers)
            hashed = self._users.get(name, self._nobody)
            right = await asyncio.to_thread(matches, password, hashed) and name in self._users
            (self._brake.succeeded if right else self._brake.failed)(name, address)
            return right


def login_options(users: Mapping[str, str], message: str) -> dict[str, Any]:
    """The arguments of Blocks.launch for a login; empty for an open app."""
    return {"auth": Login(users).check, "auth_message": message} if users else {}
