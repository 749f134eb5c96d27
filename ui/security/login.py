"""Who may use the app: names with passwords, and a brake on guessing them.

Gradio keeps the door (its login page, cookies and routes); this module answers whether a name and a
password belong together. Five wrong ones of a name from one address, thirty of a name from
anywhere, or sixty from one address are answered with "wrong" for a while that doubles, whatever is
typed. The address is the connection's; behind a proxy on the same machine uvicorn takes it from
X-Forwarded-For.
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
# Failures are forgotten after this long without another.
_FORGET_SECONDS: Final = 3600.0
_REMEMBERED: Final = 10_000
# What is counted -> how many failures are free.
_FREE: Final = {"name_at_address": 5, "name": 30, "address": 60}
# Longer ones are wrong: hashing them would be work for nothing.
_MOST_CHARACTERS: Final = 1024
# Guesses that are hashed at once; each takes 16 MiB.
_AT_ONCE: Final = 2
_WRONG: Final = 400

_address: ContextVar[str] = ContextVar("login_address", default="")


class LoginAddress:
    """Middleware that lets the check of a password know from where it came."""

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
    """Counts wrong passwords and says how long to rest. clock: seconds, never going back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, ...], _Failures] = OrderedDict()
        # (name, address) that logged in: others' failures do not lock them out.
        self._welcome: OrderedDict[tuple[str, str], None] = OrderedDict()

    def rest(self, name: str, address: str) -> float:
        """Seconds until this name may be tried from this address; 0 for now."""
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
    """Whether a name and a password belong together; `check` is Gradio's `auth`.

    Args:
        users: name -> hash, of engine.core.passwords.
    """

    def __init__(self, users: Mapping[str, str], brake: LoginRateLimiter | None = None) -> None:
        self._users = dict(users)
        self._brake = brake or LoginRateLimiter()
        # An unknown name costs what a known one costs, so that time does not tell them apart.
        self._nobody = hash_password(secrets.token_hex())
        self._hashing = asyncio.Semaphore(_AT_ONCE)

    async def check(self, name: str, password: str) -> bool:
        """Whether they belong together.

        Gradio must be given this method, not the object: it takes a coroutine that it does not
        recognise for a yes.

        Raises:
            HTTPException: nobody may try now. Its status is the one that Gradio's login page knows
                to show, as a wrong password.
        """
        address = _address.get()
        if len(name) + len(password) > _MOST_CHARACTERS:
            return False
        async with self._hashing:
            # Asked when it is this guess's turn, or many at once would slip through together.
            rest = self._brake.rest(name, address)
            if rest > 0:
                headers = {"Retry-After": str(int(rest) + 1)}
                # Whoever logs in has chosen no language yet.
                raise HTTPException(_WRONG, i18n.text("app.locked", "en"), headers)
            hashed = self._users.get(name, self._nobody)
            right = await asyncio.to_thread(matches, password, hashed) and name in self._users
            (self._brake.succeeded if right else self._brake.failed)(name, address)
            return right


def login_options(users: Mapping[str, str], message: str) -> dict[str, Any]:
    """What Blocks.launch needs for a login; nothing for an open app."""
    return {"auth": Login(users).check, "auth_message": message} if users else {}
